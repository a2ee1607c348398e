package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// rowByHand is what Each is documented to give.
func rowByHand[T Float](of RowProgram, x, y, z, a T) T {
	r := map[RowProgram]func() T{
		RowLess:          func() T { return x - a },
		RowPlus:          func() T { return x + y },
		RowOver:          func() T { return x / a },
		RowOverTimes:     func() T { q := x / a; return q * y },
		RowOverTimesPlus: func() T { q := x / a; p := T(q * y); return p + z },
	}[of]()
	if r != r {
		return NaN[T]()
	}
	return r
}

func nastyRow[T Float](rng *rand.Rand, n int) []T {
	nasty := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), 1e-310, 1e-42, 1e38, 1e300, 3}
	x := make([]T, n)
	for i := range x {
		x[i] = T(rng.NormFloat64())
		if rng.IntN(40) == 0 {
			x[i] = T(nasty[rng.IntN(len(nasty))])
		}
	}
	return x
}

// Every backend, length and offset, apart and in place, with guards behind.
func TestRow(t *testing.T) {
	t.Run("float32", testRow[float32])
	t.Run("float64", testRow[float64])
}

func testRow[T Float](t *testing.T) {
	for _, b := range Backends() {
		defer Use(b)()
		rng := rand.New(rand.NewPCG(1, uint64(b)))
		for n := range 70 {
			for of := RowLess; of <= RowOverTimesPlus; of++ {
				from := n % 3
				x, y, z := nastyRow[T](rng, n+8), nastyRow[T](rng, n+8), nastyRow[T](rng, n+8)
				a := nastyRow[T](rng, 1)[0]
				want := make([]uint64, n)
				for i := range want {
					want[i] = Bits(rowByHand(of, x[from+i], y[from+i], z[from+i], a))
				}
				dst := make([]T, n+8)
				check := func(dst []T, what string) {
					for i, w := range want {
						require.Equalf(t, w, Bits(dst[from+i]), "%v %s: program %d, element %d of %d", b, what, of, i, n)
					}
				}
				to := from + n
				Each(of, dst[from:to], x[from:to], y[from:to], z[from:to], a)
				check(dst, "apart")
				for i := to; i < len(dst); i++ {
					require.Zero(t, dst[i], "guard")
				}
				if of == RowLess || of == RowOver {
					Each(of, x[from:to], x[from:to], nil, nil, a)
				} else {
					Each(of, x[from:to], x[from:to], y[from:to], z[from:to], a)
				}
				check(x, "in place")
			}
		}
	}
}

// A sum of any numbers, wherever a NaN stands.
func TestAddTo(t *testing.T) {
	t.Run("float32", testAddTo[float32])
	t.Run("float64", testAddTo[float64])
}

func testAddTo[T Float](t *testing.T) {
	for _, b := range Backends() {
		defer Use(b)()
		rng := rand.New(rand.NewPCG(3, uint64(b)))
		for n := range 150 {
			x, y := nastyRow[T](rng, n+8), nastyRow[T](rng, n+8)
			want := append([]T(nil), x...)
			for i := range n {
				want[3+i] = rowByHand(RowPlus, x[3+i], y[3+i], 0, 0)
			}
			AddTo(x[3:n+3], y[3:])
			for i, w := range want {
				require.Equal(t, Bits(w), Bits(x[i]), "%v: %d of %d", b, i, n)
			}
		}
	}
}

func TestAllFinite(t *testing.T) {
	for n := range 40 {
		x := make([]float32, n)
		for i := range x {
			x[i] = math.MaxFloat32 * float32(1-2*(i%2))
		}
		require.True(t, AllFinite(x))
		for i := range x {
			for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				before := x[i]
				x[i] = float32(v)
				require.False(t, AllFinite(x), "%v at %d of %d", v, i, n)
				x[i] = before
			}
		}
	}
}

func TestMaximum(t *testing.T) {
	t.Run("float32", testMaximum[float32])
	t.Run("float64", testMaximum[float64])
}

func testMaximum[T Float](t *testing.T) {
	for _, b := range Backends() {
		defer Use(b)()
		rng := rand.New(rand.NewPCG(2, uint64(b)))
		for round := range 400 {
			x := nastyRow[T](rng, round%90)
			if round%2 == 0 { // without NaN
				for i := range x {
					x[i] = Canonical(x[i])
					if x[i] != x[i] {
						x[i] = 7
					}
				}
			}
			want := T(math.Inf(-1))
			for _, v := range x {
				if v > want || v != v {
					want = v
				}
			}
			got := Maximum(x)
			require.True(t, got == want || got != got && want != want, fmt.Sprintf("%v: %v, want %v", b, got, want))
		}
	}
}
