package kernel

import "math/bits"

// Places are a superaccumulator as Chunks are, but with a place for every eighth binary place, not every 32nd: p[i] has the weight of 8 i bits. So a term
// is moved up by less than 8 bits, and is then still a number of one word (a product one of two), which is cut at fixed bits: 32 of them go to each of the
// places i, i+4 ... Negative terms have places of their own, so that a sign is a part of the index. That takes half of the operations of a chunk. But eight
// times as many places are to be cleared and read, for which there have to be enough terms.
//
// A term adds less than 2^32 to a place, and is in one only of the four with the same i/4: up to 2^30 terms leave places of less than 2^62. A number and
// its negative leave two places that are the same.
//
// numberPlaces hold numbers of float64. Place i is that of the exponents 8i to 8i+7, in units of 2^(8i-1075); bit 8 of the index is the sign, so that
// what numbers of the highest exponents leave four places above would be with negative numbers. They have places with signs, apart.
//
// productPlaces hold products of float64, place i in units of 2^(8i-2150).
type (
	numberPlaces struct {
		at   [2*numberSpan + 4]int64 // the last four are for no number: no index needs a look
		high [8]int64                // of exponents from highFrom on
	}
	productPlaces [2 * productSpan]int64
)

const (
	numberSpan  = 256
	highFrom    = 2048 - 32
	productSpan = 528 // exponents of products are less than 4096, and reach 12 places more
	maxPlaced   = 1 << 30

	numbersPlaced  = 128 // chunks are faster for fewer
	productsPlaced = 128
)

// add adds numbers. It returns false if one is not finite.
func (d *numberPlaces) add(x []uint64) (ok bool) {
	at := &d.at
	for _, b := range x {
		if b<<1-1<<53 < (highFrom-1)<<53 {
			m := (b&fractionMask | hiddenBit) << (b >> 52 & 7)
			i := b >> 55
			at[i] += int64(uint32(m))
			at[i+4] += int64(m >> 32)
		} else if b<<1 != 0 && !d.addOdd(b) {
			return false
		}
	}
	return true
}

// addOdd adds a number that is subnormal or has one of the highest exponents. It returns false if it is not finite.
//
//go:noinline
func (d *numberPlaces) addOdd(b uint64) (ok bool) {
	e, m := b>>52&exponentMask, b&fractionMask
	switch {
	case e == exponentMask:
		return false
	case e == 0:
		i := b >> 55
		d.at[i] += int64(uint32(m << 1))
		d.at[i+4] += int64(m >> 31)
	default:
		m = (m | hiddenBit) << (e & 7)
		sign := int64(b) >> 63
		p := (*[5]int64)(d.high[(e-highFrom)>>3:])
		p[0] += (int64(uint32(m)) ^ sign) - sign
		p[4] += (int64(m>>32) ^ sign) - sign
	}
	return true
}

// add adds products. It returns false if a factor is not finite.
func (d *productPlaces) add(x, y []uint64) (ok bool) {
	y = y[:len(x)]
	for i, b := range x {
		c := y[i]
		e, f := b>>52&exponentMask, c>>52&exponentMask
		if e-1 < exponentMask-1 && f-1 < exponentMask-1 {
			f += e
			hi, lo := bits.Mul64((b&fractionMask|hiddenBit)<<(f&7), c&fractionMask|hiddenBit)
			p := (*[13]int64)(d[f>>3+uint64(int64(b^c)>>63)&productSpan:])
			p[0] += int64(uint32(lo))
			p[4] += int64(lo >> 32)
			p[8] += int64(uint32(hi))
			p[12] += int64(hi >> 32)
		} else if e == exponentMask || f == exponentMask {
			return false
		} else if b<<1 != 0 && c<<1 != 0 {
			d.addOdd(b, c)
		}
	}
	return true
}

// addOdd adds a product of which factors may be subnormal: those have the exponent 1, and no hidden bit.
//
//go:noinline
func (d *productPlaces) addOdd(b, c uint64) {
	m, n := b&^(1<<63), c&^(1<<63)
	e, f := max(m>>52, 1), max(n>>52, 1)
	m, n = m-(e-1)<<52, n-(f-1)<<52
	f += e
	hi, lo := bits.Mul64(m<<(f&7), n)
	p := (*[13]int64)(d[f>>3+uint64(int64(b^c)>>63)&productSpan:])
	p[0] += int64(uint32(lo))
	p[4] += int64(lo >> 32)
	p[8] += int64(uint32(hi))
	p[12] += int64(hi >> 32)
}

// SumPlaced returns the exact sum of terms of float64, Plain or Product. It returns false where one is not finite, and where vectors are faster.
func SumPlaced[T Float](of Terms, x, y []T) (s Leading, ok bool) {
	switch {
	case active != Portable || !Is64[T]() || len(x) > maxPlaced:
		return s, false
	case of == Plain:
		return placedNumbers(words(As[float64](x)))
	}
	return placedProducts(words(As[float64](x)), words(As[float64](y)))
}

// placedNumbers sums up to maxPlaced numbers of any exponents. It returns false if one is not finite.
func placedNumbers(x []uint64) (s Leading, ok bool) {
	var d numberPlaces
	if !d.add(x) {
		return s, false
	}
	return d.leading(), true
}

// placedProducts sums up to maxPlaced products of any exponents. It returns false if a factor is not finite.
func placedProducts(x, y []uint64) (s Leading, ok bool) {
	var d productPlaces
	if !d.add(x, y) {
		return s, false
	}
	return leadingPlaces(d[:productSpan], d[productSpan:], -2150), true
}

// leading returns a number that rounds as the sum does.
func (d *numberPlaces) leading() Leading {
	for i, v := range d.high[:4] {
		d.at[numberSpan-4+i] += v
	}
	plus, minus := d.at[:numberSpan], d.at[numberSpan:2*numberSpan]
	if d.high[4]|d.high[5]|d.high[6]|d.high[7] == 0 {
		return leadingPlaces(plus, minus, -1075)
	}
	var all [2][numberSpan + 4]int64
	copy(all[0][:], plus)
	copy(all[1][:], minus)
	copy(all[0][numberSpan:], d.high[4:])
	return leadingPlaces(all[0][:], all[1][:], -1075)
}

// leadingPlaces returns a number that rounds as the difference of places does, the lowest 2^unit, as leadingDigits does it. Its digits are what places have
// below the next four, and what others have beyond: less than 2^34 + 2^30 * 2^25, so that what is below a digit is less than 2^24 of it.
func leadingPlaces(plus, minus []int64, unit int) Leading {
	place := differ(plus, minus)
	if place == 0 {
		return Leading{}
	}
	hi, lo := int64(0), uint64(0)
	for place++; place > 0 && hi>>30 == hi>>63; { // less than 2^94
		place--
		hi, lo = add128(hi<<digitBits|int64(lo>>digitBits), lo<<digitBits, digitOf(plus, minus, place))
	}
	if rest, near := nearMultiple(lo); near && place > 0 {
		hi, lo = add128(hi, lo, signBelowPlaces(plus, minus, place, rest)-rest)
	}
	return Leading{hi, lo, unit + digitBits*place}
}

// differ returns a multiple of four places, in groups of four, from which on all are the same; or 0 if all are. Large arrays are compared by vectors, where
// Go has them.
func differ(plus, minus []int64) (groups int) {
	const some = 64
	n := len(plus)
	for ; n >= some && *(*[some]int64)(plus[n-some:]) == *(*[some]int64)(minus[n-some:]); n -= some {
	}
	for ; n > 0 && *(*[4]int64)(plus[n-4:]) == *(*[4]int64)(minus[n-4:]); n -= 4 {
	}
	return n / 4
}

// digitOf returns the digit of 32 bits that four places begin at.
func digitOf(plus, minus []int64, place int) (v int64) {
	if i := 4 * place; i < len(plus) {
		p, q := (*[4]int64)(plus[i:]), (*[4]int64)(minus[i:])
		v = (p[0]-q[0])&(1<<32-1) + (p[1]-q[1])&(1<<24-1)<<8 + (p[2]-q[2])&(1<<16-1)<<16 + (p[3]-q[3])&(1<<8-1)<<24
	}
	if i := 4*place - 4; i >= 0 {
		p, q := (*[4]int64)(plus[i:]), (*[4]int64)(minus[i:])
		v += (p[0]-q[0])>>32 + (p[1]-q[1])>>24 + (p[2]-q[2])>>16 + (p[3]-q[3])>>8
	}
	return v
}

// signBelowPlaces returns the sign of rest and the digits below place.
//
//go:noinline
func signBelowPlaces(plus, minus []int64, place int, rest int64) int64 {
	if rest == 0 {
		place = min(place, differ(plus[:4*place], minus[:4*place])+1)
	}
	for place > 0 && rest>>30 == rest>>63 {
		place--
		rest = rest<<digitBits + digitOf(plus, minus, place)
	}
	return signOf(rest)
}
