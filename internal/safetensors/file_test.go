package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	st "github.com/samebits/samebits/internal/safetensors"
	"github.com/stretchr/testify/require"
)

// file puts a length in front of header and n bytes of data after it.
func file(header string, n int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	for i := range n {
		b = append(b, byte(i))
	}
	return b
}

const good = `{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},` +
	`"a":{"dtype":"U8","shape":[],"data_offsets":[8,9]},"empty":{"dtype":"F64","shape":[0,3],"data_offsets":[8,8]}}  `

func TestParse(t *testing.T) {
	data := file(good, 9)
	f, err := st.Parse("good", data)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "empty"}, f.Names())
	require.Equal(t, map[string]string{"format": "pt"}, f.Metadata())

	b, err := f.Tensor("b")
	require.NoError(t, err)
	require.Equal(t, st.Tensor{Name: "b", DType: st.F32, Shape: []int{1, 2}, Data: []byte{0, 1, 2, 3, 4, 5, 6, 7}}, b)
	require.Same(t, &data[len(data)-9], &b.Data[0], "the data are not copied")
	require.Equal(t, 8, cap(b.Data), "an append must not reach the next tensor")

	a, err := f.Tensor("a")
	require.NoError(t, err)
	require.Equal(t, 1, a.Elements())
	_, err = f.Tensor("c")
	require.EqualError(t, err, `good: no tensor "c" among its 3`)
}

// Each line spoils the good file in one way; the error must say which.
func TestBadFiles(t *testing.T) {
	one := func(s string) string { return `{"x":` + s + `}` }
	spoil := func(old, new string) string {
		require.Contains(t, good, old)
		return strings.Replace(good, old, new, 1)
	}
	for _, c := range []struct{ header, want string }{
		{"", "header does not begin with '{'"},
		{" {}", "header does not begin with '{'"},
		{`{"x"`, `tensor "x": invalid JSON at byte 4 of the header: unexpected EOF`},
		{`{"x" 1}`, "invalid JSON"},
		{`{`, "header: invalid JSON at byte 1 of the header: unexpected EOF"},
		{"{\"\xff\":1}", "header is not UTF-8"},
		{`{} {}`, "header goes on at byte"},
		{`{}x`, "header goes on at byte"},
		{spoil(`"a"`, `"b"`), `header: key "b" is given twice`},
		{spoil(`"a"`, `"\u0062"`), `header: key "b" is given twice`},
		{spoil(`{"format"`, `{"format":"tf","format"`), `__metadata__: key "format" is given twice`},
		{spoil(`"shape":[]`, `"shape":[],"shape":[]`), `tensor "a": key "shape" is given twice`},
		{spoil(`"shape":[],`, ``), `tensor "a": needs dtype, shape and data_offsets`},
		{spoil(`"shape":[]`, `"shape":[],"order":1`), `tensor "a": unknown key "order"`},
		{spoil(`"pt"`, `3`), `__metadata__ "format" is 3: want a string`},
		{spoil(`{"format":"pt"}`, `"pt"`), `__metadata__: "pt" at byte`},
		{spoil(`"pt"`, `null`), `__metadata__ "format" is <nil>: want a string`},
		{spoil(`U8`, `F128`), `tensor "a": unknown dtype "F128": known are [BOOL`},
		{spoil(`"U8"`, `8`), `tensor "a": dtype is 8: want a string`},
		{spoil(`[1,2]`, `[1,-2]`), `tensor "b": shape[1] is -2: want an integer from 0 to 2^`},
		{spoil(`[1,2]`, `[1,2.0]`), `tensor "b": shape[1] is 2.0: want an integer`},
		{spoil(`[1,2]`, `[1,"2"]`), `tensor "b": shape[1] is "2": want an integer`},
		{spoil(`[1,2]`, `[1,[2]]`), `tensor "b": shape[1] is [: want an integer`},
		{spoil(`[1,2]`, `[1,9223372036854775808]`), `tensor "b": shape[1] is 9223372036854775808: want an integer`},
		{spoil(`[1,2]`, `2`), `tensor "b": shape: 2 at byte`},
		{spoil(`[1,2]`, `[2147483647,2147483647,2147483647]`), `overflows: its elements cannot be counted`},
		{spoil(`[8,9]`, `[8]`), `tensor "a": data_offsets [8]: two numbers are needed`},
		{spoil(`[8,9]`, `[9,8]`), `tensor "a": data_offsets [9, 8] are reversed`},
		{spoil(`[8,9]`, `[8,10]`), `tensor "a": data_offsets [8, 10] exceed the 9 bytes of data: truncated?`},
		{spoil(`[1,2]`, `[1,3]`), `tensor "b": data_offsets [0, 8] hold 8 bytes, but shape [1 3] of F32 needs 12`},
		{spoil(`[8,9]`, `[7,8]`), `overlap the tensor before`},
		{spoil(`[8,8]`, `[4,4]`), `overlap the tensor before, which ends at`},
		{one(`{"dtype":"U8","shape":[8],"data_offsets":[1,9]}`), `tensor "x": data_offsets [1, 9] leave a hole after byte 0`},
		{one(`{"dtype":"U8","shape":[8],"data_offsets":[0,8]}`), `1 byte of data after the last tensor`},
		{one(`7`), `tensor "x": 7 at byte 6 of the header: want {`},
	} {
		_, err := st.Parse("bad.safetensors", file(c.header, 9))
		require.ErrorContains(t, err, c.want, c.header)
		require.True(t, strings.HasPrefix(err.Error(), "bad.safetensors: "), err)
		require.NotContains(t, err.Error(), "\n")
	}
}

func TestEveryTruncationIsAnError(t *testing.T) {
	whole := file(good, 9)
	for n := range whole {
		_, err := st.Parse("cut", whole[:n])
		require.Error(t, err, n)
	}
	_, err := st.Parse("long", append(whole, 0))
	require.EqualError(t, err, "long: 1 byte of data after the last tensor")
}

func TestHeaderLength(t *testing.T) {
	for n, want := range map[uint64]string{
		1000:           "header length 1000 exceeds the 2 bytes that follow it: truncated?",
		100_000_001:    "header length 100000001 exceeds the 100000000 allowed: not a safetensors file?",
		math.MaxUint64: "header length 18446744073709551615 exceeds the 100000000 allowed: not a safetensors file?",
	} {
		_, err := st.Parse("f", append(binary.LittleEndian.AppendUint64(nil, n), "{}"...))
		require.EqualError(t, err, "f: "+want)
	}
}

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	_, err := st.Open(path)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, path)

	require.NoError(t, st.Write(path, nil, []st.Tensor{st.FromInts("ids", []int{2}, []int{3, 4})}))
	f, err := st.Open(path)
	require.NoError(t, err)
	require.Equal(t, []string{"ids"}, f.Names())
	require.Empty(t, f.Metadata())
}

// The reference implementation's bytes for one metadatum and three tensors:
// wider dtypes first, then by name, and the header padded by spaces.
func TestWrittenBytes(t *testing.T) {
	tensors := []st.Tensor{
		{Name: "b", DType: st.U8, Shape: []int{3}, Data: []byte{7, 8, 9}},
		{Name: "a<\n\"é", DType: st.U8, Data: []byte{6}},
		st.FromFloats("z", []int{1, 1}, []float32{1}),
	}
	var b bytes.Buffer
	require.NoError(t, st.WriteTo(&b, map[string]string{"format": "pt"}, tensors))
	header := `{"__metadata__":{"format":"pt"},"z":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},` +
		`"a<\n\"é":{"dtype":"U8","shape":[],"data_offsets":[4,5]},"b":{"dtype":"U8","shape":[3],"data_offsets":[5,8]}}`
	header += strings.Repeat(" ", -len(header)&7)
	require.Equal(t, string(file(header, 0))+"\x00\x00\x80\x3f\x06\x07\x08\x09", b.String())
	require.Equal(t, "b", tensors[0].Name, "the caller's slice keeps its order")
}

func TestHeaderIsPadded(t *testing.T) {
	for n := range 8 {
		var b bytes.Buffer
		require.NoError(t, st.WriteTo(&b, nil, []st.Tensor{st.FromInts(strings.Repeat("x", n), nil, []int{1})}))
		require.Zero(t, binary.LittleEndian.Uint64(b.Bytes())%8)
		require.Zero(t, b.Len()%8)
	}
}

func TestWriteRefuses(t *testing.T) {
	x := st.FromInts("x", []int{1}, []int{1})
	path := filepath.Join(t.TempDir(), "out")
	for want, tensors := range map[string][]st.Tensor{
		`tensor "x": given twice`:                                         {x, x},
		`tensor "__metadata__": the name is reserved for metadata`:        {st.FromInts("__metadata__", nil, []int{1})},
		`tensor "\xff": the name is not UTF-8`:                            {st.FromInts("\xff", nil, []int{1})},
		`tensor "y": shape [2] of U8 needs 2 bytes of data, given 1`:      {{Name: "y", DType: st.U8, Shape: []int{2}, Data: []byte{1}}},
		`tensor "y": shape [-1]: dimension 0 is negative`:                 {{Name: "y", DType: st.U8, Shape: []int{-1}}},
		`tensor "y": unknown dtype "F128": known are [BOOL U8 I8 F8_E5M2`: {{Name: "y", DType: "F128"}},
	} {
		require.ErrorContains(t, st.Write(path, nil, tensors), want)
		require.NoFileExists(t, path)
	}
	require.ErrorContains(t, st.Write(path, map[string]string{"k": "\xff"}, nil), `__metadata__ "k": "\xff" is not UTF-8`)
}
