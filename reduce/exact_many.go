package reduce

import (
	"math"
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
)

// Each of many numbers adds less than 2^53 to a limb, as much as 2^20 additions of pending.
// manyTerms is the number of terms between carries; a term that is added in another way is
// pending once.
const (
	manyPending = 1 << 20
	manyTerms   = (maxPending - 1) / (manyPending + 1)
)

// addExact adds the exact terms to a: by blocks cut into slices, where a kernel does it
// and they are not too short, else one by one.
func addExact[T Float](a *Superaccumulator, t terms[T]) {
	if len(t.x) < cutMin {
		addOneByOne(a, t)
		return
	}
	var c cutter[T]
	for len(t.x) >= cutMin {
		n := min(len(t.x), kernel.MaxSliced)
		if !c.add(a, t.slice(0, n)) {
			n = min(max(n, c.resting*kernel.MaxSliced), len(t.x), tableMax)
			c.resting = max(0, c.resting-(n-1)/kernel.MaxSliced)
			addMany(a, t.slice(0, n))
		}
		t = t.slice(n, len(t.x))
	}
	addOneByOne(a, t)
}

func addOneByOne[T Float](a *Superaccumulator, t terms[T]) {
	for i := range t.x {
		addTerm(a, t, i)
	}
}

// addTerm adds the i-th term.
func addTerm[T Float](a *Superaccumulator, t terms[T], i int) {
	if t.y == nil {
		a.Add(float64(t.x[i]))
	} else {
		a.AddProduct(float64(t.x[i]), float64(t.y[i]))
	}
}

// number returns the bits of the i-th term, of element x, as a float64, where it is one: an
// element, or a product of float32.
func (t terms[T]) number(i int, x T) uint64 {
	if t.y == nil {
		return math.Float64bits(float64(x))
	}
	return math.Float64bits(float64(x) * float64(t.y[i]))
}

// addMany adds up to tableMax terms: by a table where they are many, else one by one, with
// less to do for each.
func addMany[T Float](a *Superaccumulator, t terms[T]) {
	numbers := t.y == nil || !kernel.Is64[T]()
	switch {
	case len(t.x) < tableMin && numbers:
		addSome(a, t)
	case len(t.x) < tableMin:
		addProducts(a, t)
	case numbers:
		addLong(a, t)
	default:
		addLongProducts(a, t)
	}
}

// addSome adds terms that are numbers.
func addSome[T Float](a *Superaccumulator, t terms[T]) {
	for len(t.x) > 0 {
		n := min(len(t.x), manyTerms)
		a.makeRoom(n*manyPending, n)
		addNumbers(a, t.slice(0, n))
		t = t.slice(n, len(t.x))
	}
}

// makeRoom counts so many additions, and carries first, if it must, so that there is no
// carry before so many others.
func (a *Superaccumulator) makeRoom(additions, others int) {
	if a.pending+additions+others > maxPending {
		a.carry()
	}
	a.pending += additions
}

// addNormal adds the normal number of those bits to limbs, with room made for it: its
// significand, shifted into place, in a digit of 32 bits and one of the other bits, signed. It
// returns the first limb.
func (a *Superaccumulator) addNormal(b uint64) int {
	e := uint(int(b>>52&0x7ff) - 1075 - exponent0)
	at, shift := e/limbBits&127, e%limbBits
	s := int64(b) >> 63 // -1 if negative: (m ^ -1) + 1 = -m
	m := (int64(b&(1<<52-1)|1<<52) ^ s) - s
	a.limb[at] += m << shift & limbMask
	a.limb[at+1] += m >> (limbBits - shift)
	return int(at)
}

// addNumbers adds up to manyTerms terms. It takes down which pairs of limbs they went to.
func addNumbers[T Float](a *Superaccumulator, t terms[T]) {
	seen, others := uint64(0), 0
	for i, x := range t.x {
		b := t.number(i, x)
		if !isNormal(b) {
			addTerm(a, t, i)
			others++
			continue
		}
		seen |= 1 << (a.addNormal(b) / 2)
	}
	if seen != 0 {
		a.reserve(int64(len(t.x) - others))
		a.widen(2*bits.TrailingZeros64(seen), 2*bits.Len64(seen)+1)
	}
}

// addProducts adds products of float64.
func addProducts[T Float](a *Superaccumulator, t terms[T]) {
	for i, x := range t.x {
		b, c := math.Float64bits(float64(x)), math.Float64bits(float64(t.y[i]))
		if !isNormal(b) || !isNormal(c) {
			addTerm(a, t, i)
			continue
		}
		a.reserve(1)
		hi, lo := bits.Mul64(b&(1<<52-1)|1<<52, c&(1<<52-1)|1<<52)
		a.addBits(hi, lo, int(b>>52&0x7ff+c>>52&0x7ff)-2*1075, int64(b^c) < 0)
	}
}
