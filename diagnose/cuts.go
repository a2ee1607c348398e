package diagnose

import (
	"slices"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/parallel"
	"github.com/samebits/samebits/tp"
)

// cut is a division of the inputs of a row-parallel layer among ranks.
type cut struct{ lo, hi []int }

func (c cut) ranks() int { return len(c.lo) }

// usualRanks are how many ranks are tried where a trace does not say how many it had.
var usualRanks = []int{2, 3, 4, 6, 8}

// manyRanks are as many as the trace's tp says or, where it says nothing or 1, the usual.
func (r *replayer) manyRanks() []int {
	if r.ranks == 1 {
		return usualRanks
	}
	return []int{r.ranks}
}

// cuts lists how the inputs of a stage may be divided among many ranks.
func (r *replayer) cuts(name string) (list []cut) {
	for _, p := range r.manyRanks() {
		switch {
		case name != "attn.out":
			list = append(list, innerCuts(r.config.Inner, p)...)
		case p <= r.config.Heads:
			list = append(list, headCut(r.config.Heads, r.config.HeadSize, p))
		}
	}
	return list
}

// headCut divides heads, each of so many values, whole.
func headCut(heads, size, ranks int) cut {
	return cutBy(ranks, func(k int) (int, int) {
		s := tp.Cut(heads, ranks, k)
		return s.Lo * size, s.Hi * size
	})
}

func evenCut(width, ranks int) cut {
	return cutBy(ranks, func(k int) (int, int) { return parallel.Cut(width, ranks, k) })
}

// innerCuts divides what lies between the two layers of an MLP: evenly, or evenly in
// units of 32.
func innerCuts(width, ranks int) []cut {
	even := evenCut(width, ranks)
	leaves := cutBy(ranks, func(k int) (int, int) { s := tp.CutAligned(width, 32, ranks, k); return s.Lo, s.Hi })
	if slices.Equal(even.lo, leaves.lo) && slices.Equal(even.hi, leaves.hi) {
		return []cut{even}
	}
	return []cut{even, leaves}
}

func cutBy(p int, at func(k int) (lo, hi int)) (c cut) {
	for k := range p {
		lo, hi := at(k)
		c.lo, c.hi = append(c.lo, lo), append(c.hi, hi)
	}
	return c
}

// share is the part of the product that a rank's inputs make, without bias.
func (l linear) share(lo, hi int) linear {
	x := tensor{rows: l.x.rows, cols: hi - lo}
	if l.x.errors != nil {
		x.errors = newErrors(l.x.rows * x.cols)
	}
	for t := range l.x.rows {
		x.x = append(x.x, l.x.row(t)[lo:hi]...)
		for k := lo; k < hi && x.errors != nil; k++ {
			i := t*x.cols + k - lo
			x.errors.proof[i], x.errors.systematic[i], x.errors.sigma[i] = l.x.at(t*l.x.cols + k)
		}
	}
	w := gemm.NewMatrix[float64](l.w.Rows, hi-lo)
	for j := range w.Rows {
		copy(w.Row(j), l.w.Row(j)[lo:hi])
	}
	l.x, l.w, l.bias, l.ranks = x, w, nil, 1
	return l
}

// reach is the largest number of ranks that a stage may have been divided among.
func (r *replayer) reach(stage string) (ranks int) {
	_, name := split(stage)
	for _, c := range r.cuts(name) {
		ranks = max(ranks, c.ranks())
	}
	return ranks
}
