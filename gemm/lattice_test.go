package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// claimsOfExactness counts the elements of a product whose sums are said to be exact, the norms
// being so many times what they are, and of these the ones that are not: by math/big.
func claimsOfExactness[T Float](a leftOperand[T], b rightOperand[T], scale float64) (claimed, wrong int) {
	n := a.cols()
	z := makeCertifier[T]()
	z.finish, z.program, z.a, z.b = finish[T]{alpha: 1}, compileRoot(nil, Whole(n, reduce.Exact), n), a, b
	z.d = float64(32 + 7 + 1)
	z.measure(1)
	for i := range z.rows {
		z.rows[i] *= scale
	}
	check := func(i, j int, h, l float64) {
		if !z.isExact(i, j) {
			return
		}
		claimed++
		y := make([]T, n)
		b.column(j, y)
		sum := certifiedCase[T]{x: a.row(i, make([]T, n)), y: y, alpha: 1}.value()
		if sum.Sub(sum, bigValue(h)).Sub(sum, bigValue(l)).Sign() != 0 {
			wrong++
		}
	}
	z.wideTile = func(i, j int, values []float64, width, rows, cols int) {
		for r := range rows {
			for c := range cols {
				check(i+r, j+c, values[r*width+c], 0)
			}
		}
	}
	z.pairsOfRow = func(_, i, j int, h, l []T) {
		for c := range h {
			check(i, j+c, float64(h[c]), float64(l[c]))
		}
	}
	z.multiply(Options{Order: reduce.Exact})
	return claimed, wrong
}

// oddIntegers are of that many bits, all of one sign: their sums are as large as their norms allow.
func oddIntegers[T Float](rng *rand.Rand, rows, cols, bits int) Matrix[T] {
	m := NewMatrix[T](rows, cols)
	for i := range m.Data {
		m.Data[i] = T(1<<(bits-1) + rng.Int64N(1<<(bits-2))*2 + 1)
	}
	return m
}

func testClaims[T Float](t *testing.T, precision int, lenient float64) {
	rng := rand.New(rand.NewPCG(71, 72))
	claimed := 0
	for bits := precision / 2; bits <= precision; bits++ {
		for _, k := range []int{1, 3, 33, 70} {
			a, b := oddIntegers[T](rng, 3, k, bits), oddIntegers[T](rng, k, 5, bits)
			n, wrong := claimsOfExactness(leftOperand[T]{Matrix: a}, rightOperand[T]{b: b}, 1)
			require.Zero(t, wrong, "%d bits, %d terms", bits, k)
			claimed += n
		}
	}
	require.Greater(t, claimed, 15*precision/2, "most of them")
	a, b := oddIntegers[T](rng, 3, 71, precision), oddIntegers[T](rng, 71, 5, precision)
	claimed, _ = claimsOfExactness(leftOperand[T]{Matrix: a}, rightOperand[T]{b: b}, 1)
	require.Zero(t, claimed)
	_, wrong := claimsOfExactness(leftOperand[T]{Matrix: a}, rightOperand[T]{b: b}, lenient)
	require.Positive(t, wrong, "norms that are too small")
}

// What is said to be exact is; norms of a quarter (float64: 2^-16) of what they are would say it of others.
func TestExactSumsAreExact(t *testing.T) {
	testClaims[float32](t, 24, 0x1p-2)
	testClaims[float64](t, 53, 0x1p-16)
}

// Products that underflow are on no lattice.
func TestNoLatticeBelowTheRange(t *testing.T) {
	a, b := Dense(1, 2, []float64{3, 0x1p-600}), Dense(2, 1, []float64{1, 3 * 0x1p-475})
	claimed, _ := claimsOfExactness(leftOperand[float64]{Matrix: a}, rightOperand[float64]{b: b}, 1)
	require.Zero(t, claimed)

	// Nor where their sum is small enough for the lattice that they would be on: three quarters of the least number are that number.
	a, b = Dense(1, 3, []float64{0x1p-538, 0x1p-538, 0x1p-538}), Dense(3, 1, []float64{0x1p-538, 0x1p-538, 0x1p-538})
	claimed, _ = claimsOfExactness(leftOperand[float64]{Matrix: a}, rightOperand[float64]{b: b}, 1)
	require.Zero(t, claimed)
	for _, alpha := range []float64{1, -1, 0x1p30} {
		require.NoError(t, isExactProduct(a, b, NewMatrix[float64](1, 1), finish[float64]{alpha: alpha}))
	}
}

func TestLastPlace(t *testing.T) {
	for _, c := range []struct {
		x    float64
		want int
	}{{1, 0}, {-1, 0}, {12, 2}, {0.75, -2}, {0, allZero}, {math.Copysign(0, -1), allZero}, {math.SmallestNonzeroFloat64, -1074},
		{math.MaxFloat64, 971}, {0x1p-1022, -1022}, {3 * 0x1p-1060, -1060}, {math.Inf(1), noLattice}, {math.NaN(), noLattice}} {
		require.Equal(t, c.want, lastPlace(c.x), "%g", c.x)
	}
	require.Equal(t, -149, lastPlace(math.Float32frombits(1)))
	require.Equal(t, 104, lastPlace(float32(math.MaxFloat32)))
}

// latticeValues are numbers whose sums are often zero, or halfway between two numbers of T.
func latticeValues[T Float]() map[string]func(*rand.Rand) float64 {
	precision := 24
	if kernel.Is64[T]() {
		precision = 53
	}
	return map[string]func(*rand.Rand) float64{
		"integers":  func(rng *rand.Rand) float64 { return float64(rng.IntN(17) - 8) },
		"half zero": func(rng *rand.Rand) float64 { return max(0, rng.NormFloat64()) },
		"few":       func(rng *rand.Rand) float64 { return float64(rng.IntN(12) / 11) },
		"ties": func(rng *rand.Rand) float64 { // products of up to precision and a few bits
			return math.Ldexp(float64(rng.IntN(7)-3), rng.IntN(2)*(precision/2)-rng.IntN(2))
		},
		"16 bits": func(rng *rand.Rand) float64 {
			return float64(math.Float32frombits(math.Float32bits(float32(rng.NormFloat64())) &^ 0xffff))
		},
		"not finite": func(rng *rand.Rand) float64 {
			return []float64{0, 1, -1, 0.5, 0, 0, 2, -2, math.Inf(1), math.NaN()}[min(rng.IntN(40), 9)*rng.IntN(2)]
		},
	}
}

func testExactOnLattices[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(73, 74))
	for name, value := range latticeValues[T]() {
		for _, f := range []finish[T]{{1, 0}, {-1, 0}, {3, -0.5}, {0.1, 1}} {
			m, n, k := 1+rng.IntN(5), 1+rng.IntN(20), 1+rng.IntN(50)
			a, b, c := NewMatrix[T](m, k), NewMatrix[T](k, n), NewMatrix[T](m, n)
			for _, x := range []Matrix[T]{a, b, c} {
				for i := range x.Data {
					x.Data[i] = T(value(rng))
				}
			}
			if name != "not finite" {
				require.NoError(t, isExactProduct(a, b, c, f), name)
			}
			for _, o := range []Options{{Threads: 1}, {Threads: 2}} {
				o.Order = reduce.Exact
				got, again := NewMatrix[T](m, n), NewMatrix[T](m, n)
				copy(got.Data, c.Data)
				copy(again.Data, c.Data)
				require.NoError(t, Gemm(o, true, false, f.alpha, transposed(a), b, f.beta, got))
				multiply(o, f, a, pack(1, b, false, Whole(k, o.Order), nil), again)
				for i, v := range got.Data {
					x, y := a.Row(i/n), make([]T, k)
					rightOperand[T]{b: b}.column(i%n, y)
					require.Equal(t, kernel.Bits(f.exact(x, y, c.Data[i])), kernel.Bits(v), "%s: element by element", name)
					require.Equal(t, kernel.Bits(v), kernel.Bits(again.Data[i]), name)
				}
			}
		}
	}
}

// isExactProduct compares a product with math/big.
func isExactProduct[T Float](a, b, c Matrix[T], f finish[T]) error {
	got := NewMatrix[T](c.Rows, c.Cols)
	copy(got.Data, c.Data)
	if err := Gemm(Options{Order: reduce.Exact}, false, false, f.alpha, a, b, f.beta, got); err != nil {
		return err
	}
	for i, v := range got.Data {
		y := make([]T, b.Rows)
		rightOperand[T]{b: b}.column(i%c.Cols, y)
		e := certifiedCase[T]{x: a.Row(i / c.Cols), y: y, alpha: f.alpha, beta: f.beta, c: c.Data[i]}
		if kernel.Bits(e.want()) != kernel.Bits(v) {
			return fmt.Errorf("element %d: got %x, want %x", i, v, e.want())
		}
	}
	return nil
}

func TestExactOnLattices(t *testing.T) {
	testExactOnLattices[float32](t)
	testExactOnLattices[float64](t)
}
