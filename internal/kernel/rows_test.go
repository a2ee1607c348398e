package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// rowByHand is what Each is documented to give.
func rowByHand[T Float](of RowProgram, x, y, z, a, b, c T) T {
	var r T
	switch of {
	case RowLess:
		r = x - a
	case RowPlus:
		r = x + y
	case RowOver:
		r = x / a
	case RowOverTimes:
		q := x / a
		r = T(q * y)
	case RowOverTimesPlus:
		q := x / a
		p := T(q * y)
		r = p + z
	case RowTimes:
		r = T(a * x)
	case RowTimesPlus:
		p := T(a * x)
		r = p + y
	case RowFused:
		r = FMA(a, x, y)
	case RowMix:
		p, q := T(a*x), T(b*y)
		r = p + q
	case RowScale:
		s := x + 0
		r = a * s
	case RowFinish:
		s := x + 0
		p, q := T(a*s), T(b*y)
		r = p + q
	case RowOuter:
		s := T(b*x) + 0
		p := T(a * s)
		r = p + y
	case RowOuterTwo:
		s := T(b*x) + 0
		s = FMA(c, z, s) + 0
		p := T(a * s)
		r = p + y
	}
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
	for _, backend := range Backends() {
		defer Use(backend)()
		rng := rand.New(rand.NewPCG(1, uint64(backend)))
		for n := range 70 {
			for of := range rowPrograms {
				from := n % 3
				x, y, z := nastyRow[T](rng, n+8), nastyRow[T](rng, n+8), nastyRow[T](rng, n+8)
				numbers := nastyRow[T](rng, 3)
				a, b, c := numbers[0], numbers[1], numbers[2]
				want := make([]uint64, n)
				for i := range want {
					want[i] = Bits(rowByHand(of, x[from+i], y[from+i], z[from+i], a, b, c))
				}
				dst := make([]T, n+8)
				check := func(dst []T, what string) {
					for i, w := range want {
						if got := Bits(dst[from+i]); got != w {
							t.Fatalf("%v %s: program %d, element %d of %d is %#x, want %#x", backend, what, of, i, n, got, w)
						}
					}
				}
				to := from + n
				Each(of, dst[from:to], x[from:to], y[from:to], z[from:to], numbers...)
				check(dst, "apart")
				for _, v := range dst[to:] {
					require.True(t, v == 0, "guard")
				}
				if of == RowLess || of == RowOver || of == RowTimes {
					Each(of, x[from:to], x[from:to], nil, nil, a)
				} else {
					Each(of, x[from:to], x[from:to], y[from:to], z[from:to], numbers...)
				}
				check(x, "in place")
			}
		}
	}
}

// A chain of any numbers, up and down.
func TestRowChain(t *testing.T) {
	t.Run("float32", testRowChain[float32])
	t.Run("float64", testRowChain[float64])
}

func testRowChain[T Float](t *testing.T) {
	for _, b := range Backends() {
		defer Use(b)()
		rng := rand.New(rand.NewPCG(4, uint64(b)))
		for n := range 80 {
			x, y := nastyRow[T](rng, n+2), nastyRow[T](rng, n+2)
			if n%2 == 0 { // finite
				for i := range x {
					x[i], y[i] = T(rng.NormFloat64()), T(rng.NormFloat64())
				}
			}
			a, v := x[1:n+1], y[1:n+1]
			up, down := T(0), T(0)
			for k := range n {
				up, down = FMA(a[k], v[k], up), FMA(a[n-1-k], v[n-1-k], down)
			}
			require.Equal(t, Bits(Canonical(up)), Bits(Canonical(RowChain(a, v, false))), "%v: %d up", b, n)
			require.Equal(t, Bits(Canonical(down)), Bits(Canonical(RowChain(a, v, true))), "%v: %d down", b, n)
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
				want[3+i] = rowByHand(RowPlus, x[3+i], y[3+i], 0, 0, 0, 0)
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
