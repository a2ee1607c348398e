package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// besideAsMicro compares Beside with Micro in Go, for a random program of leaves of so many terms and columns that far apart which
// begin at an offset, and returns an error where they differ.
func besideAsMicro[T Float](rng *rand.Rand, leaves []int, gap, offset int, beside func(stack, x, b []T, stride int, program []uint64)) error {
	k, tile := 0, BesideTile[T]()
	for _, n := range leaves {
		k += n
	}
	stride := k + gap
	x, b := make([]T, k*tile.Rows), make([]T, offset+tile.Cols*stride)[offset:]
	setFactors(rng, x)
	setFactors(rng, b)
	x[rng.IntN(len(x))], b[rng.IntN(len(b))] = 0, T(math.Inf(1))
	b[rng.IntN(len(b))], b[rng.IntN(len(b))] = T(math.NaN()), T(math.Copysign(0, -1))
	program, depth, deepest := randomProgram(rng, leaves)
	want, got := make([]T, deepest*tile.Size()), make([]T, deepest*tile.Size())
	microPortable(tile, Stack[T]{Own: want}, x, Factors[T]{Data: b, Stride: stride, Across: true}, program)
	beside(got, x, b[:(tile.Cols-1)*stride+k], stride, program)
	for node := range depth {
		for i := range tile.Rows {
			for j := range tile.Cols {
				want, got := want[node*tile.Size()+i*tile.Cols+j], got[node*tile.Size()+j*tile.Rows+i]
				if Bits(Canonical(want)) != Bits(Canonical(got)) {
					return fmt.Errorf("leaves %v, %d apart, from %d: node %d of row %d and column %d is %x, want %x", leaves, stride, offset, node, i, j, Bits(got), Bits(want))
				}
			}
		}
	}
	return nil
}

func TestBeside(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		if !HasBeside() {
			require.False(t, TakesBeside[float64](BesideRows))
			return
		}
		t.Run("f64", testBeside[float64])
		t.Run("f32", testBeside[float32])
	})
}

func testBeside[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for _, leaves := range [][]int{{1}, {7}, {8}, {16}, {17}, {31}, {32}, {32, 32}, {32, 32, 32, 5}, {20, 20, 20}, {16, 16, 16, 16, 16}, {4, 4, 4}, {64, 40}, {100},
		{32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32}} {
		for range 4 {
			require.NoError(t, besideAsMicro[T](rng, leaves, len(leaves)%3*7, len(leaves)%5, Beside))
		}
	}
	require.Error(t, besideAsMicro(rng, []int{32, 32, 32}, 0, 0, func(stack, x, b []T, stride int, program []uint64) {
		Beside(append(stack, make([]T, 3*len(stack))...), x, b, stride, []uint64{Leaf(32, 0), Leaf(32, 0), Leaf(32, 2)})
	}), "another tree")
	require.Error(t, besideAsMicro(rng, []int{32, 32, 32}, 0, 0, func(stack, x, b []T, stride int, program []uint64) {
		x[rng.IntN(len(x))] += 1
		Beside(stack, x, b, stride, program)
	}), "another row")
}
