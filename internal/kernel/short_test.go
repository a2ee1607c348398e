package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// grown joins terms by the growing tree as SPEC.md defines it.
func grown[V any](t []V, join func(a, b V) V) V {
	if len(t) == 1 {
		return t[0]
	}
	m := 1
	for 2*m < len(t) {
		m *= 2
	}
	return join(grown(t[:m], join), grown(t[m:], join))
}

// byLanes joins terms lane by lane, and then the lanes.
func byLanes[V any](lanes int, t []V, join func(a, b V) V) V {
	columns := make([][]V, min(lanes, len(t)))
	for i, v := range t {
		columns[i%lanes] = append(columns[i%lanes], v)
	}
	sums := make([]V, len(columns))
	for i, c := range columns {
		sums[i] = grown(c, join)
	}
	return grown(sums, join)
}

type pairOf[T Float] struct{ h, l T }

func joinPairs[T Float](a, b pairOf[T]) pairOf[T] {
	h, l := AddPair(a.h, a.l, b.h, b.l)
	return pairOf[T]{h, l}
}

// testFewTerms compares sums of few rows with the definition, which shares no code with them. Numbers of
// like magnitude make most additions round, so that a wrong
// join shows: nasty ones, of which most are much larger than others, or zeros, hide it.
func testFewTerms[S, T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	lanes, rounds := Lanes[T](), 8
	if testing.Short() {
		rounds = 2
	}
	plus := func(a, b S) S { return a + b }
	for n := 1; n <= 3*lanes+1; n++ {
		for range rounds {
			x, y := make([]T, n), make([]T, n)
			for i := range x {
				x[i], y[i] = T(math.Ldexp(rng.Float64()-0.5, rng.IntN(3))), T(rng.Float64()-0.5)
			}
			for _, of := range allTerms {
				terms, pairs := make([]S, n), make([]pairOf[T], n)
				for i, v := range x {
					switch of {
					case Plain:
						terms[i], pairs[i] = S(v), pairOf[T]{v, 0}
					case Absolute:
						terms[i], pairs[i] = S(Abs(v)), pairOf[T]{Abs(v), 0}
					case Product:
						terms[i] = S(S(v) * S(y[i]))
						pairs[i].h, pairs[i].l = TwoProd(v, y[i])
					}
				}
				factors := y
				if of != Product {
					factors = nil
				}
				what := fmt.Sprintf("%d terms of kind %d: %x, %x", n, of, x, y)
				want := byLanes(lanes, terms, plus)
				sameBits(t, what+", sum", []S{want}, []S{Tree[S](of, nil, x, factors)})
				if total, ok := any(Total(of, x, factors)).(S); ok {
					sameBits(t, what+", total", []S{want}, []S{total})
				}
				pair := byLanes(lanes, pairs, joinPairs[T])
				h, l := Pairs(of, nil, x, factors)
				sameBits(t, what+", pair", []T{pair.h, pair.l}, []T{h, l})
			}
		}
	}
}

func TestFewTerms(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("f64", testFewTerms[float64, float64])
		t.Run("f32", testFewTerms[float32, float32])
		t.Run("wide", testFewTerms[float64, float32])
	})
}

// The data of testFewTerms tell trees apart that differ in one join.
func TestFewTermsTellTreesApart(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	plus := func(a, b float64) float64 { return a + b }
	apart := 0
	for n := 3; n <= 40; n++ {
		differ := false
		for range 24 {
			x := make([]float64, n)
			for i := range x {
				x[i] = math.Ldexp(rng.Float64()-0.5, rng.IntN(3))
			}
			last := x[n-3:]
			other := append(append([]float64{}, x[:n-3]...), last[0]+(last[1]+last[2]))
			differ = differ || grown(x, plus) != grown(other, plus)
		}
		if differ {
			apart++
		}
	}
	require.GreaterOrEqual(t, apart, 30, "of 38")
}
