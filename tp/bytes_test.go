package tp_test

import (
	"context"
	"math"
	"runtime"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

// shape is a row-parallel layer of a real model: its terms, and the items that are cut
// for the ranks, of so many terms each.
type shape struct {
	name        string
	terms, item int
}

// The down projections are cut between leaves, the attention output between heads.
var shapes = []shape{
	{"gpt2-medium down", 4096, 32},
	{"Llama-2-7B out", 4096, 128},
	{"Llama-2-7B down", 11008, 32},
	{"Qwen2-7B down", 18944, 32},
}

// bytesSent runs the all-reduce of a product of that shape in float32, and returns what
// each rank sends.
func bytesSent(t *testing.T, s shape, size, elements int) []int64 {
	b := native[float32](t, reduce.Pairwise)
	sent := make([]int64, size)
	run(t, size, func(ctx context.Context, r *tp.Rank) error {
		defer func() { sent[r.ID()] = r.BytesSent() }()
		own := tp.CutAligned(s.terms, s.item, size, r.ID())
		place := gemm.Contraction{K: s.terms, From: own.Lo, Leaf: 32}
		w, err := b.Pack(gemm.NewMatrix[float32](own.Len(), elements), false, place)
		if err != nil {
			return err
		}
		part, err := b.Partial(gemm.NewMatrix[float32](1, own.Len()), w)
		if err != nil {
			return err
		}
		return tp.AllReducePartial(ctx, r, part, make([]float32, elements))
	})
	return sent
}

// ringBytes is what a ring all-reduce sends from each rank.
func ringBytes(size, elements int) float64 {
	return 2 * float64(size-1) / float64(size) * 4 * float64(elements)
}

// moved says how many times what a ring sends the rank sends that sends most, and the
// ranks on average, with 3, 5, 6 and 7 ranks. It is the table of the documentation of
// package tp.
var moved = map[string][4][2]float64{
	"gpt2-medium down": {{3.5, 2.67}, {3.5, 2.6}, {3, 2.33}, {3.5, 2.5}},
	"Llama-2-7B out":   {{2.5, 2}, {2, 1.8}, {2, 1.67}, {2, 1.64}},
	"Llama-2-7B down":  {{3.5, 2.67}, {4, 3.1}, {3, 2.33}, {4.5, 3.14}},
	"Qwen2-7B down":    {{4.5, 3.17}, {4.5, 3.7}, {3.5, 2.83}, {4.5, 3}},
}

// Where a rank has one node, it sends what a ring sends; where shards are ragged, the
// nodes of its cover in place of one.
func TestBytesOfRealShapes(t *testing.T) {
	const elements = 840 // which every number of ranks divides
	for _, s := range shapes {
		for _, size := range []int{2, 4, 8} {
			for rank, b := range bytesSent(t, s, size, elements) {
				require.EqualValues(t, ringBytes(size, elements), b, "%s, rank %d of %d", s.name, rank, size)
			}
		}
		var got [4][2]float64
		for i, size := range []int{3, 5, 6, 7} {
			most, all := 0.0, 0.0
			for _, b := range bytesSent(t, s, size, elements) {
				ratio := float64(b) / ringBytes(size, elements)
				most, all = max(most, ratio), all+ratio/float64(size)
			}
			got[i] = [2]float64{math.Round(100*most) / 100, math.Round(100*all) / 100}
		}
		require.Equal(t, moved[s.name], got, s.name)
	}
}

// An all-reduce in one process copies nothing that it need not: each rank makes the
// joined nodes and the finished elements of its share, and the result is the caller's.
func TestAllReduceAllocatesItsShareAlone(t *testing.T) {
	const size, elements = 4, 1 << 20
	b := native[float32](t, reduce.Pairwise)
	parts, out := make([]*gemm.Partial[float32], size), make([][]float32, size)
	for rank := range parts {
		w, err := b.Pack(gemm.NewMatrix[float32](32, elements), false, gemm.Contraction{K: 32 * size, From: 32 * rank, Leaf: 32})
		require.NoError(t, err)
		parts[rank], err = b.Partial(gemm.NewMatrix[float32](1, 32), w)
		require.NoError(t, err)
		out[rank] = make([]float32, elements)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run(t, size, func(ctx context.Context, r *tp.Rank) error {
		return tp.AllReducePartial(ctx, r, parts[r.ID()], out[r.ID()])
	})
	runtime.ReadMemStats(&after)
	// Of its share a rank joins size - 1 pairs of nodes and finishes one.
	require.Less(t, float64(after.TotalAlloc-before.TotalAlloc), 1.05*4*elements*size)
}
