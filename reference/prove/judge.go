package main

import (
	"fmt"
	"math"
	"math/big"

	"github.com/samebits/samebits/reference"
)

// value is a true value: within err of h + l, l far below h.
type value struct{ h, l, err float64 }

// normal returns h + l with h the float64 nearest to it.
func normal(h, l, err float64) value {
	r := h + l
	return value{r, l - (r - h), err}
}

// judge decides whether results are the correctly rounded ones.
type judge struct {
	*function
	*chunk
	interval interval
}

// piece judges consecutive results, all of one sign and exponent.
func (j *judge) piece(x, y []float32) {
	first, last := x[0], x[len(x)-1]
	at, far1 := j.far(first)
	to, far2 := j.far(last)
	_, tiny1 := j.tiny(first)
	_, tiny2 := j.tiny(last)
	scale, offset := 0.0, 0.0
	switch {
	case tiny1 && tiny2 && j.taylor.c0 != 0:
		offset = j.taylor.c0
	case tiny1 && tiny2:
		scale = j.taylor.c1h
	case far1 && far2 && math.Float32bits(at) == math.Float32bits(to) && at == at: // far to both ends is far between
		offset = float64(at)
	case far1 && far2 && at == first && to == last:
		scale = 1
	case !far1 && !far2 && !tiny1 && !tiny2 && !(j.taylor != nil && math.Abs(float64(first)) < 0x1p-20):
		for i, v := range x {
			if !j.plain(v, y[i]) {
				j.single(v, y[i])
			}
		}
		return
	default:
		for i, v := range x {
			j.single(v, y[i])
		}
		return
	}
	for i, v := range x {
		want := scale * float64(v)
		if scale == 0 {
			want = offset
		}
		if float64(y[i]) != want || want == 0 {
			j.single(v, y[i])
		}
	}
}

// plain tells whether y is the float32 nearest to a true value that is far from all
// midpoints: so far that float64 tells.
func (j *judge) plain(x, y float32) bool {
	var h float64
	if j.circular > 0 {
		h = turned(x, j.circular == 2).h
	} else {
		near, factor := j.near(x)
		h = j.interval.roughly(float64(near)) * factor
	}
	const far = 1 << 20 // in ulps of float64; h errs by 2^3 of them, and by 2^17 next to a zero of the function
	return (math.Float64bits(h)+far-1<<28)&(1<<29-1) >= 2*far && float32(h) == y && math.Abs(h) > 0x1p-126 && math.Abs(h) < 0x1p127
}

// single judges a result.
func (j *judge) single(x, y float32) {
	if want, ok := j.tiny(x); ok {
		if math.Float32bits(y) != math.Float32bits(want) {
			j.fail(x, y)
		}
		return
	}
	if want, ok := j.far(x); ok {
		if math.Float32bits(y) != math.Float32bits(canonical(want)) {
			j.fail(x, y)
		}
		return
	}
	switch nearest(j.value(x), y) {
	case wrong:
		j.fail(x, y)
	case unclear:
		j.Hard++
		if !j.byDigits(x, y) {
			j.fail(x, y)
		}
	}
}

// value returns the true value at x, which is neither tiny nor far.
func (j *judge) value(x float32) value {
	switch {
	case math.Abs(float64(x)) < 0x1p-20 && j.taylor != nil:
		return j.taylor.at(float64(x))
	case j.circular > 0:
		return turned(x, j.circular == 2)
	}
	near, factor := j.near(x)
	v := j.interval.at(float64(near))
	return value{v.h * factor, v.l * factor, v.err * factor}
}

// near sees to it that the interval holds an argument by whose value, times factor,
// that at x is known.
func (j *judge) near(x float32) (near float32, factor float64) {
	near, factor = x, 1
	if j.scaled != nil {
		near, factor = j.scaled(x)
	}
	if !j.interval.holds(float64(near)) {
		j.interval = j.intervalOf(near)
	}
	return near, factor
}

func (j *judge) intervalOf(x float32) interval {
	if j.kept == nil {
		return j.around(x)
	}
	middle, _ := j.alignment(x)
	if p, ok := j.kept.Load(middle); ok {
		return p.(interval)
	}
	p := j.around(x)
	j.kept.Store(middle, p)
	return p
}

// tiny returns the result for |x| < 2^-30 where it is the leading term of the series
// because that is a float32: the others are below 2^-30 of it (or, at c0, of 1), and
// half the distance to its neighbours is 2^-26 of it or more.
func (j *judge) tiny(x float32) (y float32, ok bool) {
	if !(x < 0x1p-30 && x > -0x1p-30) || j.taylor == nil || x == 0 {
		return 0, false
	}
	if j.taylor.c0 != 0 {
		return float32(j.taylor.c0), true
	}
	t := j.taylor.c1h * float64(x)
	y = float32(t)
	return y, float64(y) == t && j.taylor.c1l == 0
}

func canonical(x float32) float32 {
	if x != x {
		return math.Float32frombits(0x7fc00000)
	}
	return x
}

func (j *judge) fail(x, y float32) {
	j.Wrong++
	if len(j.Examples) < 40 {
		want, ok := j.far(x)
		if !ok {
			want = reference.RoundTo[float32](j.exact(new(big.Float).SetFloat64(float64(x)), 60))
		}
		j.Examples = append(j.Examples, fmt.Sprintf("x %#08x y %#08x want %#08x", math.Float32bits(x), math.Float32bits(y), math.Float32bits(want)))
	}
}

type verdict int

const (
	right verdict = iota
	wrong
	unclear
)

// nearest tells whether y is the float32 nearest to t: whether t lies between the
// midpoints of y and its neighbours.
func nearest(t value, y float32) verdict {
	if y != y || (t.h != 0 && math.Signbit(t.h) != math.Signbit(float64(y))) {
		return wrong
	}
	h, l, b := t.h, t.l, math.Float32bits(y)
	if math.Signbit(t.h) {
		h, l, b = -h, -l, b&^(1<<31)
	}
	above := magnitude(b)
	if b < infinite {
		above = (above + magnitude(b+1)) / 2
	}
	below := 0.0
	if b > 0 {
		below = (magnitude(b) + magnitude(b-1)) / 2
		if b == infinite {
			below = (0x1p128 + math.MaxFloat32) / 2
		}
	}
	up := inf
	if b < infinite {
		up = (above - h) - l
	}
	down := inf
	if b > 0 {
		down = (h - below) + l
	}
	switch d := min(up, down); {
	case d > t.err:
		return right
	case d < -t.err:
		return wrong
	}
	return unclear
}

const infinite = 0x7f800000

// magnitude returns the number with these bits, and 2^128 for infinity.
func magnitude(b uint32) float64 {
	if b == infinite {
		return 0x1p128
	}
	return float64(math.Float32frombits(b))
}

// byDigits judges with 60 digits. No result but those that far lists is a midpoint, and
// with 2^32 arguments none comes closer than 2^-100, or this reports it as wrong.
func (j *judge) byDigits(x, y float32) bool {
	v := j.exact(new(big.Float).SetFloat64(float64(x)), 60)
	h, _ := v.Float64()
	l := low(v, h)
	return nearest(value{h, l, math.Abs(h) * 0x1p-100}, y) == right
}

// at returns the value of the series at a small x. Its leading term is exact.
func (s *series) at(x float64) value {
	p := s.c1h * x
	e := math.FMA(s.c1h, x, -p)
	h := s.c0 + p
	e2 := p - (h - s.c0)
	if s.c0 == 0 {
		e2 = 0
	}
	tail := x * x * (s.c[0] + x*(s.c[1]+x*s.c[2]))
	low := s.c1l * x
	return normal(h, e2+(e+(low+tail)), 0x1p-50*(math.Abs(e)+math.Abs(low)+math.Abs(tail))+math.Abs(x*x*x*x*x))
}
