package reduce

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

// fewNumbers returns n terms with exponents over a span, some of few bits, some the negative of others or a last place
// or half of one beside them, or subnormal.
func fewNumbers(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	base := rng.IntN(1600) - 1000
	span := []int{1, 3, 55, 110, 400}[rng.IntN(5)]
	for i := range x {
		x[i] = math.Ldexp((1+rng.Float64())*float64(1-2*rng.IntN(2)), base+rng.IntN(span))
		switch j := rng.IntN(i + 1); rng.IntN(8) {
		case 0:
			x[i] = -x[j]
		case 1:
			x[i] = math.Ldexp(float64(1-2*rng.IntN(2)), base+rng.IntN(span))
		case 2:
			x[i] = x[j] * []float64{0x1p-53, 0x1p-54, -0x1p-53, -0x1p-106, 0x1p-107}[rng.IntN(5)]
		case 3:
			x[i] = -math.Nextafter(x[j], float64(rng.IntN(2)))
		case 4:
			x[i] = math.Copysign(math.Float64frombits(rng.Uint64N(1<<53)>>rng.IntN(54)), x[i])
		case 5:
			x[i] = math.Copysign(0, x[i])
		}
	}
	return x
}

// A few terms are added in floating point alone, where that is sure to be right.
func TestFewest(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	sure := [5]int{}
	for round := range 60000 {
		n := 1 + round%4
		x := fewNumbers(rng, n)
		v, ok := fewest(kernel.Plain, x, nil)
		if !ok {
			require.Equal(t, 4, n, "%v", x)
			continue
		}
		sure[n]++
		want := roundBig[float64](bigSum(terms[float64]{x: x}, false))
		if want == 0 {
			want = zeroSum(kernel.Plain, x, nil)
		}
		require.Equal(t, math.Float64bits(want), math.Float64bits(v), "%x", x)
	}
	require.Equal(t, 15000, sure[3])
	require.Greater(t, sure[4], 8000)
}

func TestFewestOverflow(t *testing.T) {
	most, inf := math.MaxFloat64, math.Inf(1)
	for _, x := range [][]float64{
		{most, most, -most}, {most, -most, most}, {-most, most, most}, {most, most, -most, -most}, {most, -most, most, -most},
		{most, 0x1p970, -0x1p-1074}, {0x1p970, -0x1p-1074, most}, {most, 0x1p969, 0x1p969}, {most, most, -most, 1}, {most, most, most},
		{inf, 1, 1}, {1, inf, -inf, 1}, {inf, most, most, inf}, {math.NaN(), 1, 1}, {1, 1, 1, math.NaN()}, {-inf, 0, 0, 0},
	} {
		var a Superaccumulator
		addOneByOne(&a, terms[float64]{x: x})
		require.Equal(t, math.Float64bits(Round[float64](&a)), math.Float64bits(Sum(Exact, x)), "%v", x)
	}
}

// Every way to a sum gives the bits of the superaccumulator that takes term by term, the sign of 0 among them, with every
// number of terms up to beyond the last that is few.
func TestFewTerms(t *testing.T) {
	for _, b := range kernel.Backends() {
		t.Run(b.String(), func(t *testing.T) {
			defer kernel.Use(b)()
			testFewTerms[float64](t)
			testFewTerms[float32](t)
		})
	}
}

func testFewTerms[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	check := func(v terms[T]) {
		var a Superaccumulator
		addOneByOne(&a, v)
		want := Round[T](&a)
		require.Equal(t, kernel.Bits(want), kernel.Bits(exactSum(v.kind(), v.x, v.y)), "%x %x", v.x, v.y)
		d, ok := digitsSum(v.kind(), v.x, v.y)
		require.True(t, ok || len(v.x) > kernel.MaxLeading, "%x %x", v.x, v.y)
		require.True(t, !ok || kernel.Bits(d) == kernel.Bits(want), "digits of %x %x", v.x, v.y)
	}
	for k := range 136 {
		n := k
		if k > 130 { // about as many as kernels take
			n = kernel.MaxFew[T](kernel.Plain) - 134 + k
		}
		for round := range 12 {
			x, y := make([]T, n), make([]T, n)
			for i, v := range fewNumbers(rng, n) {
				if !kernel.Is64[T]() {
					v = math.Ldexp(v, -900)
				}
				x[i], y[i] = T(v), T(rng.Float64()-0.5)
			}
			switch round {
			case 0: // zeros alone
				for i := range x {
					x[i] = T(math.Copysign(0, float64(rng.IntN(n))-1))
				}
			case 1: // all -0, as terms and as products
				for i := range x {
					x[i], y[i] = T(math.Copysign(0, -1)), 1
				}
			case 2: // subnormal
				for i := range x {
					x[i] = T(math.Ldexp(float64(y[i]), []int{-1022, -1060}[i%2]))
					if !kernel.Is64[T]() {
						x[i] = T(math.Ldexp(float64(y[i]), -126))
					}
				}
			case 3: // cancels
				for i := range n / 2 {
					x[n-1-i], y[n-1-i] = -x[i], y[i]
				}
				if n%2 == 1 {
					x[n/2] = 0
				}
			}
			if !allFinite(x) {
				continue
			}
			check(terms[T]{x: x})
			check(terms[T]{x: x, y: y})
		}
	}
}

// Two products are summed in floating point alone where that is sure to be right: most often.
func TestTwoProducts(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	sure, rounds := 0, 40000
	for range rounds {
		x, y := fewNumbers(rng, 2), fewNumbers(rng, 2)
		for i := range y {
			y[i] = math.Ldexp(y[i], -rng.IntN(1600))
		}
		switch rng.IntN(4) {
		case 0:
			x[1], y[1] = -x[0], y[0]
		case 1:
			x[1], y[1] = x[0]*(1+float64(rng.IntN(5)-2)*0x1p-52), -y[0]*(1+float64(rng.IntN(5)-2)*0x1p-52)
		case 2:
			x[0], y[0] = 1+float64(rng.IntN(9))*0x1p-52, 1+0x1p-53*float64(rng.IntN(2)*2) // beside middles
			x[1], y[1] = math.Ldexp(float64(1-2*rng.IntN(2)), -53), 1+float64(rng.IntN(3)-1)*0x1p-52
		}
		if v, ok := twoProducts(x, y); ok {
			sure++
			var a Superaccumulator
			addOneByOne(&a, terms[float64]{x: x, y: y})
			require.Equal(t, math.Float64bits(Round[float64](&a)), math.Float64bits(v), "%x %x", x, y)
		}
	}
	require.Greater(t, sure, rounds/2)
	for _, x := range [][4]float64{{math.MaxFloat64, 2, -math.MaxFloat64, 2}, {math.Inf(1), 0, 1, 1}, {math.Inf(1), 1, math.Inf(-1), 1}, {math.NaN(), 1, 1, 1},
		{math.MaxFloat64, 1, 0x1p970, 1}, {0, -1, 0, -1}, {0, -1, 0, 1}, {0, math.Inf(1), 1, 1}, {5e-324, 0.5, 5e-324, 0.5}, {5e-324, 0x1p100, -5e-324, 0x1p100}} {
		var a Superaccumulator
		a.AddProduct(x[0], x[1])
		a.AddProduct(x[2], x[3])
		require.Equal(t, math.Float64bits(Round[float64](&a)), math.Float64bits(Dot(Exact, []float64{x[0], x[2]}, []float64{x[1], x[3]})), "%v", x)
	}
}
