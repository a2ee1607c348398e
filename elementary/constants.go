package elementary

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// programs are the vector kernels of the functions that have one.
var programs = [functions]kernel.Program{
	ofExp: kernel.MapExp, ofTanh: kernel.MapTanh, ofSigmoid: kernel.MapSigmoid, ofErf: kernel.MapErf,
	ofSiLU: kernel.MapSiLU, ofGELU: kernel.MapGELU, ofGELUTanh: kernel.MapGELUTanh,
}

// constants are what the vector kernels compute with.
var constants = func() (c [kernel.MapConstants]uint64) {
	set := func(place int, values ...float64) {
		for i, v := range values {
			c[place+i] = math.Float64bits(v)
		}
	}
	set(kernel.MapInvLn2, 1/math.Ln2)
	set(kernel.MapRounder, rounder)
	set(kernel.MapLn2Hi, ln2Hi*expEntries)
	set(kernel.MapLn2Lo, ln2Lo*expEntries)
	set(kernel.MapExpQuotient, expQuotient[:9]...)
	set(kernel.MapOne, 1)
	set(kernel.MapMinusOne, -1)
	set(kernel.MapTwo, 2)
	set(kernel.MapMinusHalf, -0.5)
	c[kernel.MapSign64] = 1 << 63
	c[kernel.MapAbs32] = twice(1<<31 - 1)
	c[kernel.MapSign32] = twice(1 << 31)
	// Near the midpoint of two float32 the lower 29 bits of a float64 are near 2^28.
	const distance = 1 << 10 // in ulps of float64
	c[kernel.MapMiddle] = math.MaxUint64 - (1<<28 - distance) + 1
	c[kernel.MapWindow] = 1<<29 - 2*distance
	set(kernel.MapGELUB0, geluB0.h)
	set(kernel.MapGELUB1, geluB1.h)
	set(kernel.MapErfNumerator, erfNumerator[:10]...)
	set(kernel.MapErfDenominator, erfDenominator[:11]...)
	set(kernel.MapTailNumerator, tailNumerator[:9]...)
	set(kernel.MapTailDenominator, tailDenominator[:10]...)
	// Bounds of the arguments, beyond which a result is what it is there: they keep
	// the exponentials finite, and what is not limited gives a limit its sign.
	for place, bound := range map[int]float32{
		kernel.MapTiny32: 0x1p-40, kernel.MapExpLeast32: -110, kernel.MapExpMost32: 89, kernel.MapTanhMost32: 10,
		kernel.MapSigmoidLeast32: -110, kernel.MapLogisticMost32: 40, kernel.MapSiLULeast32: -115,
		kernel.MapErfMost32: erfEnd, kernel.MapGELUMost32: tailEnd, kernel.MapGELULeast32: -tailEnd,
		kernel.MapGELUTanhMost32: 11, kernel.MapGELUTanhLeast32: -11,
	} {
		c[place] = twice(math.Float32bits(bound))
	}
	return c
}()

// twice returns b in both halves.
func twice(b uint32) uint64 { return uint64(b)<<32 | uint64(b) }
