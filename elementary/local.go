package elementary

import "math"

// local is a function near a point, by its Taylor series there: h + l is the value, slope and c
// are the coefficients, and e is what the value and what is left out, and the long way, err by.
// h is a multiple of 2^-26, at most 1/2, so that 1 - h and a product with 27 bits are exact.
type local struct {
	h, l, e, slope float64
	c              [6]float64
}

// locals are as many as an index may name.
type locals [1 << 11]local

const (
	pointsPerUnit   = 64
	logisticEnd     = 16
	tailLocalEnd    = 6
	erfLocalEnd     = 4 // below tailLocalEnd/sqrt(2)
	geluEnd         = 4
	geluTanhEnd     = 4
	geluTanhStretch = 2 // there is a point at each multiple of 1/128
)

// These are the first ways to functions with f(-x) = 1 - f(x) and to what is made of them,
// falling from 1/2 at 0: 1/(1 + e^x), Q(x), and 1/(1 + e^2u) with the u of GELUTanh. They are
// computed by the long ways.
var logisticLocals, tailLocals, geluTanhLocals = newLogisticLocals(), newTailLocals(), newGELUTanhLocals()

func newLogisticLocals() (all locals) {
	for i := range logisticEnd*pointsPerUnit + 1 {
		all[i] = logisticLocal(sum{float64(i) / pointsPerUnit, 0}, sum{1, 0}, 0, 0)
	}
	return all
}

func newGELUTanhLocals() (all locals) {
	for i := range geluTanhEnd*geluTanhStretch*pointsPerUnit + 1 {
		all[i] = geluTanhLocal(float64(i) / (geluTanhStretch * pointsPerUnit))
	}
	return all
}

func newTailLocals() (all locals) {
	density := mul(erfSlope, sqrt2) // of 0, times 4
	density = sum{float64(0.25 * density.h), float64(0.25 * density.l)}
	for i := range tailLocalEnd*pointsPerUnit + 1 {
		all[i] = tailLocal(float64(i)/pointsPerUnit, density)
	}
	return all
}

// newLocal returns a local of the value f, which errs by that part of it, and the coefficients c
// from the first on, of which the last is left out.
func newLocal(f sum, part float64, c *[8]float64) local {
	const radius4 = 1.0 / (16 * pointsPerUnit * pointsPerUnit * pointsPerUnit * pointsPerUnit) // that of a local to the fourth
	h := (f.h + rounder/(1<<26)) - rounder/(1<<26)
	l := (f.h - h) + f.l
	omitted := math.Abs(c[7]) * (radius4 * radius4)
	return local{h, l, float64(f.h*part) + (float64(1.25*omitted) + float64(math.Abs(l)*0x1p-50)), c[0], [6]float64(c[1:7])}
}

// geluTanhLocal has 2u of a + d/geluTanhStretch, whose derivative in d is that of
// b0*a + b1*a^3, in powers of d.
func geluTanhLocal(a float64) local {
	const r = 1.0 / geluTanhStretch
	cubic := mul(geluB1, sum{float64(3 * a * a), 0}) // a has 10 bits
	w := twoSum(geluB0.h, cubic.h)
	w = fastTwoSum(float64(r*w.h), float64(r*(w.l+(cubic.l+geluB0.l))))
	return logisticLocal(geluTanhExponent(a), w, float64(6*geluB1.h*a)*(r*r), float64(3*geluB1.h*(r*r*r)))
}

// logisticLocal returns the local of f = 1/(1 + e^z) where z' is w + w1*d + w2*d^2, by
// f' = (f^2 - f)*z'.
func logisticLocal(z, w sum, w1, w2 float64) local {
	e, k := expSum(z)
	c := pow2(k)
	d := twoSum(1, float64(e.h*c))
	q := quo(sum{1, 0}, fastTwoSum(d.h, d.l+float64(e.l*c)))
	f := fastTwoSum(q.h, q.l)
	rest := fastTwoSum(1, -f.h)
	g := mul(f, fastTwoSum(rest.h, rest.l-f.l)) // f - f^2
	slope := mul(fastTwoSum(g.h, g.l), w)
	series := [9]float64{f.h, -(slope.h + slope.l)}
	var squares [8]float64 // of f^2 - f
	squares[0] = -(g.h + g.l)
	for n := 1; n < 8; n++ {
		squares[n] = -series[n]
		for i := range n + 1 {
			squares[n] += float64(series[i] * series[n-i])
		}
		next := float64(squares[n]*w.h) + float64(squares[n-1]*w1)
		if n > 1 {
			next += float64(squares[n-2] * w2)
		}
		series[n+1] = next / float64(n+1)
	}
	return newLocal(f, 0x1p-63, (*[8]float64)(series[1:]))
}

// tailLocal returns the local of Q, by Q' = -g and g' = -a*g of the density g, which is density0
// at 0.
func tailLocal(a float64, density0 sum) local {
	q, k := normalTail(sum{a, 0})
	f := fastTwoSum(q.h, q.l)
	c := pow2(k)
	e, k := expSum(sum{float64(-0.5 * a * a), 0}) // exact
	g := mul(e, density0)
	before, now := 0.0, float64((g.h+g.l)*pow2(k))
	var terms [8]float64
	for n := range terms {
		terms[n] = -now / float64(n+1)
		before, now = now, -(float64(a*now)+before)/float64(n+1)
	}
	return newLocal(sum{float64(f.h * c), float64(f.l * c)}, 0x1p-60, &terms)
}

// nearby returns the local nearest to |x|, for |x| below the end of them, and the distance from
// its point, which is exact.
func nearby(all *locals, x float64) (f *local, d float64) {
	a := math.Abs(x)
	t := a + rounder/pointsPerUnit
	return &all[math.Float64bits(t)&(1<<11-1)], a - (t - rounder/pointsPerUnit)
}

// curve returns the terms from d^2 on.
func (f *local) curve(d float64) float64 {
	z := d * d
	return float64(z * ((f.c[0] + float64(f.c[1]*d)) + float64(z*((f.c[2]+float64(f.c[3]*d))+float64(z*(f.c[4]+float64(f.c[5]*d)))))))
}

// value returns f, p being the linear term and rest what is beyond it. With u = 2^-53, the slope,
// its product with d, the sum with p, and that sum with the bound err by up to u*p each. The rest
// is 2^-5 of p or less, and its errors are.
func (f *local) value(p, rest float64) bounded {
	return bounded{f.h, p + (f.l + rest), float64(math.Abs(p)*0x1.2p-51) + f.e}
}

// sides are what the functions of locals are made of, for x >= 0 and x < 0. No processor can
// guess which of them.
var sides = [2]struct{ one, sign float64 }{{1, -1}, {0, 1}}

// whole returns f(x) = one + sign*f(-|x|).
func (b bounded) whole(x float64) bounded {
	side := &sides[math.Float64bits(x)>>63]
	return bounded{side.one + float64(side.sign*b.h), float64(side.sign * b.l), b.e}
}

// weighted returns x*b, for a b of locals. The product and the sum in l err by u*l each.
func (b bounded) weighted(x float64) bounded {
	c := head(x)
	return bounded{float64(c * b.h), float64((x-c)*b.h) + float64(x*b.l), float64(math.Abs(x) * (1.5 * b.e))}
}
