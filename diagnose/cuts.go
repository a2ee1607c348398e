package diagnose

import (
	"fmt"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/parallel"
	"github.com/samebits/samebits/tp"
)

// cut is a division of the inputs of a row-parallel layer among ranks.
type cut struct{ lo, hi []int }

func (c cut) ranks() int { return len(c.lo) }

// cuts lists how the inputs of a stage may be divided: as the trace's tp says, or, where
// it says nothing or 1, into 2 to 8 parts. Heads are divided whole, and the inputs of
// the second layer of the MLP evenly, or evenly in units of 32.
func (r *replayer) cuts(name string) []cut {
	ranks := []int{r.ranks}
	if r.ranks == 1 {
		ranks = []int{2, 3, 4, 6, 8}
	}
	var list []cut
	for _, p := range ranks {
		if name == "attn.out" {
			if p <= r.config.Heads {
				list = append(list, cutBy(p, func(k int) (int, int) {
					s := tp.Cut(r.config.Heads, p, k)
					return s.Lo * r.config.HeadSize, s.Hi * r.config.HeadSize
				}))
			}
			continue
		}
		even := cutBy(p, func(k int) (int, int) { return parallel.Cut(r.config.Inner, p, k) })
		list = append(list, even)
		leaves := cutBy(p, func(k int) (int, int) { s := tp.CutAligned(r.config.Inner, 32, p, k); return s.Lo, s.Hi })
		if fmt.Sprint(leaves) != fmt.Sprint(even) {
			list = append(list, leaves)
		}
	}
	return list
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
