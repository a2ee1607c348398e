package reduce

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whoever takes which piece of a parallel sum, and when, the bits are those of the sum. That is so of one goroutine,
// too, which takes all, and where the pieces of a share go to several, as to those that come late.
func testSharedInAnyWay[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(20, 26))
	s := newSharing[T]()
	for range 60 {
		threads := 1 + r.IntN(9)
		n := threads*grain + r.IntN(4*threads*grain)
		x, y := make([]T, n), make([]T, n)
		for i := range x {
			x[i], y[i] = T(r.NormFloat64()), T(r.NormFloat64())
		}
		for _, order := range Orders(1) {
			if !order.CutInvariant() || Check[T](order) != nil {
				continue
			}
			for _, terms := range []terms[T]{{x: x}, {x: x, y: y}} {
				parts := s.begin(order, terms, threads)
				at, pieces := 0, r.Perm(parts)
				if r.IntN(2) == 0 { // ascending, as goroutines do
					for i := range pieces {
						pieces[i] = i
					}
				}
				for k := range parts {
					require.LessOrEqual(t, at, s.cut(k))
					at = s.cut(k)
				}
				for _, p := range pieces {
					s.part(r.IntN(threads), p)
				}
				require.Equal(t, sum(order, terms, 1), s.finish(), "%v, %d terms, %d goroutines", order, n, threads)
			}
		}
	}
}

func TestSharedInAnyWay(t *testing.T) {
	t.Run("f32", testSharedInAnyWay[float32])
	t.Run("f64", testSharedInAnyWay[float64])
}

// A sum that is over keeps none of its terms and states.
func TestSharingKeepsNothing(t *testing.T) {
	s := newSharing[float64]()
	for p := range s.begin(Exact, terms[float64]{x: make([]float64, 3*grain)}, 3) {
		s.part(p%3, p)
	}
	s.finish()
	require.Zero(t, len(s.t.x))
	for _, runs := range s.runs {
		require.Empty(t, runs)
		for _, a := range runs[:cap(runs)] {
			require.Nil(t, a)
		}
	}
}
