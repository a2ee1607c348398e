package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// microByDefinition is the loop of Micro, in Go.
func microByDefinition[T Float](t Tile, stack, a []T, b Factors[T], program []uint64) []T {
	var tiles [][]T
	for _, word := range program {
		terms, nodes := int(uint32(word)), int(word>>32)
		c := make([]T, t.Size())
		for k := range terms {
			for i := range t.Rows {
				for j := range t.Cols {
					c[i*t.Cols+j] = FMA(a[k*t.Rows+i], b.Data[b.place(k, j, t.Cols)], c[i*t.Cols+j])
				}
			}
		}
		a, b = a[terms*t.Rows:], b.from(terms, t.Cols)
		for range nodes {
			top := tiles[len(tiles)-1]
			tiles = tiles[:len(tiles)-1]
			for i := range c {
				c[i] = top[i] + c[i]
			}
		}
		tiles = append(tiles, c)
	}
	for i, tile := range tiles {
		copy(stack[i*t.Size():], tile)
	}
	return stack[:len(tiles)*t.Size()]
}

// testMicro compares the microkernel with its definition, with so much of the stack in
// either place, factors at any stride, and evaluated in two goes.
func testMicro[T Float](t *testing.T, tile Tile, spread, across bool) {
	rng := rand.New(rand.NewPCG(31, 32))
	for _, program := range [][]uint64{
		{Leaf(1, 0)}, {Leaf(3, 0)}, {Leaf(4, 0)}, {Leaf(32, 0)}, {Leaf(37, 0)},
		{Leaf(32, 0), Leaf(32, 1)},
		{Leaf(32, 0), Leaf(32, 1), Leaf(5, 1)},
		{Leaf(8, 0), Leaf(8, 1), Leaf(8, 0), Leaf(7, 2)},
		{Leaf(32, 0), Leaf(32, 1), Leaf(32, 0)}, // two nodes
		{Leaf(2, 0), Leaf(2, 0), Leaf(2, 0), Leaf(2, 0), Leaf(2, 3), Leaf(1, 0), Leaf(1, 1)},
	} {
		if across {
			for i, word := range program {
				program[i] = Leaf(AcrossTerms*int(uint32(word)), int(word>>32))
			}
		}
		for try := range 6 {
			k := 0
			for _, word := range program {
				k += int(uint32(word))
			}
			stride := tile.Cols + 5*(try%2)
			size := k * stride
			if spread {
				stride = k*tile.Cols/SpreadPanels + 3
				size = SpreadPanels * stride
			}
			if across {
				stride = k + 3*(try%2)
				size = tile.Cols * stride
			}
			a, b := make([]T, k*tile.Rows), Factors[T]{Data: make([]T, size), Stride: stride, Spread: spread, Across: across}
			for i := range a {
				a[i] = T(math.Ldexp(rng.Float64()-0.5, rng.IntN(20)-10))
			}
			for i := range b.Data {
				b.Data[i] = T(math.Ldexp(rng.Float64()-0.5, rng.IntN(20)-10))
			}
			if try == 5 {
				a[0], b.Data[0] = T(math.Inf(1)), 0
			}
			want := microByDefinition(tile, make([]T, len(program)*tile.Size()), a, b, program)
			cut := rng.IntN(len(program)) // evaluated in two goes
			depth, terms := 0, 0
			for _, word := range program[:cut] {
				depth += 1 - int(word>>32)
				terms += int(uint32(word))
			}
			own := max(len(want)/tile.Size(), depth, 1) + try%3
			stack := Stack[T]{Own: make([]T, own*tile.Size()), Hot: make([]T, len(program)*tile.Size())}
			if cut > 0 {
				Micro(tile, stack, a, b, program[:cut])
				stack.Hot = make([]T, len(program)*tile.Size()) // scratch
			}
			stack.Depth = depth
			Micro(tile, stack, a[terms*tile.Rows:], b.from(terms, tile.Cols), program[cut:])
			for i := range want {
				if got := stack.Own[i]; Bits(Canonical(want[i])) != Bits(Canonical(got)) {
					require.Equal(t, Bits(want[i]), Bits(got), "%v %x: element %d", tile, program, i)
				}
			}
		}
	}
}

func TestMicroBackends(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("f64", testTiles[float64])
		t.Run("f32", testTiles[float32])
		t.Run("foreign", func(t *testing.T) { testMicro[float32](t, Tile{3, 5}, false, false) })
	})
}

// testTiles tests every tile of the active backend.
func testTiles[T Float](t *testing.T) {
	for _, rows := range tileRows[active] {
		testMicro[T](t, RowTile[T](rows), false, false)
	}
	testMicro[T](t, WideTile[T](), false, false)
	eachSpread(func() { testMicro[T](t, SpreadTile[T](), true, false) })
	testMicro[T](t, AcrossTile, false, true)
	require.Equal(t, MicroTile[T](), RowTile[T](100))
}

func TestMicroOfStoredFactors(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		if active == Portable {
			require.Panics(t, func() {
				MicroStored(Tile{1, Panel}, BFloat16, Stack[float32]{}, nil, Factors[uint16]{Data: make([]uint16, 4)}, nil)
			})
			return
		}
		rng := rand.New(rand.NewPCG(5, 6))
		for _, rows := range tileRows[active] {
			if rows <= StreamRows {
				testStored(t, rng, RowTile[float32](rows), Factors[uint16]{Stride: MicroTile[float32]().Cols})
			}
		}
		eachSpread(func() {
			testStored(t, rng, SpreadTile[float32](), Factors[uint16]{Stride: 15 * MicroTile[float32]().Cols, Spread: true})
		})
	})
}

// eachSpread runs a test of each of the active backend's kernels of the SpreadTile.
func eachSpread(test func()) {
	before := spreadRuns
	defer func() { spreadRuns = before }()
	spreadRuns = false
	test()
	if InMatrix() { // the backends of AMD's processors
		spreadRuns = true
		test()
	}
}

// testStored compares a product of stored factors with that of the widened ones.
func testStored(t *testing.T, rng *rand.Rand, tile Tile, b Factors[uint16]) {
	program := []uint64{Leaf(8, 0), Leaf(7, 1)}
	for _, of := range []Storage{BFloat16, Float16} {
		a := make([]float32, 15*tile.Rows)
		for i := range a {
			a[i] = rng.Float32() - 0.5
		}
		b.Data = make([]uint16, 15*tile.Cols)
		for i := range b.Data {
			for b.Data[i] = uint16(rng.Uint32()); b.Data[i]&0x7c00 == 0x7c00; b.Data[i] = uint16(rng.Uint32()) { // finite in both
			}
		}
		wide := Factors[float32]{Data: make([]float32, len(b.Data)), Stride: b.Stride, Spread: b.Spread}
		Widen(of, wide.Data, b.Data)
		got, want := make([]float32, tile.Size()), make([]float32, tile.Size())
		hot := make([]float32, 2*tile.Size())
		MicroStored(tile, of, Stack[float32]{Own: got, Hot: hot}, a, b, program)
		Micro(tile, Stack[float32]{Own: want, Hot: hot}, a, wide, program)
		for i := range want {
			require.Equal(t, Bits(want[i]), Bits(got[i]), "%v %v", tile, of)
		}
	}
}

func BenchmarkMicro(b *testing.B) {
	b.Run("f32", benchMicro[float32])
	b.Run("f64", benchMicro[float64])
}

func benchMicro[T Float](b *testing.B) {
	for _, leaves := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("leaves=%d", leaves), func(b *testing.B) {
			t := MicroTile[T]()
			program := make([]uint64, leaves)
			for i := range program {
				nodes := 0
				for n := i + 1; n%2 == 0; n /= 2 {
					nodes++
				}
				program[i] = Leaf(32, nodes)
			}
			x, y, stack := make([]T, 32*leaves*t.Rows), make([]T, 32*leaves*t.Cols), make([]T, 9*t.Size())
			for i := range x {
				x[i] = T(rand.Float64() - 0.5)
			}
			for i := range y {
				y[i] = T(rand.Float64() - 0.5)
			}
			for b.Loop() {
				Micro(t, Stack[T]{Own: stack[:t.Size()], Hot: stack[t.Size():]}, x, Factors[T]{Data: y, Stride: t.Cols}, program)
			}
			b.ReportMetric(float64(2*32*leaves*t.Size())*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
		})
	}
}
