package bytes24

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// way is a way to run the model, drawn at random.
type way struct {
	ranks, threads, backend int
	widened                 bool  // weights stored in float32
	cuts                    []int // where calls end
	neighbours              int   // sequences that run at the same time
}

func drawWay(rng *rand.Rand, tokens int) way {
	vector := max(len(kernel.Backends())-1-rng.IntN(2), min(1, len(kernel.Backends())-1)) // golden digests are of the portable one, too
	w := way{1 + rng.IntN(8), 1 + rng.IntN(3), vector, rng.IntN(2) == 0, nil, rng.IntN(3)}
	at := rng.IntN(tokens)
	w.cuts = append(w.cuts, at) // a prompt, and what follows in pieces
	for at < tokens {
		at = min(tokens, at+1+rng.IntN(3)*rng.IntN(2))
		w.cuts = append(w.cuts, at)
	}
	return w
}

// widenedFolder is the embedded model with its weights in float32.
func widenedFolder(t *testing.T) *model.Checkpoint {
	all, err := safetensors.OpenFolder(FS(), "model.safetensors")
	require.NoError(t, err)
	var tensors []safetensors.Tensor
	for _, name := range all.Names() {
		tensor, _, err := all.Tensor(name)
		require.NoError(t, err)
		x, err := safetensors.Floats[float32](tensor)
		require.NoError(t, err)
		tensors = append(tensors, safetensors.FromFloats(name, tensor.Shape, x))
	}
	config, err := files.ReadFile("config.json")
	require.NoError(t, err)
	var weights bytes.Buffer
	require.NoError(t, safetensors.WriteTo(&weights, nil, tensors))
	c, err := model.LoadFS(fstest.MapFS{"config.json": {Data: config}, "model.safetensors": {Data: weights.Bytes()}})
	require.NoError(t, err)
	return c
}

// run feeds the ids to a session of the model, while its neighbours read others.
func (w way) run(t *testing.T, m *model.Model[float32], ids []int) []uint64 {
	var wait sync.WaitGroup
	for n := range w.neighbours {
		other := slices.Clone(ids[:3])
		other[0] = n
		wait.Go(func() {
			if _, err := m.Logits(t.Context(), other); err != nil {
				t.Error(err)
			}
		})
	}
	var bits []uint64
	s := m.NewSession()
	for _, end := range w.cuts {
		if end == s.Tokens() {
			continue
		}
		out, err := s.Forward(t.Context(), ids[s.Tokens():end], nil)
		require.NoError(t, err)
		for _, x := range out.Data {
			bits = append(bits, kernel.Bits(x))
		}
	}
	wait.Wait()
	return bits
}

// However the model is run, an order that does not depend on cuts gives one set of bits: a
// sample, as package model draws all ways for small models.
func TestEveryWayHasTheSameBits(t *testing.T) {
	embedded, err := Load()
	require.NoError(t, err)
	widened := widenedFolder(t)
	ids := Encode("def tick(n):")
	rng := rand.New(rand.NewPCG(24, 5))
	for _, order := range []reduce.Order{reduce.Pairwise, reduce.DoubleDouble, reduce.Widened, reduce.Exact} {
		var want []uint64
		for i := range 3 {
			w := way{ranks: 1, threads: 1, cuts: []int{len(ids)}}
			if i > 0 {
				w = drawWay(rng, len(ids))
			}
			checkpoint := embedded
			if w.widened {
				checkpoint = widened
			}
			restore := kernel.Use(kernel.Backends()[w.backend])
			b, err := gemm.NewNative[float32](order, w.threads)
			require.NoError(t, err)
			m, err := model.New(checkpoint, model.Options[float32]{Backend: b, Ranks: w.ranks})
			require.NoError(t, err)
			got := w.run(t, m, ids)
			restore()
			if i == 0 {
				want = got
			}
			require.Equal(t, want, got, "%v, %+v", order, w)
		}
	}
}
