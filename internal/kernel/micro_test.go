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
					c[i*t.Cols+j] = FMA(a[k*t.Rows+i], b.Data[k*b.Stride+j], c[i*t.Cols+j])
				}
			}
		}
		a, b.Data = a[terms*t.Rows:], b.Data[terms*b.Stride:]
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
func testMicro[T Float](t *testing.T, tile Tile) {
	rng := rand.New(rand.NewPCG(31, 32))
	for _, program := range [][]uint64{
		{Leaf(1, 0)}, {Leaf(3, 0)}, {Leaf(4, 0)}, {Leaf(32, 0)}, {Leaf(37, 0)},
		{Leaf(32, 0), Leaf(32, 1)},
		{Leaf(32, 0), Leaf(32, 1), Leaf(5, 1)},
		{Leaf(8, 0), Leaf(8, 1), Leaf(8, 0), Leaf(7, 2)},
		{Leaf(32, 0), Leaf(32, 1), Leaf(32, 0)}, // two nodes
		{Leaf(2, 0), Leaf(2, 0), Leaf(2, 0), Leaf(2, 0), Leaf(2, 3), Leaf(1, 0), Leaf(1, 1)},
	} {
		for try := range 6 {
			k := 0
			for _, word := range program {
				k += int(uint32(word))
			}
			stride := tile.Cols + 5*(try%2)
			a, b := make([]T, k*tile.Rows), make([]T, k*stride)
			for i := range a {
				a[i] = T(math.Ldexp(rng.Float64()-0.5, rng.IntN(20)-10))
			}
			for i := range b {
				b[i] = T(math.Ldexp(rng.Float64()-0.5, rng.IntN(20)-10))
			}
			if try == 5 {
				a[0], b[stride-tile.Cols] = T(math.Inf(1)), 0
			}
			want := microByDefinition(tile, make([]T, len(program)*tile.Size()), a, Factors[T]{Data: b, Stride: stride}, program)
			cut := rng.IntN(len(program)) // evaluated in two goes
			depth, terms := 0, 0
			for _, word := range program[:cut] {
				depth += 1 - int(word>>32)
				terms += int(uint32(word))
			}
			own := max(len(want)/tile.Size(), depth, 1) + try%3
			stack := Stack[T]{Own: make([]T, own*tile.Size()), Hot: make([]T, len(program)*tile.Size())}
			if cut > 0 {
				Micro(tile, stack, a, Factors[T]{Data: b, Stride: stride}, program[:cut])
				stack.Hot = make([]T, len(program)*tile.Size()) // scratch
			}
			stack.Depth = depth
			Micro(tile, stack, a[terms*tile.Rows:], Factors[T]{Data: b[terms*stride:], Stride: stride}, program[cut:])
			for i := range want {
				require.Equal(t, Bits(Canonical(want[i])), Bits(Canonical(stack.Own[i])), "%v %x: element %d", tile, program, i)
			}
		}
	}
}

func TestMicroBackends(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("f64", testTiles[float64])
		t.Run("f32", testTiles[float32])
		t.Run("foreign", func(t *testing.T) { testMicro[float32](t, Tile{3, 5}) })
	})
}

// testTiles tests every tile of the active backend.
func testTiles[T Float](t *testing.T) {
	for _, rows := range tileRows[active] {
		testMicro[T](t, RowTile[T](rows))
	}
	testMicro[T](t, WideTile[T]())
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
		program := []uint64{Leaf(8, 0), Leaf(7, 1)}
		for _, rows := range tileRows[active] {
			tile := RowTile[float32](rows)
			if rows > StreamRows {
				continue
			}
			for _, of := range []Storage{BFloat16, Float16} {
				a, b, wide := make([]float32, 15*rows), make([]uint16, 15*tile.Cols), make([]float32, 15*tile.Cols)
				for i := range a {
					a[i] = rng.Float32() - 0.5
				}
				for i := range b {
					for b[i] = uint16(rng.Uint32()); b[i]&0x7c00 == 0x7c00; b[i] = uint16(rng.Uint32()) { // finite in both
					}
				}
				Widen(of, wide, b)
				got, want := make([]float32, tile.Size()), make([]float32, tile.Size())
				hot := make([]float32, 2*tile.Size())
				MicroStored(tile, of, Stack[float32]{Own: got, Hot: hot}, a, Factors[uint16]{Data: b, Stride: tile.Cols}, program)
				Micro(tile, Stack[float32]{Own: want, Hot: hot}, a, Factors[float32]{Data: wide, Stride: tile.Cols}, program)
				for i := range want {
					require.Equal(t, Bits(want[i]), Bits(got[i]), "%v %v", tile, of)
				}
			}
		}
	})
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
			for b.Loop() {
				Micro(t, Stack[T]{Own: stack[:t.Size()], Hot: stack[t.Size():]}, x, Factors[T]{Data: y, Stride: t.Cols}, program)
			}
			b.ReportMetric(float64(2*32*leaves*t.Size())*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
		})
	}
}
