package model

import (
	"fmt"
	"math"
	"math/big"

	"github.com/samebits/samebits/elementary"
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
)

// RoPE describes rotary position embeddings (Su et al., 2021, "RoFormer: enhanced
// transformer with rotary position embedding"): numbers i and Size/2 + i of a head
// turn by the angle position * frequency i.
type RoPE struct {
	Theta    float64 `json:"theta"`              // frequency i is Theta^(-2i/Size), before scaling
	Size     int     `json:"size"`               // numbers of a head that turn, the first ones
	Scaling  string  `json:"scaling"`            // default, linear or llama3
	Factor   float64 `json:"factor,omitempty"`   // linear and llama3: slow frequencies are divided by it
	Low      float64 `json:"low,omitempty"`      // llama3: with fewer turns within Original a frequency is slow,
	High     float64 `json:"high,omitempty"`     // with more it is fast and stays
	Original int     `json:"original,omitempty"` // llama3: the context before it was stretched
}

func (r *RoPE) check(headSize int) error {
	switch {
	case !(r.Theta >= 1 && r.Theta <= 1e18):
		return fmt.Errorf("config.json: rope_theta is %v: want 1 to 1e18", r.Theta)
	case r.Size < 2 || r.Size > headSize || r.Size%2 != 0:
		return fmt.Errorf("config.json: rotary embeddings of %d of the %s of a head: want an even number of them, at least 2", r.Size, plural.Of(headSize, "number"))
	case r.Scaling == "linear" || r.Scaling == "llama3":
		if !(r.Factor >= 1 && r.Factor <= 1e9) {
			return fmt.Errorf("config.json: rope scaling %s by a factor of %v: want 1 to 1e9", r.Scaling, r.Factor)
		}
	}
	if r.Scaling == "llama3" && !(r.Low > 0 && r.Low < r.High && r.High <= 1e9) {
		return fmt.Errorf("config.json: rope scaling llama3 with low_freq_factor %v and high_freq_factor %v: want 0 < low < high", r.Low, r.High)
	}
	return nil
}

// frequencies returns the angles by which one position turns.
func (r *RoPE) frequencies() []elementary.Frequency {
	all := make([]elementary.Frequency, r.Size/2)
	for i, f := range r.angles() {
		all[i] = elementary.NewFrequency(f)
	}
	return all
}

// angles returns the frequencies in radians: the real numbers Theta^(-2i/Size),
// scaled, to some 300 bits. With f one of them,
//
//	linear:  f / Factor
//	llama3:  n = Original*f / (2*pi), turns within the original context
//	         n < Low:  f / Factor
//	         n > High: f
//	         else:     s = (n - Low) / (High - Low); (1-s)*f / Factor + s*f
//
// llama3 is that of the Llama 3.1 reference code (Grattafiori et al., 2024, "The
// Llama 3 herd of models"), its wavelengths written as turns.
func (r *RoPE) angles() []*big.Float {
	f := powers(r.Theta, r.Size/2)
	for i := range f {
		f[i] = r.scaled(f[i])
	}
	return f
}

func (r *RoPE) scaled(f *big.Float) *big.Float {
	if r.Scaling != "linear" && r.Scaling != "llama3" {
		return f
	}
	slow := precise(0).Quo(f, precise(r.Factor))
	if r.Scaling == "linear" {
		return slow
	}
	n := precise(0).Mul(f, precise(float64(r.Original)))
	n.Quo(n, elementary.TwoPi(320))
	switch {
	case n.Cmp(precise(r.Low)) < 0:
		return slow
	case n.Cmp(precise(r.High)) > 0:
		return f
	}
	s := n.Sub(n, precise(r.Low))
	s.Quo(s, precise(0).Sub(precise(r.High), precise(r.Low)))
	fast := precise(0).Mul(s, f)
	return fast.Add(fast, slow.Mul(slow, s.Sub(precise(1), s)))
}

// powers returns theta^(-i/n) for i = 0, ..., n-1, to some 300 bits, theta being at
// least 1.
func powers(theta float64, n int) []*big.Float {
	out := make([]*big.Float, n)
	step := root(theta, n)
	power := precise(1)
	for i := range out {
		out[i] = precise(0).Quo(precise(1), power)
		power.Mul(power, step)
	}
	return out
}

// precise returns x as a number of 320 bits.
func precise(x float64) *big.Float { return new(big.Float).SetPrec(320).SetFloat64(x) }

// root returns theta^(1/n) by Newton's method, which falls towards the root from a
// power of two above it:
//
//	y = y - (y - theta/y^(n-1)) / n
func root(theta float64, n int) *big.Float {
	_, exponent := math.Frexp(theta) // theta < 2^exponent
	y := precise(0).SetMantExp(precise(1), (exponent+n-1)/n)
	for {
		d := precise(0).Quo(precise(theta), power(y, n-1))
		d.Sub(y, d)
		d.Quo(d, precise(float64(n)))
		if d.Sign() <= 0 || d.MantExp(nil) < y.MantExp(nil)-310 {
			return y.Sub(y, d)
		}
		y.Sub(y, d)
	}
}

// power returns y^n by repeated squaring.
func power(y *big.Float, n int) *big.Float {
	p, square := precise(1), precise(0).Set(y)
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			p.Mul(p, square)
		}
		square.Mul(square, square)
	}
	return p
}

// rotation holds the cosines and sines of some positions, a row each.
type rotation[T Float] struct{ cos, sin gemm.Matrix[T] }

// turn sets the rotations of n positions from start on: the cosine and the
// sine of the real number position * frequency, each rounded once to T.
func (r *rotation[T]) turn(w *workspace[T], frequencies []elementary.Frequency, start, n int) {
	r.cos, r.sin = w.cos.matrix(n, len(frequencies)), w.sin.matrix(n, len(frequencies))
	for i := range n {
		cos, sin := r.cos.Row(i), r.sin.Row(i)
		for j, f := range frequencies {
			sin[j], cos[j] = elementary.SincosSteps[T](f, start+i)
		}
	}
}

// apply turns each head of x, the columns of one row a token: of the first numbers
// of a head, with c and s the cosine and sine of pair i of them,
//
//	a = x[i], b = x[n/2+i]
//	x[i]     = a*c - b*s
//	x[n/2+i] = b*c + a*s
func (r rotation[T]) apply(x gemm.Matrix[T], headSize int) {
	for i := range x.Rows {
		row, cos, sin := x.Row(i), r.cos.Row(i), r.sin.Row(i)
		for h := 0; h < len(row); h += headSize {
			turn(row[h:], cos, sin)
		}
	}
}

func turn[T Float](x, cos, sin []T) {
	half := len(cos)
	for i, c := range cos {
		s, a, b := sin[i], x[i], x[half+i]
		x[i] = kernel.Canonical(T(a*c) - T(b*s))
		x[half+i] = kernel.Canonical(T(b*c) + T(a*s))
	}
}
