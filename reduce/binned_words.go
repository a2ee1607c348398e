package reduce

import (
	"fmt"
	"math"

	"github.com/samebits/samebits/internal/plural"
)

// binWords is the number of words of a state.
const binWords = 7 + 2*maxFold

// words returns the state as words: fold, top, the counts of all terms, of those that
// are not -0, of +Inf, -Inf and NaN, and the bins from the top on, each the lower and
// the upper half of a two's complement, zero beyond the fold. Equal multisets of terms
// have equal words.
func (b *Bins[T]) words() (w [binWords]uint64) {
	copy(w[:], []uint64{
		uint64(b.fold), uint64(b.top),
		uint64(b.count), uint64(b.notNeg0), uint64(b.posInf), uint64(b.negInf), uint64(b.nan),
	})
	for i, v := range b.bin {
		w[7+2*i], w[8+2*i] = v.lo, uint64(v.hi)
	}
	return w
}

// binsOf returns the state of those words, or an error that says why no terms have it.
// Not every state that it lets pass has terms. Errors lack the name of the package.
func binsOf[T Float](w [binWords]uint64) (Bins[T], error) {
	for i, v := range w[2:7] {
		if v > math.MaxInt64 {
			return Bins[T]{}, fmt.Errorf("binned sum with a count %d of %d: want less than 2^63", i, v)
		}
	}
	if w[0] < minFold || w[0] > maxFold {
		return Bins[T]{}, fmt.Errorf("binned sum of fold %d: want %d to %d", w[0], minFold, maxFold)
	}
	fold, highest := w[0], uint64(maxTop[T]())
	if w[1] < fold-1 || w[1] > highest {
		return Bins[T]{}, fmt.Errorf("binned sum of fold %d with top %d: want %d to %d", fold, w[1], fold-1, highest)
	}
	b := Bins[T]{
		fold: int(fold), top: int(w[1]),
		count: int64(w[2]), notNeg0: int64(w[3]), posInf: int64(w[4]), negInf: int64(w[5]), nan: int64(w[6]),
	}
	finite := b.notNeg0 // terms that slices may come from
	for _, n := range []int64{b.posInf, b.negInf, b.nan} {
		if n > finite {
			return Bins[T]{}, fmt.Errorf("binned sum of %d infinities of either sign and %d NaN among %d terms that are not -0", w[4:6], w[6], w[3])
		}
		finite -= n
	}
	if b.notNeg0 > b.count {
		return Bins[T]{}, fmt.Errorf("binned sum of %s, %d of which are not -0", plural.Of(w[2], "term"), w[3])
	}
	if finite == 0 && w[1] != fold-1 {
		return Bins[T]{}, fmt.Errorf("binned sum of fold %d with top %d but no finite terms: want %d", fold, w[1], fold-1)
	}
	for i := range b.bin {
		b.bin[i] = int128{lo: w[7+2*i], hi: int64(w[8+2*i])}
		terms := finite
		if i >= b.fold {
			terms = 0
		}
		if !b.bin[i].within(terms, uint(binWidth[T]()-1)) {
			return Bins[T]{}, fmt.Errorf("bin %d of %d, %#x %016x, is more than %s can make it", i, fold, w[8+2*i], w[7+2*i], plural.Of(terms, "term"))
		}
	}
	return b, nil
}
