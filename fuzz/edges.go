package fuzz

import "github.com/samebits/samebits/reduce"

// Edges returns n finite numbers of random sign at the edges of what kernels of exact and binned sums take. Their
// exponents lie over a random number of binades, up to 4, 70, 200 or all, which begin anywhere or near an end of
// the range: evenly, or nearly all at the low end. Every other significand is of few bits: a one, or some, before zeros
// or ones alone.
func Edges[T reduce.Float](seed uint64, n int) []T {
	atLeast("Edges", n, 0)
	return edges[T](newRandom(seed), n)
}

// CancellingEdges returns Edges of which every other one is the negative of one before it, but perhaps for one number: what is
// far below the largest decides the sum, or a single number does.
func CancellingEdges[T reduce.Float](seed uint64, n int) []T {
	atLeast("CancellingEdges", n, 0)
	r := newRandom(seed)
	x := edges[T](r, n)
	for i := 1; i < n; i += 2 {
		x[i] = -x[i-1]
	}
	if n > 0 && r.intn(2) == 0 {
		x[r.intn(n)] = edges[T](r, 1)[0]
	}
	return shuffle(r, x)
}

func edges[T reduce.Float](r *random, n int) []T {
	f := formatOf[T]()
	fraction := f.precision - 1
	top := f.maxExponent - f.minExponent - fraction // the biased exponent of the largest numbers
	low := []int{r.intn(4), r.intn(140), top - r.intn(140), top / 2, r.intn(top)}[r.intn(5)]
	span, even := r.intn([]int{4, 70, 200, top}[r.intn(4)]), r.intn(2) == 0
	return generate(n, func(int) T {
		e := low
		switch {
		case even:
			e += r.intn(span + 1)
		case r.intn(8) == 0:
			e += span
		}
		return fromBits[T](r.uint64()>>63<<(f.width-1) | uint64(min(e, top))<<fraction | edgeFraction(r, fraction))
	})
}

// edgeFraction returns the fraction of a significand, of so many bits.
func edgeFraction(r *random, bits int) uint64 {
	v := r.uint64() >> (64 - bits)
	switch r.intn(6) {
	case 0:
		return 0
	case 1:
		return 1<<bits - 1
	case 2:
		return v &^ (1<<r.intn(bits+1) - 1)
	}
	return v
}

// EdgeProducts returns factors that are Edges, whose products underflow and overflow, too. Of even seeds, every other product cancels another.
func EdgeProducts[T reduce.Float](seed uint64, n int) (x, y []T) {
	atLeast("EdgeProducts", n, 0)
	r := newRandom(seed)
	x, y = edges[T](r, n), edges[T](r, n)
	for i := 1; i < n && seed%2 == 0; i += 2 {
		x[i], y[i] = -x[i-1], y[i-1]
	}
	p := shuffledIndices(r, n)
	t := terms[T]{x, y, true}.permuted(p)
	return t.x, t.y
}
