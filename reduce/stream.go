package reduce

import "math"

// A stream is a sum whose terms do not lie in a slice as they are: they are
// strided, or computed from the elements. It reads them block by block into a
// buffer of a fixed size.
type stream[T Float] struct {
	x    Vector[T]
	f    mapping[T] // of the elements of x
	y    Vector[T]  // the second factors of products, of the length of x
	kind termKind
}

// termKind says what a term is made of, v being f(x[i]).
type termKind uint8

const (
	plainTerms   termKind = iota // v
	squareTerms                  // v*v
	productTerms                 // v*y[i]
)

// streamBlock is the number of terms in a block. A power of two makes most blocks
// one node of the canonical tree. It cannot matter to the bits.
const streamBlock = 1024

// streamBuffer is the buffer of one block: the terms, or their factors.
type streamBuffer[T Float] struct{ x, y [streamBlock]T }

// sumStream returns the sum of the terms in the given order.
func sumStream[T Float](s stream[T], order Order) T {
	mustCheck[T](order)
	s.x.mustFit()
	switch {
	case contiguous(s):
		return sumOf(order, s.x.Data[:s.x.N], factors(s, s.x.Data[:s.x.N], s.y.Data))
	case order.CutInvariant():
		return accumulate(s, order)
	case order.kind == KindShuffled || order.kind == KindArrival:
		all := make([]T, s.x.N)
		return sumOf(order, all, readBlock(s, all, make([]T, s.y.N), 0))
	}
	return foldStream(s, order.kind)
}

// contiguous tells whether the terms lie in slices as they are.
func contiguous[T Float](s stream[T]) bool {
	return s.f.kind == identity && s.x.Inc == 1 && (s.kind != productTerms || s.y.Inc == 1)
}

// factors returns the second factors that go with x: those of y, x itself, or nil.
func factors[T Float](s stream[T], x, y []T) []T {
	switch s.kind {
	case squareTerms:
		return x
	case productTerms:
		return y[:len(x)]
	}
	return nil
}

// sumOf is Sum of x, or Dot of x and y where y is not nil.
func sumOf[T Float](order Order, x, y []T) T {
	if y == nil {
		return Sum(order, x)
	}
	return Dot(order, x, y)
}

// readBlock fills x with f of the elements from lo on, y with the second factors where
// the terms are products, and returns the factors that go with x.
func readBlock[T Float](s stream[T], x, y []T, lo int) []T {
	gather(x, s.x, lo)
	s.f.apply(x)
	if s.kind == productTerms {
		gather(y[:len(x)], s.y, lo)
	}
	return factors(s, x, y)
}

// gather copies the elements of v from lo on to dst.
func gather[T Float](dst []T, v Vector[T], lo int) {
	if len(dst) == 0 {
		return
	}
	data := v.Data[lo*v.Inc:]
	if v.Inc == 1 {
		copy(dst, data)
		return
	}
	for i := range dst {
		dst[i] = data[i*v.Inc]
	}
}

// accumulate sums the blocks in an order that does not depend on cuts.
func accumulate[T Float](s stream[T], order Order) T {
	var b streamBuffer[T]
	a := newAccumulator[T](order, 0)
	for lo := 0; lo < s.x.N; lo += streamBlock {
		x := b.x[:min(streamBlock, s.x.N-lo)]
		if y := readBlock(s, x, b.y[:], lo); y != nil {
			a.AddProducts(x, y)
		} else {
			a.Add(x...)
		}
	}
	v, err := a.Sum()
	if err != nil {
		panic(err) // it begins at index 0
	}
	return v
}

// foldStream is the left fold of the terms by the rule of the order.
func foldStream[T Float](s stream[T], k Kind) T {
	var b streamBuffer[T]
	var f folder[T]
	for lo := 0; lo < s.x.N; lo += streamBlock {
		x := b.x[:min(streamBlock, s.x.N-lo)]
		y := readBlock(s, x, b.y[:], lo)
		for i, v := range x {
			if y != nil {
				v = T(v * y[i])
			}
			f.take(k, v)
		}
	}
	return f.value(k)
}

// exactStream returns the exact sum of the terms.
func exactStream[T Float](s stream[T]) *Superaccumulator {
	var b streamBuffer[T]
	a := new(Superaccumulator)
	for lo := 0; lo < s.x.N; lo += streamBlock {
		x := b.x[:min(streamBlock, s.x.N-lo)]
		addExact(a, terms[T]{x: x, y: readBlock(s, x, b.y[:], lo)})
	}
	return a
}

// maxStream returns the largest v, canonical where it is a NaN. There is at least one.
func maxStream[T Float](s stream[T]) T {
	var b streamBuffer[T]
	most := T(math.Inf(-1))
	for lo := 0; lo < s.x.N; lo += streamBlock {
		x := b.x[:min(streamBlock, s.x.N-lo)]
		readBlock(s, x, nil, lo)
		most = max(most, largest(x))
	}
	return most
}
