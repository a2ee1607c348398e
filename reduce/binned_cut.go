package reduce

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// binCutter adds blocks of terms to bins by the vector kernels that cut terms into
// slices, which do what binned_slices.go says.
//
// If all terms of a block of float64 are multiples of q(J-1), J being the top, the slices
// of all lower bins are zero, and two bins are cut, the second taking what the first leaves.
type binCutter[T Float] struct {
	b     *Bins[T]
	top   int         // of the grids
	two   kernel.Grid // whole, of two bins
	all   kernel.Grid // dropped, of as many as the fold
	ready bool        // there are grids
	deep  bool        // the last block had terms with lower bits than two bins hold
	zeros bool        // it had zeros
	block kernel.Slices
}

// maxCutTop is the highest top whose anchor 1.5 * 2^(p-1) * q(top) is finite in T.
func maxCutTop[T Float]() int {
	if kernel.Is64[T]() {
		return 51 // 2^(52 + 40*51 - 1074) = 2^1018
	}
	return 19 // 2^(23 + 13*19 - 149) = 2^121
}

// aim makes the grids for the terms there are and one of those bits, which must be finite.
// It returns false if an anchor would not be.
func (c *binCutter[T]) aim(most uint64) bool {
	top := max(c.b.top, topOf[T](most))
	if most >= kernel.Bits(T(math.Inf(1))) || top > maxCutTop[T]() {
		return false
	}
	if c.ready && top == c.top {
		return true
	}
	units := make([]int, maxFold)
	for k := range units {
		units[k] = gridExponent[T](top - k)
	}
	c.all = kernel.NewGrid(kernel.Dropped, !kernel.Is64[T](), units[:c.b.fold]...)
	if kernel.Is64[T]() {
		c.two = kernel.NewGrid(kernel.Whole, false, units[:2]...)
	}
	c.top, c.ready = top, true
	return true
}

// inTwo tells whether terms of that extent are multiples of q(top-1).
func (c *binCutter[T]) inTwo(e kernel.Extent) bool {
	return kernel.Is64[T]() && e.Least >= max(powerBits(gridExponent[T](c.top-1)+52), 1)
}

// add adds a block, or does nothing and returns false: where there are no kernels, a
// term is not finite, or the kernels see the largest not well enough to know the top.
// If apart is not 0, the block is one of kernel.CutApart, and refused, too, where it is not as the last was.
func (c *binCutter[T]) add(t terms[T], apart int) bool {
	s, n := &c.block, len(t.x)
	if apart > 0 {
		if n = kernel.MaxSliced; c.zeros {
			return false
		}
	}
	if !c.ready && !c.aim(kernel.Bits(T(math.Float64frombits(sample(t).Most)))) {
		return false
	}
	if !c.zeros {
		two := kernel.Is64[T]() && !c.deep
		if !c.cut(two, t, apart) {
			return false
		}
		c.deep = !c.inTwo(s.Extent)
		if s.Least != 0 && topOf[T](s.Most) <= c.top && !(two && c.deep) {
			c.take(two, n, 0)
			return true
		}
	}
	if apart > 0 {
		return false
	}
	s.NegZeros = 0
	if c.zeros || s.Least == 0 {
		if !kernel.Look(s, t.kind(), !kernel.Is64[T](), t.x, t.y) {
			return false
		}
		c.zeros = s.Zeros > 0
	}
	if top := topOf[T](s.Most); top > c.b.top && top != topOf[T](s.Most&^c.unseen()) || !c.aim(s.Most) {
		return false
	}
	c.deep = !c.inTwo(s.Extent)
	c.cut(!c.deep, t, 0)
	c.take(!c.deep, n, s.NegZeros)
	return true
}

// unseen are the bits that an extent does not tell.
func (c *binCutter[T]) unseen() uint64 {
	if kernel.Is64[T]() {
		return math.MaxUint32
	}
	return 0
}

func (c *binCutter[T]) cut(two bool, t terms[T], apart int) bool {
	g := &c.all
	if two {
		g = &c.two
	}
	return cutTerms(&c.block, g, t, apart)
}

// take adds the slices of n terms, as many of which are -0.
func (c *binCutter[T]) take(two bool, n, negZeros int) {
	bins := c.b.fold
	if two {
		bins = 2
	}
	c.b.addBins(c.top, c.block.Sum[:bins], n)
	c.b.notNeg0 -= int64(negZeros)
}
