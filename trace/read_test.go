package trace_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/trace"
	"github.com/sbinet/npyio/npy"
	"github.com/stretchr/testify/require"
)

// store writes tensors of one float32 zero each, of the given names.
func store(t *testing.T, metadata map[string]string, names ...string) string {
	t.Helper()
	var tensors []safetensors.Tensor
	for _, name := range names {
		tensors = append(tensors, safetensors.FromFloats(name, []int{1}, []float32{0}))
	}
	return storeTensors(t, metadata, tensors...)
}

func storeTensors(t *testing.T, metadata map[string]string, tensors ...safetensors.Tensor) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace.safetensors")
	require.NoError(t, safetensors.Write(path, metadata, tensors))
	return path
}

func names(tr *trace.Trace) []string {
	var all []string
	for _, s := range tr.Stages {
		all = append(all, s.Name)
	}
	return all
}

func TestOrderFromMetadata(t *testing.T) {
	tr := read(t, store(t, map[string]string{"order": `["c","a","b"]`}, "a", "b", "c"))
	require.Equal(t, []string{"c", "a", "b"}, names(tr))
	require.Equal(t, trace.Trace{Stages: tr.Stages}, *tr, "what is not said is zero")
}

func TestOrderFromNames(t *testing.T) {
	want := []string{
		"embed", "layers.2.attn_norm", "layers.2.attn.q", "layers.2.attn.q_norm", "layers.2.attn.q_rope", "layers.2.attn.scores",
		"layers.2.attn.out.rank.2", "layers.2.attn.out.rank.10", "layers.2.attn.out", "layers.2.mlp.down.rank.0", "layers.2.mlp.down", "layers.2.output",
		"layers.2.extra.9", "layers.2.extra.10", "layers.10.attn_norm", "final_norm", "logits",
		"h", "h.1", "h.01x", "h.1y", "h.9", "h.10", "h.x", "layers.x.output",
	}
	for seed := range uint64(10) {
		shuffled := append([]string{}, want...)
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(want), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		require.Equal(t, want, names(read(t, store(t, nil, shuffled...))))
	}
}

// A PyTorch trace without its metadata comes out in the order that they gave.
func TestOrderOfRealTraceFromNames(t *testing.T) {
	f, err := safetensors.Open(reference)
	require.NoError(t, err)
	var tensors []safetensors.Tensor
	for _, name := range f.Names() {
		x, err := f.Tensor(name)
		require.NoError(t, err)
		tensors = append(tensors, x)
	}
	require.Equal(t, names(read(t, reference)), names(read(t, storeTensors(t, nil, tensors...))))
}

func TestBatchDimensionOfOne(t *testing.T) {
	ones := func(name string, shape ...int) safetensors.Tensor {
		n := 1
		for _, d := range shape {
			n *= d
		}
		return safetensors.FromFloats(name, shape, make([]float32, n))
	}
	tr := read(t, storeTensors(t, nil,
		safetensors.FromInts("ids", []int{1, 2}, []int{8, 9}),
		ones("embed", 1, 2, 3), ones("layers.0.attn.q", 1, 2, 1, 3), ones("layers.0.attn.scores", 1, 2, 2), ones("logits", 1, 3)))
	require.Equal(t, []int{8, 9}, tr.IDs)
	var shapes [][]int
	for _, s := range tr.Stages {
		shapes = append(shapes, s.Shape)
	}
	require.Equal(t, [][]int{{2, 3}, {2, 1, 3}, {1, 2, 2}, {1, 3}}, shapes)
}

func TestReadErrors(t *testing.T) {
	ints := func(name string, shape ...int) safetensors.Tensor {
		return safetensors.FromInts(name, shape, make([]int, 4))
	}
	for path, want := range map[string]string{
		"absent": "absent: no such file",
		store(t, map[string]string{"order": `["a"]`}, "a", "b"): `tensor "b": metadata order does not list it`,
		store(t, map[string]string{"order": `["a","b"]`}, "a"):  `metadata order lists stage "b", which has no tensor`,
		store(t, map[string]string{"order": `["a","a"]`}, "a"):  `metadata order lists stage "a" twice`,
		store(t, map[string]string{"order": `a`}, "a"):          `metadata order is not a JSON list of stages`,
		store(t, map[string]string{"tp": "two"}, "a"):           `metadata tp is "two": want a number of ranks, 1 or more`,
		store(t, map[string]string{"tp": "0"}, "a"):             `metadata tp is "0"`,
		store(t, nil, "ids"):                                    `tensor "ids": dtype is F32: integers are I32 or I64`,
		storeTensors(t, nil, ints("ids", 2, 2)):                 `tensor "ids": shape [2 2]: want [tokens], of one sequence`,
		storeTensors(t, nil, ints("embed", 4)):                  `tensor "embed": dtype is I64: floats are F16`,
		t.TempDir():                                             "a folder without .npy files",
	} {
		_, err := trace.Read(path)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, path)
	}
}

// npyBytes is v as a .npy file.
func npyBytes(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, npy.Write(&b, v))
	return b.Bytes()
}

func TestReadFolder(t *testing.T) {
	dir := t.TempDir()
	for name, v := range map[string]any{
		"ids.npy": []int64{5}, "logits.npy": []float64{0.1}, "embed.npy": []float32{0.1}, "layers.0.output.npy": []float32{3},
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), npyBytes(t, v), 0o644))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("ignored"), 0o644))
	tr := read(t, dir)
	require.Equal(t, []int{5}, tr.IDs)
	require.Equal(t, []trace.Stage{
		{Name: "embed", Shape: []int{1}, Values: []float64{float64(float32(0.1))}},
		{Name: "layers.0.output", Shape: []int{1}, Values: []float64{3}},
		{Name: "logits", Shape: []int{1}, Values: []float64{0.1}},
	}, tr.Stages)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "bad.npy"), []byte("no array"), 0o644))
	_, err := trace.Read(dir)
	require.ErrorContains(t, err, dir+": bad: ")
}

func TestReadNPZ(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace.npz")
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	add := func(name string, v any) {
		w, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		require.NoError(t, err)
		_, err = w.Write(npyBytes(t, v))
		require.NoError(t, err)
	}
	add("logits.npy", []float64{0.1, 0.2})
	add("embed.npy", []float32{3})
	require.NoError(t, archive.Flush())
	once := b.Len()
	require.NoError(t, archive.Close())
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o644))
	require.Equal(t, []string{"embed", "logits"}, names(read(t, path)))

	damaged := bytes.Clone(b.Bytes())
	damaged[once-1] ^= 1 // the last byte of the last array
	require.NoError(t, os.WriteFile(path, damaged, 0o644))
	_, err := trace.Read(path)
	require.ErrorIs(t, err, zip.ErrChecksum)

	require.NoError(t, os.WriteFile(path, b.Bytes()[:once], 0o644))
	_, err = trace.Read(path)
	require.ErrorIs(t, err, zip.ErrFormat)
	require.ErrorContains(t, err, path)
}

func TestReadNPZWithANameTwice(t *testing.T) {
	for name, want := range map[string]string{"embed": `stage "embed" is there twice`, "ids": `tensor "ids" is there twice`} {
		path := filepath.Join(t.TempDir(), "trace.npz")
		var b bytes.Buffer
		archive := zip.NewWriter(&b)
		for range 2 {
			w, err := archive.Create(name + ".npy")
			require.NoError(t, err)
			_, err = w.Write(npyBytes(t, map[string]any{"embed": []float32{3}, "ids": []int64{3}}[name]))
			require.NoError(t, err)
		}
		require.NoError(t, archive.Close())
		require.NoError(t, os.WriteFile(path, b.Bytes(), 0o644))
		_, err := trace.Read(path)
		require.ErrorContains(t, err, want)
	}
}

// All that NumPy can make of the formats, in an .npz: float16, and bfloat16 as V2 and
// as uint16, one of them in Fortran order. The bytes are written by the format's page.
func TestReadNumPyHalves(t *testing.T) {
	dir := t.TempDir()
	for name, array := range map[string]string{
		"embed":              npyHalves("<f2", "False", "(1, 2)", 0x3c00, 0x0001),
		"layers.0.attn_norm": npyHalves("<V2", "False", "(1, 2)", 0x3f80, 0x0001),
		"layers.0.mlp_norm":  npyHalves("|V2", "False", "(1, 2)", 0xff80, 0x3f80),
		"layers.0.output":    npyHalves("<u2", "True", "(2, 2)", 0x3f80, 0x4000, 0x4040, 0x4080),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".npy"), []byte(array), 0o644))
	}
	require.Equal(t, []trace.Stage{
		{Name: "embed", Shape: []int{1, 2}, Values: []float64{1, 0x1p-24}},
		{Name: "layers.0.attn_norm", Shape: []int{1, 2}, Values: []float64{1, 0x1p-133}},
		{Name: "layers.0.mlp_norm", Shape: []int{1, 2}, Values: []float64{math.Inf(-1), 1}},
		{Name: "layers.0.output", Shape: []int{2, 2}, Values: []float64{1, 3, 2, 4}},
	}, read(t, dir).Stages)

	ids := filepath.Join(dir, "ids.npy")
	require.NoError(t, os.WriteFile(ids, []byte(npyHalves("<u2", "False", "(1,)", 3)), 0o644))
	_, err := trace.Read(dir)
	require.ErrorContains(t, err, `tensor "ids": dtype is BF16: integers are I32 or I64`)
}

// npyHalves is a .npy file of elements of two bytes.
func npyHalves(descr, fortran, shape string, elements ...uint16) string {
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", descr, fortran, shape)
	text += strings.Repeat(" ", 63-(10+len(text))%64) + "\n"
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(text)), byte(len(text)>>8))
	b = append(b, text...)
	for _, e := range elements {
		b = binary.LittleEndian.AppendUint16(b, e)
	}
	return string(b)
}
