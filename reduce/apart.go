package reduce

import "github.com/samebits/samebits/internal/kernel"

// apartTries is how many blocks of a span may be refused, and apartPart the terms of a block in a place.
const (
	apartTries = 3
	apartPart  = kernel.MaxSliced / kernel.Places
)

// apartReader has terms added as several interleaved streams, if kernel.Apart says so, span after span. It gives blocks, as kernel.CutApart takes them,
// until some of a span have been refused. Those, and all else, it gives as terms side by side, from one place after the other. (It holds no terms: what
// holds some has them allocated.)
type apartReader struct {
	first, n int // the span at hand, or all that is left if there is none; and the number of terms
	apart    int // from place to place, or 0 if there is no span
	lo       int // how many terms of each place have been given
	tries    int
	place    int // where to give the next left terms side by side, or Places
	left     int
}

func readApart[T Float](t terms[T]) (r apartReader) {
	if kernel.Is64[T]() {
		r.apart = kernel.Apart[T](t.kind(), len(t.x))
	}
	r.n = len(t.x)
	r.begin(0)
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
	case r.place == kernel.Places && r.tries > 0 && r.lo+apartPart <= r.apart:
		lo = r.first + r.lo
		return lo, lo + apartPart + (kernel.Places-1)*r.apart, r.apart, true
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
		r.lo += apartPart
		return
	}
	r.tries--
	r.place, r.left = 0, apartPart
}

// cutTerms cuts a block by kernel.Cut or, if apart is not 0, by kernel.CutApart.
func cutTerms[T Float](s *kernel.Slices, g *kernel.Grid, t terms[T], apart int) bool {
	if apart > 0 {
		return kernel.CutApart(s, g, t.x, apart)
	}
	return kernel.Cut(s, g, t.kind(), t.x, t.y)
}
