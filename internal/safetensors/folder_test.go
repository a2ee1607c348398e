package safetensors

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func encoded(t require.TestingT, tensors ...Tensor) []byte {
	var b bytes.Buffer
	require.NoError(t, WriteTo(&b, nil, tensors))
	return b.Bytes()
}

func TestFolderOfOneFile(t *testing.T) {
	x := FromFloats("x", []int{2, 2}, []float32{1, 2, 3, 4})
	f, err := OpenFolder(fstest.MapFS{"w": {Data: encoded(t, x)}}, "w")
	require.NoError(t, err)
	got, file, err := f.Tensor("x")
	require.NoError(t, err)
	require.Equal(t, "w", file)
	require.Equal(t, x, got)
	_, _, err = f.Tensor("y")
	require.EqualError(t, err, `w: no tensor "y" among its 1`)
	require.NoError(t, f.Close())
}

func TestFolderOfSeveralFiles(t *testing.T) {
	files := fstest.MapFS{
		"a": {Data: encoded(t, FromFloats("x", nil, []float64{1}))}, "b": {Data: encoded(t, FromFloats("y", nil, []float64{2}))},
		"w.index.json": {Data: []byte(`{"metadata": {"total_size": 16}, "weight_map": {"y": "b", "x": "a"}}`)},
	}
	f, err := OpenFolder(files, "w")
	require.NoError(t, err)
	require.Equal(t, []string{"x", "y"}, f.Names())
	y, file, err := f.Tensor("y")
	require.NoError(t, err)
	require.Equal(t, "b", file)
	require.Equal(t, "y", y.Name)
	_, _, err = f.Tensor("z")
	require.EqualError(t, err, `no tensor "z" among the 2 of 2 files`)

	files["w"] = files["a"] // one file takes precedence, as with Hugging Face
	f, err = OpenFolder(files, "w")
	require.NoError(t, err)
	require.Equal(t, []string{"x"}, f.Names())
}

// A file of the disk is not read before its tensors are: opening one of 256 MB, all
// of it a hole, takes little memory, and reading a part of a tensor little more.
func TestFilesOfTheDiskAreMapped(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "js" || runtime.GOOS == "wasip1" {
		t.Skip("files are read here")
	}
	const elements = 1 << 26
	dir := t.TempDir()
	header := []byte(`{"x":{"dtype":"F32","shape":[8192,8192],"data_offsets":[0,268435456]}}`)
	start := append([]byte{byte(len(header)), 0, 0, 0, 0, 0, 0, 0}, header...)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "w"), start, 0o600))
	require.NoError(t, os.Truncate(filepath.Join(dir, "w"), int64(len(start)+4*elements)))

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := OpenFolder(os.DirFS(dir), "w")
	require.NoError(t, err)
	x, _, err := f.Tensor("x")
	require.NoError(t, err)
	part := make([]float64, 1000)
	part[0] = 1
	require.NoError(t, ReadFloats(x, elements-1000, part))
	require.Zero(t, part[0])
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
	require.NoError(t, f.Close())
	require.NoError(t, f.Close(), "closing twice is nothing")
}

// What cannot be mapped or parsed leaves nothing behind and says which file it is.
func TestFolderRefusesFiles(t *testing.T) {
	dir := t.TempDir()
	_, err := OpenFolder(os.DirFS(dir), "w")
	require.ErrorIs(t, err, fs.ErrNotExist)
	for _, text := range []string{"", "seven b", "\xff\xff\xff\xff\xff\xff\xff\xff", "\x02\x00\x00\x00\x00\x00\x00\x00{}x"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "w"), []byte(text), 0o600))
		_, err := OpenFolder(os.DirFS(dir), "w")
		require.ErrorContains(t, err, "w: ")
	}
	require.NoError(t, os.Remove(filepath.Join(dir, "w")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "w"), 0o700))
	_, err = OpenFolder(os.DirFS(dir), "w")
	require.ErrorContains(t, err, "w")
}

func TestReadFloatsReadsItsPart(t *testing.T) {
	x := FromFloats("x", []int{4}, []float64{1, 2, 0.1, 4})
	part := make([]float32, 2)
	require.NoError(t, ReadFloats(x, 0, part))
	require.Equal(t, []float32{1, 2}, part)
	require.EqualError(t, ReadFloats(x, 1, part), `tensor "x": element 2 is 0.1: no float32 equals it, read it as float64`)
	require.Panics(t, func() { _ = ReadFloats(x, 3, part) })
	require.EqualError(t, ReadFloats(FromInts("n", []int{1}, []int{3}), 0, part[:1]), `tensor "n": dtype is I64: floats are F16, BF16, F32 or F64`)
}

// FuzzIndex: no index makes the reader panic, and what it takes are plain names.
func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"metadata": {"total_size": 16}, "weight_map": {"y": "b", "x": "a"}}`))
	f.Add([]byte(`{"weight_map": {"x": "../a"}}`))
	f.Add([]byte(`{"weight_map": {"x": "a", "x": "b"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		places, err := parseIndex(text)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		for _, file := range places {
			require.Equal(t, filepath.Base(file), file)
			require.NotContains(t, file, `\`)
		}
	})
}

// What is let go of leaves the memory of the process, and is there when it is wanted again.
func TestReleaseLetsGoOfPages(t *testing.T) {
	const n = 1 << 21
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(i)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "model.safetensors")
	require.NoError(t, Write(path, nil, []Tensor{FromFloats("a", []int{n}, values), FromFloats("b", []int{n}, values)}))
	f, err := OpenFolder(os.DirFS(dir), "model.safetensors")
	require.NoError(t, err)
	defer f.Close()
	read := func(name string) {
		tensor, _, err := f.Tensor(name)
		require.NoError(t, err)
		x, err := Floats[float32](tensor)
		require.NoError(t, err)
		require.Equal(t, values, x)
	}
	read("a")
	read("b")
	before, ok := resident(path)
	f.Release("a", 0, 4*n)
	f.Release("a", -5, 8*n)
	f.Release("c", 0, 1)
	after, _ := resident(path)
	if ok {
		require.GreaterOrEqual(t, before, 16<<10)
		require.Less(t, after, before-7<<10)
		require.GreaterOrEqual(t, after, 7<<10, "b stays")
	}
	read("a")
	read("b")
}

// resident returns how many kB of a file are mapped in memory, where the system tells.
func resident(path string) (kB int, ok bool) {
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return 0, false
	}
	inside := false
	for _, line := range strings.Split(string(maps), "\n") {
		if strings.Contains(line, "-") && strings.Contains(line, " r") {
			inside = strings.HasSuffix(line, path)
		}
		var n int
		if _, err := fmt.Sscanf(line, "Rss: %d kB", &n); err == nil && inside {
			kB += n
			ok = true
		}
	}
	return kB, ok
}
