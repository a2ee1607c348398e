package reduce

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// Each of many numbers adds less than 2^53 to a limb, as much as 2^20 additions of pending.
// manyTerms is the number of terms between carries: a product is two numbers, and a
// term that is added in another way is pending once.
const (
	manyPending = 1 << 20
	manyTerms   = (maxPending - 1) / (2*manyPending + 1)
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
	for i, x := range t.x {
		if t.y == nil {
			a.Add(float64(x))
		} else {
			a.AddProduct(float64(x), float64(t.y[i]))
		}
	}
}

// addMany adds up to tableMax terms: by a table where they are many, else one by one, with
// less to do for each.
func addMany[T Float](a *Superaccumulator, t terms[T]) {
	switch {
	case len(t.x) < tableMin:
		addSome(a, t)
	case t.y == nil:
		addLong(a, t.x)
	default:
		addLongProducts(a, t.x, t.y)
	}
}

func addSome[T Float](a *Superaccumulator, t terms[T]) {
	for len(t.x) > 0 {
		n := min(len(t.x), manyTerms)
		a.makeRoom(2*n*manyPending, n)
		if t.y == nil {
			addNumbers(a, t.x[:n])
		} else {
			addProducts(a, t.x[:n], t.y[:n])
		}
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
// significand, shifted into place, in a digit of 32 bits and one of the other bits. It
// returns the first limb.
func (a *Superaccumulator) addNormal(b uint64) int {
	e := int(b>>52&0x7ff) - 1075 - exponent0
	m, shift := b&(1<<52-1)|1<<52, uint(e)%limbBits
	at := uint(e) / limbBits
	low := int64(m << shift & limbMask)
	rest := int64(m >> (limbBits - shift)) // of up to 53 bits
	s := int64(b) >> 63                    // -1 if negative: (d ^ -1) + 1 = -d
	limb := a.limb[at : at+2 : at+2]
	limb[0] += (low ^ s) - s
	limb[1] += (rest ^ s) - s
	return int(at)
}

// addNumbers adds up to manyTerms numbers.
func addNumbers[T Float](a *Superaccumulator, x []T) {
	lo, hi, n := limbCount, 0, 0
	for _, v := range x {
		b := math.Float64bits(float64(v))
		if b>>52&0x7ff-1 >= 0x7fe { // zero, subnormal, infinite or NaN
			a.Add(float64(v))
			continue
		}
		at := a.addNormal(b)
		lo, hi = min(lo, at), max(hi, at)
		n++
	}
	a.added(n, lo, hi)
}

// added counts n terms that were added to limbs from lo to the one above hi.
func (a *Superaccumulator) added(n, lo, hi int) {
	if n > 0 {
		a.reserve(int64(n))
		a.widen(lo, hi+2)
	}
}

// addProducts adds up to manyTerms products. Where neither part of TwoProd can
// overflow or underflow, the two are the product; with |p| >= 2^-900, the error is
// zero or at least 2^-900-106.
func addProducts[T Float](a *Superaccumulator, x, y []T) {
	lo, hi, n := limbCount, 0, 0
	for i, v := range x {
		v, w := float64(v), float64(y[i])
		p := v * w
		b := math.Float64bits(p)
		if b>>52&0x7ff-(1023-900) >= 2047-(1023-900) {
			a.AddProduct(v, w)
			continue
		}
		at := a.addNormal(b)
		hi = max(hi, at)
		if kernel.Is64[T]() {
			if e := math.FMA(v, w, -p); e != 0 {
				at = a.addNormal(math.Float64bits(e))
			}
		}
		lo = min(lo, at)
		n++
	}
	a.added(n, lo, hi)
}
