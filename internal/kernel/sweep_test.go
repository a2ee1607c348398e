package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// sameSweep compares Sweep with Micro in Go, for a random program of those leaves, and returns an error where they differ.
func sameSweep[T Float](rng *rand.Rand, leaves []int, cols, gap, offset int, sweep func(stack, x, b []T, stride, cols int, program []uint64, far bool)) error {
	k, stride := 0, cols+gap
	for _, terms := range leaves {
		k += terms
	}
	program, depth, deepest := randomProgram(rng, leaves)
	a, b := make([]T, k), make([]T, offset+k*stride)[offset:]
	setFactors(rng, a)
	setFactors(rng, b)
	a[rng.IntN(k)], b[rng.IntN(len(b))] = 0, T(math.Inf(1))
	b[rng.IntN(len(b))], b[rng.IntN(len(b))] = T(math.NaN()), T(math.Copysign(0, -1))
	tile := Tile{1, cols}
	want, got := make([]T, deepest*cols), make([]T, deepest*cols)
	microPortable(tile, Stack[T]{Own: want}, a, Factors[T]{Data: b, Stride: stride}, program)
	sweep(got, a, b[:(k-1)*stride+cols], stride, cols, program, false)
	for i := range depth * cols {
		if Bits(Canonical(want[i])) != Bits(Canonical(got[i])) {
			return fmt.Errorf("leaves of %v, %d columns, %d apart: node %d of column %d is %x, want %x", leaves, cols, stride, i/cols, i%cols, Bits(got[i]), Bits(want[i]))
		}
	}
	return nil
}

func TestSweep(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		for _, short := range []bool{false, true} {
			t.Run(fmt.Sprintf("short %v", short), func(t *testing.T) {
				defer UseShortSweeps(short)()
				t.Run("f64", testSweep[float64])
				t.Run("f32", testSweep[float32])
			})
		}
	})
}

func testSweep[T Float](t *testing.T) {
	each := SweepColumns[T]()
	if each == 0 {
		require.Panics(t, func() { Sweep(make([]T, 32), make([]T, 8), make([]T, 256), 32, 32, []uint64{Leaf(8, 0)}, false) })
		return
	}
	rng := rand.New(rand.NewPCG(21, 22))
	for n := 1; n <= 8; n++ {
		for round := range 30 {
			leaves := make([]int, n)
			for i := range leaves {
				leaves[i] = []int{32, 8, 1 + rng.IntN(40), 64}[(round+i*rng.IntN(2))%4]
			}
			require.NoError(t, sameSweep(rng, leaves, each*(1+round%6), round%3*7, round%5, Sweep[T]))
		}
	}
	leaves := []int{32, 32, 8, 32, 32, 9, 32, 32}
	require.Error(t, sameSweep(rng, leaves, each, 0, 0, func(stack, x, b []T, stride, cols int, program []uint64, far bool) {
		program[7], program[6], program[5] = Leaf(32, 0), Leaf(32, 0), Leaf(9, 1) // completes nothing
		Sweep(append(stack, make([]T, 4*len(stack))...), x, b, stride, cols, program, far)
	}), "another tree")
	require.Error(t, sameSweep(rng, leaves, each, 0, 0, func(stack, x, b []T, stride, cols int, program []uint64, far bool) {
		x[rng.IntN(len(x))] += 1
		Sweep(stack, x, b, stride, cols, program, far)
	}), "another row")
}
