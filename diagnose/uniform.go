package diagnose

import (
	"cmp"
	"math"
	"slices"

	"github.com/samebits/samebits/trace"
)

// confined finds a head or a rank that alone is wrong, in a stage of which the errors
// are no larger than those of a lower precision. Two things must hold. Without the
// block's errors the declared arithmetic explains the stage: bounds and tests. And a
// lower precision of the whole stage does not make it so: lower being the stage with
// that precision, the chance that its errors gather in one of the blocks as they do is
// failure at most.
//
// The chance is exact, and asks only that the precision is that of the whole stage.
// Then no column is before another: all orders of the N columns by the size of their
// errors, in units of what the precision does to each, are equally likely. That the k
// first of them are all among the m of a given block has the probability
//
//	m/N * (m-1)/(N-1) * ... * (m-k+1)/(N-k+1) = C(m, k)/C(N, k)
//
// and in one of several blocks at most as many times that. Left out of N and m are
// columns in which the precision could not be seen, as its format holds their values to
// within their limits. Where inputs were bridged all columns share errors, and nothing
// is concluded.
func (r *replayer) confined(s trace.Stage, op operation, c, lower *comparison, f format) (Hint, bool) {
	if c.e.mixed {
		return Hint{}, false
	}
	l, list := r.layout(s), r.blocks(s)
	order := c.bySize(l, lower, f)
	for _, b := range list {
		if float64(len(list))*chance(order, b) > failure {
			continue
		}
		rest := c.without(func(i int) bool { return b.has(l.unit(i)) })
		if r.fine(rest, rest.systematic(op)) {
			return c.whereHint(s.Name, b.cause, b.text), true
		}
	}
	return Hint{}, false
}

// bySize lists the units in which roundings to the format can be seen, those first
// whose errors are largest in units of what the lower precision does.
func (c *comparison) bySize(l layout, lower *comparison, f format) (units []int) {
	energy, seen := map[int]float64{}, map[int]bool{}
	for i, d := range lower.residuals() {
		_, sigma := lower.e.scale(i)
		if sigma == 0 || c.e.masked != nil && c.e.masked[i] {
			continue
		}
		u := l.unit(i)
		energy[u] += d / sigma * (d / sigma)
		x := c.e.x[i]
		seen[u] = seen[u] || math.Abs(f.roundedTo(x)-x) > c.e.limit(i, c.lambda)
	}
	for u := range energy {
		if seen[u] {
			units = append(units, u)
		}
	}
	slices.SortFunc(units, func(a, b int) int {
		return cmp.Or(cmp.Compare(energy[b], energy[a]), cmp.Compare(a, b))
	})
	return units
}

// chance is the probability that the first units of a random order are those of the
// block for as long as they are here.
func chance(order []int, b block) float64 {
	m := 0
	for _, u := range order {
		if b.has(u) {
			m++
		}
	}
	p := 1.0
	for k, u := range order {
		if !b.has(u) {
			break
		}
		p *= float64(m-k) / float64(len(order)-k)
	}
	return p
}

// without is the comparison with the values of a part as they should be.
func (c *comparison) without(part func(i int) bool) *comparison {
	y := slices.Clone(c.y)
	for i := range y {
		if part(i) {
			y[i] = c.a.values.roundedTo(c.e.x[i])
		}
	}
	return compare(y, c.e, c.a)
}
