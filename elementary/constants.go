package elementary

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// programs are the vector kernels of the functions, and between which two arguments
// their fast forms run; those of a magnitude where the function is odd or x/2 near 0.
var programs = [functions]struct {
	kernel.Program
	least, most float64
}{
	ofExp:      {kernel.MapExp, -87, 88},
	ofExp2:     {kernel.MapExp2, -126, 127},
	ofExpm1:    {kernel.MapExpm1, -87, 88},
	ofLog:      {kernel.MapLog, subnormalMax, infinity},
	ofLog2:     {kernel.MapLog2, subnormalMax, infinity},
	ofLog1p:    {kernel.MapLog1p, -1, 0x1p52},
	ofTanh:     {kernel.MapTanh, -tanhEnd, tanhEnd},
	ofSigmoid:  {kernel.MapSigmoid, -87, 87},
	ofErf:      {kernel.MapErf, -erfEnd, erfEnd},
	ofSin:      {kernel.MapSin, -0x1p22, 0x1p22},
	ofCos:      {kernel.MapCos, -0x1p22, 0x1p22},
	ofRsqrt:    {kernel.MapRsqrt, 0, infinity},
	ofCbrt:     {kernel.MapCbrt, subnormalMax, infinity},
	ofSiLU:     {kernel.MapSiLU, tiny, 80},
	ofGELU:     {kernel.MapGELU, tiny, tailNearEnd},
	ofGELUTanh: {kernel.MapGELUTanh, tiny, 9},
}

const (
	subnormalMax = 0x1p-126 - 0x1p-149 // of float32
	tiny         = 0x1p-40
)

var infinity = math.Inf(1)

// constants are what the vector kernels compute with.
var constants = func() (c kernel.Constants) {
	bits := func(place int, b uint64) { c[place] = [4]uint64{b, b, b, b} }
	set := func(place int, values ...float64) {
		for i, v := range values {
			bits(place+i, math.Float64bits(v))
		}
	}
	set(kernel.MapOne, 1)
	set(kernel.MapMinusOne, -1)
	set(kernel.MapTwo, 2)
	set(kernel.MapHalf, 0.5)
	set(kernel.MapMinusHalf, -0.5)
	bits(kernel.MapAbs64, 1<<63-1)
	set(kernel.MapInvLn2, 1/math.Ln2)
	set(kernel.MapLn2, math.Ln2)
	set(kernel.MapRounder, rounder)
	set(kernel.MapRounder16, rounder/16)
	set(kernel.MapExpQuotient, expQuotient[:]...)
	set(kernel.MapExpQuotient16, expQuotient16[:]...)
	for i := range uint64(16) { // the exponents are lessened by i/16
		c[kernel.MapExpTable+int(i/4)][i%4] = math.Float64bits(exp2Table[i*expEntries/16].h) - i<<48
	}
	set(kernel.MapGELUB0, geluB0.h)
	set(kernel.MapGELUB1, geluB1.h)
	set(kernel.MapErfP, erfP[:]...)
	set(kernel.MapErfQ, erfQ[:]...)
	set(kernel.MapTailP, tailP[:]...)
	set(kernel.MapTailQ, tailQ[:]...)
	set(kernel.MapTailNearP, tailNearP[:]...)
	set(kernel.MapTailNearQ, tailNearQ[:]...)
	set(kernel.MapTanhP, tanhP[:]...)
	set(kernel.MapTanhQ, tanhQ[:]...)
	set(kernel.MapLogSeries, artanhSeries[:]...)
	set(kernel.MapLogPerUnit, math.Ln2*0x1p-23)
	set(kernel.MapLog2PerUnit, 0x1p-23)
	bits(kernel.MapSqrtHalf64, math.Float64bits(math.Sqrt2/2))
	bits(kernel.MapExponent64, 0xfff<<52)
	bits(kernel.MapBias64, math.Float64bits(0x1p52))
	set(kernel.MapMinusBias, -(0x1p52 + 1023))
	set(kernel.MapInvPi, 1/math.Pi)
	set(kernel.MapPi, math.Pi)
	set(kernel.MapPiLow, 2*halfPi.l)
	set(kernel.MapSinSeries, sineSeries6[:]...)
	set(kernel.MapExpSteps, entriesPerUnit, rounder, ln2Hi, ln2Lo, 0.5, 1.0/6, 1.0/24, 1.0/120, 1.0/720, expBound)
	set(kernel.MapThird, 1.0/3)
	// A third of a float32's bits, in units of 2^-29 of those of a float64; see cbrt32.
	set(kernel.MapCbrtGuess, 0x1.8p52+(896<<23)/3+0x2a9f789000000000>>29)
	set(kernel.MapCbrtSeries, 1.0/3, 2.0/9, 14.0/81)

	bits32 := func(place int, b uint32) { bits(place, uint64(b)<<32|uint64(b)) }
	set32 := func(place int, v float64) { bits32(place, math.Float32bits(float32(v))) }
	bits32(kernel.MapAbs32, 1<<31-1)
	bits32(kernel.MapSign32, 1<<31)
	bits32(kernel.MapSqrtHalf32, math.Float32bits(math.Sqrt2/2))
	bits32(kernel.MapExponent32, 0x1ff<<23)
	// Next to the midpoint of two float32 the lower 29 bits of a float64 are near 2^28.
	const distance = 1 << 14 // in ulps of float64
	bits32(kernel.MapMiddle, 1<<32-1<<28+distance)
	bits32(kernel.MapWindow, 1<<29-2*distance)
	for _, p := range programs {
		set32(kernel.MapRange+2*int(p.Program-1), p.least)
		set32(kernel.MapRange+2*int(p.Program-1)+1, p.most)
	}
	// Bounds of the arguments, beyond which a result is what it is there: they keep
	// the exponentials finite, and what is not limited gives a limit its sign.
	for place, bound := range map[int]float64{
		kernel.MapTiny32: tiny, kernel.MapExpLeast32: -110, kernel.MapExpMost32: 89, kernel.MapTanhLeast32: -tanhEnd, kernel.MapTanhMost32: tanhEnd,
		kernel.MapExp2Least32: -160, kernel.MapExp2Most32: 128, kernel.MapErfLeast32: -erfEnd, kernel.MapErfMost32: erfEnd,
		kernel.MapSigmoidLeast32: -110, kernel.MapLogisticMost32: 40, kernel.MapSiLULeast32: -115,
		kernel.MapGELUMost32: tailEnd, kernel.MapGELULeast32: -tailEnd, kernel.MapGELUTanhMost32: 11, kernel.MapGELUTanhLeast32: -11,
	} {
		set32(place, bound)
	}
	return c
}()

// exp2Pairs is exp2Table, for the kernels of Exp.
var exp2Pairs = func() (pairs [expEntries][2]float64) {
	for i, e := range exp2Table {
		pairs[i] = [2]float64{e.h, e.l}
	}
	return pairs
}()
