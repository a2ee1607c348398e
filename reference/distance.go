package reference

import (
	"math/big"

	"github.com/samebits/samebits/internal/kernel"
)

// format describes a binary floating-point format: every finite number of it is
// a multiple of 2^minExp, and those in [2^(e-1), 2^e) are multiples of
// 2^(e-precision), for e up to maxExp.
type format struct{ precision, minExp, maxExp int }

func formatOf[T kernel.Float]() format {
	if kernel.Is64[T]() {
		return format{precision: 53, minExp: -1074, maxExp: 1024}
	}
	return format{precision: 24, minExp: -149, maxExp: 128}
}

// RoundTo returns the T nearest to x, ties to even, rounded once: gradually into
// the subnormals and to an infinity beyond the largest finite number. A zero
// keeps its sign, and a nonzero x that rounds to zero gives it its own.
func RoundTo[T kernel.Float](x *big.Float) T {
	if kernel.Is64[T]() {
		y, _ := x.Float64()
		return T(y)
	}
	y, _ := x.Float32()
	return T(y)
}

// Ulps returns |computed - truth| in units in the last place: the spacing of the
// T numbers in the binade of truth (below the normal range, that of the
// subnormals; above the finite range, that of the last binade). A correctly
// rounded result is at most 0.5 away. A NaN or an infinity, in either argument,
// is infinitely far from everything.
func Ulps[T kernel.Float](computed T, truth *big.Float) float64 {
	f := formatOf[T]()
	ulp := f.minExp
	if truth.Sign() != 0 {
		ulp = max(ulp, min(truth.MantExp(nil), f.maxExp)-f.precision)
	}
	d := difference(computed, truth)
	y, _ := d.SetMantExp(d, -ulp).Float64()
	return y
}

// AbsError returns |computed - truth|, rounded once. A NaN or an infinity, in
// either argument, is infinitely far from everything.
func AbsError[T kernel.Float](computed T, truth *big.Float) float64 {
	y, _ := difference(computed, truth).Float64()
	return y
}

// difference returns |computed - truth| to 64 bits: enough that rounding it once
// more to a float64 is as good as rounding it once, short of a near tie.
func difference[T kernel.Float](computed T, truth *big.Float) *big.Float {
	d := new(big.Float).SetPrec(64)
	if !kernel.IsFinite(computed) || truth.IsInf() {
		return d.SetInf(false)
	}
	return d.Abs(d.Sub(big.NewFloat(float64(computed)), truth))
}
