package reference

import (
	"math/big"
	"sync"
	"sync/atomic"
)

// tensor is a matrix by rows, mostly one row a token.
type tensor [][]*big.Float

func newTensor(rows, columns int) tensor {
	x := make(tensor, rows)
	for t := range x {
		x[t] = make([]*big.Float, columns)
	}
	return x
}

// each calls do(0), ..., do(n-1), in any order, on up to Threads goroutines. It
// stops early, with p.err set, when the context ends; no later each does anything
// then, so do may rely on what the ones before have filled in.
func (p *pass) each(n int, do func(s *scratch, i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(p.o.Threads, n) {
		wg.Go(func() {
			var s scratch
			for i := int(next.Add(1)) - 1; i < n && p.ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				do(&s, i)
			}
		})
	}
	wg.Wait()
	p.err = p.ctx.Err()
}

// embed is each token's vector and, where positions are learned, the position's
// added to it.
func (p *pass) embed(ids []int) tensor {
	x := newTensor(len(ids), p.model.Width)
	for t, id := range ids {
		for i := range x[t] {
			x[t][i] = float(p.prec).SetFloat64(p.model.tokens[id][i])
			if p.model.positions != nil {
				x[t][i].Add(x[t][i], big.NewFloat(p.model.positions[t][i]))
			}
		}
	}
	return x
}

// linear is x . rows + bias, with the sum and the bias added before the one
// rounding. Each column of weights becomes integers once, for all tokens.
func (p *pass) linear(x tensor, l linear) tensor {
	y := newTensor(len(x), len(l.rows))
	rows := make([]vector, len(x))
	p.each(len(x), func(_ *scratch, t int) { rows[t].setBig(x[t], p.prec) })
	p.each(len(l.rows), func(s *scratch, j int) {
		var bias big.Float
		if l.bias != nil {
			bias.SetFloat64(l.bias[j])
		}
		s.w.setFloats(l.rows[j])
		for t := range rows {
			y[t][j] = float(p.prec).Add(s.dot(&rows[t], &s.w), &bias)
		}
	})
	return y
}

// norm is LayerNorm, (x - mean) / sqrt(variance + epsilon) * gain + bias, or
// RMSNorm.
func (p *pass) norm(x tensor, n norm) tensor {
	if n.bias == nil {
		return p.rmsNorm(x, n.gain)
	}
	y := newTensor(len(x), p.model.Width)
	count := integer(int64(p.model.Width))
	p.each(len(x), func(s *scratch, t int) {
		s.v.setBig(x[t], p.prec)
		mean := float(p.prec).Quo(s.sum(&s.v), count)
		for i := range y[t] {
			y[t][i] = float(p.prec).Sub(x[t][i], mean)
		}
		s.v.setBig(y[t], p.prec)
		variance := float(p.prec).Quo(s.dot(&s.v, &s.v), count)
		root := Sqrt(variance.Add(variance, p.c.epsilon), p.digits)
		for i, d := range y[t] {
			d.Quo(d, root)
			d.Mul(d, big.NewFloat(n.gain[i]))
			d.Add(d, big.NewFloat(n.bias[i]))
		}
	})
	return y
}

// rmsNorm is x / sqrt(mean of x^2 + epsilon) * gain, of each run of x that is as
// long as the gain: a row, or the heads of one.
func (p *pass) rmsNorm(x tensor, gain []float64) tensor {
	y := newTensor(len(x), len(x[0]))
	count := integer(int64(len(gain)))
	p.each(len(x), func(s *scratch, t int) {
		for at := 0; at < len(x[t]); at += len(gain) {
			run := x[t][at : at+len(gain)]
			s.v.setBig(run, p.prec)
			square := float(p.prec).Quo(s.dot(&s.v, &s.v), count)
			root := Sqrt(square.Add(square, p.c.epsilon), p.digits)
			for i, v := range run {
				z := float(p.prec).Quo(v, root)
				y[t][at+i] = z.Mul(z, big.NewFloat(gain[i]))
			}
		}
	})
	return y
}

func (p *pass) add(x, y tensor) tensor { return p.pointwise(x, y, (*big.Float).Add) }

func (p *pass) multiply(x, y tensor) tensor { return p.pointwise(x, y, (*big.Float).Mul) }

func (p *pass) pointwise(x, y tensor, op func(z, x, y *big.Float) *big.Float) tensor {
	z := newTensor(len(x), len(x[0]))
	p.each(len(x), func(_ *scratch, t int) {
		for i := range x[t] {
			z[t][i] = op(float(p.prec), x[t][i], y[t][i])
		}
	})
	return z
}
