package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// eachBackend runs a test with every backend of this processor.
func eachBackend(t *testing.T, test func(t *testing.T)) {
	for _, b := range Backends() {
		t.Run(b.String(), func(t *testing.T) {
			defer Use(b)()
			test(t)
		})
	}
}

var allTerms = []Terms{Plain, Absolute, Product}

// sizes are the lengths for which the kernels are compared: every path through
// them, every tail, several superblocks. Short tests, which emulated processors run,
// take fewer.
func sizes(lanes int) []int {
	each, step := 9*lanes, 1
	tails := []int{0, 1, lanes / 2, lanes - 1}
	rows := []int{15, 16, 17, 31, 32, 33, 63, 64, 65, 95, 127, 128, 129, 160, 191, 255, 256, 257, 300, 511, 512, 513, 1024}
	if testing.Short() {
		step, tails, rows = 3, tails[2:3], []int{15, 31, 64, 127, 128, 143, 300, 513}
	}
	var all []int
	for n := 1; n <= each+3; n += step {
		all = append(all, n)
	}
	for _, r := range rows {
		for _, tail := range tails {
			all = append(all, r*lanes+tail)
		}
	}
	if !testing.Short() {
		all = append(all, 2048*lanes) // four superblocks of 512 rows, the last of which is joined first
	}
	return append(all, 1100*lanes+1) // two such, and more
}

// nastyVector fills a vector at an odd place of a larger one, among NaNs that must
// not be read. Few of them hold anything that is not finite.
func nastyVector[T Float](rng *rand.Rand, n, offset int) []T {
	all := make([]T, offset+n+40)
	for i := range all {
		all[i] = NaN[T]()
	}
	x := all[offset : offset+n]
	special := rng.IntN(6) == 0
	for i := range x {
		for x[i] = nasty[T](rng); !IsFinite(x[i]) && !(special && rng.IntN(n) == 0); {
			x[i] = nasty[T](rng)
		}
	}
	return x
}

func sameBits[T Float](t *testing.T, what string, want, got []T) {
	t.Helper()
	for i := range want {
		w, g := Bits(Canonical(want[i])), Bits(Canonical(got[i]))
		if w != g {
			require.Equal(t, w, g, "%s, %d: want %x, got %x", what, i, want[i], got[i])
		}
	}
}

// dirtyStack leaves NaNs where kernels have their frames, so that none reads what it has not
// written and finds a zero there by chance.
//
//go:noinline
func dirtyStack(i int) float64 {
	var frame [2048]float64
	for i := range frame {
		frame[i] = NaN[float64]()
	}
	return frame[i]
}

func testTree[S, T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	lanes := Lanes[T]()
	for _, n := range sizes(lanes) {
		for _, of := range allTerms {
			x, y := nastyVector[T](rng, n, rng.IntN(9)), nastyVector[T](rng, n, rng.IntN(9))
			if of != Product {
				y = nil
			}
			got, want := make([]S, lanes), make([]S, lanes)
			dirtyStack(n % lanes)
			gotSum, wantSum := Tree(of, got, x, y), treePortable(of, want, x, y)
			what := fmt.Sprintf("%d terms of kind %d", n, of)
			sameBits(t, what+", lanes", want, got)
			sameBits(t, what+", sum", []S{wantSum}, []S{gotSum})
			sameBits(t, what+", sum alone", []S{wantSum}, []S{Tree[S](of, nil, x, y)})
			if total, ok := any(Total(of, x, y)).(S); ok {
				sameBits(t, what+", total", []S{wantSum}, []S{total})
			}
		}
	}
}

func TestTreeBackends(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("f64", testTree[float64, float64])
		t.Run("f32", testTree[float32, float32])
		t.Run("wide", testTree[float64, float32])
	})
}

// A pair that is not finite is only known to be so: FinishPair takes h alone, of
// which a NaN is any NaN.
func testPairs[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	lanes := Lanes[T]()
	for _, n := range sizes(lanes) {
		for _, of := range allTerms {
			x, y := nastyVector[T](rng, n, rng.IntN(9)), nastyVector[T](rng, n, rng.IntN(9))
			if of != Product {
				y = nil
			}
			got, want := make([]T, 2*lanes), make([]T, 2*lanes)
			dirtyStack(n % lanes)
			gotH, gotL := Pairs(of, got, x, y)
			h, l := pairPortable(of, want, x, y)
			what := fmt.Sprintf("%d terms of kind %d", n, of)
			sameBits(t, what+", high parts", want[:lanes], got[:lanes])
			for i := range lanes {
				if IsFinite(want[i]) {
					sameBits(t, what+", low parts", want[lanes+i:lanes+i+1], got[lanes+i:lanes+i+1])
				}
			}
			sameBits(t, what, []T{h}, []T{gotH})
			if IsFinite(h) {
				sameBits(t, what, []T{l}, []T{gotL})
			}
		}
	}
}

func TestPairBackends(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("f64", testPairs[float64])
		t.Run("f32", testPairs[float32])
	})
}
