package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// microByDefinition is the loop of Micro, in Go.
func microByDefinition[T Float](t Tile, stack, a, b []T, program []uint64) []T {
	var tiles [][]T
	for _, word := range program {
		terms, nodes := int(uint32(word)), int(word>>32)
		c := make([]T, t.Size())
		for k := range terms {
			for i := range t.Rows {
				for j := range t.Cols {
					c[i*t.Cols+j] = FMA(a[k*t.Rows+i], b[k*t.Cols+j], c[i*t.Cols+j])
				}
			}
		}
		a, b = a[terms*t.Rows:], b[terms*t.Cols:]
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

func testMicro[T Float](t *testing.T, tile Tile) {
	rng := rand.New(rand.NewPCG(31, 32))
	for _, program := range [][]uint64{
		{Leaf(1, 0)}, {Leaf(3, 0)}, {Leaf(4, 0)}, {Leaf(32, 0)}, {Leaf(37, 0)},
		{Leaf(32, 0), Leaf(32, 1)},
		{Leaf(32, 0), Leaf(32, 1), Leaf(5, 1)},
		{Leaf(8, 0), Leaf(8, 1), Leaf(8, 0), Leaf(7, 2)},
		{Leaf(32, 0), Leaf(32, 1), Leaf(32, 0)}, // two nodes
	} {
		for range 5 {
			k := 0
			for _, word := range program {
				k += int(uint32(word))
			}
			a, b := make([]T, k*tile.Rows), make([]T, k*tile.Cols)
			for i := range a {
				a[i] = T(math.Ldexp(rng.Float64()-0.5, rng.IntN(20)-10))
			}
			for i := range b {
				b[i] = T(math.Ldexp(rng.Float64()-0.5, rng.IntN(20)-10))
			}
			got, want := make([]T, len(program)*tile.Size()), make([]T, len(program)*tile.Size())
			want = microByDefinition(tile, want, a, b, program)
			cut := rng.IntN(len(program)) // evaluated in two goes
			depth, terms := 0, 0
			for _, word := range program[:cut] {
				depth += 1 - int(word>>32)
				terms += int(uint32(word))
			}
			if cut > 0 {
				Micro(tile, got, 0, a, b, program[:cut])
			}
			Micro(tile, got, depth, a[terms*tile.Rows:], b[terms*tile.Cols:], program[cut:])
			for i := range want {
				require.Equal(t, Bits(want[i]), Bits(got[i]), "%x: element %d", program, i)
			}
		}
	}
}

func TestMicroBackends(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("f64", func(t *testing.T) { testMicro[float64](t, MicroTile[float64]()) })
		t.Run("f32", func(t *testing.T) { testMicro[float32](t, MicroTile[float32]()) })
		t.Run("foreign", func(t *testing.T) { testMicro[float32](t, Tile{3, 5}) })
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
			x, y, stack := make([]T, 32*leaves*t.Rows), make([]T, 32*leaves*t.Cols), make([]T, 8*t.Size())
			for b.Loop() {
				Micro(t, stack, 0, x, y, program)
			}
			b.ReportMetric(float64(2*32*leaves*t.Size())*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
		})
	}
}
