package reduce_test

import (
	"math"
	"math/big"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// The operations of section 3.1 of SPEC.md written out from that page, by plain
// loops, the sums by the formulas of oracle_test.go and fold_test.go. The exact ones
// are rounded by searching the floats for the nearest, in integers alone.

// operations are what the checks are made on: those of package reduce, or faulty
// ones, which the checks must see.
type operations[T reduce.Float] struct {
	sumAbs, norm2, mean func(order reduce.Order, x []T) T
	variance            func(order reduce.Order, x []T, ddof int) T
	prefixSums          func(dst, x []T)
	max                 func(x []T) T
	argMax              func(x []T) int
}

func ours[T reduce.Float]() operations[T] {
	return operations[T]{
		sumAbs: reduce.SumAbs[T], norm2: reduce.Norm2[T], mean: reduce.Mean[T], variance: reduce.Variance[T],
		prefixSums: reduce.PrefixSums[T], max: reduce.Max[T], argMax: reduce.ArgMax[T],
	}
}

// specified lists the orders over T whose bits are specified.
func specified[T reduce.Float]() []reduce.Order {
	return ordersThat[T](func(o reduce.Order) bool { return o != reduce.Arrival })
}

func fromBits[T reduce.Float](b uint64) T {
	if kernel.Is64[T]() {
		return T(math.Float64frombits(b))
	}
	return T(math.Float32frombits(uint32(b)))
}

// writtenSum is the sum of x, or of x[i]*y[i] where y is not nil.
func writtenSum[T reduce.Float](order reduce.Order, x, y []T) T {
	if len(x) == 0 {
		return 0
	}
	if order.IsTree() {
		return canonicalSum(order, x, y)
	}
	terms := append([]T(nil), x...)
	for i := range y {
		terms[i] = T(x[i] * y[i])
	}
	switch order.Kind() {
	case reduce.KindSequential:
		return kernel.Canonical(sequentialWrittenOut(terms))
	case reduce.KindKahan:
		return kernel.Canonical(kahanWrittenOut(terms))
	case reduce.KindNeumaier:
		h, sum := sequentialWrittenOut(terms), neumaierWrittenOut(terms)
		if !kernel.IsFinite(sum) || sum == 0 && h == 0 {
			return kernel.Canonical(h) // FinishPair: the correction is not finite, or is 0
		}
		return sum
	case reduce.KindShuffled:
		permuted := make([]T, len(terms))
		for i, j := range reduce.Permutation(order.Seed(), len(terms)) {
			permuted[i] = terms[j]
		}
		return kernel.Canonical(sequentialWrittenOut(permuted))
	}
	if y == nil { // an order whose sums are proven elsewhere
		return reduce.Sum(order, x)
	}
	return reduce.Dot(order, x, y)
}

func writtenSumAbs[T reduce.Float](order reduce.Order, x []T) T {
	y := make([]T, len(x))
	for i, v := range x {
		y[i] = T(math.Copysign(float64(v), 1))
	}
	if order == reduce.Exact {
		if s := special(y); s != 0 {
			return kernel.Canonical(T(s))
		}
		sum, _ := moments(y)
		return nearestFloat[T](func(v *big.Int) int { return sum.Cmp(v) })
	}
	return writtenSum(order, y, nil)
}

func writtenNorm2[T reduce.Float](order reduce.Order, x []T) T {
	anyNaN, m := false, T(0)
	for _, v := range x {
		anyNaN = anyNaN || v != v
		if a := T(math.Abs(float64(v))); a > m {
			m = a
		}
	}
	switch {
	case anyNaN:
		return kernel.NaN[T]()
	case math.IsInf(float64(m), 1):
		return m
	case order == reduce.Exact:
		_, q := moments(x)
		return nearestFloat[T](func(v *big.Int) int { return q.Cmp(new(big.Int).Mul(v, v)) })
	}
	bound, e := math.Ldexp(1, 32), 0
	if kernel.Is64[T]() {
		bound = math.Ldexp(1, 450)
	}
	if a := float64(m); m != 0 && (a < 1/bound || a >= bound) {
		for ; math.Ldexp(1, e) > a; e-- {
		}
		for ; math.Ldexp(1, e+1) <= a; e++ {
		}
	}
	y := make([]T, len(x))
	for i, v := range x {
		y[i] = roundLdexp(v, -e)
	}
	return roundLdexp(T(math.Sqrt(float64(writtenSum(order, y, y)))), e)
}

// roundLdexp is RN(x * 2^e): Ldexp rounds once, and to float32 from what is exact
// in float64.
func roundLdexp[T reduce.Float](x T, e int) T { return T(math.Ldexp(float64(x), e)) }

func writtenMean[T reduce.Float](order reduce.Order, x []T) T {
	n := len(x)
	switch {
	case n == 0:
		return kernel.NaN[T]()
	case order != reduce.Exact:
		return kernel.Canonical(writtenSum(order, x, nil) / T(n))
	}
	if s := special(x); s != 0 {
		return kernel.Canonical(T(s))
	}
	allNegative0 := true
	for _, v := range x {
		allNegative0 = allNegative0 && v == 0 && math.Signbit(float64(v))
	}
	sum, _ := moments(x)
	a := new(big.Int).Abs(sum)
	v := nearestFloat[T](func(v *big.Int) int { return a.Cmp(new(big.Int).Mul(v, big.NewInt(int64(n)))) })
	if sum.Sign() < 0 || allNegative0 {
		v = -v
	}
	return v
}

func writtenVariance[T reduce.Float](order reduce.Order, x []T, ddof int) T {
	n := len(x)
	if n-ddof < 1 {
		return kernel.NaN[T]()
	}
	if order == reduce.Exact {
		if special(x) != 0 {
			return kernel.NaN[T]()
		}
		s, q := moments(x)
		num := new(big.Int).Sub(new(big.Int).Mul(big.NewInt(int64(n)), q), new(big.Int).Mul(s, s))
		den := new(big.Int).Lsh(big.NewInt(int64(n*(n-ddof))), unitBits)
		return nearestFloat[T](func(v *big.Int) int { return num.Cmp(new(big.Int).Mul(v, den)) })
	}
	m := writtenMean(order, x)
	d := make([]T, n)
	for i, v := range x {
		d[i] = v - m
	}
	s := writtenSum(order, d, nil)
	square := T(s * s)
	correction := T(square / T(n))
	v := writtenSum(order, d, d) - correction
	if v < 0 {
		v = 0
	}
	return kernel.Canonical(v / T(n-ddof))
}

func writtenMax[T reduce.Float](x []T) (most T, at int) {
	for i, v := range x {
		if v != v {
			return kernel.NaN[T](), i
		}
	}
	most = x[0]
	for i, v := range x {
		if v > most || v == most && math.Signbit(float64(most)) && !math.Signbit(float64(v)) {
			most, at = v, i
		}
	}
	return most, at
}

// unitBits: integers stand for multiples of 2^-unitBits, which every float and
// every midpoint of two is.
const unitBits = 1200

func unit(x float64) *big.Int {
	fraction, e := math.Frexp(x)
	n := big.NewInt(int64(fraction * (1 << 53)))
	return n.Lsh(n, uint(e-53+unitBits+64)).Rsh(n, 64)
}

// special returns what the infinities and NaNs of x sum to, or 0 if there are none.
func special[T reduce.Float](x []T) (s float64) {
	for _, v := range x {
		if !kernel.IsFinite(v) {
			s += float64(v)
		}
	}
	return s
}

// moments returns the sum of x and, in units of 2^(-2*unitBits), that of its squares.
func moments[T reduce.Float](x []T) (s, q *big.Int) {
	s, q = new(big.Int), new(big.Int)
	for _, v := range x {
		u := unit(float64(v))
		s.Add(s, u)
		q.Add(q, new(big.Int).Mul(u, u))
	}
	return s, q
}

// nearestFloat rounds the number r >= 0 to T, to nearest, ties to even. compare
// gives the sign of r - v. It finds the largest float not above r by bisection of
// the representations, and decides by the midpoint with the next.
func nearestFloat[T reduce.Float](compare func(v *big.Int) int) T {
	infinity, above := kernel.Bits(T(math.Inf(1))), math.Ldexp(1, 128)
	lo, hi := uint64(0), infinity
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		if compare(unit(float64(fromBits[T](mid)))) >= 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	next := new(big.Int)
	switch {
	case hi < infinity:
		next = unit(float64(fromBits[T](hi)))
	case kernel.Is64[T]():
		next.Lsh(big.NewInt(1), 1024+unitBits)
	default:
		next = unit(above)
	}
	midpoint := next.Add(next, unit(float64(fromBits[T](lo))))
	if c := compare(midpoint.Rsh(midpoint, 1)); c > 0 || c == 0 && lo%2 == 1 {
		return fromBits[T](hi)
	}
	return fromBits[T](lo)
}
