package trace_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/trace"
	"github.com/stretchr/testify/require"
)

const (
	reference = "testdata/reference.safetensors"
	float64s  = "testdata/f64.safetensors"
	bfloats   = "testdata/bf16.safetensors"
)

func read(t *testing.T, path string) *trace.Trace {
	t.Helper()
	tr, err := trace.Read(path)
	require.NoError(t, err)
	return tr
}

// requireSame checks that two traces are equal in all fields and bits.
func requireSame(t *testing.T, want, got *trace.Trace) {
	t.Helper()
	differences, err := trace.Compare(want, got)
	require.NoError(t, err)
	for i, d := range differences {
		require.True(t, d.Same, d)
		require.Equal(t, want.Stages[i].Name, got.Stages[i].Name)
		require.Equal(t, want.Stages[i].Shape, got.Stages[i].Shape)
	}
	a, b := *want, *got
	a.Stages, b.Stages = nil, nil
	require.Equal(t, a, b)
}

func TestRealTraces(t *testing.T) {
	for path, dtype := range map[string]string{reference: "f32", float64s: "f64", bfloats: "bf16"} {
		tr := read(t, path)
		require.Equal(t, dtype, tr.DType)
		require.Equal(t, "gpt2", tr.Model)
		require.Equal(t, "cpu", tr.Device)
		require.Equal(t, 1, tr.TP)
		require.Len(t, tr.IDs, 12)
		require.Len(t, tr.Stages, 45)
		require.Equal(t, "embed", tr.Stages[0].Name)
		require.Equal(t, "layers.0.attn_norm", tr.Stages[1].Name)
		require.Equal(t, "logits", tr.Stages[44].Name)
		require.Equal(t, []int{12, 96}, tr.Stages[44].Shape)
		scores, ok := tr.Stage("layers.2.attn.scores")
		require.True(t, ok)
		require.Equal(t, []int{6, 12, 12}, scores.Shape)
		require.Equal(t, math.Inf(-1), scores.Values[1], "masked")
		_, ok = tr.Stage("layers.3.attn.scores")
		require.False(t, ok)
	}
}

// The distances between the three arithmetics are those of their unit roundoffs.
func TestRealTracesDifferByRounding(t *testing.T) {
	exact := read(t, float64s)
	for path, most := range map[string]float64{reference: 1e-5, bfloats: 0.5} {
		differences, err := trace.Compare(exact, read(t, path))
		require.NoError(t, err)
		last := differences[len(differences)-1]
		require.Equal(t, "logits", last.Stage)
		require.Less(t, last.Max, most, path)
		require.Greater(t, last.Max, most/1000, path)
	}
}

func TestWriteAndReadAgain(t *testing.T) {
	for _, path := range []string{reference, float64s, bfloats} {
		want := read(t, path)
		want.SpecVersion = "1"
		first := filepath.Join(t.TempDir(), "first")
		require.NoError(t, want.Write(first))
		got := read(t, first)
		requireSame(t, want, got)

		second := filepath.Join(t.TempDir(), "second")
		require.NoError(t, got.Write(second))
		requireSameFile(t, first, second)
	}
}

func requireSameFile(t *testing.T, a, b string) {
	t.Helper()
	bytesA, err := os.ReadFile(a)
	require.NoError(t, err)
	bytesB, err := os.ReadFile(b)
	require.NoError(t, err)
	require.Equal(t, bytesA, bytesB)
}

func TestRecorder(t *testing.T) {
	t.Run("float32", func(t *testing.T) { testRecorder[float32](t, "f32", safetensors.F32) })
	t.Run("float64", func(t *testing.T) { testRecorder[float64](t, "f64", safetensors.F64) })
}

func testRecorder[T kernel.Float](t *testing.T, dtype string, stored safetensors.DType) {
	var r trace.Recorder[T]
	values := []T{T(0.1), T(math.Inf(-1)), kernel.NaN[T](), T(math.Copysign(0, -1)), T(math.SmallestNonzeroFloat32), 5}
	shape := []int{2, 3}
	r.Record("z", shape, values)
	r.Record("a", []int{0, 3}, nil)
	before := r.Trace()
	values[0], shape[0] = 7, 7 // the recorder has copies
	r.Record("later", []int{1}, []T{1})
	require.Len(t, before.Stages, 2)

	tr := r.Trace()
	require.Equal(t, dtype, tr.DType)
	require.Equal(t, []int{2, 3}, tr.Stages[0].Shape)
	require.Equal(t, float64(T(0.1)), tr.Stages[0].Values[0])
	tr.IDs, tr.TP, tr.Model, tr.Device, tr.SpecVersion = []int{3, 1, 2}, 4, "m", "d", "1"
	path := filepath.Join(t.TempDir(), "trace")
	require.NoError(t, tr.Write(path))
	requireSame(t, tr, read(t, path))
	require.Equal(t, stored, storedAs(t, path, "z"))
	require.Equal(t, stored, storedAs(t, path, "a"))
}

// storedAs is the dtype of a tensor in the file at path.
func storedAs(t *testing.T, path, name string) safetensors.DType {
	t.Helper()
	f, err := safetensors.Open(path)
	require.NoError(t, err)
	x, err := f.Tensor(name)
	require.NoError(t, err)
	return x.DType
}

func TestRecorderPanics(t *testing.T) {
	var r trace.Recorder[float32]
	r.Record("x", []int{1}, []float32{1})
	require.PanicsWithValue(t, `trace: stage "x" is recorded twice`, func() { r.Record("x", []int{1}, []float32{1}) })
	require.PanicsWithValue(t, `safetensors: tensor "y": shape [2 2] asks for 4 elements, given 3`,
		func() { r.Record("y", []int{2, 2}, make([]float32, 3)) })
}

// A value that no float32 equals is kept, whatever the trace says of its arithmetic.
func TestWriteLosesNothing(t *testing.T) {
	tr := &trace.Trace{DType: "f32", Stages: []trace.Stage{
		{Name: "narrow", Shape: []int{1}, Values: []float64{0.5}}, {Name: "wide", Shape: []int{1}, Values: []float64{0.1}},
	}}
	path := filepath.Join(t.TempDir(), "trace")
	require.NoError(t, tr.Write(path))
	requireSame(t, tr, read(t, path))
	require.Equal(t, safetensors.F32, storedAs(t, path, "narrow"))
	require.Equal(t, safetensors.F64, storedAs(t, path, "wide"))
}

func TestWriteRefuses(t *testing.T) {
	x := trace.Stage{Name: "x", Shape: []int{1}, Values: []float64{1}}
	path := filepath.Join(t.TempDir(), "trace")
	err := (&trace.Trace{Stages: []trace.Stage{x, x}}).Write(path)
	require.ErrorContains(t, err, `tensor "x": given twice`)
	x.Name = "ids"
	err = (&trace.Trace{IDs: []int{1}, Stages: []trace.Stage{x}}).Write(path)
	require.ErrorContains(t, err, `tensor "ids": given twice`)
	require.NoFileExists(t, path)
}

func TestRankRecorder(t *testing.T) {
	var r trace.RankRecorder[float32]
	r.RecordRank("layers.0.attn.out", 0, []int{1}, []float32{1})
	r.RecordRank("layers.0.attn.out", 1, []int{1}, []float32{2})
	r.Record("layers.0.attn.out", []int{1}, []float32{3})
	require.Equal(t, []string{"layers.0.attn.out.rank.0", "layers.0.attn.out.rank.1", "layers.0.attn.out"}, names(r.Trace()))
}

func TestSplitRank(t *testing.T) {
	for rank := range 12 {
		whole, got, ok := trace.SplitRank(trace.RankStage("layers.3.mlp.down", rank))
		require.True(t, ok)
		require.Equal(t, "layers.3.mlp.down", whole)
		require.Equal(t, rank, got)
	}
	for _, stage := range []string{"layers.3.mlp.down", "a.rank.", "a.rank.x", "a.rank.-1", "a.rank.01", "rank.1", ""} {
		whole, _, ok := trace.SplitRank(stage)
		require.False(t, ok, stage)
		require.Equal(t, stage, whole)
	}
}
