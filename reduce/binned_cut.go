package reduce

import "github.com/samebits/samebits/internal/kernel"

// maxCutTop is the highest top whose anchor 1.5 * 2^(p-1) * q(top) is finite in T.
func maxCutTop[T Float]() int {
	if kernel.Is64[T]() {
		return 51 // 2^(52 + 40*51 - 1074) = 2^1018
	}
	return 19 // 2^(23 + 13*19 - 149) = 2^121
}

// cutBlock adds a block by the vector kernels that cut terms into slices, which do what
// binned_slices.go says, or does nothing and returns false: where there are no kernels, a
// term is not finite, or one is so large that an anchor would not be. It cuts for the
// top that the state has, and anew where a term turns out to be larger.
func (b *Bins[T]) cutBlock(t terms[T]) bool {
	var s kernel.Slices
	if b.count == 0 {
		if !kernel.Cut(&s, kernel.Whole, t.kind(), 0, 0, 0, t.x, t.y) {
			return false
		}
	}
	top := max(b.top, topOf[T](kernel.Bits(T(s.Max))))
	for top <= maxCutTop[T]() {
		if !kernel.Cut(&s, kernel.Dropped, t.kind(), b.fold, gridExponent[T](top), binWidth[T](), t.x, t.y) || s.Left {
			return false
		}
		needed := topOf[T](kernel.Bits(T(s.Max)))
		if needed <= top {
			b.addBins(top, s.Sum[:b.fold], len(t.x))
			b.notNeg0 -= int64(s.NegZeros)
			return true
		}
		top = needed
	}
	return false
}
