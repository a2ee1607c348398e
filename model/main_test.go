package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// small is a random model: 3 layers, width 48, 6 heads, 96 tokens.
const small = "testdata/gpt2"

func loadSmall(t require.TestingT) *Checkpoint {
	c, err := Load(small)
	require.NoError(t, err)
	return c
}

// fill gives the folder random tensors as its configuration asks for them.
func (f folder) fill(t require.TestingT, rng *rand.Rand) {
	config, err := json.Marshal(f.config)
	require.NoError(t, err)
	c, names, err := parseConfig(config)
	require.NoError(t, err)
	needs := names.outerNeeds(c)
	for i := range c.Layers {
		needs = append(needs, names.layerNeeds(c, i)...)
	}
	for _, n := range needs {
		size := 1
		for _, d := range n.shape {
			size *= d
		}
		values := make([]float32, size)
		for i := range values {
			values[i] = rng.Float32() - 0.5
		}
		f.tensors[n.name] = safetensors.FromFloats(n.name, n.shape, values)
	}
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

func cutHeads(c Config, ranks, rank int) reduce.Span { return tp.Cut(c.Heads, ranks, rank) }

// setup says how a test runs a model.
type setup struct {
	order          reduce.Order
	ranks, threads int
}

func build[T Float](t require.TestingT, c *Checkpoint, s setup) *Model[T] {
	b, err := gemm.NewNative[T](s.order, s.threads)
	require.NoError(t, err)
	m, err := New(c, Options[T]{Backend: b, Ranks: s.ranks})
	require.NoError(t, err)
	return m
}

// matrices is a backend of the methods of Backend alone: it packs matrices that were read
// whole, widened, and multiplies keys and values as matrices.
type matrices[T Float] struct{ gemm.Backend[T] }

func logits[T Float](t *testing.T, m *Model[T], ids []int) []T {
	out, err := m.Logits(t.Context(), ids)
	require.NoError(t, err)
	require.Equal(t, []int{len(ids), m.Config().Vocabulary}, []int{out.Rows, out.Cols})
	return out.Data
}

// orders lists the orders that apply to T and fulfil the condition.
func orders[T Float](where func(reduce.Order) bool) []reduce.Order {
	return slices.DeleteFunc(reduce.Orders(7), func(o reduce.Order) bool { return reduce.Check[T](o) != nil || !where(o) })
}

func deterministic(o reduce.Order) bool { return o != reduce.Arrival }

func every(reduce.Order) bool { return true }

func bitsOf[T Float](x []T) []uint64 {
	b := make([]uint64, len(x))
	for i, v := range x {
		b[i] = kernel.Bits(v)
	}
	return b
}

// worst returns the largest |got - want|, +Inf if any is not finite.
func worst[T, W Float](got []T, want []W) float64 {
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

// trace keeps what a Recorder is told.
type trace[T Float] struct {
	names  []string
	shapes map[string][]int
	values map[string][]T
}

func (tr *trace[T]) Record(stage string, shape []int, values []T) {
	tr.names = append(tr.names, stage)
	tr.shapes[stage] = slices.Clone(shape)
	tr.values[stage] = slices.Clone(values)
}

func record[T Float](t *testing.T, m *Model[T], ids []int) *trace[T] {
	tr := &trace[T]{nil, map[string][]int{}, map[string][]T{}}
	_, err := m.Trace(t.Context(), ids, tr)
	require.NoError(t, err)
	return tr
}

// folder is the contents of a model's folder, to be changed by a test.
type folder struct {
	config  map[string]any
	tensors map[string]safetensors.Tensor
}

func smallFolder(t *testing.T) folder {
	file, err := safetensors.Open(small + "/model.safetensors")
	require.NoError(t, err)
	f := folder{map[string]any{
		"model_type": "gpt2", "n_layer": 3, "n_embd": 48, "n_head": 6, "n_positions": 64, "vocab_size": 96,
	}, map[string]safetensors.Tensor{}}
	for _, name := range file.Names() {
		f.tensors[name], err = file.Tensor(name)
		require.NoError(t, err)
	}
	return f
}

// set replaces the elements of a tensor by f of their index and value.
func set[T Float](t *testing.T, f folder, name string, value func(i int, x T) T) {
	x, err := safetensors.Floats[T](f.tensors[name])
	require.NoError(t, err)
	for i, v := range x {
		x[i] = value(i, v)
	}
	f.tensors[name] = safetensors.FromFloats(name, f.tensors[name].Shape, x)
}

func (f folder) fs(t require.TestingT) fstest.MapFS {
	config, err := json.Marshal(f.config)
	require.NoError(t, err)
	var data bytes.Buffer
	require.NoError(t, safetensors.WriteTo(&data, nil, slices.Collect(maps.Values(f.tensors))))
	return fstest.MapFS{"config.json": {Data: config}, "model.safetensors": {Data: data.Bytes()}}
}

// split returns the folder with its tensors in n files and an index.
func (f folder) split(t require.TestingT, n int) fstest.MapFS {
	whole := f.fs(t)
	files := make([][]safetensors.Tensor, n)
	index := map[string]string{}
	name := func(k int) string { return fmt.Sprintf("model-%05d-of-%05d.safetensors", k+1, n) }
	for i, tensor := range slices.Sorted(maps.Keys(f.tensors)) {
		files[i%n] = append(files[i%n], f.tensors[tensor])
		index[tensor] = name(i % n)
	}
	out := fstest.MapFS{"config.json": whole["config.json"]}
	for k, tensors := range files {
		var data bytes.Buffer
		require.NoError(t, safetensors.WriteTo(&data, nil, tensors))
		out[name(k)] = &fstest.MapFile{Data: data.Bytes()}
	}
	text, err := json.Marshal(map[string]any{"metadata": map[string]any{"total_size": 1}, "weight_map": index})
	require.NoError(t, err)
	out["model.safetensors.index.json"] = &fstest.MapFile{Data: text}
	return out
}

func (f folder) load(t require.TestingT) *Checkpoint {
	c, err := LoadFS(f.fs(t))
	require.NoError(t, err)
	return c
}
