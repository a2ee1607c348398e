package gemm

import (
	"math"
	"math/big"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// exact finishes an exact sum: RN(alpha*S + beta*C), one rounding; +0 where that
// is exactly zero.
func (f finish[T]) exact(sum *reduce.Superaccumulator, c T) T {
	if f.alpha == 1 && f.beta == 0 {
		return reduce.Round[T](sum) + 0 // -0 + 0 = +0
	}
	if f.beta == 0 {
		c = 0
	}
	s, err := sum.Int()
	if err != nil || !kernel.IsFinite(f.alpha) || !kernel.IsFinite(f.beta) || !kernel.IsFinite(c) {
		return f.special(reduce.Round[float64](sum), c)
	}
	v := new(big.Float).SetPrec(0).SetMantExp(exactFloat(s), reduce.ExactExponent)
	v = exactSum(exactProduct(v, exactValue(float64(f.alpha))),
		exactProduct(exactValue(float64(f.beta)), exactValue(float64(c))))
	return roundBig[T](v) + 0
}

// special is the value where a factor is infinite or NaN: that of the same
// operations in floating point, in which only the class and sign of s matter.
func (f finish[T]) special(s float64, c T) T {
	if s != 0 && !math.IsInf(s, 0) && s == s {
		s = math.Copysign(1, s) // finite: must not overflow or vanish
	}
	v := float64(f.alpha) * s
	if f.beta != 0 && !(kernel.IsFinite(f.beta) && kernel.IsFinite(c)) {
		v += float64(float64(f.beta) * float64(c))
	}
	return kernel.Canonical(T(v))
}

func exactFloat(i *big.Int) *big.Float {
	return new(big.Float).SetPrec(uint(max(i.BitLen(), 1))).SetInt(i)
}

func exactValue(x float64) *big.Float { return new(big.Float).SetPrec(53).SetFloat64(x) }

func exactProduct(x, y *big.Float) *big.Float {
	return new(big.Float).SetPrec(x.Prec()+y.Prec()).Mul(x, y)
}

// exactSum returns x + y with as many bits as the exact sum can have.
func exactSum(x, y *big.Float) *big.Float {
	if x.Sign() == 0 {
		return y
	}
	if y.Sign() == 0 {
		return x
	}
	top := max(x.MantExp(nil), y.MantExp(nil))
	bottom := min(x.MantExp(nil)-int(x.Prec()), y.MantExp(nil)-int(y.Prec()))
	return new(big.Float).SetPrec(uint(top-bottom+1)).Add(x, y)
}

// roundBig rounds x to T: to nearest even, subnormals and overflow included.
func roundBig[T Float](x *big.Float) T {
	if kernel.Is64[T]() {
		v, _ := x.Float64()
		return T(v)
	}
	v, _ := x.Float32()
	return T(v)
}
