package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// attentionCase is a store with the matrices that were appended to it, in pieces.
type attentionCase[T Float] struct {
	native       Native[T]
	kv           *KeysValues[T]
	keys, values Matrix[T]
	heads, size  int
}

// nasty returns a number with many exponents, now and then a zero of either sign or one whose
// products underflow.
func nasty[T Float](rng *rand.Rand) T {
	tiny := math.Ldexp(rng.NormFloat64(), -80)
	if kernel.Is64[T]() {
		tiny = math.Ldexp(rng.NormFloat64(), -600)
	}
	switch rng.IntN(12) {
	case 0:
		return 0
	case 1:
		return T(math.Copysign(0, -1))
	case 2, 3:
		return T(tiny)
	}
	return T(math.Ldexp(rng.NormFloat64(), rng.IntN(20)-10))
}

func newAttentionCase[T Float](t *testing.T, rng *rand.Rand, order reduce.Order, heads, size, tokens int, number func(*rand.Rand) T) attentionCase[T] {
	native, err := NewNative[T](order, 1)
	require.NoError(t, err)
	c := attentionCase[T]{native, native.NewKeysValues(heads, size), NewMatrix[T](tokens, heads*size), NewMatrix[T](tokens, heads*size), heads, size}
	for i := range c.keys.Data {
		c.keys.Data[i], c.values.Data[i] = number(rng), number(rng)
	}
	for at := 0; at < tokens; {
		n := min(tokens-at, 1+rng.IntN(40))
		c.kv.Append(c.keys.View(at, at+n, 0, heads*size), c.values.View(at, at+n, 0, heads*size))
		at += n
		require.Equal(t, at, c.kv.Tokens())
	}
	return c
}

func (c attentionCase[T]) head(m Matrix[T], h, from, to int) Matrix[T] {
	return m.View(from, to, h*c.size, (h+1)*c.size)
}

// Products with packed keys and values are those with the matrices, which have oracles of
// their own, bit by bit, with every backend, whatever was packed when.
func TestKeysValuesAreTheMatrices(t *testing.T) {
	for _, backend := range kernel.Backends() {
		t.Run(fmt.Sprint(backend), func(t *testing.T) {
			defer kernel.Use(backend)()
			for _, order := range []reduce.Order{reduce.Pairwise, reduce.Sequential, reduce.Pairwise.WithLeaf(8), reduce.Pairwise.WithLeaf(48)} {
				testKeysValues[float32](t, order)
				testKeysValues[float64](t, order)
			}
		})
	}
}

func testKeysValues[T Float](t *testing.T, order reduce.Order) {
	rng := rand.New(rand.NewPCG(5, 6))
	var s AttentionScratch[T]
	for _, shape := range [][4]int{{1, 3, 1, 1}, {2, 16, 33, 1}, {3, 40, 70, 5}, {2, 64, 129, 13}, {1, 80, 200, 30}} {
		heads, size, tokens, rows := shape[0], shape[1], shape[2], shape[3]
		c := newAttentionCase(t, rng, order, heads, size, tokens, nasty[T])
		for _, window := range []int{0, 1, 7, 50} {
			testAttention(t, rng, &s, c, rows, window)
		}
	}
}

// testAttention compares scores and context of the last rows, each of which sees the tokens
// up to its own as far as the window goes.
func testAttention[T Float](t *testing.T, rng *rand.Rand, s *AttentionScratch[T], c attentionCase[T], rows, window int) {
	tokens, q := c.kv.Tokens(), NewMatrix[T](rows, c.size)
	for i := range q.Data {
		q.Data[i] = nasty[T](rng)
	}
	first := func(i int) int {
		if window == 0 {
			return 0
		}
		return max(0, tokens-rows+i+1-window)
	}
	from := first(0)
	for h := range c.heads {
		scores, want := NewMatrix[T](rows, tokens), NewMatrix[T](rows, tokens-from)
		c.kv.Scores(s, h, 0.3, q, from, tokens, scores)
		require.NoError(t, c.native.Product(0.3, q, c.head(c.keys, h, from, tokens), true, false, want))
		for i := range rows {
			equalBits(t, want.Row(i), scores.Row(i)[from:], "scores, row %d of %v", i, c.kv.order)
		}

		p, context := NewMatrix[T](rows, tokens), NewMatrix[T](rows, c.size)
		for i := range rows {
			for j := first(i); j <= tokens-rows+i; j++ {
				p.Row(i)[j] = kernel.Abs(nasty[T](rng))
			}
		}
		require.True(t, c.kv.Batches())
		c.kv.Context(s, h, p, from, tokens, context)
		for i := range rows {
			lo, hi := first(i), tokens-rows+i+1
			alone, want := NewMatrix[T](1, c.size), NewMatrix[T](1, c.size)
			require.NoError(t, c.native.ProductFrom(lo, p.View(i, i+1, lo, hi), c.head(c.values, h, lo, hi), want))
			equalBits(t, want.Data, context.Row(i), "context, row %d, window %d, %v", i, window, c.kv.order)
			c.kv.Context(s, h, p.View(i, i+1, 0, tokens), lo, hi, alone)
			equalBits(t, want.Data, alone.Data, "context of row %d alone, window %d, %v", i, window, c.kv.order)
		}
	}
}

func equalBits[T Float](t *testing.T, want, got []T, format string, args ...any) {
	t.Helper()
	for j := range want {
		if kernel.Bits(want[j]) != kernel.Bits(got[j]) {
			t.Fatalf("%s: element %d is %v, want %v", fmt.Sprintf(format, args...), j, got[j], want[j])
		}
	}
}

// What a row does not see does not reach it, be it a NaN or an infinity: such values forbid
// batches, and rows one by one are right.
func TestContextOfWhatIsNotSeen(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var s AttentionScratch[float32]
	for _, order := range []reduce.Order{reduce.Pairwise, reduce.Sequential} {
		at := 0
		c := newAttentionCase(t, rng, order, 2, 20, 90, func(rng *rand.Rand) float32 {
			if at++; at <= 2*2*20*40 { // the first 40 tokens
				return float32(math.Inf(1))
			}
			return rng.Float32()
		})
		require.False(t, c.kv.Batches())
		p, got, want := NewMatrix[float32](1, 90), NewMatrix[float32](1, 20), NewMatrix[float32](1, 20)
		for j := range p.Data {
			p.Data[j] = rng.Float32()
		}
		for _, seen := range []reduce.Span{{Lo: 40, Hi: 90}, {Lo: 41, Hi: 65}, {Lo: 64, Hi: 90}} {
			c.kv.Context(&s, 1, p, seen.Lo, seen.Hi, got)
			require.NoError(t, c.native.ProductFrom(seen.Lo, p.View(0, 1, seen.Lo, seen.Hi), c.head(c.values, 1, seen.Lo, seen.Hi), want))
			equalBits(t, want.Data, got.Data, "%v", seen)
			require.True(t, kernel.IsFinite(got.Data[0]))
		}
		c.kv.Context(&s, 1, p, 39, 90, got)
		require.False(t, kernel.IsFinite(got.Data[0]), "what is seen does reach")
		require.Panics(t, func() { c.kv.Context(&s, 1, NewMatrix[float32](2, 90), 40, 90, NewMatrix[float32](2, 20)) })
	}
}

func TestKeysValuesOfOtherOrders(t *testing.T) {
	for _, order := range reduce.Orders(7) {
		native, err := NewNative[float32](order, 1)
		require.NoError(t, err)
		has := order.Kind() == reduce.KindPairwise || order.Kind() == reduce.KindSequential
		require.Equal(t, has, native.NewKeysValues(2, 8) != nil, "%v", order)
	}
	native, err := NewNative[float32](reduce.Pairwise, 1)
	require.NoError(t, err)
	require.PanicsWithValue(t, "gemm: keys of 1 x 4 and values of 1 x 8 appended to 2 heads of 4", func() {
		native.NewKeysValues(2, 4).Append(NewMatrix[float32](1, 4), NewMatrix[float32](1, 8))
	})
	kv := native.NewKeysValues(2, 4)
	kv.Append(NewMatrix[float32](3, 8), NewMatrix[float32](3, 8))
	var s AttentionScratch[float32]
	for _, head := range []int{-1, 2} {
		want := fmt.Sprintf("gemm: head %d of 2", head)
		require.PanicsWithValue(t, want, func() { kv.Scores(&s, head, 1, NewMatrix[float32](1, 4), 0, 3, NewMatrix[float32](1, 3)) })
		require.PanicsWithValue(t, want, func() { kv.Context(&s, head, NewMatrix[float32](1, 3), 0, 3, NewMatrix[float32](1, 4)) })
	}
}

// What is no matrix is refused before a kernel reads or writes it.
func TestKeysValuesRefuseWhatIsNoMatrix(t *testing.T) {
	native, err := NewNative[float32](reduce.Pairwise, 1)
	require.NoError(t, err)
	const tokens, size = 64, 32
	whole := func(cols int) Matrix[float32] { return NewMatrix[float32](tokens, cols) }
	var s AttentionScratch[float32]
	for _, spoil := range []func(m Matrix[float32]) Matrix[float32]{
		func(m Matrix[float32]) Matrix[float32] { m.Stride = -1; return m },
		func(m Matrix[float32]) Matrix[float32] { m.Data = m.Data[:len(m.Data)-1]; return m },
	} {
		kv := native.NewKeysValues(1, size)
		refuses := func(name string, f func()) {
			defer func() { require.ErrorContains(t, fmt.Errorf("%v", recover()), "gemm: "+name+" is 64 x ") }()
			f()
		}
		refuses("K", func() { kv.Append(spoil(whole(size)), whole(size)) })
		refuses("V", func() { kv.Append(whole(size), spoil(whole(size))) })
		require.Zero(t, kv.Tokens())
		kv.Append(whole(size), whole(size))
		refuses("Q", func() { kv.Scores(&s, 0, 1, spoil(whole(size)), 0, tokens, whole(tokens)) })
		refuses("C", func() { kv.Scores(&s, 0, 1, whole(size), 0, tokens, spoil(whole(tokens))) })
		refuses("P", func() { kv.Context(&s, 0, spoil(whole(tokens)), 0, tokens, whole(size)) })
		refuses("C", func() { kv.Context(&s, 0, whole(tokens), 0, tokens, spoil(whole(size))) })
	}
}
