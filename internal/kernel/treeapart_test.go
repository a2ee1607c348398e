package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/internal/fpmode"
	"github.com/stretchr/testify/require"
)

// apartAll lets every sum of that many bytes be read as several streams, wherever there are kernels for it.
func apartAll(from uint64) (back func()) {
	before := treeApartFrom
	treeApartFrom = from
	return func() { treeApartFrom = before }
}

// hasTreeApart tells whether the active backend has kernels that read as several streams.
func hasTreeApart() bool { return active == AVX512 || active == AVX2 }

// Where a sum is read, and in which order, cannot matter to its bits: nodes that are read as several streams, in each number
// of them, and what is left beside them.
func testApart[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	lanes := Lanes[T]()
	least := treeApartLeast / 128 * lanes
	lengths := []int{least, least + 1, least + lanes - 1, 2*least - lanes, 2 * least, 3*least + 5*lanes + 3, 7*least + 77*lanes + lanes/2}
	if testing.Short() {
		lengths = lengths[4:6]
	}
	for _, n := range lengths {
		for _, of := range allTerms {
			x, y := nastyVector[T](rng, n, rng.IntN(9)), nastyVector[T](rng, n, rng.IntN(9))
			if of != Product {
				y = nil
			}
			got, want := make([]T, lanes), make([]T, lanes)
			dirtyStack(n % lanes)
			gotSum, wantSum := Tree(of, got, x, y), treePortable(of, want, x, y)
			what := fmt.Sprintf("%d terms of kind %d", n, of)
			sameBits(t, what+", lanes", want, got)
			sameBits(t, what+", sum", []T{wantSum}, []T{gotSum})
			sameBits(t, what+", sum alone", []T{wantSum}, []T{Tree[T](of, nil, x, y)})
			sameBits(t, what+", total", []T{wantSum}, []T{Total(of, x, y)})
		}
	}
}

func TestTreeApartBackends(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		if !hasTreeApart() {
			t.Skip("no kernels that read in several places")
		}
		defer apartAll(treeApartLeast)()
		t.Run("f64", testApart[float64])
		t.Run("f32", testApart[float32])
	})
}

// A node of more than places of treeApartMost is that of its halves. Its sum is what kernels say that read in one place.
func TestTreeApartLong(t *testing.T) {
	before := treeApartMost
	treeApartMost = 1 << 19
	defer func() { treeApartMost = before }()
	most := treeApartMost // terms of float32 in four places
	rng := rand.New(rand.NewPCG(13, 14))
	x := make([]float32, 4*most+treeApartLeast+12345)
	for i := range x {
		x[i] = float32(rng.Int32())
	}
	eachBackend(t, func(t *testing.T) {
		if !hasTreeApart() {
			t.Skip("no kernels that read in several places")
		}
		for _, n := range []int{len(x), 4 * most, 3*most - 1, most + 1, most, most/2 + 1} {
			bits := func(from uint64) [3]uint64 {
				defer apartAll(from)()
				return [3]uint64{Bits(Total(Plain, x[:n], nil)), Bits(Tree[float32](Absolute, nil, x[:n], nil)), Bits(Total(Product, x[:n], x[:n]))}
			}
			want := bits(1 << 60)
			require.Equal(t, want, bits(treeApartLeast))
			require.Equal(t, want, bits(12<<20))
		}
	})
}

// What is read as several streams is joined by kernels, too, in the mode that they see to.
func TestTreeApartKeepsIEEEMode(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		if !hasTreeApart() {
			t.Skip("no kernels that read in several places")
		}
		t.Run("f64", testApartMode[float64])
		t.Run("f32", testApartMode[float32])
	})
}

func testApartMode[T Float](t *testing.T) {
	defer apartAll(treeApartLeast)()
	rng := rand.New(rand.NewPCG(15, 16))
	lanes := Lanes[T]()
	half := treeApartLeast / 128 * lanes
	x := make([]T, 3*half+5*lanes)
	for i := range x {
		x[i] = T(rng.NormFloat64())
	}
	for i := range lanes / 2 {
		x[2*half+i] *= 1 << 30 // of which the last place is in the sum, too
	}
	for _, n := range []int{2 * half, 2*half + lanes/2, len(x)} { // a node; and a row that is not whole, alone; and other nodes
		sums := func() (all []uint64) {
			for _, of := range allTerms {
				dst := make([]T, lanes)
				all = append(all, Bits(Total(of, x[:n], x[:n])), Bits(Tree(of, dst, x[:n], x[:n])))
				for _, v := range dst {
					all = append(all, Bits(v))
				}
			}
			return all
		}
		want := sums()
		for mode := range fpmode.Modes() {
			var got []uint64
			fpmode.InMode(mode, func() { got = sums() })
			require.Equal(t, want, got, "mode %d, %d terms", mode, n)
		}
	}
}

// A place has as many pages as its stack has room for, and whole ones.
func TestTreeApartPlaces(t *testing.T) {
	require.Equal(t, treeApartPage<<(treeApartLevels-1), treeApartMost)
	require.Panics(t, func() { treeApartNode(Plain, make([]float32, 32), make([]float32, treeApartPage+32), nil) })
}

// Sums that are read as several streams do not allocate.
func TestTreeApartAllocates(t *testing.T) {
	if !hasTreeApart() {
		t.Skip("no kernels that read in several places")
	}
	defer apartAll(treeApartLeast)()
	x := make([]float32, 1<<19+5)
	require.Zero(t, testing.AllocsPerRun(3, func() {
		Total(Plain, x, nil)
		Total(Product, x, x)
		Tree[float32](Plain, nil, x, nil)
	}))
}
