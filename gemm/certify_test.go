package gemm

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// A case is one element of a product in the order Exact: alpha * sum of x[k]*y[k] + beta*c.
type certifiedCase[T Float] struct {
	x, y           []T
	alpha, beta, c T
	exact          bool // S is computed exactly: a bound need not count its roundings
}

func bigValue(v float64) *big.Float { return new(big.Float).SetPrec(7000).SetFloat64(v) }

// value is the exact value, by math/big.
func (e certifiedCase[T]) value() *big.Float {
	product := func(a, b T) *big.Float {
		p := bigValue(float64(a))
		return p.Mul(p, bigValue(float64(b)))
	}
	sum := bigValue(0)
	for k, v := range e.x {
		sum.Add(sum, product(v, e.y[k]))
	}
	sum.Mul(sum, bigValue(float64(e.alpha)))
	return sum.Add(sum, product(e.beta, e.c))
}

// negated is the case with the other sign.
func (e certifiedCase[T]) negated() certifiedCase[T] {
	x := make([]T, len(e.x))
	for k, v := range e.x {
		x[k] = -v
	}
	e.x, e.c = x, -e.c
	return e
}

// want is the correctly rounded value: +0 if it is exactly zero.
func (e certifiedCase[T]) want() T {
	v := e.value()
	if v.Sign() == 0 {
		return 0
	}
	return roundBig[T](v)
}

// got is the element as Exact computes it, the bound being so many times what it is.
func (e certifiedCase[T]) got(bound float64) T {
	n := len(e.x)
	place := Whole(n, reduce.Exact)
	a, b := leftOperand[T]{Matrix: Dense(1, n, e.x)}, rightOperand[T]{b: Dense(n, 1, e.y)}
	c := Dense(1, 1, []T{e.c})
	if bound == 1 && !e.exact {
		multiplyExact(Options{Order: reduce.Exact}, finish[T]{e.alpha, e.beta}, place, a, b, c)
		return c.Data[0]
	}
	z := makeCertifier[T]()
	z.finish, z.program, z.a, z.b, z.c = finish[T]{e.alpha, e.beta}, compileRoot(nil, place, n), a, b, c
	z.d = 32 + 2
	if e.exact {
		z.d = 0
	}
	z.measure(1)
	z.rows[0] *= bound
	z.multiply(Options{Order: reduce.Exact})
	return c.Data[0]
}

// wrongCases counts the cases that are wrong with such a bound.
func wrongCases[T Float](cases []certifiedCase[T], bound float64) (wrong int) {
	for _, e := range cases {
		if kernel.Bits(e.got(bound)) != kernel.Bits(e.want()) {
			wrong++
		}
	}
	return wrong
}

// driftingWide returns sums of float32 whose float64 chain errs by nearly the bound: it is
// beside 1, and each of the last terms is a little more than half of a last place, which is
// rounded up. The sum is just below the midpoint 1 + 2^-24, what is computed well above.
func driftingWide() (cases []certifiedCase[float32]) {
	for epsilon := 1; epsilon < 8; epsilon++ {
		e := certifiedCase[float32]{alpha: 1}
		add := func(x, y float32) { e.x, e.y = append(e.x, x), append(e.y, y) }
		add(1, 1)
		add(0x1p-12, 0x1p-12)
		add(-15*0x1p-26, 0x1p-26)
		for range 29 {
			add(0x1p-26, 0x1p-27*(1+float32(epsilon)*0x1p-23))
		}
		cases = append(cases, e, e.negated())
	}
	return cases
}

// driftingPairs returns sums of float64 whose low parts drift: each term is chosen so that
// the low part is rounded in the same direction, by as much as can be. After so many terms it
// goes back to zero. The last term brings the sum to the other side of a midpoint.
func driftingPairs(rng *rand.Rand, alpha float64, turn int) (cases []certifiedCase[float64]) {
	for range 40 {
		e := certifiedCase[float64]{alpha: alpha, x: []float64{1}, y: []float64{1}}
		h, l := 1.0, 0.0
		for i := range 30 {
			best, lost, half := 0.0, -1.0, 0x1p-53
			if i >= turn {
				half = -half
			}
			for range 64 {
				p := half * (1 + float64(1+rng.IntN(1<<12))*0x1p-52)
				_, d := kernel.TwoSum(h, p)
				if _, r := kernel.TwoSum(l, d); r > lost {
					best, lost = p, r
				}
			}
			e.x, e.y = append(e.x, 0x1p-20), append(e.y, best*0x1p20)
			sum, d := kernel.TwoSum(h, best)
			h, l = sum, l+d
		}
		e.alpha = 1
		sum, computed := e.value(), bigValue(h)
		e.alpha = alpha
		computed.Add(computed, bigValue(l))
		middle := bigValue(1 + 4*0x1p-52)
		middle.Add(middle, bigValue(0x1p-53))
		computed.Add(computed, sum).Mul(computed, bigValue(0.5)) // halfway between the two is to be the midpoint
		last, _ := middle.Sub(middle, computed).Float64()
		e.x, e.y = append(e.x, 0x1p-20), append(e.y, last*0x1p20)
		cases = append(cases, e, e.negated())
	}
	return cases
}

// A bound of 0.7 times as much, of float32, or of a thirty-second, of float64, is wrong.
func TestBoundsAreNeeded(t *testing.T) {
	wide := driftingWide()
	require.Zero(t, wrongCases(wide, 1))
	require.Positive(t, wrongCases(wide, 0.7))
	pairs := driftingPairs(rand.New(rand.NewPCG(50, 51)), 1, 30)
	require.Zero(t, wrongCases(pairs, 1))
	require.Positive(t, wrongCases(pairs, 0x1p-5))

	// The error grows with alpha. What is lost in scaling, which is bounded by the low part, is to be less than it.
	pairs = driftingPairs(rand.New(rand.NewPCG(50, 51)), 0x1p20, 15)
	require.Zero(t, wrongCases(pairs, 1))
	require.Positive(t, wrongCases(pairs, 0x1p-20))
}

// scaledMidpoints returns elements alpha*S that are less than a last place of float64 from a
// midpoint of float32: S, computed exactly, is the quotient of the two.
func scaledMidpoints(rng *rand.Rand) (cases []certifiedCase[float32]) {
	for range 200 {
		e := certifiedCase[float32]{alpha: float32(1 + rng.Float64()), exact: true}
		middle := float64(float32(1+rng.Float64())) + 0x1p-24
		rest := middle / float64(e.alpha)
		for range 3 {
			v := float32(rest)
			e.x, e.y = append(e.x, 1), append(e.y, v)
			rest -= float64(v)
		}
		cases = append(cases, e, e.negated())
	}
	return cases
}

func TestScalingIsInTheBound(t *testing.T) {
	cases := scaledMidpoints(rand.New(rand.NewPCG(56, 57)))
	require.Zero(t, wrongCases(cases, 1))
	require.Positive(t, wrongCases(cases, 0x1p-3))
}

// The bound of affine holds, and is less than 16 times what is lost at most.
func TestBoundOfAffine(t *testing.T) {
	rng := rand.New(rand.NewPCG(58, 59))
	largest := 0.0
	for trial := range 20000 {
		h := rng.NormFloat64()
		l := math.Ldexp(rng.NormFloat64()*h, -53-rng.IntN(3))
		z := certifier[float64]{finish: finish[float64]{alpha: rng.NormFloat64(), beta: rng.NormFloat64()}}
		c := math.Ldexp(rng.NormFloat64(), rng.IntN(3)-1)
		if trial%4 == 0 {
			z.beta = 0
		}
		s, u, bound := z.affine(h, l, 0, c)
		e := certifiedCase[float64]{x: []float64{1, 1}, y: []float64{h, l}, alpha: z.alpha, beta: z.beta, c: c}
		lost := e.value()
		lost.Sub(lost, bigValue(s)).Sub(lost, bigValue(u))
		ratio, _ := lost.Quo(lost.Abs(lost), bigValue(bound)).Float64()
		largest = max(largest, ratio)
	}
	require.Less(t, largest, 1.0)
	require.Greater(t, largest, 1.0/16)
}

// besideMidpoint returns a sum of random products, cancelled to a degree, and of terms that
// bring it next to a midpoint of two T: onto it, or off it by 2^-depth of it.
func besideMidpoint[T Float](rng *rand.Rand, n, depth int, alpha, beta T) certifiedCase[T] {
	e := certifiedCase[T]{alpha: alpha, beta: beta, c: T(rng.NormFloat64())}
	for range n {
		e.x, e.y = append(e.x, T(rng.NormFloat64())), append(e.y, T(rng.NormFloat64()))
	}
	s := e.want()
	target := bigValue(float64(s))
	target.Add(target, bigValue((float64(s)-float64(below(s)))/2))
	target.Add(target, bigValue(math.Ldexp(float64(s), -depth)*float64(rng.IntN(3)-1)))
	for range 6 { // of 24 or 53 bits each
		r := new(big.Float).Sub(target, e.value())
		v := roundBig[T](r.Quo(r, bigValue(float64(alpha))))
		e.x, e.y = append(e.x, v), append(e.y, 1)
	}
	return e
}

// below is the number of T next to s toward zero.
func below[T Float](s T) T {
	if kernel.Is64[T]() {
		return T(math.Float64frombits(math.Float64bits(float64(s)) - 1))
	}
	return T(math.Float32frombits(math.Float32bits(float32(s)) - 1))
}

func testBesideMidpoints[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(52, 53))
	var cases []certifiedCase[T]
	for depth := 24; depth < 120; depth += 3 {
		for _, factors := range [][2]T{{1, 0}, {1, 1}, {-2, 0.5}, {3, -0.7}} {
			cases = append(cases, besideMidpoint(rng, 1+rng.IntN(80), depth, factors[0], factors[1]))
		}
	}
	require.Zero(t, wrongCases(cases, 1))
	require.Positive(t, wrongCases(cases, 0x1p-40), "a bound of nothing")
}

func TestExactBesideMidpoints(t *testing.T) {
	testBesideMidpoints[float32](t)
	testBesideMidpoints[float64](t)
}

// hostile lists elements whose value is a tie, exactly zero, or subnormal, that overflow on
// the way, or for good.
func hostile[T Float]() []certifiedCase[T] {
	largest, smallest, precision := largestOf[T](), T(math.Float32frombits(1)), 24
	if kernel.Is64[T]() {
		smallest, precision = T(math.Float64frombits(1)), 53
	}
	half := T(math.Ldexp(1, -precision)) // of the last place of 1
	odd := 1 + 2*half
	negZero := T(math.Copysign(0, -1))
	v, w := T(math.Ldexp(5, -76)), T(math.Ldexp(9, -76)) // whose product is 5.625 times the smallest
	if kernel.Is64[T]() {
		v, w = T(math.Ldexp(5, -539)), T(math.Ldexp(9, -538))
	}
	return []certifiedCase[T]{
		{x: []T{1, half}, y: []T{1, 1}, alpha: 1},                             // ties: to even, down
		{x: []T{odd, half}, y: []T{1, 1}, alpha: 1},                           // and up
		{x: []T{1, half, smallest}, y: []T{1, 1, smallest}, alpha: 1},         // and a little more
		{x: []T{1, half, -smallest}, y: []T{1, 1, smallest}, alpha: 1},        // or less
		{x: []T{odd, half, -smallest}, y: []T{1, 1, smallest}, alpha: 1},      //
		{x: []T{odd, -odd}, y: []T{odd, odd}, alpha: 1},                       // exactly zero
		{x: []T{odd, -odd}, y: []T{odd, odd}, alpha: -1},                      //
		{x: []T{0, negZero}, y: []T{-1, 1}, alpha: 1},                         // of -0 alone
		{x: []T{0, negZero}, y: []T{-1, 1}, alpha: 1, beta: -1, c: 0},         //
		{x: []T{largest, -largest, 1}, y: []T{largest, largest, 1}, alpha: 1}, // overflow on the way
		{x: []T{largest, largest, -largest}, y: []T{1, 1, 1}, alpha: 1},       //
		{x: []T{largest, largest}, y: []T{1, 1}, alpha: 0.5},                  //
		{x: []T{largest}, y: []T{2}, alpha: 1, beta: -1, c: largest},          //
		{x: []T{largest, largest}, y: []T{1, half / 2}, alpha: 1},             // the threshold of overflow
		{x: []T{largest, largest}, y: []T{1, half}, alpha: 1},                 //
		{x: []T{largest, -largest}, y: []T{-2, 2}, alpha: 1},                  // for good
		{x: []T{smallest}, y: []T{0.5}, alpha: 1},                             // subnormal ties
		{x: []T{3 * smallest}, y: []T{0.5}, alpha: 1},                         //
		{x: []T{-smallest}, y: []T{0.25}, alpha: 1},                           // a negative sum that rounds to zero
		{x: []T{-smallest}, y: []T{smallest}, alpha: 1},                       //
		{x: []T{smallest}, y: []T{smallest}, alpha: -1},                       //
		{x: []T{smallest}, y: []T{smallest}, alpha: 1, beta: -1, c: smallest}, //
		{x: []T{smallest, 1, -1}, y: []T{smallest, 1, 1}, alpha: 1},           // all that is left
		{x: []T{v, v, v}, y: []T{w, w, w}, alpha: 1},                          // each loses a part below the range
		{x: []T{v, v, v}, y: []T{w, w, w}, alpha: 3},                          //
		{x: []T{v, v, v}, y: []T{w, w, w}, alpha: 1, beta: 1, c: smallest},    //
		{x: []T{v, v, v}, y: []T{w, w, -w}, alpha: odd},                       //
		{x: []T{1, 1}, y: []T{1, -1}, alpha: 1, beta: 1, c: 0},                // zero, and a zero
		{x: []T{1}, y: []T{half}, alpha: 1, beta: 1, c: 1},                    // a tie with C
		{x: []T{1}, y: []T{half}, alpha: odd, beta: 1, c: 1},                  // above it
		{x: []T{1}, y: []T{3}, alpha: odd, beta: -3, c: odd},                  // alpha*S and beta*C cancel
	}
}

func testHostile[T Float](t *testing.T) {
	for _, e := range hostile[T]() {
		require.Equal(t, kernel.Bits(e.want()), kernel.Bits(e.got(1)), "%+v", e)
		e = e.negated()
		require.Equal(t, kernel.Bits(e.want()), kernel.Bits(e.got(1)), "%+v", e)
		for _, alpha := range []T{1, 3, -0.75} { // whatever C is, where beta is 0
			e := certifiedCase[T]{x: e.x, y: e.y, alpha: alpha}
			want := kernel.Bits(e.want())
			for _, c := range []T{kernel.NaN[T](), T(math.Inf(-1)), largestOf[T]()} {
				e.c = c
				require.Equal(t, want, kernel.Bits(e.got(1)), "%+v", e)
			}
		}
	}
}

func largestOf[T Float]() T {
	largest := math.MaxFloat32
	if kernel.Is64[T]() {
		largest = math.MaxFloat64
	}
	return T(largest)
}

func TestExactOfHostileElements(t *testing.T) {
	testHostile[float32](t)
	testHostile[float64](t)
}

// Norms are not below the exact ones, by math/big, also where squares underflow.
func testNorms[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(54, 55))
	for _, octaves := range []int{0, 20, 140, 500} {
		const k, n = 70, 37
		a, b := NewMatrix[T](3, k), NewMatrix[T](k, n)
		for _, m := range []Matrix[T]{a, b} {
			for i := range m.Data {
				m.Data[i] = T(math.Ldexp(rng.Float64()-0.5, -rng.IntN(octaves+1)))
			}
		}
		packed := rightOperand[T]{w: pack(1, b, false, Whole(k, reduce.Exact), nil)}
		for name, b := range map[string]rightOperand[T]{"packed": packed, "as it lies": {b: b}, "transposed": {b: transposed(b), trans: true}} {
			testNormsOf(t, name, leftOperand[T]{Matrix: a}, b, octaves == 0)
			testNormsOf(t, name, leftOperand[T]{transposed(a), true}, b, octaves == 0)
		}
	}
}

func transposed[T Float](m Matrix[T]) Matrix[T] { return left(m, true) }

func testNormsOf[T Float](t *testing.T, name string, a leftOperand[T], b rightOperand[T], close bool) {
	n, k := b.cols(), a.cols()
	z := makeCertifier[T]()
	z.a, z.b = a, b
	z.measure(2)
	check := func(v []T, norm float64) {
		sum := bigValue(0)
		for _, x := range v {
			p := bigValue(float64(x))
			sum.Add(sum, p.Mul(p, p))
		}
		squared := bigValue(norm)
		squared.Mul(squared, squared)
		require.LessOrEqual(t, sum.Cmp(squared), 0, name)
		if close {
			require.Negative(t, squared.Cmp(sum.Mul(sum, bigValue(1+0x1p-18))), "%s: not much above them either", name)
		}
	}
	buffer := make([]T, k)
	for i, norm := range z.rows {
		check(a.row(i, buffer), norm)
	}
	for j, norm := range z.cols[:n] {
		b.column(j, buffer)
		check(buffer, norm)
	}
}

func TestNormsAreBounds(t *testing.T) {
	testNorms[float32](t)
	testNorms[float64](t)
}
