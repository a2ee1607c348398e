package kernel

import "math/bits"

// Chunks are a small superaccumulator, as Digits are: a number in fixed point, of digits of 32 bits that overlap, so that
// none carries into the next (Neal, 2015, "Fast exact summation using small and large superaccumulators"). They are as few as the terms'
// type needs, since they are cleared and read for every sum, and a word says which of them are in use.
//
// sumChunks hold numbers of float64, the sum of d[i] * 2^(32i-1075), i <= 64. The upper six bits of an exponent say where a number is added, the
// lower five by how much it is moved up first. A chunk takes 2^52 of a number at most: of 500 numbers less than 2^61, so that what is below a chunk is
// less than 2^29 of it, as leading allows. As either part has the sign of the number, a number and its negative leave no trace.
//
// dotChunks hold products of float64, sum of d[i] * 2^(32i-2150). A chunk takes less than 2^42 of a product, four chunks three times
// less than 2^32 and that: of 2^10 products less than 2^53, so that what is below a chunk is less than 2^22 of it, where leadingDigits allows 2^29.
type (
	sumChunks [66]int64
	dotChunks [132]int64
)

// add adds numbers. Bit i of used tells that chunks i and i+1 are in use.
func (d *sumChunks) add(x []uint64) (used uint64) {
	low := int64(0) // of subnormal numbers
	for _, b := range x {
		e, sign := b>>52&exponentMask, int64(b)>>63
		if e != 0 {
			m, i := b&fractionMask|hiddenBit, e>>5
			used |= 1 << i
			pair := (*[2]int64)(d[i:])
			pair[0] += (int64(uint32(m)<<(e&31)) ^ sign) - sign
			pair[1] += (int64(m>>1>>(^e&31)) ^ sign) - sign
		} else {
			low += (int64(b&fractionMask) ^ sign) - sign
		}
	}
	if low != 0 {
		used |= 1
		sign := low >> 63
		m := uint64((low ^ sign) - sign)
		d[0] += (int64(uint32(m<<1)) ^ sign) - sign
		d[1] += (int64(m>>31) ^ sign) - sign
	}
	return used
}

// spreadNumbers sums numbers of any exponents. It returns false if one is not finite.
func spreadNumbers(x []uint64) (s Leading, ok bool) {
	if len(x) >= numbersPlaced {
		return placedNumbers(x)
	}
	var d sumChunks
	used := d.add(x)
	if used>>63 != 0 && !finiteWords(x) {
		return s, false
	}
	return d.leading(d.top(used), used), true
}

// finiteWords tells whether all numbers are finite: one more of the exponent makes no negative number of any.
func finiteWords(x []uint64) bool {
	const absolute = 1<<63 - 1
	top := uint64(0)
	for ; len(x) >= 4; x = x[4:] {
		top |= (x[0]&absolute + hiddenBit) | (x[1]&absolute + hiddenBit) | (x[2]&absolute + hiddenBit) | (x[3]&absolute + hiddenBit)
	}
	for _, b := range x {
		top |= b&absolute + hiddenBit
	}
	return top>>63 == 0
}

// leading returns a number that rounds as the sum does, as Digits.Leading does it. Chunks above the top are 0.
func (d *sumChunks) leading(top int, used uint64) Leading {
	place := top + 1
	hi, lo := int64(0), uint64(0)
	for place > 0 && hi>>30 == hi>>63 { // less than 2^94
		place--
		hi, lo = add128(hi<<digitBits|int64(lo>>digitBits), lo<<digitBits, d[place])
	}
	if rest, near := nearMultiple(lo); near {
		if below := (used | used<<1) & (1<<uint(place) - 1); below != 0 {
			hi, lo = add128(hi, lo, d.signBelow(below, rest, place)-rest)
		}
	}
	return Leading{hi, lo, digitBits*place - 1075}
}

// top returns the highest chunk that is not 0, or 0.
func (d *sumChunks) top(used uint64) int {
	place := bits.Len64(used)
	used |= used << 1 // bit i of chunk i
	for place > 0 && d[place] == 0 {
		lowest := max(place-7, 0)
		if !allZero((*[8]int64)(d[lowest:])) {
			for place--; d[place] == 0; place-- {
			}
			return place
		}
		used &= 1<<uint(lowest) - 1
		place = bits.Len64(used) - 1
	}
	return max(place, 0)
}

// signBelow returns the sign of rest and the chunks below place, of which those are not 0 whose bits are set.
//
//go:noinline
func (d *sumChunks) signBelow(below uint64, rest int64, place int) int64 {
	for place > 0 && rest>>30 == rest>>63 {
		if rest == 0 {
			if place = bits.Len64(below); place == 0 {
				return 0
			}
		}
		place--
		below &^= 1 << (place & 63)
		rest = rest<<digitBits + d[place]
	}
	return signOf(rest)
}

// add adds products and returns the largest biased exponent of a factor. As sumChunks.add, but that subnormal factors
// are as any other: m - (e-1)*2^52 leaves their bits, and others their first.
func (d *dotChunks) add(x, y []uint64) (most uint64) {
	y = y[:len(x)]
	for i, b := range x {
		c := y[i]
		m, n := b&^(1<<63), c&^(1<<63)
		e, f := max(m>>52, 1), max(n>>52, 1)
		most = max(most, e, f)
		hi, lo := bits.Mul64(m-(e-1)<<52, n-(f-1)<<52)
		sign := int64(b^c) >> 63
		f += e
		part := (*[4]int64)(d[f>>5&127:])
		part[0] += (int64(uint32(lo)<<(f&31)) ^ sign) - sign
		down := ^f & 31 // and one more
		lo, hi = lo>>1|hi<<63, hi>>1
		lo, hi = lo>>down|hi<<1<<(^down&63), hi>>down
		part[1] += (int64(uint32(lo)) ^ sign) - sign
		part[2] += (int64(lo>>digitBits) ^ sign) - sign
		part[3] += (int64(hi) ^ sign) - sign
	}
	return most
}

// spreadProducts sums products of any exponents. It returns false if a factor is not finite.
func spreadProducts(x, y []uint64) (s Leading, ok bool) {
	if len(x) >= productsPlaced {
		return placedProducts(x, y)
	}
	var d dotChunks
	most := d.add(x, y)
	if most >= exponentMask {
		return s, false
	}
	return leadingDigits(d[:], min(int(most>>4)+4, len(d)), -2150), true
}
