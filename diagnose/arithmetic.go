package diagnose

import (
	"math"

	"github.com/samebits/samebits/trace"
)

// format is a binary floating-point format.
type format struct {
	name      string
	digits    int     // of the significand, the hidden one included
	smallest  float64 // positive subnormal
	largest   float64
	unit      float64 // the unit roundoff, 2^-digits: half a unit in the last place of 1
	roundedTo func(x float64) float64
}

var (
	f64  = format{"f64", 53, 0x1p-1074, math.MaxFloat64, 0x1p-53, func(x float64) float64 { return x }}
	f32  = format{"f32", 24, 0x1p-149, math.MaxFloat32, 0x1p-24, func(x float64) float64 { return float64(float32(x)) }}
	tf32 = narrow("tf32", 11, -126, math.MaxFloat32)
	f16  = narrow("f16", 11, -14, 65504)
	bf16 = narrow("bf16", 8, -126, 0x1.fep127)
)

// formats are the arithmetics that a trace may declare.
var formats = map[string]format{trace.F64: f64, trace.F32: f32, trace.F16: f16, trace.BF16: bf16}

// narrow returns a format of so many digits whose normal numbers begin at 2^least.
func narrow(name string, digits, least int, largest float64) format {
	quantum := math.Ldexp(1, least-digits+1)
	round := func(x float64) float64 {
		if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
			return x
		}
		_, e := math.Frexp(x) // |x| < 2^e
		unit := max(math.Ldexp(1, e-digits), quantum)
		y := math.RoundToEven(x/unit) * unit
		if math.Abs(y) > largest {
			return math.Copysign(math.Inf(1), x)
		}
		return y
	}
	return format{name, digits, quantum, largest, math.Ldexp(1, -digits), round}
}

// arithmetic is what a trace declares: the format of every stage's values, in which
// element by element operations round, and the format in which sums are accumulated.
// Of bf16 and f16 that is f32: processors have no product of matrices that accumulates
// in less, and libraries widen norms and softmax. Runs that do accumulate in the narrow
// format are judged with sums = values: see judge.
type arithmetic struct {
	values, sums format
}

func declared(dtype string) arithmetic {
	f := formats[dtype]
	if f.digits < f32.digits {
		return arithmetic{f, f32}
	}
	return arithmetic{f, f}
}

// isNarrow: values are kept in less than sums.
func (a arithmetic) isNarrow() bool { return a.values.digits < f32.digits }

// u is the unit roundoff of values and v that of sums.
func (a arithmetic) u() float64 { return a.values.unit }
func (a arithmetic) v() float64 { return a.sums.unit }

// functionULPs is the error allowed to functions: exp, tanh, erf, sin, cos, pow, the
// reciprocal square root and the like.
const functionULPs = 4

// function is the relative error allowed to a function: an ulp is at most 2v of the
// value.
func (a arithmetic) function() float64 { return 2 * functionULPs * a.v() }

// gamma is nu/(1-nu), the worst relative effect of n roundings (Higham, 2002, "Accuracy
// and stability of numerical algorithms", 2nd ed., lemma 3.1). It is +Inf from nu = 1
// on.
func gamma(n int, u float64) float64 {
	nu := float64(n) * u
	if nu >= 1 {
		return math.Inf(1)
	}
	return nu / (1 - nu)
}

// failure is the probability with which the statistics of one stage may call rounding
// a fault.
const failure = 1e-9

// spread returns the lambda for which a sum of independent roundings exceeds lambda of
// its scale with a probability of failure at most, in any of n such sums: Hoeffding's
// 2*exp(-lambda^2/2), n times (Higham and Mary, 2019, theorem 2.4, with the union over
// elements).
func spread(n int) float64 { return math.Sqrt(2 * math.Log(2*float64(max(n, 1))/failure)) }
