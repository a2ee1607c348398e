package main

import (
	"fmt"
	"math"
	"math/big"
)

const degree = 8

// interval is a polynomial that equals the function at the Chebyshev nodes of an
// interval, in t = (x - middle)/radius from -1 to 1.
//
// If the function is analytic and at most M within rho of the middle, the error of
// interpolation is below 2M (radius/(2 rho - 2 radius))^9. The widths of the functions
// make that less than 2^-67 of the value; a point between the nodes is tried all the
// same.
type interval struct {
	middle, radius float64
	inverse        float64 // of the radius, a power of two
	c              [degree + 1]float64
	l              [2]float64 // the rest of c[0] and c[1]
	err            float64
}

func (p *interval) holds(x float64) bool { return p.radius > 0 && math.Abs(x-p.middle) <= p.radius }

// at evaluates the polynomial. The terms from t^2 on are at most 2^-14 of the value;
// their rounding errors and all others stay below 2^-66 of it.
func (p *interval) at(x float64) value {
	t := (x - p.middle) * p.inverse // exact
	q := p.c[degree]
	for i := degree - 1; i >= 2; i-- {
		q = p.c[i] + t*q
	}
	b := p.c[1] * t
	e := math.FMA(p.c[1], t, -b)
	h := p.c[0] + b
	z := h - p.c[0]
	e2 := (p.c[0] - (h - z)) + (b - z)
	return normal(h, e2+(e+(p.l[0]+(p.l[1]*t+t*t*q))), p.err)
}

// roughly evaluates the polynomial in float64.
func (p *interval) roughly(x float64) float64 {
	t := (x - p.middle) * p.inverse
	z := t * t
	c := &p.c
	a := (c[0] + t*c[1]) + z*(c[2]+t*c[3])
	b := (c[4] + t*c[5]) + z*(c[6]+t*c[7]+z*c[8])
	return a + z*z*b
}

const nodePrecision = 200

// alignment returns the middle and the radius of the interval in which x is.
func (f *function) alignment(x float32) (middle, radius float64) {
	radius = f.radius(float64(x))
	return (math.Floor(float64(x)/(2*radius)) + 0.5) * 2 * radius, radius
}

// around makes the interval in which x is, aligned.
func (f *function) around(x float32) interval {
	middle, radius := f.alignment(x)
	p := interval{middle: middle, radius: radius, inverse: 1 / radius}
	at := func(t float64) *big.Float { // t has few bits
		return f.exact(new(big.Float).SetPrec(nodePrecision).SetFloat64(middle+radius*t), 34)
	}
	var ts [degree + 1]float64
	var c [degree + 1]*big.Float
	for i := range ts {
		ts[i] = float64(int(math.Cos(math.Pi*(float64(i)+0.5)/(degree+1))*256)) / 256
		c[i] = new(big.Float).SetPrec(nodePrecision).Set(at(ts[i]))
	}
	newton(ts[:], c[:])
	for i, v := range c {
		p.c[i], _ = v.Float64()
	}
	p.l = [2]float64{low(c[0], p.c[0]), low(c[1], p.c[1])}
	p.err = (math.Abs(p.c[0]) + math.Abs(p.c[1])) * 0x1p-64
	p.check(at(0.3125), middle+radius*0.3125)
	return p
}

func (p *interval) check(want *big.Float, x float64) {
	v := p.at(x)
	d, _ := new(big.Float).SetPrec(nodePrecision).Sub(want, new(big.Float).SetPrec(nodePrecision).Add(big.NewFloat(v.h), big.NewFloat(v.l))).Float64()
	if math.Abs(d) > v.err/8 {
		panic(fmt.Sprintf("prove: the polynomial around %x is wrong by %g: want %g", p.middle, d, v.err/8))
	}
}

// newton turns the values c at ts into the coefficients of the polynomial through them:
// divided differences, then nested multiplication.
func newton(ts []float64, c []*big.Float) {
	n := len(ts)
	for j := 1; j < n; j++ {
		for i := n - 1; i >= j; i-- {
			c[i].Sub(c[i], c[i-1])
			c[i].Quo(c[i], big.NewFloat(ts[i]-ts[i-j]))
		}
	}
	t := new(big.Float).SetPrec(nodePrecision)
	for j := n - 2; j >= 0; j-- {
		for i := j; i < n-1; i++ { // times (t - ts[j]), plus c[j]
			c[i].Sub(c[i], t.Mul(c[i+1], big.NewFloat(ts[j])))
		}
	}
}
