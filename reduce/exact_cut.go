package reduce

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// cutMin is the number of terms below which cutting them is not worth the start.
const cutMin = 24

// maxCut bounds the terms that are cut: the first anchor, 2^52 units, must be finite
// with room to spare.
const maxCut = 0x1p1018

// cutter adds blocks of terms to a superaccumulator by the vector kernels that cut
// terms into slices. The slices of a block whose exponents do not span more than the
// bins hold, some 50 bits a bin, are the terms, exactly. Wider blocks are refused.
//
// It learns from block to block: the exponent of the first grid from the largest term,
// the number of bins from what was left.
type cutter[T Float] struct {
	exponent, bins int
	ready          bool // exponent is set
	resting        int  // blocks to refuse, after some in vain
	rest           int
}

// maxBins is the number of bins of the widest kernel.
const maxBins = 3

func (c *cutter[T]) minBins(t terms[T]) int {
	switch {
	case t.y != nil && kernel.Is64[T]():
		return 3
	case t.y != nil || kernel.Is64[T]():
		return 2
	}
	return 1
}

// add adds the block to a, or does nothing and returns false.
func (c *cutter[T]) add(a *Superaccumulator, t terms[T]) bool {
	if c.resting > 0 {
		c.resting--
		return false
	}
	var s kernel.Slices
	if !c.ready {
		if !kernel.Cut(&s, kernel.Whole, t.kind(), 0, 0, 0, t.x, t.y) {
			c.resting = math.MaxInt // no kernels here
			return false
		}
		c.bins = max(c.bins, c.minBins(t))
		if !c.aim(s.Max) {
			return c.refuse()
		}
	}
	for range 4 { // larger terms, smaller terms, one bin more, one more
		kernel.Cut(&s, kernel.Whole, t.kind(), c.bins, c.exponent, kernel.ExactWidth, t.x, t.y)
		switch old := c.exponent; {
		case s.Max > math.Ldexp(1, c.exponent+51):
			if !c.aim(s.Max) {
				return c.refuse()
			}
		case !s.Left:
			c.rest = 0
			c.take(a, &s, len(t.x))
			return true
		case !c.aim(s.Max):
			return c.refuse()
		case c.exponent < old-2:
			// Finer slices may do.
		case c.bins == maxBins:
			return c.refuse()
		default:
			c.bins++
		}
	}
	return c.refuse()
}

// aim sets the grid so that terms up to twice as large as the largest are in reach, and
// returns false if there is none.
func (c *cutter[T]) aim(largest float64) bool {
	if !(largest < maxCut) {
		return false
	}
	_, e := math.Frexp(largest)                                   // largest < 2^e
	c.exponent = max(e+1-51, -1074+(maxBins-1)*kernel.ExactWidth) // the last grid is of float64 itself
	c.ready = true
	return true
}

// refuse makes the cutter rest for ever longer.
func (c *cutter[T]) refuse() bool {
	c.rest = min(2*c.rest+1, 63)
	c.resting = c.rest
	c.ready, c.bins = false, 0
	return false
}

// take adds the slices of n terms to a.
func (c *cutter[T]) take(a *Superaccumulator, s *kernel.Slices, n int) {
	a.reserve(int64(n))
	a.aside[negZero] += int64(s.NegZeros)
	for k, sum := range s.Sum[:c.bins] {
		if sum != 0 {
			a.addInt(sum, c.exponent-k*kernel.ExactWidth)
		}
	}
}
