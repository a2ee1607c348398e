package reference

import "math/big"

// turn is the cosine and the sine of an angle.
type turn struct{ cos, sin *big.Float }

// turns gives the turn of each token and pair of numbers: token t, pair i by the
// angle t * frequency(i).
func (p *pass) turns(tokens int) [][]turn {
	pairs := p.model.Rotary.Size / 2
	all := make([][]turn, tokens)
	for t := range all {
		all[t] = make([]turn, pairs)
	}
	p.each(pairs, func(_ *scratch, i int) {
		f := p.frequency(i)
		for t := range all {
			angle := float(p.prec+guardBits).Mul(f, integer(int64(t)))
			all[t][i] = turn{Cos(angle, p.digits), Sin(angle, p.digits)}
		}
	})
	return all
}

// frequency is theta^(-2i/Size), e^(-2i/Size * log theta), and its scaling. Beyond
// the precision of the pass it has the digits that the largest position takes.
//
// llama3 keeps a frequency whose wavelength is below the original context over the
// high factor, divides it where it is above that over the low factor, and blends the
// two in between, linearly in the context over the wavelength.
func (p *pass) frequency(i int) *big.Float {
	r, digits := p.model.Rotary, p.digits+guard
	prec := Bits(digits)
	exponent := float(prec).Quo(integer(int64(-2*i)), integer(int64(r.Size)))
	exponent.Mul(exponent, Log(decimalNumber(r.Theta, prec), digits))
	f := Exp(exponent, digits)
	if r.Scaling == "default" {
		return f
	}
	divided := float(prec).Quo(f, decimalNumber(r.Factor, prec))
	if r.Scaling == "linear" {
		return divided
	}
	base, low, high := decimalNumber(r.Base, prec), decimalNumber(r.Low, prec), decimalNumber(r.High, prec)
	wavelength := float(prec).Quo(new(big.Float).SetMantExp(pi(prec), 1), f)
	switch {
	case wavelength.Cmp(float(prec).Quo(base, high)) < 0:
		return f
	case wavelength.Cmp(float(prec).Quo(base, low)) > 0:
		return divided
	}
	blend := float(prec).Quo(base, wavelength)
	blend.Sub(blend, low)
	blend.Quo(blend, float(prec).Sub(high, low))
	kept := float(prec).Mul(blend, f)
	blend.Sub(integer(1), blend)
	return kept.Add(kept, blend.Mul(blend, divided))
}

// rotate turns the first Size numbers of each head, number i with number Size/2 + i:
// (a, b) becomes (a cos - b sin, b cos + a sin).
func (p *pass) rotate(x tensor, turns [][]turn) tensor {
	y := newTensor(len(x), len(x[0]))
	half, size := p.model.Rotary.Size/2, p.model.Head
	p.each(len(x), func(_ *scratch, t int) {
		copy(y[t], x[t])
		for h := 0; h < len(x[t]); h += size {
			for i, by := range turns[t] {
				a, b := x[t][h+i], x[t][h+half+i]
				y[t][h+i] = p.cross(a, by.cos, b, new(big.Float).Neg(by.sin))
				y[t][h+half+i] = p.cross(b, by.cos, a, by.sin)
			}
		}
	})
	return y
}

// cross is a*c + b*d, rounded once.
func (p *pass) cross(a, c, b, d *big.Float) *big.Float {
	x := new(big.Float).SetPrec(a.Prec()+c.Prec()).Mul(a, c)
	y := new(big.Float).SetPrec(b.Prec()+d.Prec()).Mul(b, d)
	return float(p.prec).Add(x, y)
}
