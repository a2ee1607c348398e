package model

import (
	"fmt"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// A token allocates nothing, but for a page of keys and values once in 32 tokens.
func TestTokensAllocateNothing(t *testing.T) {
	if raceDetector {
		t.Skip("a sync.Pool forgets, at random")
	}
	defer startEarly()()
	for _, family := range Families() {
		for _, threads := range []int{1, 2} {
			f := plain(t, family)
			f.config["max_position_embeddings"], f.config["n_positions"] = 80, 80
			f.tensors = map[string]safetensors.Tensor{}
			f.fill(t, newRand(1))
			s := build[float32](t, f.load(t), setup{reduce.Pairwise, 1, threads}).NewSession()
			ids := make([]int, 36)
			for range 2 { // of two sizes
				_, err := s.Next(t.Context(), ids[:1])
				require.NoError(t, err)
				_, err = s.Next(t.Context(), ids[:17])
				require.NoError(t, err)
			}
			ctx := t.Context()
			require.Equal(t, 36, s.Tokens())
			require.Zero(t, testing.AllocsPerRun(20, func() {
				if _, err := s.Next(ctx, ids[:1]); err != nil {
					t.Fatal(err)
				}
			}), "%s, %d threads", family, threads)
		}
	}
}

// startEarly makes passes start goroutines for the least work, until it is undone.
func startEarly() (undo func()) {
	before := manyOperations
	manyOperations = 1
	return func() { manyOperations = before }
}

// How keys, values and weights are held, and who works on them, changes no bit.
func TestHoldingDoesNotChangeTheBits(t *testing.T) {
	t.Run("float32", testHolding[float32])
	t.Run("float64", testHolding[float64])
}

func testHolding[T Float](t *testing.T) {
	defer startEarly()()
	for _, family := range Families() {
		c := goldenModel(t, family) // windows, where the family has them
		ids := make([]int, 20)
		for i := range ids {
			ids[i] = (i*i + 3) % min(11, c.Config.Vocabulary)
		}
		for _, order := range []reduce.Order{reduce.Pairwise, reduce.Sequential} {
			native, err := gemm.NewNative[T](order, 1)
			require.NoError(t, err)
			m, err := New(c, Options[T]{Backend: matrices[T]{native}})
			require.NoError(t, err)
			want := logits(t, m, ids)
			for _, threads := range []int{1, 3} {
				m := build[T](t, c, setup{order, 1, threads})
				require.Equal(t, bitsOf(want), bitsOf(logits(t, m, ids)), "%s, %v, %d threads", family, order, threads)

				s := m.NewSession()
				for _, cut := range [][2]int{{0, 5}, {5, 6}, {6, 20}} {
					last, err := s.Next(t.Context(), ids[cut[0]:cut[1]])
					require.NoError(t, err)
					row := want[(cut[1]-1)*c.Config.Vocabulary:][:c.Config.Vocabulary]
					require.Equal(t, bitsOf(row), bitsOf(last), "%s, %v, Next of [%d, %d)", family, order, cut[0], cut[1])
				}
			}
			if order == reduce.Pairwise {
				traced, alone := record(t, m, ids), record(t, build[T](t, c, setup{order, 1, 3}), ids)
				require.Equal(t, traced.names, alone.names)
				for _, name := range traced.names {
					require.Equal(t, traced.shapes[name], alone.shapes[name])
					require.Equal(t, bitsOf(traced.values[name]), bitsOf(alone.values[name]), "%s, %s", family, name)
				}
			}
		}
	}
}

// A value that is not finite reaches the tokens that see it, and no others, in a batch too.
func TestOverflowOfOneTokenStaysThere(t *testing.T) {
	f := smallFolder(t)
	set(t, f, "transformer.wte.weight", func(i int, x float32) float32 {
		if i/48 == 95 && i%48 < 24 { // a row, whose norm overflows
			return 3e38
		}
		return x
	})
	c, ids := f.load(t), []int{1, 2, 3, 4, 95, 6, 7, 8}
	native, err := gemm.NewNative[float32](reduce.Pairwise, 1)
	require.NoError(t, err)
	m, err := New(c, Options[float32]{Backend: matrices[float32]{native}})
	require.NoError(t, err)
	want, got := logits(t, m, ids), logits(t, build[float32](t, c, setup{reduce.Pairwise, 1, 1}), ids)
	require.Equal(t, bitsOf(want), bitsOf(got))
	v := c.Config.Vocabulary
	require.True(t, got[3*v] == got[3*v], "before it")
	require.False(t, got[5*v] == got[5*v], "after it")
}

// counted counts how weights are packed.
type counted struct {
	gemm.Native[float32]
	rows, stored *int
}

func (c counted) PackRows(b gemm.RowSource[float32], trans bool, place gemm.Contraction) (gemm.Packed[float32], error) {
	*c.rows++
	return c.Native.PackRows(b, trans, place)
}

func (c counted) PackStoredRows(of gemm.Stored, b gemm.RowSource[uint16], trans bool, place gemm.Contraction) (gemm.Packed[float32], bool, error) {
	*c.stored++
	return c.Native.PackStoredRows(of, b, trans, place)
}

// Weights of 16 bits stay so in memory: all divided matrices of every family.
func TestStoredWeightsStayStored(t *testing.T) {
	for _, family := range Families() {
		f := plain(t, family)
		for _, storage := range []safetensors.DType{safetensors.F32, safetensors.BF16} {
			g := f
			if storage == safetensors.BF16 {
				g = f.halved()
			}
			native, err := gemm.NewNative[float32](reduce.Pairwise, 1)
			require.NoError(t, err)
			b := counted{native, new(int), new(int)}
			c := g.load(t)
			_, err = New(c, Options[float32]{Backend: b, Ranks: 2})
			require.NoError(t, err)
			all := 2 * (4*c.Config.Layers + 1)
			want := [2]int{all, 0}
			if storage == safetensors.BF16 {
				want = [2]int{0, all}
			}
			require.Equal(t, want, [2]int{*b.rows, *b.stored}, "%s, %s", family, storage)
		}
	}
}

// Mixed storage of the matrices side by side in one layer is widened.
func TestStoredWeightsBesideOthers(t *testing.T) {
	f := plain(t, "llama")
	half := f.halved()
	mixed := folder{f.config, map[string]safetensors.Tensor{}}
	exact := folder{f.config, map[string]safetensors.Tensor{}}
	i := 0
	for name, tensor := range half.tensors {
		x, err := safetensors.Floats[float32](tensor)
		require.NoError(t, err)
		exact.tensors[name] = safetensors.FromFloats(name, tensor.Shape, x)
		mixed.tensors[name] = tensor
		if i++; i%2 == 0 {
			mixed.tensors[name] = exact.tensors[name]
		}
	}
	ids := []int{3, 1, 4, 1, 5}
	want := bitsOf(logits(t, build[float32](t, exact.load(t), setup{reduce.Pairwise, 1, 1}), ids))
	for name, g := range map[string]folder{"mixed": mixed, "bfloat16": half} {
		for _, ranks := range []int{1, 2, 3} {
			got := logits(t, build[float32](t, g.load(t), setup{reduce.Pairwise, ranks, 1}), ids)
			require.Equal(t, want, bitsOf(got), fmt.Sprint(name, ranks))
		}
	}
}
