package gemm

import (
	"math"
	"math/big"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// exact returns RN(alpha*S + beta*C), S being the exact sum of x[k]*y[k]: one rounding;
// +0 where that is exactly zero.
func (f finish[T]) exact(x, y []T, c T) T {
	if f.alpha == 1 && f.beta == 0 {
		if v := reduce.Dot(reduce.Exact, x, y); v != 0 || !math.Signbit(float64(v)) {
			return v
		} // -0 may be a negative sum that rounds to zero, or the sum of -0 alone
	}
	if v, ok := f.expansion(x, y, c); ok {
		return v
	}
	var sum reduce.Superaccumulator
	addExact(&sum, x, y)
	return f.superaccumulator(&sum, c)
}

// expansion is exact where an expansion holds the sum and its rounding is sure.
func (f finish[T]) expansion(x, y []T, c T) (T, bool) {
	e, ok := expand(x, y, 1)
	if !ok {
		return 0, false
	}
	return f.ofExpansion(e, c)
}

// ofExpansion finishes a sum, if an expansion holds the value and its rounding is sure.
func (f finish[T]) ofExpansion(e expansion, c T) (T, bool) {
	if f.alpha != 1 || f.beta != 0 {
		if f.beta == 0 {
			c = 0
		}
		var ok bool
		if e, ok = e.affine(float64(f.alpha), float64(f.beta), float64(c)); !ok {
			return 0, false
		}
	}
	return round[T](e)
}

// addExact adds the products to the sum.
func addExact[T Float](sum *reduce.Superaccumulator, x, y []T) {
	if e, ok := expand(x, y, 1); ok {
		sum.Add(e.h)
		sum.Add(e.l)
		sum.Add(e.m)
		return
	}
	for k, v := range x {
		sum.AddProduct(float64(v), float64(y[k]))
	}
}

// superaccumulator finishes an exact sum.
func (f finish[T]) superaccumulator(sum *reduce.Superaccumulator, c T) T {
	if f.alpha == 1 && f.beta == 0 {
		sum.Add(0) // of -0 alone, the sum is +0 too
		return reduce.Round[T](sum)
	}
	if f.beta == 0 {
		c = 0
	}
	s, err := sum.Int()
	if err != nil {
		return f.special(reduce.Round[float64](sum), c)
	}
	if !kernel.IsFinite(f.alpha) || !kernel.IsFinite(f.beta) || !kernel.IsFinite(c) {
		return f.special(float64(s.Sign()), c)
	}
	v := new(big.Float).SetMantExp(exactFloat(s), reduce.ExactExponent)
	v = exactSum(exactProduct(v, exactValue(float64(f.alpha))),
		exactProduct(exactValue(float64(f.beta)), exactValue(float64(c))))
	if v.Sign() == 0 {
		return 0
	}
	return roundBig[T](v)
}

// special is the value where a factor is infinite or NaN: that of the same
// operations in floating point, in which of a finite sum s only the sign matters.
func (f finish[T]) special(s float64, c T) T {
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
