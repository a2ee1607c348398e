package elementary

import "math/big"

// bigPow is x^y for positive x, where it is no midpoint of two float32: with more and
// more bits until they decide which float32 is nearest.
func bigPow(x, y float64) float32 {
	for bits := uint(128); ; bits *= 2 {
		prec := bits + 32
		l := logarithm(newFloat(prec).SetFloat64(x))
		p := exponential(l.Mul(l, newFloat(prec).SetFloat64(y)))
		d := newFloat(prec).SetMantExp(p, -int(bits))
		low, _ := newFloat(prec).Sub(p, d).Float32()
		high, _ := p.Add(p, d).Float32()
		if low == high {
			return low
		}
	}
}

func newFloat(prec uint) *big.Float { return new(big.Float).SetPrec(prec) }

// logarithm returns log x to within 10 bits of the precision of x, near 1 too.
func logarithm(x *big.Float) *big.Float {
	prec := x.Prec()
	m := newFloat(prec)
	e := x.MantExp(m)
	if m.Cmp(big.NewFloat(0.7)) < 0 {
		m, e = m.SetMantExp(m, 1), e-1
	}
	one := newFloat(prec).SetInt64(1)
	l := atanh(newFloat(prec).Quo(newFloat(prec).Sub(m, one), newFloat(prec).Add(m, one)))
	if e == 0 {
		return l.SetMantExp(l, 1)
	}
	// log 2 is 2 atanh(1/3).
	ln2 := atanh(newFloat(prec).Quo(one, newFloat(prec).SetInt64(3)))
	return l.SetMantExp(l.Add(l, ln2.Mul(ln2, newFloat(prec).SetInt64(int64(e)))), 1)
}

// atanh returns s + s^3/3 + s^5/5 + ..., for |s| up to 1/3.
func atanh(s *big.Float) *big.Float {
	prec := s.Prec()
	total, power, term := newFloat(prec).Set(s), newFloat(prec).Set(s), newFloat(prec)
	square := newFloat(prec).Mul(s, s)
	for n := int64(3); s.Sign() != 0; n += 2 {
		power.Mul(power, square)
		term.Quo(power, newFloat(prec).SetInt64(n))
		if term.MantExp(nil) < total.MantExp(nil)-int(prec) {
			break
		}
		total.Add(total, term)
	}
	return total
}

// exponential returns e^p for |p| < 256, to within 20 bits of the precision of p: by
// the series for p/2^16, and 16 squarings.
func exponential(p *big.Float) *big.Float {
	prec := p.Prec()
	const halvings = 16
	x := newFloat(prec).SetMantExp(p, -halvings)
	total, term := newFloat(prec).SetInt64(1), newFloat(prec).SetInt64(1)
	for n := int64(1); term.Sign() != 0 && term.MantExp(nil) > -int(prec); n++ {
		term.Quo(term.Mul(term, x), newFloat(prec).SetInt64(n))
		total.Add(total, term)
	}
	for range halvings {
		total.Mul(total, total)
	}
	return total
}
