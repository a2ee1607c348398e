package pair

import (
	"math"

	"github.com/samebits/samebits/diagnose"
)

// residual is what is left of the difference of a stage between two runs without what
// it inherits, with the bounds of it; all by element.
type residual struct {
	r, bound []float64
	likely   []float64 // what random rounding stays within, or nil where bound is proof
	// inherited is the part of the bound of a product that its inputs' difference makes.
	inherited []float64
	of        string // what the bound is of, in words: "... times what"
	kind      kind
	rows      int
	fits      [2]bool // of a known map: it explains the run
	inputs    []string
}

// evidence is the kind of argument that a stage beyond the bound makes.
func (r residual) evidence() diagnose.Evidence {
	if r.likely != nil {
		return diagnose.Statistics
	}
	return diagnose.Proof
}

// residualOf takes out of a stage's difference what it inherits. It reports false
// where the stage has no inputs in the traces or its name is not known.
func residualOf(stage string, a, b *run) (residual, bool) {
	m, known := a.resolve(stage)
	if !known {
		return residual{}, false
	}
	x, okA := a.recorded(stage)
	y, okB := b.recorded(stage)
	if !okA || !okB || len(x.v) != len(y.v) {
		return residual{}, false
	}
	if m.kind == embedding {
		r := embedded(x, y, a.u+b.u)
		r.kind, r.rows = m.kind, x.rows
		return r, true
	}
	r, ok := exactMap(m, x, y, a, b)
	if other, may := parallel(stage, m); !ok && may {
		r, ok = exactMap(other, x, y, a, b)
	}
	if !ok {
		if r, ok = asProduct(m, x, y, a, b); ok {
			m.kind = product
		}
	}
	r.kind, r.rows = m.kind, x.rows
	return r, ok
}

// exactMap judges the kinds that are known but for a few parameters.
func exactMap(m mapping, x, y values, a, b *run) (residual, bool) {
	in, ok := bothInputs(m, a, b)
	if !ok {
		return residual{}, false
	}
	switch m.kind {
	case norm, headNorm:
		return normed(m, x, y, in, a, b)
	case rotation:
		return rotated(m, x, y, in, a, b)
	case product:
		return residual{}, false
	case activation:
		return activated(m, x, y, in, a, b)
	}
	f, ok := a.replay(m, in[0], 0)
	g, ok2 := b.replay(m, in[1], 0)
	if !ok || !ok2 {
		return residual{}, false
	}
	if m.kind == scores {
		f.maskAs(x)
		g.maskAs(y)
	}
	r := replayedResidual(m, x, y, f, g)
	return r, r.fits[0] || r.fits[1]
}

// maskAs masks what another masks: which keys are seen, a window say, is not known.
// Where the runs mask different keys, they differ by what is not finite.
func (x values) maskAs(y values) {
	for i, v := range y.v {
		if v <= masked && len(x.v) == len(y.v) {
			x.v[i], x.off[i] = math.Inf(-1), 0
		}
	}
}

func bothInputs(m mapping, a, b *run) (in [2][]values, ok bool) {
	var okA, okB bool
	in[0], okA = a.inputs(m)
	in[1], okB = b.inputs(m)
	return in, okA && okB
}

// replayedResidual is (y - g) - (x - f), the maps' errors in b and a.
func replayedResidual(m mapping, x, y, f, g values) residual {
	n := len(x.v)
	r := residual{r: make([]float64, n), bound: make([]float64, n), of: "rounding can do from its own inputs", fits: [2]bool{true, true}, inputs: m.inputs}
	if len(f.v) != n || len(g.v) != n {
		r.fits = [2]bool{}
		return r
	}
	for i := range r.r {
		errors := [2]float64{off(x.v[i], f.v[i]), off(y.v[i], g.v[i])}
		bounds := [2]float64{f.off[i], g.off[i]}
		for k := range errors {
			r.fits[k] = r.fits[k] && math.Abs(errors[k]) <= bounds[k]
		}
		r.r[i], r.bound[i] = errors[1]-errors[0], bounds[0]+bounds[1]
		if x.v[i] == y.v[i] && f.v[i] == g.v[i] { // not NaN, where both are infinite
			r.r[i] = 0
		}
	}
	return r
}

// off is x - f, 0 where both are masked, and NaN and infinities as they come.
func off(x, f float64) float64 {
	if x <= masked && f <= masked || x == f {
		return 0
	}
	return x - f
}

// embedded bounds a stage that has no inputs but the ids: a sum of two rows, each
// rounded to the arithmetic, and the rounding of the sum, by the largest of the row.
func embedded(x, y values, u float64) residual {
	r := residual{r: make([]float64, len(x.v)), bound: make([]float64, len(x.v)), of: "rounding can do", fits: [2]bool{true, true}}
	for i := range x.rows {
		v, _ := x.row(i)
		largest := 0.0
		for _, e := range v {
			largest = math.Max(largest, math.Abs(e))
		}
		for j := range v {
			k := i*x.cols + j
			r.r[k], r.bound[k] = off(y.v[k], x.v[k]), u*(math.Abs(x.v[k])+2*largest)
		}
	}
	return r
}

// activated judges an activation: by the function that explains the first run or,
// where none does, the second.
func activated(m mapping, x, y values, in [2][]values, a, b *run) (residual, bool) {
	for k, which := range []string{"first", "second"} {
		for variant, act := range activations {
			f, ok := a.replay(m, in[0], variant)
			g, ok2 := b.replay(m, in[1], variant)
			if !ok || !ok2 {
				return residual{}, false
			}
			if r := replayedResidual(m, x, y, f, g); r.fits[k] {
				r.of = "rounding can do to " + act.name + ", which explains the " + which + " trace"
				return r, true
			}
		}
	}
	return residual{}, false
}

// normed judges a norm, whose factor and offset come from the rows of a. What their
// errors may be is that of all rows together: least squares project.
func normed(m mapping, x, y values, in [2][]values, a, b *run) (residual, bool) {
	x0, x1 := in[0][0], in[1][0]
	if m.kind == headNorm {
		for _, v := range []*values{&x, &y, &x0, &x1} {
			heads := a.headsOf(m.inputs[0])
			if heads == 0 || v.cols%heads != 0 {
				return residual{}, false
			}
			v.rows, v.cols = v.rows*heads, v.cols/heads
		}
	}
	fit, ok := fitNorm(x0, x)
	if !ok || x1.rows != x0.rows || x1.cols != x0.cols {
		return residual{}, false
	}
	f, g := fit.apply(x0, a.u), fit.apply(x1, b.u)
	for j := range f.cols {
		worst := 0.0
		for i := range f.rows {
			worst = math.Max(worst, f.off[i*f.cols+j])
		}
		for i := range f.rows {
			g.off[i*f.cols+j] += worst
		}
	}
	r := replayedResidual(m, x, y, f, g)
	r.of = "rounding can do to the norm that the first trace determines"
	return r, true
}

// rotated bounds the difference of a rotated head by that of the head: its length,
// nine roundings, and the angles, which common code computes in float32, so that they
// are off by the position in its roundings.
func rotated(m mapping, x, y values, in [2][]values, a, b *run) (residual, bool) {
	heads := a.headsOf(m.inputs[0])
	if heads == 0 || len(in[0][0].v) != len(x.v) || len(in[1][0].v) != len(x.v) {
		return residual{}, false
	}
	d := x.cols / heads
	r := residual{r: make([]float64, len(x.v)), bound: make([]float64, len(x.v)),
		of: "a rotation and rounding can make of the difference before it", fits: [2]bool{true, true}, inputs: m.inputs}
	for at := 0; at < len(x.v); at += d {
		change, size := 0.0, 0.0
		for i := at; i < at+d; i++ {
			change = math.Hypot(change, in[1][0].v[i]-in[0][0].v[i])
			size = math.Hypot(size, in[0][0].v[i])
		}
		angle := 2 * float64(at/x.cols) * 0x1p-24
		for i := at; i < at+d; i++ {
			r.r[i], r.bound[i] = off(y.v[i], x.v[i]), change+size*(9*(a.u+b.u)+angle)
		}
	}
	return r, true
}
