package model_test

import (
	"context"
	"testing"
	"time"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

// slow is a backend whose every product takes its time.
type slow struct{ gemm.Native[float32] }

func (s slow) Mul(a gemm.Matrix[float32], w gemm.Packed[float32], c gemm.Matrix[float32]) error {
	time.Sleep(50 * time.Millisecond)
	return s.Native.Mul(a, w, c)
}

func TestDeadlineIsTheCallers(t *testing.T) {
	checkpoint, err := model.Load("testdata/gpt2")
	require.NoError(t, err)
	native, err := gemm.NewNative[float32](reduce.Pairwise, 1)
	require.NoError(t, err)
	m, err := model.New(checkpoint, model.Options[float32]{Backend: slow{native}, Ranks: 2, Deadline: time.Nanosecond})
	require.NoError(t, err)
	_, err = m.Logits(context.Background(), []int{1, 2})
	var rank *tp.RankError
	require.ErrorAs(t, err, &rank)
	require.ErrorContains(t, err, "within 1ns")
}
