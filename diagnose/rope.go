package diagnose

import (
	"math"

	"github.com/samebits/samebits/elementary"
)

// rope replays rotary embeddings: pairs (a, b) of the first numbers of each head turn
// by position * frequency,
//
//	(a, b) -> (a*c - b*s, b*c + a*s)
//
// Programs compute the angles in float32, whatever their values are, except in
// float64. A frequency theta^(-2i/d) has the error of a power, 4 ulp, that of a
// reciprocal, and that of its exponent, rounded: relatively 2i/d*ln(theta)*v (at most
// ln(theta)*v); scaled frequencies take up to 16 roundings more. The angle is rounded
// once. So it is wrong by angle * (function + (ln(theta) + 3 [+ 16]) * v), and sine and
// cosine by that and by the error of a function, and by their rounding to values.
// Every head and, of queries and keys, both have the same sines: all this is
// systematic. Two products and their sum round to values.
type rope struct {
	x           tensor // [tokens, heads*size]
	size        int    // of a head
	frequencies []float64
	uncertainty float64   // relative, of an angle, in units of v, without the function
	positions   []float64 // of each token
	interleaved bool      // pairs are neighbours, not halves
	a           arithmetic
}

func (r rope) replay() *estimate {
	e := newEstimate(r.x.rows, r.x.cols)
	for t := range r.x.rows {
		for i, f := range r.frequencies {
			s, c := elementary.Sincos(r.positions[t] * f)
			first, second := i, len(r.frequencies)+i
			if r.interleaved {
				first, second = 2*i, 2*i+1
			}
			angle := math.Abs(r.positions[t] * f)
			wrong := angle * (r.a.function() + (r.uncertainty+3)*r.a.v())
			for h := 0; h < e.cols; h += r.size {
				at := t*e.cols + h
				r.turn(e, at+first, at+second, c, -s, wrong)
				r.turn(e, at+second, at+first, c, s, wrong)
			}
		}
		for h := 0; h < e.cols; h += r.size { // what does not turn is copied
			for i := 2 * len(r.frequencies); i < r.size; i++ {
				at := t*e.cols + h + i
				e.x[at] = r.x.x[at]
				if r.x.errors != nil {
					p, f, s := r.x.at(at)
					e.inherit(at, p, f, s)
				}
			}
		}
	}
	return e
}

// turn sets element i to x[i]*c + x[j]*s, the angle being wrong by so much.
func (r rope) turn(e *estimate, i, j int, c, s, wrong float64) {
	a, b := r.x.x[i], r.x.x[j]
	p, q := a*c, b*s
	e.x[i] = p + q
	v, u := r.a.v(), r.a.u()
	function := func(f, other float64) float64 {
		return min(2, wrong*math.Abs(other)+wrong*wrong/2) + math.Abs(f)*(r.a.function()+v+u)
	}
	own := math.Abs(a)*function(c, s) + math.Abs(b)*function(s, c)
	e.errors.systematic[i] += own
	e.errors.proof[i] += own
	e.rounding(i, math.Abs(p), u, 1)
	e.rounding(i, math.Abs(q), u, 1)
	e.rounding(i, math.Abs(e.x[i]), u, 1)
	if r.a.isNarrow() {
		e.rounding(i, math.Abs(e.x[i]), u, 1)
		e.errors.systematic[i] += r.a.values.smallest
	}
	e.errors.proof[i] += 3 * r.a.values.smallest
	if r.x.errors != nil {
		p0, f0, s0 := r.x.at(i)
		p1, f1, s1 := r.x.at(j)
		c, s := math.Abs(c)*1.01, math.Abs(s)*1.01
		e.inherit(i, c*p0+s*p1, c*f0+s*f1, c*s0+s*s1)
	}
}
