package tp_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

func TestParseFault(t *testing.T) {
	for _, f := range append(tp.Faults(), tp.NoFault) {
		got, err := tp.ParseFault(string(f))
		require.NoError(t, err)
		require.Equal(t, f, got)
	}
	_, err := tp.ParseFault("bias")
	require.EqualError(t, err, `unknown fault "bias": want one of qkv-contiguous-shard, bias-every-rank, allreduce-race`)
}

func TestFaultsLeaveOneRankRight(t *testing.T) {
	l := newMLP[float32](rand.New(rand.NewPCG(17, 18)), reduce.Pairwise)
	for _, order := range orders[float32]() {
		b := native[float32](t, order)
		want := l.results(t, 1, b, tp.NoFault)[0]
		for _, f := range tp.Faults() {
			require.Equal(t, bitsOf(want), bitsOf(l.results(t, 1, b, f)[0]), "%v, %v", order, f)
		}
	}
}

func TestBiasEveryRankAddsItOnceARank(t *testing.T) {
	l := newMLP[float64](rand.New(rand.NewPCG(19, 20)), reduce.Arrival) // integers
	b := native[float64](t, reduce.Pairwise)
	right := l.results(t, 1, b, tp.NoFault)[0]
	for size := 1; size <= 4; size++ {
		for _, got := range l.results(t, size, b, tp.BiasEveryRank) {
			for i, v := range got {
				require.Equal(t, right[i]+float64(float64(size-1)*l.downBias[i%len(l.downBias)]), v)
			}
		}
	}
}

// Each rank adds ones to ones: what is less than the number of ranks was lost, or
// read before it was there. No addition can be made twice.
func TestRaceAllReduceLosesAdditions(t *testing.T) {
	const size, n = 4, 1 << 14
	b := native[float32](t, reduce.Pairwise)
	ones := make([]float32, n)
	for i := range ones {
		ones[i] = 1
	}
	for range 200 {
		missing := [size]int{}
		run(t, size, func(ctx context.Context, r *tp.Rank) error {
			place := gemm.Contraction{K: size, From: r.ID(), Leaf: 1}
			l, err := tp.NewRowParallel(b, gemm.Dense(1, n, ones), false, place, nil, tp.RaceAllReduce)
			if err != nil {
				return err
			}
			y, err := l.Forward(ctx, r, gemm.Dense(1, 1, ones[:1]))
			for _, v := range y.Data {
				missing[r.ID()] += size - int(v)
			}
			return err
		})
		for _, m := range missing {
			require.GreaterOrEqual(t, m, 0)
			if m > 0 {
				return
			}
		}
	}
	require.Fail(t, "nothing was lost in 200 runs")
}
