package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTowerIsMicroForEachTile(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		if !HasTower() {
			t.Skip("no kernel for towers")
		}
		for _, halves := range []bool{false, true} {
			restore := UseHalves(halves)
			t.Run(fmt.Sprintf("f64/halves=%v", halves), testTowers[float64])
			t.Run(fmt.Sprintf("f32/halves=%v", halves), testTowers[float32])
			restore()
		}
	})
}

func testTowers[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 42))
	for _, program := range [][]uint64{
		{Leaf(1, 0)}, {Leaf(37, 0)},
		{Leaf(32, 0), Leaf(32, 1), Leaf(5, 1)},
		{Leaf(8, 0), Leaf(8, 1), Leaf(8, 0), Leaf(7, 2)},
		{Leaf(2, 0), Leaf(2, 0), Leaf(2, 0), Leaf(2, 0), Leaf(2, 3), Leaf(1, 0), Leaf(1, 3)},
		{Leaf(6, 0), Leaf(5, 1), Leaf(3, 0), Leaf(9, 1), Leaf(4, 1), Leaf(2, 0), Leaf(7, 0), Leaf(1, 4)},
	} {
		for tiles := 1; tiles <= 3; tiles++ {
			for _, alpha := range []T{1, -0.75, T(math.Inf(1))} {
				for _, copied := range []bool{false, true} {
					testTower(t, rng, program, tiles, NewFinish(alpha, 0), copied, false)
					if TowerTakesRows() {
						testTower(t, rng, program, tiles, NewFinish(alpha, 0), copied, true)
					}
				}
			}
		}
	}
}

func fill[T Float](x []T, v T) {
	for i := range x {
		x[i] = v
	}
}

// smallest returns the smallest positive number.
func smallest[T Float]() T {
	x := T(1)
	for x/2 > 0 {
		x /= 2
	}
	return x
}

// testTower evaluates a program in two goes, the second of which finishes, and compares with
// the definitions of Micro and Finish. Where copied is set, columns lie elsewhere, strewn, at first,
// and where lying is, rows are not packed.
func testTower[T Float](t *testing.T, rng *rand.Rand, program []uint64, tiles int, f Finish[T], copied, lying bool) {
	tile, k := MicroTile[T](), 0
	for _, word := range program {
		k += int(uint32(word))
	}
	a, b := make([]T, tiles*(k*tile.Rows+3)), make([]T, k*tile.Cols)
	for _, x := range [][]T{a, b} {
		for i := range x {
			x[i] = T(math.Ldexp(rng.Float64()-0.5, rng.IntN(20)-10))
		}
	}
	a[rng.IntN(len(a))] = T(math.NaN())
	a[rng.IntN(len(a))] = T(math.Inf(-1))
	if tiles == 2 { // sums of negative products that underflow: -0
		fill(a, -smallest[T]())
		fill(b, 0.25)
	}
	columns, source, stride := b, []T(nil), tile.Cols+5
	if copied {
		columns, source = make([]T, len(b)), make([]T, k*stride)
		for i, v := range b {
			source[i/tile.Cols*stride+i%tile.Cols] = v
		}
	}
	rows, rowsStride, rowStride, term := a, k*tile.Rows+3, 0, tile.Rows
	if lying {
		rowStride, term = k+2, 1
		rowsStride = tile.Rows*rowStride + 3
		rows = make([]T, tiles*rowsStride)
		for n := range tiles {
			for i := range tile.Rows {
				for j := range k {
					rows[n*rowsStride+i*rowStride+j] = a[n*(k*tile.Rows+3)+j*tile.Rows+i]
				}
			}
		}
	}
	depth, terms, cut := 0, 0, rng.IntN(len(program))
	for _, word := range program[:cut] {
		depth += 1 - int(word>>32)
		terms += int(uint32(word))
	}
	own := max(depth, 1) * tile.Size()
	c := Tower[T]{
		Tiles: tiles, Own: make([]T, tiles*(own+5))[:own], Stride: own + 5, Hot: make([]T, len(program)*tile.Size()),
		Rows: rows, RowsStride: rowsStride, RowStride: rowStride, Columns: columns[:terms*tile.Cols], Program: program[:cut],
		Source: source, SourceStride: stride, Next: b, NextStride: tile.Cols,
	}
	if cut > 0 {
		MicroTower(&c)
	}
	c.Depth, c.Program, c.Rows, c.Columns = depth, program[cut:], rows[terms*term:], columns[terms*tile.Cols:]
	if copied {
		c.Source = source[terms*stride:]
	}
	c.Finish, c.CStride = &f, tile.Cols+3
	c.C = make([]T, tiles*tile.Rows*c.CStride)
	fill(c.C, 7)
	MicroTower(&c)
	sameBits(t, "columns", b, columns)
	for n := range tiles {
		sums := microByDefinition(tile, make([]T, len(program)*tile.Size()), a[n*(k*tile.Rows+3):], Factors[T]{Data: b, Stride: tile.Cols}, program)
		for i := range tile.Rows {
			for j, got := range c.C[(n*tile.Rows+i)*c.CStride:][:c.CStride] {
				want := T(7) // between the rows
				if j < tile.Cols {
					want = f.Value(sums[i*tile.Cols+j], 7)
				}
				require.Equal(t, Bits(want), Bits(got), "%x, tile %d of %d: element %d, %d", program, n, tiles, i, j)
			}
		}
	}
}
