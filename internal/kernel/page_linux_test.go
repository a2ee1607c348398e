package kernel

import (
	"math"
	"math/bits"
	"os"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// atPageEnds returns n ones before a page that must not be touched, and n after one.
func atPageEnds[T Float](t *testing.T, n int) (before, after []T) {
	page, size := os.Getpagesize(), int(unsafe.Sizeof(*new(T)))
	whole := (n*size + page - 1) / page * page
	memory, err := unix.Mmap(-1, 0, 3*page+2*whole, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, unix.Munmap(memory)) })
	middle := memory[page+whole:][:page]
	require.NoError(t, unix.Mprotect(middle, unix.PROT_NONE))
	elements := func(b []byte) []T {
		x := unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n)
		for i := range x {
			x[i] = 1
		}
		return x
	}
	return elements(memory[page+whole-n*size:]), elements(memory[2*page+whole:])
}

// Kernels that are handed pointers read and write nothing beside what they are told to: a page there is missing.
func TestKernelsStayWithinTheirMemory(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("float32", testWithin[float32])
		t.Run("float64", testWithin[float64])
		t.Run("apart", testApartWithin)
	})
}

func testWithin[T Float](t *testing.T) {
	const most, rows = 70, 19
	before, after := atPageEnds[T](t, rows*most)
	x, _ := atPageEnds[T](t, most)
	y, _ := atPageEnds[T](t, most)
	sums := make([]T, rows*most)
	for n := 1; n <= most; n++ {
		u, v := x[most-n:], y[most-n:]
		for of := range rowPrograms {
			Each(of, u, v, u, v, 1, 1, 1)
		}
		for _, z := range [][]T{u, v} {
			for i := range z {
				z[i] = 1
			}
		}
		for m := 1; m <= rows; m++ {
			a := before[len(before)-m*n:]
			RowChains(n, sums[:m], m, &a[0], n, &u[0], n, false)
			require.EqualValues(t, n, sums[m-1])
			RowChains(n, sums[:m], m, &after[n-1], n, &v[n-1], n, true)
			require.EqualValues(t, n, sums[m-1])
			clear(sums[:n])
			(&Columns[T]{Left: &x[most-min(m, most)], Step: 1, Right: &a[0], Stride: n, N: n, K: m}).Continue(sums[:n])
			require.EqualValues(t, m, sums[n-1])
			Outer(a, n, 0, x[most-m:], u)
		}
		for _, of := range []Terms{Plain, Product} {
			sum, s, state := SumFew(of, u, v, Spread)
			if state == NotRounded {
				sum = roundedTo[T](leadingFloat(s))
			}
			require.EqualValues(t, n, sum)
		}
		testCertainWithin(t, u, v)
	}
	if HasBeside() {
		const terms = 37
		tile := BesideTile[T]()
		b, _ := atPageEnds[T](t, tile.Cols*terms)
		rows, _ := atPageEnds[T](t, tile.Rows*terms)
		nodes := make([]T, tile.Size())
		Beside(nodes, rows, b, terms, []uint64{Leaf(terms, 0)})
		require.EqualValues(t, terms, nodes[tile.Size()-1])
	}
	if each := AlongLeaves[T](); each > 0 {
		cols, terms := AlongTile[T]().Cols, each*AlongLeaf
		b, _ := atPageEnds[T](t, cols*terms)
		row, _ := atPageEnds[T](t, terms)
		nodes := make([]T, 2*cols)
		for _, far := range []bool{false, true} {
			Along(nodes, row, b, terms, []uint64{Leaf(AlongLeaf, 0), Leaf(AlongLeaf, 1)}[:each], far)
			require.EqualValues(t, terms, nodes[cols-1])
		}
		testSetsWithin[T](t)
	}
}

// testSetsWithin sums leaves in sets, one, two and many of a column, and joins them.
func testSetsWithin[T Float](t *testing.T) {
	if active != AVX512 {
		return
	}
	lanes, cols := setLanes[T](), AlongTile[T]().Cols
	for _, sets := range []int{1, 2, longSets / setBytes} {
		terms := sets * lanes * AlongLeaf
		b, _ := atPageEnds[T](t, cols*terms)
		row, _ := atPageEnds[T](t, terms)
		sums, _ := atPageEnds[T](t, cols*sets*lanes)
		nodes, _ := atPageEnds[T](t, sets*cols)
		LeafSums(sums, row, b, terms, cols, sets)
		require.EqualValues(t, AlongLeaf, sums[len(sums)-1])
		clear(sums)
		LeafPlaces(sums, row, b, terms, cols, sets)
		require.EqualValues(t, AlongLeaf, sums[len(sums)-1])
		program := make([]uint64, sets)
		for i := range program {
			program[i] = Leaf(0, bits.TrailingZeros(uint(i+1)))
		}
		JoinSets(nodes, sums, cols, program)
		require.EqualValues(t, terms, nodes[cols-1])
	}
}

// testApartWithin sums terms in several places; the last ends where the memory does.
func testApartWithin(t *testing.T) {
	if active < AVX2 {
		return
	}
	x, _ := atPageEnds[float64](t, 3*1111+MaxSliced/Places)
	var cut Slices
	grid := NewGrid(Whole, false, -40, -80)
	require.True(t, CutApart(&cut, &grid, x, 1111))
	require.Equal(t, int64(MaxSliced)<<40, cut.Sum[0])
	for _, of := range []Terms{Plain, Product, RoundedProduct} {
		part := WatchedApart(of) / Places
		for _, apart := range []int{part, 1111} {
			x, _ := atPageEnds[float64](t, 3*apart+part)
			high, low, _ := SplitWatchedApart(of, Anchor(-40), x, x, apart)
			require.EqualValues(t, int64(WatchedApart(of))<<40, high)
			require.Zero(t, low)
			if of == RoundedProduct { // of float32 there are exact ones alone
				continue
			}
			u, _ := atPageEnds[float32](t, 3*apart+part)
			sum, _ := SumWatchedApart(of, u, u, apart)
			require.EqualValues(t, WatchedApart(of), sum)
		}
	}
	before, after := atPageEnds[float32](t, 4096)
	exponent := SingleGrid(3, Bits(float32(1)))
	for _, of := range []Terms{Plain, RoundedProduct} {
		for _, x := range [][]float32{before, before[4*768:], after} {
			units, _, ok := SumOnGrid(3, exponent, of, x, x, len(x)/Places)
			require.True(t, ok)
			require.EqualValues(t, len(x), math.Ldexp(float64(units), exponent))
		}
	}
}

// testCertainWithin sums by certificates: of products that a window refuses, as the first is far below the others, and of rounded ones.
func testCertainWithin[T Float](t *testing.T, u, v []T) {
	if Is64[T]() {
		SumLooked(As[float64](u), As[float64](v))
		if _, marks, ok := LargestNear(As[float64](u), As[float64](v)); ok && len(u) > 0 {
			high, _ := SplitNear(RoundedProduct, Anchor(-2), As[float64](u), As[float64](v), marks)
			require.EqualValues(t, 4*len(u), high)
			SplitNear(Product, Anchor(-2), As[float64](u), As[float64](v), marks)
		}
		_, most := ExtentOf(RoundedProduct, As[float64](u), As[float64](v))
		require.EqualValues(t, 1, math.Float64frombits(most&^math.MaxUint32))
		ExtentOf(Plain, As[float64](u), nil)
	} else {
		for _, y := range [][]float32{nil, As[float32](v)} {
			of, exact := Plain, Plain
			if y != nil {
				of, exact = RoundedProduct, Product
			}
			sum, _ := SumWatched(exact, As[float32](u), y)
			require.EqualValues(t, len(u), sum)
			exponent := SingleGrid(3, Bits(float32(1)))
			if units, _, ok := SumOnGrid(3, exponent, of, As[float32](u), y, 0); ok {
				require.EqualValues(t, len(u), math.Ldexp(float64(units), exponent))
			}
			if len(u) > 0 && len(u) <= MaxFewOnGrid {
				if sum, ok := SumFewOnGrid(3, of, As[float32](u), y); ok {
					require.EqualValues(t, len(u), sum)
				}
			}
		}
	}
	for _, of := range []Terms{Plain, RoundedProduct} {
		if sum, state := SumCertain(of, u, v, 0); state != Refused {
			require.EqualValues(t, len(u), sum)
		}
	}
	u[0] = 0x1p-140
	defer func() { u[0] = 1 }()
	if sum, _, state := SumFew(Product, u, v, NearOrSpread); state == Rounded && len(u) > 1 {
		require.EqualValues(t, len(u)-1, sum)
	}
}
