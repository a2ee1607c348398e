package safetensors_test

import (
	"bytes"
	"testing"

	st "github.com/samebits/samebits/internal/safetensors"
	"github.com/stretchr/testify/require"
)

// FuzzParse: no input makes Parse panic, and whatever it accepts can be written
// and read again, with the same tensors and metadata. The second writing gives
// the bytes of the first.
func FuzzParse(f *testing.F) {
	f.Add(file(good, 9))
	f.Add(file(`{}`, 0))
	f.Add(file(`{"x":{"dtype":"BF16","shape":[2,1],"data_offsets":[0,4]}}`, 4))
	f.Add(file(`{"x":{"dtype":"F64","shape":[0],"data_offsets":[0,0]},"\ud800":{"dtype":"BOOL","shape":[],"data_offsets":[0,1]}}`, 1))
	f.Add(file(`{"x":{"dtype":"I64","shape":[9223372036854775807,3],"data_offsets":[0,8]}}`, 8))
	f.Add(file(`{"__metadata__":{"a":"\u2028","b":""}}`, 0))
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := st.Parse("fuzz", data)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		written := rewrite(t, first)
		second, err := st.Parse("rewritten", written)
		require.NoError(t, err)
		require.Equal(t, first.Metadata(), second.Metadata())
		require.Equal(t, tensors(t, first), tensors(t, second))
		require.Equal(t, written, rewrite(t, second))
	})
}

func rewrite(t *testing.T, f *st.File) []byte {
	var b bytes.Buffer
	require.NoError(t, st.WriteTo(&b, f.Metadata(), tensors(t, f)))
	return b.Bytes()
}

// tensors returns all tensors of f, after converting each to numbers: only an
// error may come of that.
func tensors(t *testing.T, f *st.File) []st.Tensor {
	all := []st.Tensor{}
	for _, name := range f.Names() {
		x, err := f.Tensor(name)
		require.NoError(t, err)
		_, _ = st.Floats[float32](x)
		_, _ = st.Floats[float64](x)
		_, _ = st.Ints(x)
		all = append(all, x)
	}
	return all
}
