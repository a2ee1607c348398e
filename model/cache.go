package model

import (
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
)

// cache holds one rank's keys and values of all layers.
type cache[T Float] struct{ layers []keysValues[T] }

// keysValues holds the keys and values of one layer: packed where the backend can, or else
// as matrices, a row for each token of the session, the rank's heads of them side by side.
type keysValues[T Float] struct {
	packed       *gemm.KeysValues[T]
	keys, values gemm.Matrix[T]
}

// holder is a Backend that holds keys and values packed, as gemm.Native does. What wraps a
// Backend and is to see its products must not have this method.
type holder[T Float] interface {
	NewKeysValues(heads, size int) *gemm.KeysValues[T]
}

func newCache[T Float](b gemm.Backend[T], c Config, kvHeads reduce.Span) cache[T] {
	layers := make([]keysValues[T], c.Layers)
	h, _ := b.(holder[T])
	for i := range layers {
		if h != nil {
			layers[i].packed = h.NewKeysValues(kvHeads.Len(), c.HeadSize)
		}
		empty := gemm.NewMatrix[T](0, kvHeads.Len()*c.HeadSize)
		layers[i].keys, layers[i].values = empty, empty
	}
	return cache[T]{layers}
}

// append appends tokens, a row each.
func (kv *keysValues[T]) append(keys, values gemm.Matrix[T]) {
	if kv.packed != nil {
		kv.packed.Append(keys, values)
		return
	}
	appendRows(&kv.keys, keys)
	appendRows(&kv.values, values)
}

// appendRows appends the rows of x, which may be a view, to m, whose rows are
// contiguous.
func appendRows[T Float](m *gemm.Matrix[T], x gemm.Matrix[T]) {
	for i := range x.Rows {
		m.Data = append(m.Data, x.Row(i)...)
	}
	m.Rows += x.Rows
}
