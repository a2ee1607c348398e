package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// sameNodes compares Along with Micro in Go, for a random program of so many leaves and columns that far apart which
// begin at an offset, and returns an error where they differ.
func sameNodes[T Float](rng *rand.Rand, leaves, gap, offset int, along func(stack, x, b []T, stride int, program []uint64)) error {
	k, cols := leaves*AlongLeaf, AlongTile[T]().Cols
	stride := k + gap
	a, b := make([]T, k), make([]T, offset+cols*stride)[offset:]
	setFactors(rng, a)
	setFactors(rng, b)
	a[rng.IntN(k)], b[rng.IntN(len(b))] = 0, T(math.Inf(1))
	b[rng.IntN(len(b))], b[rng.IntN(len(b))] = T(math.NaN()), T(math.Copysign(0, -1))
	terms := make([]int, leaves)
	for i := range terms {
		terms[i] = AlongLeaf
	}
	program, depth, deepest := randomProgram(rng, terms)
	want, got, x := make([]T, deepest*cols), make([]T, deepest*cols), make([]T, k)
	microPortable(AlongTile[T](), Stack[T]{Own: want}, a, Factors[T]{Data: b, Stride: stride, Across: true}, program)
	ArrangeAlong(x, a, leaves)
	along(got, x, b[:(cols-1)*stride+k], stride, program)
	for i := range depth * cols {
		if Bits(Canonical(want[i])) != Bits(Canonical(got[i])) {
			return fmt.Errorf("%d leaves, %d apart, from %d: node %d of column %d is %x, want %x", leaves, stride, offset, i/cols, i%cols, Bits(got[i]), Bits(want[i]))
		}
	}
	return nil
}

// setFactors sets numbers of several magnitudes.
func setFactors[T Float](rng *rand.Rand, x []T) {
	for i := range x {
		x[i] = T(math.Ldexp(rng.Float64()-0.5, rng.IntN(20)-10))
	}
}

// randomProgram returns a program of leaves of so many terms, how many nodes it leaves, and the most that it has.
func randomProgram(rng *rand.Rand, leaves []int) (program []uint64, depth, deepest int) {
	for _, terms := range leaves {
		nodes := rng.IntN(min(depth, 3) + 1)
		deepest = max(deepest, depth+1)
		program = append(program, Leaf(terms, nodes))
		depth += 1 - nodes
	}
	return program, depth, deepest
}

func TestAlong(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("f64", testAlong[float64])
		t.Run("f32", testAlong[float32])
	})
}

func testAlong[T Float](t *testing.T) {
	each := AlongLeaves[T]()
	if each == 0 {
		require.Panics(t, func() { Join(Stack[T]{Own: make([]T, AcrossColumns)}, make([]T, AcrossColumns), []uint64{Leaf(1, 0)}) })
		return
	}
	rng := rand.New(rand.NewPCG(11, 12))
	for leaves := each; leaves <= 20; leaves += each {
		for range 4 {
			for _, far := range []bool{false, true} {
				require.NoError(t, sameNodes(rng, leaves, leaves%3*7, leaves%5, func(stack, x, b []T, stride int, program []uint64) {
					Along(stack, x, b, stride, program, far)
				}))
			}
		}
	}
	require.Error(t, sameNodes(rng, 8, 0, 0, func(stack, x, b []T, stride int, program []uint64) {
		program[7] = Leaf(AlongLeaf, 0) // completes nothing
		program[6] = Leaf(AlongLeaf, 0)
		program[5] = Leaf(AlongLeaf, 1)
		Along(append(stack, make([]T, 4*len(stack))...), x, b, stride, program, false)
	}), "another tree")
	require.Error(t, sameNodes(rng, 8, 0, 0, func(stack, x, b []T, stride int, program []uint64) {
		x[rng.IntN(len(x))] += 1
		Along(stack, x, b, stride, program, true)
	}), "another row")
	testJoin[T](t, rng)
}

// testJoin compares Join with Micro over leaves of one term by 1, which are sums but for the sign of zero.
func testJoin[T Float](t *testing.T, rng *rand.Rand) {
	program := []uint64{Leaf(1, 0), Leaf(1, 1), Leaf(1, 0), Leaf(1, 2), Leaf(1, 0), Leaf(1, 0), Leaf(1, 1)} // two nodes
	tile := AlongTile[T]()
	sums, ones := make([]T, len(program)*tile.Cols), make([]T, len(program))
	for i := range sums {
		sums[i] = T(rng.Float64() - 0.5)
	}
	for i := range ones {
		ones[i] = 1
	}
	for own := 2; own < 5; own++ {
		got, want := make([]T, own*tile.Cols), make([]T, len(sums))
		microByDefinition(tile, want, ones, Factors[T]{Data: sums, Stride: tile.Cols}, program)
		Join(Stack[T]{Own: got, Hot: make([]T, 4*tile.Cols)}, sums, program)
		require.Equal(t, want[:2*tile.Cols], got[:2*tile.Cols])
	}
	for i := range sums { // zeros keep their sign
		sums[i] = T(math.Copysign(0, -1))
	}
	got := make([]T, tile.Cols)
	Join(Stack[T]{Own: got, Hot: make([]T, 4*tile.Cols)}, sums, program[:4])
	for _, v := range got {
		require.Equal(t, Bits(T(math.Copysign(0, -1))), Bits(v))
	}
}
