package reduce

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

// takeAnyhow has goroutines take the pieces of a sum as they may: in any order, or ascending ones, as they mostly do.
func takeAnyhow[T Float](r *rand.Rand, s *sharing[T], threads, parts int) {
	pieces := r.Perm(parts)
	if r.IntN(2) == 0 {
		slices.Sort(pieces)
	}
	for _, p := range pieces {
		s.part(r.IntN(threads), p)
	}
}

// Whoever takes which piece of a parallel sum, and when, the bits are those of the sum. That is so of one goroutine,
// too, which takes all, where the pieces of a share go to several, as to those that come late, and where pieces are empty.
func testSharedInAnyWay[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(20, 26))
	s := newSharing[T]()
	for range 60 {
		threads := 1 + r.IntN(9)
		n := threads*grain + r.IntN(4*threads*grain)
		if r.IntN(4) == 0 {
			n = 1 + r.IntN(4*threads*Lanes[T]())
		}
		x, y := make([]T, n), make([]T, n)
		for i := range x {
			x[i], y[i] = T(r.NormFloat64()), T(r.NormFloat64())
		}
		for _, order := range Orders(1) {
			if !order.CutInvariant() || Check[T](order) != nil {
				continue
			}
			for _, terms := range []terms[T]{{x: x}, {x: x, y: y}} {
				s.way = byStates
				parts := s.begin(order, terms, threads)
				at := 0
				for k := range parts {
					require.LessOrEqual(t, at, s.cut(k))
					at = s.cut(k)
				}
				takeAnyhow(r, s, threads, parts)
				require.Equal(t, sum(order, terms, 1), s.finish(), "%v, %d terms, %d goroutines", order, n, threads)
			}
		}
	}
}

// Certificates of pieces join to one of all, whoever makes them.
func testCertifiedInAnyWay[T Float](t *testing.T) {
	if kernel.Active() == kernel.Portable {
		t.Skip("states are as fast")
	}
	r := rand.New(rand.NewPCG(20, 29))
	s := newSharing[T]()
	certain := 0
	for range 100 {
		threads := 1 + r.IntN(9)
		n := threads*grain + r.IntN(4*threads*grain)
		x, y := make([]T, n), make([]T, n)
		spread := r.IntN(60)
		for i := range x {
			x[i], y[i] = T(math.Ldexp(r.NormFloat64(), -r.IntN(spread+1))), T(r.NormFloat64())
		}
		for _, terms := range []terms[T]{{x: x}, {x: x, y: y}} {
			s.way = certifying
			takeAnyhow(r, s, threads, s.begin(Exact, terms, threads))
			if v, ok := s.certain(); ok {
				var all Superaccumulator
				addExact(&all, terms)
				require.Equal(t, Round[T](&all), v, "%d terms, %d goroutines", n, threads)
				certain++
			}
		}
	}
	require.Greater(t, certain, 100)
}

func TestCertifiedInAnyWay(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("f32", testCertifiedInAnyWay[float32])
		t.Run("f64", testCertifiedInAnyWay[float64])
	})
}

func TestSharedInAnyWay(t *testing.T) {
	t.Run("f32", testSharedInAnyWay[float32])
	t.Run("f64", testSharedInAnyWay[float64])
}

// hostile terms, many of which cannot be summed without states: of one kind, or with one other term anywhere.
func hostile[T Float](r *rand.Rand, n int) []T {
	x := make([]T, n)
	kind, low, high := r.IntN(8), -1070, 1000
	if !kernel.Is64[T]() {
		low, high = -148, 120
	}
	for i := range x {
		u := r.Float64()*2 - 1
		switch kind {
		case 0:
			u = math.Ldexp(u, low+r.IntN(high-low))
		case 1:
			u = math.Copysign(0, -1)
		case 2:
			u = float64(r.IntN(2001) - 1000)
		case 3:
			u = math.Ldexp(u, low+r.IntN(40))
		case 4:
			u = math.Ldexp(u, high-10)
		case 5: // all cancels
			if i%2 == 1 {
				u = -float64(x[i-1])
			}
		case 6:
			u = 1 + math.Ldexp(float64(r.IntN(2)), -23)
		}
		x[i] = T(u)
	}
	if kind == 5 {
		r.Shuffle(n, func(i, j int) { x[i], x[j] = x[j], x[i] })
	}
	if r.IntN(2) == 0 {
		x[r.IntN(n)] = T([]float64{0, math.Copysign(0, -1), math.Ldexp(1, high), math.Ldexp(-1, low), math.Inf(1), math.NaN(), 0x1p30}[r.IntN(7)])
	}
	return x
}

// Sums on several goroutines are those of one, whatever the terms.
func testSharedHostile[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(20, 27))
	for range 300 {
		threads := 2 + r.IntN(8)
		n := threads*grain + r.IntN(3*threads*grain)
		x, y := hostile[T](r, n), hostile[T](r, n)
		for _, order := range []Order{Exact, BinnedFold(2), Binned, BinnedFold(4)} {
			require.Equal(t, kernel.Bits(Sum(order, x)), kernel.Bits(SumParallel(order, x, threads)), "%v, %d terms, %d goroutines", order, n, threads)
			require.Equal(t, kernel.Bits(Dot(order, x, y)), kernel.Bits(DotParallel(order, x, y, threads)), "%v, %d products, %d goroutines", order, n, threads)
		}
	}
}

func TestSharedHostile(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("f32", testSharedHostile[float32])
		t.Run("f64", testSharedHostile[float64])
	})
}

// Terms that one goroutine sums without a state are so summed by several.
func testSharedQuickly[T Float](t *testing.T, order Order, dot bool) {
	if kernel.Active() == kernel.Portable {
		t.Skip("states are as fast")
	}
	r := rand.New(rand.NewPCG(20, 28))
	x := make([]T, 5*grain)
	for i := range x {
		x[i] = T(r.Float64()*2 - 1)
	}
	terms := terms[T]{x: x}
	if dot {
		terms.y = x
	}
	_, ok := newSharing[T]().quickly(order, terms, 3)
	require.True(t, ok)
	x[3*grain] *= 0x1p40 // in another goroutine's share: a higher grid, found at the second try
	v, ok := newSharing[T]().quickly(order, terms, 3)
	require.True(t, ok)
	require.Equal(t, sum(order, terms, 1), v)
}

func TestSharedQuickly(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("exact f32", func(t *testing.T) { testSharedQuickly[float32](t, Exact, false) })
		t.Run("exact products f32", func(t *testing.T) { testSharedQuickly[float32](t, Exact, true) })
		t.Run("exact products f64", func(t *testing.T) { testSharedQuickly[float64](t, Exact, true) })
		t.Run("binned f32", func(t *testing.T) { testSharedQuickly[float32](t, Binned, false) })
		t.Run("binned products f32", func(t *testing.T) { testSharedQuickly[float32](t, Binned, true) })
	})
}

// A sum that is over keeps none of its terms and states.
func TestSharingKeepsNothing(t *testing.T) {
	s := newSharing[float64]()
	s.way = byStates
	for p := range s.begin(Exact, terms[float64]{x: make([]float64, 3*grain)}, 3) {
		s.part(p%3, p)
	}
	s.finish()
	for _, runs := range s.runs {
		require.Empty(t, runs)
		for _, a := range runs[:cap(runs)] {
			require.Nil(t, a)
		}
	}
}
