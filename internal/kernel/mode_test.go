package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/internal/fpmode"
	"github.com/stretchr/testify/require"
)

// towerBits is the sums of a tower of two terms.
func towerBits[T Float](x, y []T, halves bool) (all []uint64) {
	if !HasTower() {
		return nil
	}
	defer UseHalves(halves)()
	tile := MicroTile[T]()
	own := make([]T, tile.Size())
	t := Tower[T]{Tiles: 1, Own: own, Rows: x, Columns: y[:2*tile.Cols], Program: []uint64{Leaf(2, 0)}}
	MicroTower(&t)
	for _, v := range own {
		all = append(all, Bits(v))
	}
	return all
}

// microBits is the sums of the tiles of each number of rows, of columns that are packed and, where there are kernels for
// that, lie in a matrix, and of the other tiles of one row.
func microBits[T Float](x, y []T) (all []uint64) {
	for rows := range MicroTile[T]().Rows {
		tile := RowTile[T](rows + 1)
		for _, gap := range []int{0, 3} {
			if gap > 0 && (!InMatrix() || tile.Rows == 1) {
				break
			}
			own := make([]T, tile.Size())
			Micro(tile, Stack[T]{Own: own}, x, Factors[T]{Data: y, Stride: tile.Cols + gap}, []uint64{Leaf(20, 0)})
			for _, v := range own {
				all = append(all, Bits(v))
			}
		}
	}
	const terms = 8
	wide, spread := WideTile[T](), SpreadTile[T]()
	for _, of := range []struct {
		Tile
		b Factors[T]
	}{
		{wide, Factors[T]{Data: y, Stride: wide.Cols}},
		{spread, Factors[T]{Data: y, Stride: terms * MicroTile[T]().Cols, Spread: true}},
		{AcrossTile, Factors[T]{Data: y, Stride: 2 * AcrossTerms, Across: true}},
	} {
		if of.Tile == wide && !of.b.Spread && SweepColumns[T]() > 0 {
			continue // it has no kernel: rows are swept
		}
		own, leaf := make([]T, of.Size()), terms
		if of.b.Across {
			leaf = 2 * AcrossTerms
		}
		Micro(of.Tile, Stack[T]{Own: own}, x, of.b, []uint64{Leaf(leaf, 0)})
		for _, v := range own {
			all = append(all, Bits(v))
		}
	}
	return all
}

// storedBits is the sums of the tiles of factors of 16 bits.
func storedBits(x, y []float32) (all []uint64) {
	if Active() == Portable {
		return nil // there is no such kernel
	}
	const terms = 8
	factors := map[Storage][]uint16{}
	for _, v := range y {
		half := uint16(math.Float32bits(v) >> 16)
		factors[BFloat16] = append(factors[BFloat16], half)
		factors[Float16] = append(factors[Float16], half&^0x6000) // finite there, and often subnormal
	}
	sums := func(tile Tile, b Factors[uint16]) {
		for _, of := range []Storage{BFloat16, Float16} {
			own := make([]float32, tile.Size())
			b.Data = factors[of]
			MicroStored(tile, of, Stack[float32]{Own: own}, x, b, []uint64{Leaf(terms, 0)})
			for _, v := range own {
				all = append(all, Bits(v))
			}
		}
	}
	for _, rows := range tileRows[Active()] {
		if rows <= StreamRows {
			sums(RowTile[float32](rows), Factors[uint16]{Stride: MicroTile[float32]().Cols})
		}
	}
	sums(SpreadTile[float32](), Factors[uint16]{Stride: terms * MicroTile[float32]().Cols, Spread: true})
	return all
}

// kernelBits are results of the vector kernels over subnormal and inexact terms.
func kernelBits[T Float](x, y []T) []uint64 {
	var all []uint64
	for _, of := range allTerms {
		h, l := Pairs(of, nil, x, y)
		all = append(all, Bits(h), Bits(l))
		for _, n := range []int{40, 300, len(x)} { // less than a block, or more
			dst := make([]T, Lanes[T]())
			all = append(all, Bits(Tree(of, dst, x[:n], y[:n])), Bits(dst[1]), Bits(Total(of, x[:n], y[:n])))
		}
		if !Is64[T]() {
			all = append(all, Bits(Tree[float64](of, nil, x, y)))
		}
	}
	row := make([]T, 45)
	for of := range rowPrograms {
		if Active() != AVX2 && Active() != AVX512 {
			break // there are no others of rows
		}
		Each(of, row, x[:45], y[:45], y[50:95], x[1], y[1], y[2])
		all = append(all, Bits(row[0]), Bits(row[3]), Bits(row[44]), Bits(RowChain(x[:of], y[:of], false)), Bits(RowChain(x, y, true)))
	}
	if HasRows() {
		Outer(row, 9, x[1], x[:5], y[:9])
		c := Columns[T]{Left: &x[0], Row: 20, Step: 1, Right: &y[0], Stride: 11, N: 11, K: 15}
		c.Continue(row[:33])
		sums := make([]T, 11)
		RowChains(50, sums, 11, &y[0], 50, &x[0], 50, false)
		triangle := Triangle[T]{A: &y[0], Row: 20, Column: 1, X: &row[0], Step: 1, Rows: TriangleRows}
		triangle.Multiply()
		triangle.X = &row[TriangleRows]
		triangle.Solve()
		for _, v := range append(row, sums...) {
			all = append(all, Bits(v))
		}
	}
	all = append(all, extractBits(x, y)...)
	if each := AlongLeaves[T](); each > 0 {
		nodes := make([]T, AlongTile[T]().Cols)
		for _, far := range []bool{false, true} {
			Along(nodes, x, y, 40, []uint64{Leaf(AlongLeaf, 0), Leaf(AlongLeaf, 1)}[:each], far)
			for _, v := range nodes {
				all = append(all, Bits(v))
			}
		}
	}
	if HasBeside() {
		nodes := make([]T, 2*BesideTile[T]().Size())
		Beside(nodes, x[:8*40], y, 40, []uint64{Leaf(32, 0), Leaf(8, 1)})
		for _, v := range nodes[:BesideTile[T]().Size()] {
			all = append(all, Bits(v))
		}
	}
	if active == AVX512 {
		lanes := setLanes[T]()
		row, sums, nodes := make([]T, lanes*AlongLeaf), make([]T, AlongTile[T]().Cols*lanes), make([]T, AlongTile[T]().Cols)
		copy(row, x)
		LeafSums(sums, row, manyOf(y, lanes*AlongLeaf*2), lanes*AlongLeaf, 2, 1)
		JoinSets(nodes, sums, len(nodes), []uint64{Leaf(0, 0)})
		for _, v := range append(nodes, sums[:2*lanes]...) {
			all = append(all, Bits(v))
		}
		LeafPlaces(sums, row, manyOf(y, lanes*AlongLeaf*2), lanes*AlongLeaf, 2, 1)
		for _, v := range sums[:2*lanes] {
			all = append(all, Bits(v))
		}
	}
	if cols := SweepColumns[T](); cols > 0 {
		nodes := make([]T, 2*cols)
		for _, short := range []bool{false, true} {
			restore := UseShortSweeps(short)
			Sweep(nodes, x[:40], y, cols, cols, []uint64{Leaf(32, 0), Leaf(8, 1)}, false)
			restore()
			for _, v := range nodes[:cols] {
				all = append(all, Bits(v))
			}
		}
	}
	all = append(all, microBits(x, y)...)
	if !Is64[T]() {
		all = append(all, storedBits(As[float32](x), As[float32](y))...)
	}
	for _, halves := range []bool{false, true} {
		all = append(all, towerBits(x, y, halves)...)
	}
	tile := FoldTile[T]()
	stack := make([]T, 2*tile.Size())
	MicroFold(PairsFold, tile, stack, 0, x, y, []uint64{Leaf(len(y)/tile.Cols, 0)})
	for _, v := range stack {
		all = append(all, Bits(v))
	}
	var s Slices
	single := !Is64[T]()
	grids := []Grid{NewGrid(Whole, false, -50, -102, -144), NewGrid(Dropped, single, -20, -33, -46)}
	for _, of := range []Terms{Plain, Product} {
		for i := range grids {
			if Cut(&s, &grids[i], of, x, y) {
				all = append(all, uint64(s.Sum[0]), uint64(s.Sum[1]), uint64(s.Sum[2]), s.Least, s.Most)
			}
		}
		if Look(&s, of, single, x, y) {
			all = append(all, s.Least, s.Most, uint64(s.Zeros), uint64(s.NegZeros))
		}
	}
	return all
}

// exactOf is Product for RoundedProduct.
func exactOf(of Terms) Terms {
	if of == RoundedProduct {
		return Product
	}
	return of
}

// nearLargestBits are those of the kernels that leave out what is far below the largest.
func nearLargestBits(x, y []float64) (all []uint64) {
	most, marks, ok := LargestNear(x, y)
	if !ok {
		return nil
	}
	all = append(all, most, marks)
	for _, of := range []Terms{RoundedProduct, Product} {
		high, low := SplitNear(of, Anchor(-50), x, y, marks)
		all = append(all, uint64(high), Bits(low))
	}
	return all
}

// extractBits are those of the kernels that split terms at a unit.
func extractBits[T Float](x, y []T) (all []uint64) {
	for _, of := range []Terms{Plain, RoundedProduct} {
		for _, n := range []int{40, len(x)} {
			x, y := x[:n], y[:n]
			all = append(all, Largest(of, x, y))
			if Is64[T]() {
				x, y := As[float64](x), As[float64](y)
				for _, scale := range []float64{1, 0x1p-3} {
					if of == Plain || scale == 1 {
						high, low := SplitTerms(of, Anchor(-50), scale, x, y)
						all = append(all, uint64(high), Bits(low))
					}
				}
				high, low, most := SplitWatched(of, Anchor(-50), x, y)
				all = append(all, uint64(high), Bits(low), most)
				v, state := SumCertain(of, x[:40], y[:40], 0)
				all = append(all, Bits(v), uint64(state))
				if of == RoundedProduct {
					sum, most, _ := SumLooked(x, y)
					all = append(all, Bits(sum), most)
				}
				_, most = ExtentOf(of, x, y)
				all = append(all, most)
				if of == RoundedProduct {
					all = append(all, nearLargestBits(x[:min(n, maxGrouped)], y)...)
				}
				if apart := MaxSliced / Places; active >= AVX2 && of == Plain && len(x) >= MaxSliced {
					for _, m := range []Mode{Whole, Dropped} {
						var cut Slices
						grid := NewGrid(m, false, -40, -80)
						CutApart(&cut, &grid, As[float64](x), apart)
						all = append(all, uint64(cut.Sum[0]), uint64(cut.Sum[1]))
					}
				}
				for _, of := range []Terms{of, exactOf(of)} {
					if active >= AVX2 && len(x) >= WatchedApart(of) {
						high, low, most := SplitWatchedApart(of, Anchor(-50), x, y, WatchedApart(of)/Places)
						all = append(all, uint64(high), Bits(low), most)
					}
				}
			} else {
				exact := exactOf(of)
				sum, most := SumWatched(exact, As[float32](x), As[float32](y))
				all = append(all, Bits(sum), most)
				if active >= AVX2 && len(x) >= WatchedApart(exact) {
					sum, most := SumWatchedApart(exact, As[float32](x), As[float32](y), WatchedApart(exact)/Places)
					all = append(all, Bits(sum), most)
				}
				onGrid, _, _ := SumOnGrid(3, SingleGrid(3, Bits(float32(0.75))), of, As[float32](x), As[float32](y), 0)
				all = append(all, uint64(onGrid))
				if apart := stretchBytes / 4; len(x) >= Places*apart {
					onGrid, _, _ = SumOnGrid(3, SingleGrid(3, Bits(float32(0.75))), of, As[float32](x)[:Places*apart], As[float32](y), apart)
					all = append(all, uint64(onGrid))
				}
				for _, n := range []int{min(40, len(x)), min(117, len(x))} {
					v, _ := SumFewOnGrid(3, of, As[float32](x)[:n], As[float32](y))
					all = append(all, Bits(v))
				}
				all = append(all, uint64(RoundedSum(of, Anchor(-50), As[float32](x), As[float32](y))))
			}
		}
	}
	low := make([]T, 40) // subnormal: others would hide that these are flushed
	for i := range low {
		low[i] = x[3*i]
	}
	for _, of := range []Terms{Plain, Product} {
		if active != AVX2 && active != AVX512 {
			continue
		}
		for _, few := range [][]T{low, x[:40]} {
			switch v, s, state := sumFew(of, few, y[:40], Spread); state {
			case Rounded:
				all = append(all, Bits(v))
			default:
				all = append(all, uint64(s.Hi), s.Lo, uint64(state))
			}
		}
	}
	return all
}

func testMode[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	smallest := T(0x1p-149)
	if Is64[T]() {
		smallest = T(float64(0x1p-537) * float64(0x1p-537))
	}
	x, y := make([]T, 2999), make([]T, 2999)
	for i := range x {
		x[i], y[i] = T(rng.Float64()), T(rng.Float64())
		if i%3 == 0 {
			x[i] = T(rng.IntN(1000)) * smallest
		}
	}
	want := kernelBits(x, y)
	var got []uint64
	if !fpmode.With(func() { got = kernelBits(x, y) }) {
		t.Skip("no way to set the mode here")
	}
	if Active() == Portable {
		require.NotEqual(t, want, got, "the mode that kernels must be proof against is not set")
		return
	}
	require.Equal(t, want, got)
	require.Equal(t, want, kernelBits(x, y), "after the mode was set back")
}

// A host process may have set another rounding mode and flush subnormal numbers.
// Kernels restore IEEE arithmetic for their own work; Go code cannot.
func TestKernelsKeepIEEEMode(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("f64", testMode[float64])
		t.Run("f32", testMode[float32])
	})
}

// The mode of the host is its own, and is there again when a kernel returns.
func TestKernelsGiveModeBack(t *testing.T) {
	x := make([]float64, 100)
	for i := range x {
		x[i] = 1 + 0x1p-52*float64(i)
	}
	eachBackend(t, func(t *testing.T) {
		nearest := quotient(1, 10) // above 1/10
		fpmode.With(func() {
			towardZero := quotient(1, 10)
			require.Less(t, towardZero, nearest)
			Tree[float64](Plain, nil, x, nil)
			require.Equal(t, towardZero, quotient(1, 10))
		})
		require.Equal(t, nearest, quotient(1, 10))
	})
}

// quotient divides when it is called: what is inlined may be one division for several.
//
//go:noinline
func quotient(x, y float64) float64 { return x / y }

// Kernels of rows do not read the mode, but see it from sums: each rounding, and subnormal numbers that are flushed in or
// out.
func TestRowsProbeEveryMode(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("f64", testProbe[float64])
		t.Run("f32", testProbe[float32])
	})
}

func testProbe[T Float](t *testing.T) {
	least := T(0x1p-126)
	if Is64[T]() {
		least = T(float64(0x1p-511) * float64(0x1p-511))
	}
	x := []T{1, -1, least, 3 * least / 4, 7}
	tenths := func() (all []uint64) {
		row := make([]T, len(x))
		Each(RowOver, row, x, nil, nil, 10)
		for _, v := range row {
			all = append(all, Bits(v))
		}
		return all
	}
	want := tenths()
	for mode := range fpmode.Modes() {
		var got []uint64
		fpmode.InMode(mode, func() { got = tenths() })
		if HasRows() {
			require.Equal(t, want, got, "mode %d", mode)
		} else {
			require.NotEqual(t, want, got, "mode %d, which kernels must be proof against, is not set", mode)
		}
		require.Equal(t, want, tenths(), "after the mode was set back")
	}
}

// manyOf returns n elements, those of x again and again.
func manyOf[T Float](x []T, n int) (many []T) {
	for len(many) < n {
		many = append(many, x...)
	}
	return many[:n]
}
