package reduce

import "github.com/samebits/samebits/internal/kernel"

// apartTries is how many blocks of a span may be refused.
const apartTries = 3

// apartReader has terms added as several interleaved streams, if kernel.Apart says so, span after span. It gives blocks, as kernel.CutApart takes them,
// until some of a span have been refused. Those, and all else, it gives as terms side by side, from one place after the other. (It holds no terms: what
// holds some has them allocated.)
type apartReader struct {
	first, n int // the span at hand, or all that is left if there is none; and the number of terms
	apart    int // from place to place, or 0 if there is no span
	part     int // of a block in each place
	lo       int // how many terms of each place have been given
	tries    int
	place    int // where to give the next left terms side by side, or Places
	left     int
}

// readCut is readApart of all terms, in blocks of kernel.CutApart: plain ones of float64.
func readCut[T Float](t terms[T]) apartReader {
	apart := 0
	if kernel.Is64[T]() && t.kind() == kernel.Plain {
		apart = kernel.Apart[T](kernel.Plain, len(t.x))
	}
	return readApart(0, len(t.x), kernel.MaxSliced, apart)
}

// readApart reads n terms from that one on, in blocks of so many if places are apart, as kernel.Apart says, or 0.
func readApart(first, n, block, apart int) (r apartReader) {
	r.n, r.apart, r.part = n, apart, block/kernel.Places
	r.begin(first)
	return r
}

// begin begins a span with that term, or ends with terms too few for one.
func (r *apartReader) begin(first int) {
	r.first, r.lo, r.tries, r.place = first, 0, apartTries, kernel.Places
	if r.n-first < kernel.Places*r.apart {
		r.apart = 0
	}
}

// next returns the first and the end of a block, which done is to be told of, or with 0 for apart of terms side by side, which may be none; or false.
func (r *apartReader) next() (lo, hi, apart int, ok bool) {
	if r.apart > 0 && r.lo == r.apart {
		r.begin(r.first + kernel.Places*r.apart)
	}
	switch {
	case r.apart == 0:
		lo, r.first = r.first, r.n
		return lo, r.n, 0, lo < r.n
	case r.place == kernel.Places && r.tries > 0 && r.lo+r.part <= r.apart:
		lo = r.first + r.lo
		return lo, lo + r.part + (kernel.Places-1)*r.apart, r.apart, true
	case r.place == kernel.Places:
		r.place, r.left = 0, r.apart-r.lo
	}
	lo = r.first + r.place*r.apart + r.lo
	hi = lo + r.left
	if r.place++; r.place == kernel.Places {
		r.lo += r.left
	}
	return lo, hi, 0, true
}

// done tells whether the block has been added.
func (r *apartReader) done(added bool) {
	if added {
		r.lo += r.part
		return
	}
	r.tries--
	r.place, r.left = 0, r.part
}

// cutTerms cuts a block by kernel.Cut or, if apart is not 0, by kernel.CutApart.
func cutTerms[T Float](s *kernel.Slices, g *kernel.Grid, t terms[T], apart int) bool {
	if apart > 0 {
		return kernel.CutApart(s, g, t.x, apart)
	}
	return kernel.Cut(s, g, t.kind(), t.x, t.y)
}
