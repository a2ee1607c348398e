package gemm

import (
	"math"
	"testing"
	"unsafe"

	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// A word of a program counts the terms of a chain in 32 bits: of more it would say something else.
func TestChainsThatAreTooLong(t *testing.T) {
	var most uint64 = math.MaxUint32
	terms := int(most + 1)
	if terms <= 0 {
		t.Skip("no slice is so long")
	}
	memory := new([2]float32) // C, and what begins behind it as if it were so long, but is not read
	header := struct {
		data     *float32
		len, cap int
	}{&memory[1], terms, terms}
	long := *(*[]float32)(unsafe.Pointer(&header))
	a, b, c := Dense(1, terms, long), Dense(terms, 1, long), Dense(1, 1, memory[:1])
	for _, order := range []reduce.Order{reduce.Sequential, reduce.Kahan, reduce.Neumaier, reduce.Shuffled(1)} {
		want := "gemm: 4294967296 terms in order " + order.String() + ": want at most 4294967295"
		require.EqualError(t, Gemm(Options{Order: order}, false, false, 1, a, b, 0, c), want)
		n := Native[float32]{order: order}
		require.EqualError(t, n.ProductFrom(1, a, b, c), want)
		w := &Weights[float32]{place: Whole(terms, order), order: packing(order), k: terms, n: 1}
		require.EqualError(t, n.Mul(a, w, c), want)
		_, err := n.Partial(a, w)
		require.EqualError(t, err, want)
		require.NoError(t, checkChain(order, terms-1))
	}
	for _, order := range []reduce.Order{reduce.Pairwise, reduce.DoubleDouble, reduce.Widened, reduce.Binned, reduce.Exact} {
		require.NoError(t, checkChain(order, terms))
	}
	require.EqualError(t, Contraction{K: terms, Leaf: terms}.check(terms), "gemm: leaf of 4294967296 terms: want at most 4294967295")
	require.NoError(t, Contraction{K: terms, Leaf: terms - 1}.check(terms))
	require.NoError(t, Contraction{K: 5, Leaf: terms}.check(5))
}
