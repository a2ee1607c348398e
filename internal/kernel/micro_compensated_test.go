package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// dekker is the error of h = a + b by the published branch, not by TwoSum.
func dekker[T Float](a, b, h T) T {
	if Abs(a) < Abs(b) {
		a, b = b, a
	}
	return b - (h - a)
}

// foldByDefinition is the loop of MicroFold for one element: its values on the stack in
// the end.
func foldByDefinition[T Float](of Fold, x, y []T, program []uint64) (stack [][2]T) {
	for _, word := range program {
		terms, nodes := int(uint32(word)), int(word>>32)
		var h, l T
		for k := range terms {
			p := T(x[k] * y[k])
			switch of {
			case KahanFold:
				d := p - l
				t := h + d
				l = (t - h) - d
				h = t
			case NeumaierFold, PairsFold:
				if of == PairsFold {
					l += FMA(x[k], y[k], -p)
				}
				sum := h + p
				l += dekker(h, p, sum)
				h = sum
			}
		}
		x, y = x[terms:], y[terms:]
		for range nodes {
			left := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			sum := left[0] + h
			l = (left[1] + l) + dekker(left[0], h, sum)
			h = sum
		}
		stack = append(stack, [2]T{h, l})
	}
	return stack
}

var foldPrograms = [][]uint64{
	{Leaf(1, 0)}, {Leaf(3, 0)}, {Leaf(32, 0)}, {Leaf(37, 0)}, {Leaf(200, 0)},
	{Leaf(32, 0), Leaf(32, 1)},
	{Leaf(32, 0), Leaf(32, 1), Leaf(5, 1)},
	{Leaf(8, 0), Leaf(8, 1), Leaf(8, 0), Leaf(7, 2)},
	{Leaf(32, 0), Leaf(32, 1), Leaf(32, 0)}, // two nodes
}

// foldValues draws values of similar size, values that cancel, and nasty ones.
var foldValues = map[string]func(rng *rand.Rand) float64{
	"spread": func(rng *rand.Rand) float64 { return math.Ldexp(rng.Float64()-0.5, rng.IntN(20)-10) },
	"wide":   func(rng *rand.Rand) float64 { return math.Ldexp(rng.Float64()-0.5, rng.IntN(120)-60) },
	"ties":   func(rng *rand.Rand) float64 { return float64(rng.IntN(9) - 4) },
	"nasty":  nasty[float64],
}

// checkFold compares the microkernel, evaluated in two goes, with the definition.
func checkFold[T Float](of Fold, tile Tile, program []uint64, rng *rand.Rand, value func(*rand.Rand) float64,
	fold func(of Fold, t Tile, stack []T, depth int, a, b []T, program []uint64)) error {
	k := 0
	for _, word := range program {
		k += int(uint32(word))
	}
	a, b := make([]T, k*tile.Rows), make([]T, k*tile.Cols)
	for i := range a {
		a[i] = T(value(rng))
	}
	for i := range b {
		b[i] = T(value(rng))
	}
	stack := make([]T, 2*len(program)*tile.Size())
	cut := rng.IntN(len(program))
	depth, terms := 0, 0
	for _, word := range program[:cut] {
		depth += 1 - int(word>>32)
		terms += int(uint32(word))
	}
	if cut > 0 {
		fold(of, tile, stack, 0, a, b, program[:cut])
	}
	fold(of, tile, stack, depth, a[terms*tile.Rows:], b[terms*tile.Cols:], program[cut:])
	x, y := make([]T, k), make([]T, k)
	for i := range tile.Size() {
		for t := range k {
			x[t], y[t] = a[t*tile.Rows+i/tile.Cols], b[t*tile.Cols+i%tile.Cols]
		}
		for node, want := range foldByDefinition(of, x, y, program) {
			h, l := stack[2*node*tile.Size()+i], stack[(2*node+1)*tile.Size()+i]
			if Bits(Canonical(h)) != Bits(Canonical(want[0])) || IsFinite(h) && Bits(l) != Bits(want[1]) {
				return fmt.Errorf("%x: element %d of node %d: got %x, %x, want %x", program, i, node, h, l, want)
			}
		}
	}
	return nil
}

func completesNodes(program []uint64) bool {
	nodes := uint64(0)
	for _, word := range program {
		nodes += word >> 32
	}
	return nodes > 0
}

func testFold[T Float](t *testing.T, tile Tile) {
	rng := rand.New(rand.NewPCG(33, 34))
	for _, of := range []Fold{PairsFold, KahanFold, NeumaierFold} {
		for _, program := range foldPrograms {
			if of != PairsFold && completesNodes(program) {
				continue
			}
			for name, value := range foldValues {
				for range 3 {
					require.NoError(t, checkFold(of, tile, program, rng, value, MicroFold[T]), "fold %d of %s", of, name)
				}
			}
		}
	}
}

func TestMicroFoldBackends(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("f64", func(t *testing.T) { testFold[float64](t, FoldTile[float64]()) })
		t.Run("f32", func(t *testing.T) { testFold[float32](t, FoldTile[float32]()) })
		t.Run("foreign", func(t *testing.T) { testFold[float32](t, Tile{3, 5}) })
	})
}

// The check sees a correction that is lost, one that is added twice, and children in the
// wrong places.
func TestMicroFoldCheckSeesFaults(t *testing.T) {
	type fold = func(of Fold, t Tile, stack []float64, depth int, a, b []float64, program []uint64)
	for name, fault := range map[string]fold{
		"a correction lost": func(of Fold, t Tile, stack []float64, depth int, a, b []float64, program []uint64) {
			MicroFold(of, t, stack, depth, a, b, program)
			stack[t.Size()+1] = 0
		},
		"renormalised": func(of Fold, t Tile, stack []float64, depth int, a, b []float64, program []uint64) {
			MicroFold(of, t, stack, depth, a, b, program)
			for i := range t.Size() {
				stack[i] += stack[t.Size()+i]
				stack[t.Size()+i] = 0
			}
		},
		"Neumaier for pairs": func(_ Fold, t Tile, stack []float64, depth int, a, b []float64, program []uint64) {
			MicroFold(NeumaierFold, t, stack, depth, a, b, program)
		},
	} {
		rng := rand.New(rand.NewPCG(35, 36))
		require.Error(t, checkFold(PairsFold, FoldTile[float64](), []uint64{Leaf(64, 0)}, rng, foldValues["spread"], fault), name)
	}
}

func BenchmarkMicroFold(b *testing.B) {
	for _, of := range []Fold{PairsFold, KahanFold, NeumaierFold} {
		b.Run(fmt.Sprintf("fold=%d/type=f32", of), func(b *testing.B) { benchFold[float32](b, of) })
		b.Run(fmt.Sprintf("fold=%d/type=f64", of), func(b *testing.B) { benchFold[float64](b, of) })
	}
}

func benchFold[T Float](b *testing.B, of Fold) {
	t, program := FoldTile[T](), []uint64{Leaf(1024, 0)}
	if of == PairsFold {
		program = nil
		for i := range 32 {
			nodes := 0
			for n := i + 1; n%2 == 0; n /= 2 {
				nodes++
			}
			program = append(program, Leaf(32, nodes))
		}
	}
	x, y, stack := make([]T, 1024*t.Rows), make([]T, 1024*t.Cols), make([]T, 16*t.Size())
	for b.Loop() {
		MicroFold(of, t, stack, 0, x, y, program)
	}
	b.ReportMetric(float64(2*1024*t.Size())*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
}
