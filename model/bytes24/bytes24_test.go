package bytes24

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// worst returns the largest |got - want|, +Inf if any is not finite.
func worst[T, W gemm.Float](got []T, want []W) float64 {
	w := 0.0
	for i, g := range got {
		d := math.Abs(float64(g) - float64(want[i]))
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		w = max(w, d)
	}
	return w
}

func argmax[T gemm.Float](x []T) int { return slices.Index(x, slices.Max(x)) }

func build[T gemm.Float](t *testing.T, order reduce.Order, ranks int) *model.Model[T] {
	c, err := Load()
	require.NoError(t, err)
	b, err := gemm.NewNative[T](order, 2)
	require.NoError(t, err)
	m, err := model.New(c, model.Options[T]{Backend: b, Ranks: ranks})
	require.NoError(t, err)
	return m
}

func logits[T gemm.Float](t *testing.T, order reduce.Order, ranks int, ids []int) []T {
	out, err := build[T](t, order, ranks).Logits(context.Background(), ids)
	require.NoError(t, err)
	return out.Data
}

func TestLogitsAgreeWithPyTorch(t *testing.T) {
	want, err := LoadExpected()
	require.NoError(t, err)
	got64 := logits[float64](t, reduce.Pairwise, 1, want.IDs)
	require.Len(t, got64, len(want.Logits64))
	d := worst(got64, want.Logits64)
	t.Logf("float64: %.3g from PyTorch's float64", d)
	require.Less(t, d, 1e-11)
	got32 := logits[float32](t, reduce.Pairwise, 1, want.IDs)
	d = worst(got32, want.Logits64)
	t.Logf("float32: %.3g from PyTorch's float64; PyTorch's own float32: %.3g", d, worst(want.Logits32, want.Logits64))
	require.Less(t, d, 2e-4)
}

func TestGreedyContinuation(t *testing.T) {
	e, err := LoadExpected()
	require.NoError(t, err)
	s := build[float32](t, reduce.Pairwise, 2).NewSession()
	var got []int
	for next := e.Prompt; len(got) < len(e.Continued); {
		out, err := s.Next(context.Background(), next)
		require.NoError(t, err)
		next = []int{argmax(out)}
		got = append(got, next...)
	}
	require.NotEmpty(t, got)
	require.Equal(t, e.Continued, got)
}

func TestEncode(t *testing.T) {
	require.Equal(t, []int{'d', 'e', 'f', 0xc3, 0xa9}, Encode("def\u00e9"))
}
