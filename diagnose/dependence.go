package diagnose

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/samebits/samebits/internal/parallel"
)

// dependence tells how far errors of a stage depend on each other. Rounding errors are
// as good as independent where the values that are rounded differ by more than the
// rounding. They are not where rows are alike: attention of later tokens is nearly the
// mean of the same values, and in bf16 such rows round alike. So values of a group, most
// often a column, count as independent only if they are 2 sigma apart or more.
//
// A sum of variables of which only neighbours depend on each other obeys Hoeffding's
// inequality with its exponent divided by the chromatic number of the graph of
// neighbours (Janson, 2004, "Large deviations for sums of partly dependent random
// variables", theorem 2.1). On a line, the graph is an interval graph, and that number
// is the largest number of values within one window.
type dependence struct {
	of    []float64 // for each element, the number of its group
	worst float64
}

func (c *comparison) dependence(op operation, keep []bool) dependence {
	e := c.e
	group, apart := func(i int) int { return i % e.cols }, 2.0
	switch o := op.(type) {
	case contextOp: // heads that share values may weigh them alike
		group = func(i int) int { return o.shared(i%e.cols/o.size)*o.size + i%o.size }
	case softmaxOp: // weights of a token may be nearly the same in all heads
		group = func(i int) int { return i / e.cols % e.cols }
	case actOp: // the same number gives the same error anywhere
		group, apart = func(int) int { return 0 }, 0
	}
	members := map[int][]int{}
	for i := range e.x {
		if keep[i/e.cols] && e.errors.sigma[i] > 0 && !math.IsNaN(e.x[i]) && !math.IsInf(e.x[i], 0) {
			members[group(i)] = append(members[group(i)], i)
		}
	}
	d := dependence{make([]float64, len(e.x)), 1}
	groups := slices.Collect(maps.Values(members))
	parallel.For(c.threads, len(groups), func(g int) {
		n := e.clique(groups[g], apart)
		for _, i := range groups[g] {
			d.of[i] = n
		}
	})
	for _, n := range d.of {
		d.worst = max(d.worst, n)
	}
	return d
}

// clique is the largest number of the values that lie within a window.
func (e *estimate) clique(list []int, apart float64) float64 {
	slices.SortFunc(list, func(i, j int) int { return cmp.Compare(e.x[i], e.x[j]) })
	most, first := 1, 0
	for last := range list {
		for e.x[list[last]]-e.x[list[first]] > apart*max(e.errors.sigma[list[first]], e.errors.sigma[list[last]]) {
			first++
		}
		most = max(most, last-first+1)
	}
	return float64(most)
}
