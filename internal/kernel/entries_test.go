package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// entriesSum requires the sum of entries to round as the exact one, if it is not refused, which it returns.
func entriesSum(t *testing.T, x, y []float64) (ok bool) {
	t.Helper()
	got, s, state := productsByEntries(x, y)
	if state == Refused {
		return false
	}
	exact := exactTerms(Product, x, y)
	want := roundedTo[float64](exact)
	if state == NotRounded {
		got = roundedTo[float64](leadingFloat(s))
		require.Equal(t, exact.Sign() == 0, s.Hi == 0 && s.Lo == 0, "%x %x", x, y)
	}
	require.Equal(t, Bits(want), Bits(got), "%v %v: %v", x, y, s)
	return true
}

// useEntries has the kernel used.
func useEntries(t *testing.T) {
	if all := Backends(); !hasEntries || all[len(all)-1] != AVX512 {
		t.Skip("no kernel")
	}
	t.Cleanup(Use(AVX512))
}

func TestEntries(t *testing.T) {
	useEntries(t)
	rng := rand.New(rand.NewPCG(12, 3))
	refused := 0
	for range 20000 {
		if x, y := fewTerms[float64](rng, Product); !entriesSum(t, x, y) {
			refused++
		}
	}
	require.Less(t, refused, 20000/20)
	require.Greater(t, refused, 20, "sums that entries far below decide")

	for range 2000 { // of all exponents, subnormal factors, zeros, and what cancels but for one
		n := 1 + rng.IntN([]int{10, 40, 300, MaxEntries}[rng.IntN(4)])
		x, y := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i] = math.Ldexp(rng.Float64()-0.5, rng.IntN(2090)-1070)
			y[i] = math.Ldexp(rng.Float64()-0.5, min(rng.IntN(2090)-1070, 1000-max(math.Ilogb(x[i]), -1000)))
			switch j := rng.IntN(i + 1); rng.IntN(4) {
			case 0, 1:
				x[i], y[i] = -y[j], x[j]
			case 2:
				x[i] = math.Float64frombits(rng.Uint64N(1<<52) | 1<<63*rng.Uint64N(2))
			}
		}
		entriesSum(t, x, y)
	}
}

// TestEntriesFull: as many products as there may be, as large as they may be, all in one entry, of either sign, and one far below.
func TestEntriesFull(t *testing.T) {
	useEntries(t)
	for shift := range 130 {
		for _, sign := range []float64{1, -1} {
			x, y := make([]float64, MaxEntries), make([]float64, MaxEntries)
			for i := range x {
				x[i], y[i] = sign*math.Ldexp(1-0x1p-53, shift), 1-0x1p-53
			}
			require.True(t, entriesSum(t, x, y))
			x[0] = math.Ldexp(1, shift-900)
			require.True(t, entriesSum(t, x, y))
		}
	}
}

// TestEntriesRefused: what is not finite, and what entries below the highest three decide, unless chunks do.
func TestEntriesRefused(t *testing.T) {
	useEntries(t)
	for n := 1; n < 40; n++ {
		for at := range n {
			for _, odd := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
				for _, other := range []float64{0, 1, 5e-324} {
					x, y := make([]float64, n), make([]float64, n)
					x[at], y[at] = odd, other
					_, _, state := productsByEntries(x, y)
					require.Equal(t, Refused, state)
					_, _, state = productsByEntries(y, x)
					require.Equal(t, Refused, state)
				}
			}
		}
	}
	for _, low := range []float64{0x1p-600, -0x1p-600} { // beside a middle
		require.True(t, entriesSum(t, []float64{1, 0x1p-53, low}, []float64{1, 1, 1}))
		require.True(t, entriesSum(t, []float64{1, -1, low}, []float64{1, 1, 1}))
		for _, n := range []int{5, 6, 7, 8, 9, 10, 24, 25, 95, 96, 999, 1000, 1001, 1002} { // and beyond an entry that is 0 again
			x, y := make([]float64, n), make([]float64, n)
			for i := range x {
				x[i], y[i] = math.Ldexp(1-2*float64(i%2), -300), 1
			}
			copy(x[n-3:], []float64{1, 0x1p-53, low})
			if n%2 == 0 { // an odd number of others
				x[0] = 0
			}
			require.Equal(t, n <= 1000, entriesSum(t, x, y))
			x[n-1] = 0
			require.True(t, entriesSum(t, x, y))
		}
	}
}

// TestEntriesBelow: the highest three entries, of either sign, of which others cancel some or all, and beside a middle, with something below or without.
func TestEntriesBelow(t *testing.T) {
	useEntries(t)
	rng := rand.New(rand.NewPCG(4, 9))
	refused, rounds := 0, 40000
	for range rounds {
		n := 3 + rng.IntN(200)
		x, y := make([]float64, n), make([]float64, n)
		top := 200 - rng.IntN(900)
		for i := range x {
			x[i] = math.Ldexp(float64(rng.Int64N(1<<53))*float64(1-2*rng.IntN(2)), top-rng.IntN(320)-rng.IntN(40)*rng.IntN(10))
			y[i] = float64(1 + rng.Int64N(2)*rng.Int64N(1<<40))
			switch rng.IntN(8) {
			case 0:
				x[i] = math.Ldexp(float64(1-2*rng.IntN(2)), top-rng.IntN(250))
			case 1, 2, 3, 4, 5:
				j := rng.IntN(i + 1)
				x[i], y[i] = -x[j], y[j]
			}
		}
		if !entriesSum(t, x, y) {
			refused++
		}
	}
	require.Less(t, refused, rounds/4)
}

// TestEntriesBorrow: beside a middle of two numbers, something far below and more of the other sign, for some of these exponents in an entry that is not read.
func TestEntriesBorrow(t *testing.T) {
	useEntries(t)
	for up := range 64 {
		for down := 54; down < 260; down++ {
			for _, sign := range []float64{1, -1} {
				x := []float64{sign, sign * 0x1p-53, math.Ldexp(sign, -down)}
				for range 8 {
					x = append(x, -math.Ldexp(sign, -down-1))
				}
				y := make([]float64, len(x))
				for i := range y {
					y[i] = math.Ldexp(1, up)
				}
				require.True(t, entriesSum(t, x, y))
			}
		}
	}
}

// entriesExact requires the table of entries to have the exact sum, and the kernel to say whether a factor is 0.
func entriesExact(t *testing.T, x, y []float64) {
	t.Helper()
	var e Entries
	for i := range e {
		e[i] = [4]int64{1, 2, 3, 4} // what is not marked has no meaning
	}
	marks, zeros, ok := SumEntries(&e, x, y)
	require.True(t, ok)
	sum, lane, zero := new(big.Float).SetPrec(4500), new(big.Float), false
	for i := range e {
		for j, v := range e[i] {
			if marks>>i&1 != 0 {
				require.Less(t, max(v, -v), int64(1)<<59)
				sum.Add(sum, lane.SetMantExp(new(big.Float).SetInt64(v), 64*i+EntryLane*j+EntriesExponent))
			}
		}
	}
	require.Zero(t, sum.Cmp(exactTerms(Product, x, y)))
	for i := range x {
		zero = zero || x[i] == 0 || y[i] == 0
	}
	require.Equal(t, zero, zeros)
}

func TestEntriesTable(t *testing.T) {
	useEntries(t)
	rng := rand.New(rand.NewPCG(5, 40))
	for range 1500 {
		n := minEntries + rng.IntN([]int{1, 8, 40, 300, MaxEntries - minEntries + 1}[rng.IntN(5)])
		x, y := make([]float64, n), make([]float64, n)
		span := []int{2, 60, 500, 2090}[rng.IntN(4)]
		for i := range x {
			x[i] = math.Ldexp(rng.Float64()-2, min(rng.IntN(span)-span/2, 1020))
			y[i] = math.Ldexp(rng.Float64()+1, min(rng.IntN(span)-span/2, 1020))
		}
		for range rng.IntN(3) { // of either sign
			x[rng.IntN(n)] = math.Copysign(0, rng.Float64()-0.5)
		}
		entriesExact(t, x, y)
		entriesExact(t, y, x)
	}
	for _, large := range []float64{math.MaxFloat64, math.SmallestNonzeroFloat64, 1 - 0x1p-53} { // as many and as large as they may be
		for _, sign := range []float64{1, -1} {
			x, y := make([]float64, MaxEntries), make([]float64, MaxEntries)
			for i := range x {
				x[i], y[i] = large, sign*large
			}
			entriesExact(t, x, y)
		}
	}
	var e Entries
	for n := range 40 {
		for at := range n {
			for _, odd := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
				x, y := make([]float64, n), make([]float64, n)
				x[at] = odd
				_, _, ok := SumEntries(&e, x, y)
				require.False(t, ok)
				_, _, ok = SumEntries(&e, y, x)
				require.False(t, ok)
			}
		}
		_, _, ok := SumEntries(&e, make([]float64, n), make([]float64, n))
		require.Equal(t, n >= minEntries, ok)
	}
}
