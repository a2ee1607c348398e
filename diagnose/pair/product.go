package pair

import (
	"math"
	"strings"
)

// chance is the probability with which the statistics of a stage may fail.
const chance = 1e-12

// deviations is how many standard deviations random differences stay within: a normal
// number exceeds seven with a probability of 2.6e-12.
const deviations = 7

// asProduct bounds the difference of a product with weights that are not known: see
// the documentation of the package. A stage of another kind, whose map is not known or
// whose inputs are missing, is judged by what random rounding leaves, and never beyond
// bounds; if it mixes tokens, it inherits the largest difference of all rows.
func asProduct(m mapping, x, y values, a, b *run) (residual, bool) {
	mixes := m.kind == scores || m.kind == softmax || m.kind == context
	x0, x1, ok := joined(m.inputs, a, b, mixes, x.rows)
	if !ok || len(x.v) != len(y.v) {
		return residual{}, false
	}
	n := float64(x0.cols)
	norms, typical, certain := columnNorms(x0, x)
	r := residual{r: make([]float64, len(x.v)), bound: make([]float64, len(x.v)), likely: make([]float64, len(x.v)), inherited: make([]float64, len(x.v)),
		of: "a product with weights can make of the difference of its inputs", fits: [2]bool{true, true}, inputs: m.inputs}
	u := a.u + b.u
	largest := 0.0
	for i := range x.rows {
		p, pOff := x0.row(i)
		q, qOff := x1.row(i)
		change, size := 0.0, 0.0
		for j := range p {
			change = math.Hypot(change, math.Abs(off(q[j], p[j]))+pOff[j]+qOff[j])
			size = math.Hypot(size, p[j])
		}
		if largest = math.Max(largest, change); mixes {
			change = largest
		}
		for j := range x.cols {
			k := i*x.cols + j
			own := u * (1 + math.Sqrt(n)) * math.Abs(x.v[k])
			r.r[k] = off(y.v[k], x.v[k])
			r.bound[k] = math.Inf(1) // of one token alone, and of what is no product
			if certain > 0 && m.kind == product {
				raise := math.Max(1, 0.8*math.Pow(chance, -1/float64(certain)))
				r.bound[k] = raise * (norms[j]*change + deviations*(u*norms[j]*size+own))
				r.inherited[k] = raise * norms[j] * change
			}
			r.likely[k] = deviations*math.Max(norms[j], typical)*(change/math.Sqrt(n)+u*size) + own
		}
	}
	return r, true
}

// joined returns the inputs side by side, or, for what mixes tokens and is not one row
// a token, each token's row for every row of the stage.
func joined(names []string, a, b *run, mixes bool, rows int) (x0, x1 values, ok bool) {
	var all [2]values
	for k, r := range []*run{a, b} {
		for _, name := range names {
			x, ok := r.recorded(name)
			if !ok || strings.HasSuffix(name, ".attn.probs") && rows != x.rows {
				if x, ok = nearest(r, name); !ok {
					return x0, x1, false
				}
			}
			if all[k], ok = beside(all[k], x); !ok {
				return x0, x1, false
			}
		}
		if mixes && all[k].rows > 0 && rows%all[k].rows == 0 {
			all[k] = repeated(all[k], rows/all[k].rows)
		}
	}
	return all[0], all[1], all[0].rows == rows && all[1].rows == rows && all[0].cols == all[1].cols
}

// nearest returns what a missing stage follows from, side by side.
func nearest(r *run, stage string) (values, bool) {
	m, ok := r.resolve(stage)
	if !ok || len(m.inputs) == 0 {
		return values{}, false
	}
	var all values
	for _, name := range m.inputs {
		x, ok := r.recorded(name)
		if !ok {
			if x, ok = nearest(r, name); !ok {
				return values{}, false
			}
		}
		if all, ok = beside(all, x); !ok {
			return values{}, false
		}
	}
	return all, true
}

// beside puts the rows of y after those of x.
func beside(x, y values) (values, bool) {
	if x.v == nil {
		return y, true
	}
	if x.rows != y.rows {
		return values{}, false
	}
	out := newValues(x.rows, x.cols+y.cols)
	for i := range x.rows {
		v, o := out.row(i)
		p, pOff := x.row(i)
		q, qOff := y.row(i)
		copy(v, p)
		copy(v[x.cols:], q)
		copy(o, pOff)
		copy(o[x.cols:], qOff)
	}
	return out, true
}

// repeated stacks x that many times.
func repeated(x values, times int) values {
	out := values{rows: x.rows * times, cols: x.cols}
	for range times {
		out.v, out.off = append(out.v, x.v...), append(out.off, x.off...)
	}
	return out
}

// columnNorms estimates the length of each column of the weights in y = x*W + b, and
// tells their root mean square, by which a column that the tokens hardly show is judged
// typical, and from how many independent differences of rows the estimates come. Of
// one row alone its values, less nothing, have to do for the mean.
func columnNorms(x, y values) (norms []float64, typical float64, independent int) {
	norms = make([]float64, y.cols)
	root := math.Sqrt(float64(x.cols))
	step := max(1, x.rows/32) // of more rows than that, each with few others
	for s := 0; s < x.rows; s++ {
		for t := s + 1; t < x.rows; t += step {
			raiseNorms(norms, root, x, y, s, t)
		}
	}
	if x.rows == 1 {
		single := make([]float64, y.cols)
		raiseNorms(single, root, repeated(x, 2).withoutFirst(), repeated(y, 2).withoutFirst(), 0, 1)
		return norms, rootMeanSquare(single), 0
	}
	return norms, rootMeanSquare(norms), min(x.rows-1, x.cols)
}

// withoutFirst returns x with zeros for its first row.
func (x values) withoutFirst() values {
	v, _ := x.row(0)
	clear(v)
	return x
}

func rootMeanSquare(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v / float64(len(x))
	}
	return math.Sqrt(sum)
}

// raiseNorms raises the estimates to what rows s and t show.
func raiseNorms(norms []float64, root float64, x, y values, s, t int) {
	p, _ := x.row(s)
	q, _ := x.row(t)
	square := 0.0
	for j := range p {
		d := off(p[j], q[j])
		square += d * d
	}
	length := math.Sqrt(square)
	if length == 0 || length != length || math.IsInf(length, 0) {
		return
	}
	v, _ := y.row(s)
	w, _ := y.row(t)
	for j := range v {
		if d := root * math.Abs(off(v[j], w[j])) / length; d > norms[j] && !math.IsInf(d, 0) {
			norms[j] = d
		}
	}
}
