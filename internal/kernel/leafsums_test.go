package kernel

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// sameLeafSums compares LeafSums with chains in Go, and returns an error where they differ.
func sameLeafSums[T Float](rng *rand.Rand, sets, cols, gap, offset int, sum func(dst, x, b []T, stride int)) error {
	leaves := sets * setLanes[T]()
	k := leaves * AlongLeaf
	stride := k + gap
	a, b := make([]T, k), make([]T, offset+cols*stride)[offset:]
	setFactors(rng, a)
	setFactors(rng, b)
	a[rng.IntN(k)], b[rng.IntN(len(b))] = 0, T(math.Inf(1))
	b[rng.IntN(len(b))], b[rng.IntN(len(b))] = T(math.NaN()), T(math.Copysign(0, -1))
	x, dst := make([]T, k), make([]T, cols*leaves+1)
	dst[cols*leaves] = 7
	ArrangeSets(x, a, sets)
	sum(dst, x, b[:(cols-1)*stride+k], stride)
	if dst[cols*leaves] != 7 {
		return fmt.Errorf("stored beyond the end")
	}
	for j := range cols {
		for l := range leaves {
			var want T
			for i := range AlongLeaf {
				want = FMA(a[l*AlongLeaf+i], b[j*stride+l*AlongLeaf+i], want)
			}
			if got := dst[j*leaves+l]; Bits(Canonical(got)) != Bits(Canonical(want)) {
				return fmt.Errorf("%d sets, %d columns %d apart, from %d: leaf %d of column %d is %x, want %x", sets, cols, stride, offset, l, j, Bits(got), Bits(want))
			}
		}
	}
	return nil
}

func TestLeafSums(t *testing.T) {
	if active != AVX512 {
		t.Skip("needs AVX-512")
	}
	t.Run("f64", testLeafSums[float64])
	t.Run("f32", testLeafSums[float32])
}

func testLeafSums[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	for sets := 1; sets <= 9; sets++ {
		for cols := 1 + sets%2; cols <= 6; cols += 1 + sets%2 {
			require.NoError(t, sameLeafSums(rng, sets, cols, sets%3*7, cols%5, func(dst, x, b []T, stride int) {
				LeafSums(dst, x, b, stride, cols, sets)
			}))
		}
	}
	for sets := 1; sets <= 9; sets++ {
		for cols := 1 + sets%2; cols <= 16; cols += 1 + sets%2 { // in one place, and in several
			require.NoError(t, sameLeafSums(rng, sets, cols, sets%3*7, cols%5, func(dst, x, b []T, stride int) {
				LeafPlaces(dst, x, b, stride, cols, sets)
			}))
		}
	}
	for sets := 1; sets < 9; sets++ {
		require.NoError(t, sameSetNodes(rng, sets, JoinSets[T]))
	}
	require.Error(t, sameSetNodes(rng, 4, func(stack, sums []T, cols int, program []uint64) {
		for i := 1; i < len(sums); i += 4 {
			sums[i], sums[i+1] = sums[i+1], sums[i]
		}
		JoinSets(stack, sums, cols, program)
	}), "other neighbours")
	require.Error(t, sameLeafSums(rng, 3, 2, 0, 0, func(dst, x, b []T, stride int) {
		x[rng.IntN(len(x))] += 1
		LeafSums(dst, x, b, stride, 2, 3)
	}), "another row")
}

// sameSetNodes compares JoinSets with Join of all leaves, for a random program of so many sets.
func sameSetNodes[T Float](rng *rand.Rand, sets int, join func(stack, sums []T, cols int, program []uint64)) error {
	lanes, cols := setLanes[T](), AlongTile[T]().Cols
	leaves := sets * lanes
	program, depth, deepest := randomProgram(rng, make([]int, sets))
	var all []uint64
	for _, w := range program {
		for l := range lanes {
			nodes := bits.TrailingZeros(uint(l + 1))
			if l == lanes-1 {
				nodes += int(w >> 32)
			}
			all = append(all, Leaf(0, nodes))
		}
	}
	sums, rows := make([]T, cols*leaves), make([]T, cols*leaves)
	setFactors(rng, sums)
	for j := range cols {
		for l := range leaves {
			rows[l*cols+j] = sums[j*leaves+l]
		}
	}
	want, got := make([]T, (deepest+8)*cols), make([]T, deepest*cols)
	Join(Stack[T]{Own: want}, rows, all)
	join(got, sums, cols, program)
	for i := range depth * cols {
		if Bits(want[i]) != Bits(got[i]) {
			return fmt.Errorf("%d sets: node %d of column %d is %v, want %v", sets, i/cols, i%cols, got[i], want[i])
		}
	}
	return nil
}
