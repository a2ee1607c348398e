package kernel

import "math/bits"

// Leading is (Hi*2^64 + Lo) * 2^Exponent, a number that rounds as some sum does, to 54 bits or fewer.
type Leading struct {
	Hi       int64
	Lo       uint64
	Exponent int
}

// MaxLeading is the number of terms of whose digits Leading may be asked: products of float64 are two numbers each.
const MaxLeading = 128

// The bits of the leading part that may be uncertain, and how near to a multiple is near.
const (
	uncertainBits = 39
	nearBits      = 29
)

// Leading returns a number that rounds as the digits of up to 256 numbers do, to 54 bits or
// fewer; 0 only for 0. It is found from the top. It takes digit after digit until it is 2^94 or more,
// or none is left. The digits below are then less than 2^29: no number of 54 bits,
// nor the middle of two, is that near, if the last 39 bits are not within 2^29 of a multiple of 2^39.
// If they are, the sum is that multiple and something small, the sign of which is added to the multiple.
//
// most is the largest biased exponent of the numbers, as SumDigits returns it: the digits from the first place on are zero.
func (d *Digits) Leading(most int) Leading {
	return leadingDigits(d[:], min((most+digitsBias+53)/digitBits+2, len(d)), DigitsExponent)
}

// leadingDigits does so of digits of which those from place on are zero, the lowest 2^unit.
func leadingDigits(d []int64, place, unit int) Leading {
	for place >= 8 && allZero((*[8]int64)(d[place-8:])) {
		place -= 8
	}
	for place > 0 && d[place-1] == 0 {
		place--
	}
	hi, lo := int64(0), uint64(0)
	for place > 0 && hi>>30 == hi>>63 { // less than 2^94
		place--
		hi, lo = add128(hi<<digitBits|int64(lo>>digitBits), lo<<digitBits, d[place])
	}
	if rest, near := nearMultiple(lo); near && place > 0 {
		hi, lo = add128(hi, lo, signBelow(d[:place], rest)-rest)
	}
	return Leading{hi, lo, unit + digitBits*place}
}

// nearMultiple returns the distance of a number with these last bits from a multiple of 2^uncertainBits, and whether that is near.
func nearMultiple(lo uint64) (rest int64, near bool) {
	rest = int64(lo<<(64-uncertainBits)) >> (64 - uncertainBits)
	return rest, rest>>nearBits == rest>>63
}

// signBelow returns the sign of rest and the digits d, of which the highest is in the place below. They are less than 2^29.
func signBelow(d []int64, rest int64) int64 {
	place := len(d)
	for place > 0 && rest>>30 == rest>>63 {
		if rest == 0 { // zeros are most often all that there is
			for place >= 8 && allZero((*[8]int64)(d[place-8:])) {
				place -= 8
			}
			if place == 0 {
				break
			}
		}
		place--
		rest = rest<<digitBits + d[place]
	}
	return signOf(rest)
}

func signOf(v int64) int64 { return v>>63 | int64(uint64(-v)>>63) }

func allZero(d *[8]int64) bool { return d[0]|d[1]|d[2]|d[3]|d[4]|d[5]|d[6]|d[7] == 0 }

// add128 returns hi*2^64 + lo + v.
func add128(hi int64, lo uint64, v int64) (int64, uint64) {
	lo, carry := bits.Add64(lo, uint64(v), 0)
	return hi + v>>63 + int64(carry), lo
}
