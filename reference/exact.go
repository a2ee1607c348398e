package reference

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
)

// ExactSum returns the exact sum of x, as a big.Float with just the bits that it
// needs. As in IEEE 754, no elements give +0 and only negative zeros give -0. A
// NaN or an infinity in x is an error that names its index.
//
// The cost is one big.Int addition an element, of as many bits as lie between the
// largest and the smallest magnitude: some 100 ns for numbers of like size.
func ExactSum[T kernel.Float](x []T) (*big.Float, error) {
	if err := checkFinite("x", x); err != nil {
		return nil, err
	}
	var a accumulator
	onlyNegativeZeros := len(x) > 0
	for _, v := range x {
		a.add(float64(v), 1)
		onlyNegativeZeros = onlyNegativeZeros && v == 0 && math.Signbit(float64(v))
	}
	sum := a.value()
	if onlyNegativeZeros {
		sum.Neg(sum)
	}
	return sum, nil
}

// ExactDot returns the exact sum of the products x[i]*y[i]; a zero result is +0.
// Vectors of different lengths, a NaN or an infinity are errors.
func ExactDot[T kernel.Float](x, y []T) (*big.Float, error) {
	if len(x) != len(y) {
		return nil, fmt.Errorf("reference: dot product of %d and %s", len(x), plural.Of(len(y), "element"))
	}
	if err := checkFinite("x", x); err != nil {
		return nil, err
	}
	if err := checkFinite("y", y); err != nil {
		return nil, err
	}
	var a accumulator
	for i := range x {
		a.add(float64(x[i]), float64(y[i]))
	}
	return a.value(), nil
}

// ExactMatMul returns the exact product of a [m,k] and b [k,n], both row-major,
// as m*n elements, row-major. A slice of another length than its shape says, a
// NaN or an infinity is an error. It takes m*n*k steps of an ExactDot.
func ExactMatMul[T kernel.Float](m, n, k int, a, b []T) ([]*big.Float, error) {
	if m < 0 || n < 0 || k < 0 || len(a) != m*k || len(b) != k*n {
		return nil, fmt.Errorf("reference: product of [%d,%d] in %s and [%d,%d] in %d", m, k, plural.Of(len(a), "element"), k, n, len(b))
	}
	if err := checkFinite("a", a); err != nil {
		return nil, err
	}
	if err := checkFinite("b", b); err != nil {
		return nil, err
	}
	c := make([]*big.Float, m*n)
	for i := range m {
		for j := range n {
			var sum accumulator
			for l := range k {
				sum.add(float64(a[i*k+l]), float64(b[l*n+j]))
			}
			c[i*n+j] = sum.value()
		}
	}
	return c, nil
}

func checkFinite[T kernel.Float](name string, x []T) error {
	for i, v := range x {
		if !kernel.IsFinite(v) {
			return fmt.Errorf("reference: %s[%d] is %v: no exact value", name, i, v)
		}
	}
	return nil
}

// accumulator is the exact number sum * 2^exp. A term below 2^exp makes the sum
// longer; nothing is ever lost.
type accumulator struct {
	sum          big.Int
	exp          int
	term, factor big.Int // scratch
}

// add adds x*y, both finite. Every float32 is a float64, so one method serves both.
func (a *accumulator) add(x, y float64) {
	mx, ex := split(x)
	my, ey := split(y)
	if mx == 0 || my == 0 {
		return
	}
	e := ex + ey
	if a.sum.Sign() == 0 {
		a.exp = e
	}
	if e < a.exp {
		a.sum.Lsh(&a.sum, uint(a.exp-e))
		a.exp = e
	}
	a.term.Mul(a.term.SetInt64(mx), a.factor.SetInt64(my))
	a.sum.Add(&a.sum, a.term.Lsh(&a.term, uint(e-a.exp)))
}

// value returns the exact sum.
func (a *accumulator) value() *big.Float {
	return scaled(&a.sum, a.exp)
}

// scaled returns n * 2^exp exactly.
func scaled(n *big.Int, exp int) *big.Float {
	z := new(big.Float).SetInt(n) // a precision of 0 grows to what n needs
	return z.SetMantExp(z, exp)
}

// split returns x as m * 2^e with m odd, or 0 * 2^0.
func split(x float64) (m int64, e int) {
	frac, e := math.Frexp(x)
	m = int64(math.Ldexp(frac, 53)) // exact: a float64 significand has 53 bits
	if m == 0 {
		return 0, 0
	}
	zeros := bits.TrailingZeros64(uint64(m))
	return m >> zeros, e - 53 + zeros
}
