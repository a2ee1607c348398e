package kernel

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// unit is 2^exponent.
func unit(exponent int) *big.Float { return new(big.Float).SetMantExp(big.NewFloat(1), exponent) }

// nearest returns the integer nearest to x / 2^exponent, ties to even, by math/big.
func nearest(x *big.Float, exponent int) *big.Int {
	scaled := new(big.Float).SetPrec(3000).SetMantExp(x, -exponent)
	low, _ := scaled.Int(nil) // towards zero
	rest := new(big.Float).SetPrec(3000).Sub(scaled, new(big.Float).SetPrec(3000).SetInt(low))
	half := new(big.Float).Abs(rest).Cmp(big.NewFloat(0.5))
	if half > 0 || half == 0 && low.Bit(0) == 1 {
		low.Add(low, big.NewInt(int64(rest.Sign())))
	}
	return low
}

// cutByDefinition cuts one term in exact arithmetic.
func cutByDefinition(sum []int64, x *big.Float, exponent, width int) (left *big.Float) {
	left = new(big.Float).SetPrec(3000).Set(x)
	for k := range sum {
		n := nearest(left, exponent-k*width)
		sum[k] += n.Int64()
		left.Sub(left, new(big.Float).SetPrec(3000).Mul(new(big.Float).SetPrec(3000).SetInt(n), unit(exponent-k*width)))
	}
	return left
}

// inLastUnits is the sum of all slices in units of the last.
func inLastUnits(sum []int64, width int) *big.Int {
	total := new(big.Int)
	for _, s := range sum {
		total.Lsh(total, uint(width)).Add(total, big.NewInt(s))
	}
	return total
}

type cutCase struct {
	mode  Mode
	terms Terms
	bins  int
}

// testCut cuts blocks of terms up to 2^top in size and compares with the definition.
func testCut[T Float](t *testing.T, c cutCase, width int) {
	rng := rand.New(rand.NewPCG(11, uint64(c.bins)))
	precision := 53
	if !Is64[T]() && c.mode == Dropped {
		precision = 24
	}
	for _, n := range []int{1, 2, 15, 16, 17, 31, 32, 33, 64, 100, 127, MaxSliced} {
		for range 4 {
			top := rng.IntN(60) - 30
			exponent := top - precision + 2 // |term| <= 2^top
			span := rng.IntN(width*c.bins + 20)
			ties := true
			if c.mode == Whole && rng.IntN(2) == 0 { // nothing is left, even of products
				span, ties = rng.IntN(max(1, width*c.bins-125)), false
			}
			x, y := make([]T, n), []T(nil)
			if c.terms == Product {
				y = make([]T, n)
			}
			for i := range x {
				x[i] = T(math.Ldexp(rng.Float64()*2-1, top-1-rng.IntN(span+1)))
				switch rng.IntN(8) {
				case 0:
					x[i] = T(math.Copysign(0, rng.Float64()-0.5))
				case 1: // a tie of the last slice
					if !ties {
						break
					}
					x[i] = T(math.Ldexp(float64(rng.IntN(41)-20), exponent-(c.bins-1)*width-1))
				case 2:
					x[i] = T(math.Ldexp(1, top))
				}
				if y != nil {
					y[i] = T(rng.Float64()*2 - 1)
				}
			}
			want, largest, left, negZeros := make([]int64, c.bins), 0.0, false, 0
			for i, v := range x {
				term := new(big.Float).SetPrec(200).SetFloat64(float64(v))
				if y != nil {
					if c.mode == Whole {
						term.Mul(term, new(big.Float).SetPrec(200).SetFloat64(float64(y[i])))
					} else {
						term.SetFloat64(float64(T(v * y[i])))
					}
				}
				if term.Sign() == 0 && (y == nil && term.Signbit() || y != nil && math.Signbit(float64(v)) != math.Signbit(float64(y[i]))) {
					negZeros++
				}
				size, _ := new(big.Float).Abs(term).Float64()
				largest = max(largest, size)
				left = cutByDefinition(want, term, exponent, width).Sign() != 0 || left
			}
			var got Slices
			require.True(t, Cut(&got, c.mode, c.terms, c.bins, exponent, width, x, y))
			what := fmt.Sprintf("%d terms of up to 2^%d, span %d", n, top, span)
			if c.mode == Whole && Is64[T]() && y != nil { // cut as two terms: the same sum in other slices
				want, got := inLastUnits(want, width), inLastUnits(got.Sum[:c.bins], width)
				require.True(t, left || want.Cmp(got) == 0, "%s: want %v, got %v", what, want, got)
			} else {
				require.Equal(t, want, got.Sum[:c.bins], what)
			}
			require.Equal(t, largest, got.Max, what)
			require.Equal(t, left && c.mode == Whole, got.Left, what)
			require.Equal(t, negZeros, got.NegZeros, what)
			x[rng.IntN(n)] = T(math.NaN())
			require.True(t, Cut(&got, c.mode, c.terms, c.bins, exponent, width, x, y))
			require.True(t, got.Left, "%s with a NaN", what)
			require.True(t, Cut(&got, Whole, c.terms, 0, 0, 0, x[:1], y))
		}
	}
}

func TestCutBackends(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		if Active() == Portable {
			require.False(t, Cut(new(Slices), Whole, Plain, 2, 0, ExactWidth, []float64{1}, nil))
			return
		}
		for _, terms := range []Terms{Plain, Product} {
			for _, bins := range []int{2, 3, 4} {
				t.Run(fmt.Sprintf("dropped/%d/%d", terms, bins), func(t *testing.T) {
					testCut[float64](t, cutCase{Dropped, terms, bins}, 40)
					testCut[float32](t, cutCase{Dropped, terms, bins}, 13)
				})
			}
		}
		t.Run("whole", func(t *testing.T) {
			for _, bins := range []int{2, 3} {
				testCut[float64](t, cutCase{Whole, Plain, bins}, ExactWidth)
				testCut[float32](t, cutCase{Whole, Plain, bins}, ExactWidth)
				testCut[float32](t, cutCase{Whole, Product, bins}, ExactWidth)
			}
			testCut[float32](t, cutCase{Whole, Plain, 1}, ExactWidth)
		})
		t.Run("remainders", func(t *testing.T) { // of products, by FMA
			testCut[float64](t, cutCase{Whole, Product, 3}, ExactWidth)
		})
	})
}

func TestCutReportsUnderflow(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		if Active() == Portable {
			t.Skip("no kernel")
		}
		for n := 1; n < 70; n++ {
			for i := range n {
				x, y := make([]float64, n), make([]float64, n)
				for k := range x {
					x[k], y[k] = 1, 0x1p-900
				}
				cut := func() bool {
					var s Slices
					require.True(t, Cut(&s, Whole, Product, 3, -51, ExactWidth, x, y))
					return s.Left
				}
				y[i] = 0
				require.True(t, n == 1 || cut(), "products of 2^-900 have bits left below 2^-155")
				for k := range x {
					y[k] = 1
				}
				y[i] = 0
				require.False(t, cut(), "zero is no underflow")
				x[i], y[i] = 0x1p-600, 0x1p-600
				require.True(t, cut(), "term %d of %d underflows to zero", i, n)
				x[i], y[i] = 0x1p-500, 0x1p-500
				require.True(t, cut(), "term %d of %d is tiny", i, n)
			}
		}
	})
}
