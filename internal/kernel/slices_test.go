package kernel

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// exactly is a precision in which nothing of these tests is rounded: cutByDefinition looks.
const exactly = 400

// unit is 2^exponent.
func unit(exponent int) *big.Float { return new(big.Float).SetMantExp(big.NewFloat(1), exponent) }

// nearest returns the integer nearest to x / 2^exponent, ties to even, by math/big.
func nearest(x *big.Float, exponent int) *big.Int {
	scaled := new(big.Float).SetPrec(exactly).SetMantExp(x, -exponent)
	low, _ := scaled.Int(nil) // towards zero
	rest := new(big.Float).SetPrec(exactly).Sub(scaled, new(big.Float).SetPrec(exactly).SetInt(low))
	half := new(big.Float).Abs(rest).Cmp(big.NewFloat(0.5))
	if half > 0 || half == 0 && low.Bit(0) == 1 {
		low.Add(low, big.NewInt(int64(rest.Sign())))
	}
	return low
}

// cutByDefinition cuts one term in exact arithmetic, and adds the slices to sum. The last
// takes all that is left, if that is a multiple of its unit or rest is to be dropped.
func cutByDefinition(sum []int64, x *big.Float, units []int) (left *big.Float) {
	left = new(big.Float).SetPrec(exactly).Set(x)
	for k, e := range units {
		n := nearest(left, e)
		sum[k] += n.Int64()
		part := new(big.Float).SetPrec(exactly).Mul(new(big.Float).SetPrec(exactly).SetInt(n), unit(e))
		if part.Acc() != big.Exact || left.Sub(left, part).Acc() != big.Exact {
			panic("the test rounds")
		}
	}
	return left
}

type cutCase struct {
	mode  Mode
	terms Terms
	units []int // below the exponent of the largest term
}

// wholeUnits are the units of a grid for terms below 2^0.
func wholeUnits(bins int) []int {
	if bins == 1 {
		return []int{-LastReach}
	}
	units := []int{-Reach}
	for len(units) < bins-1 {
		units = append(units, units[len(units)-1]-Step)
	}
	return append(units, units[len(units)-1]-LastStep)
}

// droppedUnits are those of a binned sum.
func droppedUnits(precision, width, bins int) []int {
	units := []int{2 - precision}
	for len(units) < bins {
		units = append(units, units[len(units)-1]-width)
	}
	return units
}

// pairedUnits are those for products below 2^0 and for their errors.
func pairedUnits(bins int) []int {
	units := wholeUnits(bins)
	for _, e := range wholeUnits(bins) {
		units = append(units, e-53)
	}
	return units
}

// termOf returns the exact term, and what Cut looks at.
func termOf[T Float](c cutCase, x, y T) (term *big.Float, seen float64) {
	term = new(big.Float).SetPrec(200).SetFloat64(float64(x))
	switch {
	case c.terms == Plain:
		return term, float64(x)
	case c.mode == Paired:
		return term.Mul(term, big.NewFloat(float64(y))), float64(x) * float64(y)
	case c.mode == Whole && !Is64[T]():
		return term.Mul(term, big.NewFloat(float64(y))), float64(x) * float64(y)
	}
	return term.SetFloat64(float64(T(x * y))), float64(T(x * y))
}

// partsOf returns what is cut by each half of the units, of a term and what Cut looks at.
func partsOf(c cutCase, term *big.Float, seen float64) []*big.Float {
	if c.mode != Paired {
		return []*big.Float{term}
	}
	p := new(big.Float).SetPrec(200).SetFloat64(seen)
	return []*big.Float{p, new(big.Float).SetPrec(200).Sub(term, p)}
}

// testCut cuts blocks of terms up to 2^top in size and compares with the definition.
// Terms of modes Whole and Paired have nothing below the last unit.
func testCut[T Float](t *testing.T, c cutCase) {
	rng := rand.New(rand.NewPCG(11, uint64(len(c.units))))
	single := !Is64[T]() && c.mode == Dropped
	last := c.units[len(c.units)-1]
	span := -last - 52 // of exponents of numbers with 53 bits above the last unit
	switch {
	case c.mode == Dropped:
		span = -last + 30
	case c.mode == Paired:
		span -= 53
	case !Is64[T]() && c.terms == Plain:
		span = -last - 23
	case !Is64[T]():
		span = -last - 47
	}
	lengths := []int{1, 2, 15, 16, 17, 31, 32, 33, 64, 100, 127, MaxSliced}
	if !testing.Short() { // long ones take most of the time
		lengths = append(lengths, MaxSliced-1)
	}
	if single {
		lengths = append(lengths, MaxSlicedSingle)
	}
	for _, n := range lengths {
		rounds := 4
		if testing.Short() && n > 200 {
			rounds = 2
		}
		for round := range rounds {
			top := rng.IntN(40) - 30
			exponents := make([]int, len(c.units))
			for k, e := range c.units {
				exponents[k] = e + top
			}
			x, y := make([]T, n), []T(nil)
			if c.terms == Product {
				y = make([]T, n)
			}
			for i := range x {
				wide := rng.IntN(max(1, span))
				if round == 0 {
					wide = 0 // sums as large as they get
				}
				if n > MaxSliced {
					wide += 10 // 2^12 units, not 2^22
				}
				x[i] = T(math.Ldexp(0.5+rng.Float64()/2, top-wide))
				switch rng.IntN(8) {
				case 1: // a tie of the last slice
					if c.mode == Dropped {
						x[i] = T(math.Ldexp(float64(rng.IntN(41)-20), exponents[len(exponents)-1]-1))
					}
				case 2:
					if round > 0 && rng.IntN(3) == 0 && c.mode == Dropped {
						x[i] = T(math.Copysign(0, rng.Float64()-0.5))
					}
				}
				if round > 0 && rng.IntN(2) == 0 {
					x[i] = -x[i]
				}
				if y != nil {
					y[i] = T(math.Ldexp(0.5+rng.Float64()/2, 0))
					if c.mode != Dropped { // the product may be twice as far down as x
						x[i] *= 2
						y[i] /= 2
						x[i] = T(math.Copysign(max(math.Abs(float64(x[i])), math.Ldexp(1, top-max(0, span-3))), float64(x[i])))
						if math.Abs(float64(x[i])*float64(y[i])) >= math.Ldexp(1, top) {
							x[i] /= 2
						}
					}
				}
			}
			want, largest, least := make([]int64, len(c.units)), 0.0, math.Inf(1)
			half := len(c.units)
			if c.mode == Paired {
				half /= 2
			}
			for i, v := range x {
				w := T(0)
				if y != nil {
					w = y[i]
				}
				term, seen := termOf(c, v, w)
				largest, least = max(largest, math.Abs(seen)), min(least, math.Abs(seen))
				for part, v := range partsOf(c, term, seen) {
					left := cutByDefinition(want[part*half:(part+1)*half], v, exponents[part*half:(part+1)*half])
					require.True(t, c.mode == Dropped || left.Sign() == 0, "the test's data: %v", seen)
				}
			}
			var got Slices
			g := NewGrid(c.mode, single, exponents...)
			require.Equal(t, exponents, g.Units())
			require.True(t, Cut(&got, &g, c.terms, x, y))
			what := fmt.Sprintf("%d terms of up to 2^%d, round %d", n, top, round)
			require.Equal(t, want, got.Sum[:len(want)], what)
			mostMustBe, leastMustBe := bitsSeen(single, largest, least)
			require.Equal(t, mostMustBe, got.Most, what)
			if least != 0 {
				require.Equal(t, leastMustBe, got.Least, what)
			}
			for _, bad := range []T{NaN[T](), T(math.Inf(-1))} {
				i := rng.IntN(n)
				good := x[i]
				x[i] = bad
				require.True(t, Cut(&got, &g, c.terms, x, y))
				require.GreaterOrEqual(t, got.Most, infinityBits(single), "%s with %v", what, bad)
				x[i] = good
			}
			i := rng.IntN(n)
			x[i] = T(math.Copysign(0, -1)) // -0, and a product that is
			if y != nil {
				y[i] = 1
			}
			require.True(t, Cut(&got, &g, c.terms, x, y))
			require.Zero(t, got.Least, what)
		}
	}
}

func infinityBits(single bool) uint64 {
	if single {
		return Bits(float32(math.Inf(1)))
	}
	return Bits(math.Inf(1))
}

// bitsSeen returns the bits by which an extent tells of these magnitudes.
func bitsSeen(single bool, most, least float64) (uint64, uint64) {
	if single {
		return Bits(float32(most)), Bits(float32(least))
	}
	return Bits(most) | math.MaxUint32, Bits(least) &^ math.MaxUint32
}

func TestCutBackends(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		if Active() == Portable {
			g := NewGrid(Whole, false, -51, -93)
			require.False(t, Cut(new(Slices), &g, Plain, []float64{1}, nil))
			require.False(t, Look(new(Slices), Plain, false, []float64{1}, nil))
			return
		}
		for _, terms := range []Terms{Plain, Product} {
			for _, bins := range []int{2, 3, 4} {
				t.Run(fmt.Sprintf("dropped/%d/%d", terms, bins), func(t *testing.T) {
					testCut[float64](t, cutCase{Dropped, terms, droppedUnits(53, 40, bins)})
					testCut[float32](t, cutCase{Dropped, terms, droppedUnits(24, 13, bins)})
				})
			}
		}
		t.Run("whole", func(t *testing.T) {
			for bins := 1; bins <= 4; bins++ {
				if bins > 1 {
					testCut[float64](t, cutCase{Whole, Plain, wholeUnits(bins)})
				}
				if bins < 4 {
					testCut[float32](t, cutCase{Whole, Plain, wholeUnits(bins)})
				}
			}
			testCut[float64](t, cutCase{Whole, Product, wholeUnits(2)})
			testCut[float32](t, cutCase{Whole, Product, wholeUnits(2)})
			testCut[float32](t, cutCase{Whole, Product, wholeUnits(3)})
		})
		t.Run("remainders", func(t *testing.T) { // of products, by FMA
			testCut[float64](t, cutCase{Paired, Product, pairedUnits(2)})
			testCut[float64](t, cutCase{Paired, Product, pairedUnits(3)})
		})
	})
}

// A product that underflows is not +0 in the extent, whatever its place.
func TestCutReportsUnderflow(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		if Active() == Portable {
			t.Skip("no kernel")
		}
		g := NewGrid(Paired, false, pairedUnits(2)...)
		for n := 1; n < 70; n++ {
			for i := range n {
				x, y := make([]float64, n), make([]float64, n)
				for k := range x {
					x[k], y[k] = 0.5, 0.75
				}
				x[i], y[i] = 0x1p-600, 0x1p-600
				var s Slices
				require.True(t, Cut(&s, &g, Product, x, y))
				require.Zero(t, s.Least, "term %d of %d", i, n)
				var l Slices
				require.True(t, Look(&l, Product, false, x, y))
				require.Equal(t, 1, l.Zeros)
			}
		}
	})
}

func testLook[T Float](t *testing.T, of Terms, single bool) {
	rng := rand.New(rand.NewPCG(21, 22))
	for n := 1; n <= 200; n++ {
		x, y := make([]T, n), make([]T, n)
		zeros, negZeros, most, least := 0, 0, 0.0, math.Inf(1)
		for i := range x {
			x[i], y[i] = T(math.Ldexp(rng.Float64()-0.5, -rng.IntN(40))), T(rng.Float64()-0.5)
			if rng.IntN(3) == 0 {
				x[i] = T(math.Copysign(0, rng.Float64()-0.5))
			}
			v := float64(x[i])
			if of == Product {
				v *= float64(y[i])
				if single {
					v = float64(T(v))
				}
			}
			if v == 0 {
				zeros++
				if math.Signbit(v) {
					negZeros++
				}
				continue
			}
			most, least = max(most, math.Abs(v)), min(least, math.Abs(v))
		}
		var got Slices
		require.True(t, Look(&got, of, single, x, y))
		require.Equal(t, []int{zeros, negZeros}, []int{got.Zeros, got.NegZeros}, "n = %d", n)
		if zeros == n {
			require.Greater(t, got.Least, got.Most)
			continue
		}
		m, l := bitsSeen(single, most, least)
		require.Equal(t, Extent{l, m}, got.Extent, "n = %d", n)
		x[rng.IntN(n)] = NaN[T]()
		require.True(t, Look(&got, of, single, x, y))
		require.GreaterOrEqual(t, got.Most, infinityBits(single))
	}
}

func TestLookBackends(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		if Active() == Portable {
			return
		}
		for _, of := range []Terms{Plain, Product} {
			testLook[float64](t, of, false)
			testLook[float32](t, of, false)
			testLook[float32](t, of, true)
		}
	})
}
