package elementary

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// Tanh returns the hyperbolic tangent of x. Its relative accuracy holds down to
// zero, whose sign is kept.
//
// Error bound: 0.51 ulp in float64. Cost: a polynomial; from 1/16 to 1/8, above 8, and for one in
// thirty, an exponential and a division besides.
func Tanh[T Float](x T) T {
	if kernel.Is64[T]() {
		return round[T](tanh(float64(x)))
	}
	return T(settle(ofTanh, float32(x), tanh32(float64(x))))
}

// tanhSeries is the Maclaurin series of tanh(x)/x - 1 in x^2, from x^2 on: the
// coefficients are 2^2n (2^2n - 1) B_2n / (2n)!. Below 1/16 the next term is less
// than 2^-80.
var tanhSeries = [8]float64{
	-1.0 / 3, 2.0 / 15, -17.0 / 315, 62.0 / 2835, -1382.0 / 155925,
	21844.0 / 6081075, -929569.0 / 638512875, 6404582.0 / 10854718875,
}

func tanh(x float64) float64 {
	a := math.Abs(x)
	if 0x1p-3 <= a && a < logisticEnd/2 { // 1 - 2/(1 + e^2a)
		f, d := nearby(&logisticLocals, float64(2*a))
		b := f.value(float64(f.slope*d), f.curve(d))
		if y, ok := (bounded{1 - float64(2*b.h), float64(-2 * b.l), float64(2 * b.e)}).rounded(); ok {
			return math.Copysign(y, x)
		}
	}
	if 0x1p-4 <= a && a <= 20 {
		if y, ok := nearTanh(a).rounded(); ok {
			return math.Copysign(y, x)
		}
	}
	return longTanh(x)
}

// longTanh is (E - 1)/(E + 1) with E = exp(2|x|). From 1/16 up, E - 1 is at least 0.11
// of E, so the error of E grows to 2^-64 at most. Below, the terms that round are 2^-9 of
// the result.
func longTanh(x float64) float64 {
	a := math.Abs(x)
	switch {
	case a < 0x1p-30: // keeps -0
		return x
	case a < 0x1p-4:
		z := x * x
		return x + float64(x*(z*poly8(z, &tanhSeries)))
	case a > 20: // 1 - tanh is below 2^-56
		return math.Copysign(1, x)
	case x != x:
		return x
	}
	e, k := expSum(sum{2 * a, 0})
	c := pow2(k)
	e = sum{float64(e.h * c), float64(e.l * c)}
	n, d := fastTwoSum(e.h, -1), fastTwoSum(e.h, 1)
	q := quo(sum{n.h, n.l + e.l}, sum{d.h, d.l + e.l})
	return math.Copysign(q.h+q.l, x)
}

// nearTanh is tanh by a shorter way. E errs by 0.88*2^-60 of itself, so
// the quotient by 2E/(E+1)^2 times that; adding p, to E - 1 and to E + 1, by 0.38*2^-60 of E
// each, so the quotient by 2E^2/(E+1)^2 times that: by 0.8*2^-60 in all.
func nearTanh(a float64) bounded {
	s, p := expParts(2*a, 0)
	n, d := fastTwoSum(s, -1), fastTwoSum(s, 1)
	q := quo(fastTwoSum(n.h, n.l+p), fastTwoSum(d.h, d.l+p))
	return bounded{q.h, q.l, 0x1.cp-61}
}
