package reduce

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// cutMin is the number of terms below which cutting them is not worth the start.
const cutMin = 24

// cutter adds blocks of terms to a superaccumulator by the vector kernels that cut
// terms into slices. The slices of a block whose exponents do not span more than the
// grid holds are the terms, exactly. Wider blocks are refused.
//
// It learns from block to block: a grid that held one is tried on the next, and the kernel
// tells whether it held that. The first grid is guessed from a few terms.
type cutter[T Float] struct {
	grid    kernel.Grid
	held    kernel.Extent // what the grid holds
	ready   bool          // there is a grid
	zeros   bool          // the last block had zeros, which a kernel cannot tell from what is too small
	resting int           // blocks to refuse, after some in vain
	rest    int
	block   kernel.Slices
}

// profile says what bits terms have.
type profile struct {
	mode    kernel.Mode
	drop    int // the last bit of a term with exponent e is e - drop or higher,
	lowest  int // and this or higher
	minBins int
	maxBins int
}

func profileOf[T Float](t terms[T]) profile {
	switch {
	case t.y == nil && kernel.Is64[T]():
		return profile{kernel.Whole, 52, -1074, 2, 4}
	case t.y == nil:
		return profile{kernel.Whole, 23, -149, 1, 3}
	case kernel.Is64[T]():
		return profile{kernel.Paired, 105, -3000, 2, 3} // what has lower bits than float64 is not held
	}
	return profile{kernel.Whole, 47, -298, 2, 3}
}

const (
	maxReach = 1018        // 2^maxReach and less is within reach of a finite anchor
	infinite = 0x7ff << 52 // the bits of infinity
)

// exponentOf returns the exponent of the number of those bits, that of the smallest normal
// number for those below.
func exponentOf(b uint64) int { return max(int(b>>52), 1) - 1023 }

// powerBits returns the bits of 2^e, of +0 if it is not normal.
func powerBits(e int) uint64 { return uint64(max(e+1023, 0)) << 52 }

// aim sets the grid with the fewest bins that holds the extent, and terms up to 2^slack
// times as large. It returns false if there is none.
func (c *cutter[T]) aim(p profile, e kernel.Extent, slack int) bool {
	if e.Most >= infinite || exponentOf(e.Most)+1 > maxReach {
		return false
	}
	top := min(exponentOf(e.Most)+1+slack, maxReach)
	low := max(exponentOf(e.Least)-p.drop, p.lowest)
	if top-low > spanOf(p.maxBins)+53 {
		return false // whatever the grid
	}
	for bins := p.minBins; bins <= p.maxBins; bins++ {
		units := make([]int, 0, 6)
		units, reach := unitsBelow(units, top, bins, p.mode)
		last := units[len(units)-1]
		if last > low || reach > maxReach {
			continue
		}
		c.grid = kernel.NewGrid(p.mode, false, units...)
		c.held = kernel.Extent{Least: max(powerBits(last+p.drop), 1), Most: powerBits(reach) - 1}
		if last <= p.lowest {
			c.held.Least = 1
		}
		c.ready = true
		return true
	}
	return false
}

// spanOf returns how many bits there are from the end of a grid's reach to its last unit, for
// terms or for the errors of products.
func spanOf(bins int) int {
	if bins == 1 {
		return kernel.LastReach
	}
	return kernel.Reach + (bins-2)*kernel.Step + kernel.LastStep
}

// unitsBelow appends the units of a grid for terms below 2^top, or a higher power, which
// it returns: no unit is below the least number, so that a product that the grid holds
// has an error that is a number. The errors of products below 2^top are below 2^(top-53).
func unitsBelow(units []int, top, bins int, m kernel.Mode) ([]int, int) {
	parts := 1
	if m == kernel.Paired {
		parts = 2
	}
	top = max(top, -1074+spanOf(bins)+53*(parts-1))
	for part := range parts {
		unit := top - 53*part - kernel.Reach
		if bins == 1 {
			unit = top - kernel.LastReach
		}
		for k := range bins {
			units = append(units, unit)
			if k == bins-2 {
				unit -= kernel.LastStep
			} else {
				unit -= kernel.Step
			}
		}
	}
	return units, top
}

// noKernels is a rest for more blocks than there are.
const noKernels = math.MaxInt / kernel.MaxSliced

// add adds the block to a, or does nothing and returns false. If apart is not 0, the block is one of kernel.CutApart, and refused, too, where it is
// not as the last was.
func (c *cutter[T]) add(a *Superaccumulator, t terms[T], apart int) bool {
	p, s, n := profileOf(t), &c.block, len(t.x)
	if apart > 0 {
		if n = kernel.MaxSliced; c.zeros || c.resting > 0 {
			return false
		}
	}
	if c.resting > 0 {
		c.resting--
		return false
	}
	if !c.ready {
		e := sample(t)
		switch {
		case e.Most == 0:
			c.zeros = true // nothing to aim at: look first
		case !c.aim(p, e, 4) && !c.aim(p, e, 1):
			return c.refuse()
		}
	}
	if !c.zeros {
		if !cutTerms(s, &c.grid, t, apart) {
			if apart == 0 {
				c.resting = noKernels
			}
			return false
		}
		if s.Least >= c.held.Least && s.Most <= c.held.Most {
			c.take(a, n, 0)
			return true
		}
	}
	if apart > 0 {
		return false
	}
	s.NegZeros = 0
	if c.zeros || s.Least == 0 {
		if !kernel.Look(s, t.kind(), false, t.x, t.y) {
			c.resting = noKernels
			return false
		}
		c.zeros = s.Zeros > 0
		if c.zeros && p.mode == kernel.Paired && underflows(t) {
			return c.refuse()
		}
	}
	if s.Least > s.Most { // all are zero
		a.reserve(int64(n))
		a.aside[negZero] += int64(s.NegZeros)
		return true
	}
	if !c.aim(p, s.Extent, 1) {
		return c.refuse()
	}
	kernel.Cut(s, &c.grid, t.kind(), t.x, t.y)
	c.take(a, n, s.NegZeros)
	return true
}

// sample returns the extent of a few terms that are not zero, products rounded.
func sample[T Float](t terms[T]) kernel.Extent {
	e := kernel.Extent{Least: math.MaxUint64}
	for _, first := range []int{0, len(t.x) - 8} {
		for i, v := range t.x[first:][:8] {
			if t.y != nil {
				v = T(v * t.y[first+i])
			}
			b := math.Float64bits(math.Abs(float64(v))) // ordered as magnitudes are, NaN above infinity
			e.Most = max(e.Most, b)
			e.Least = min(e.Least, b-1)
		}
	}
	e.Least++
	return e
}

// likelyCut tells whether a few samples of the terms, many more than 64, look as if a cutter
// took them.
func likelyCut[T Float](t terms[T]) bool {
	var c cutter[T]
	if !c.add(new(Superaccumulator), t.slice(0, 64), 0) {
		return false
	}
	last := len(t.x) - 64
	return c.add(new(Superaccumulator), t.slice(last, last+64), 0) && c.add(new(Superaccumulator), t.slice(last/2, last/2+64), 0)
}

// underflows tells whether a product of two numbers that are not zero is.
func underflows[T Float](t terms[T]) bool {
	for i, v := range t.x {
		if v*t.y[i] == 0 && v != 0 && t.y[i] != 0 {
			return true
		}
	}
	return false
}

// refuse makes the cutter rest for ever longer.
func (c *cutter[T]) refuse() bool {
	c.rest = min(2*c.rest+1, 63)
	c.resting = c.rest
	c.ready, c.zeros = false, false
	return false
}

// take adds the slices of n terms to a.
func (c *cutter[T]) take(a *Superaccumulator, n, negZeros int) {
	c.rest = 0
	a.reserve(int64(n))
	a.aside[negZero] += int64(negZeros)
	for k, unit := range c.grid.Units() {
		if sum := c.block.Sum[k]; sum != 0 {
			a.addInt(sum, unit)
		}
	}
}
