package reduce_test

import (
	"math"
	"testing"

	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// What arrives is the state that was sent, and nothing of what follows it is taken.
func TestWireKeepsExactSums(t *testing.T) {
	for _, x := range append(nasty[float64](100, 40), nil, []float64{math.Inf(1), math.NaN(), math.Copysign(0, -1)}) {
		var sent, got reduce.Superaccumulator
		for _, v := range x {
			sent.AddProduct(v, 3)
		}
		b := sent.AppendWire(nil)
		require.Len(t, b, sent.EncodedLen())
		rest, err := got.ReadWire(append(b, 1, 2, 3))
		require.NoError(t, err)
		require.Equal(t, []byte{1, 2, 3}, rest)
		require.True(t, sent.Equal(&got), "%v", x)
	}
}

func TestWireKeepsBins(t *testing.T) {
	t.Run("float32", testWireBins[float32])
	t.Run("float64", testWireBins[float64])
}

func testWireBins[T reduce.Float](t *testing.T) {
	for _, x := range append(nasty[T](100, 40), nil) {
		for fold := 2; fold <= 4; fold++ {
			sent, got := reduce.NewBins[T](fold), reduce.NewBins[T](2)
			sent.Add(x)
			b := sent.AppendWire(nil)
			require.Len(t, b, sent.EncodedLen())
			rest, err := got.ReadWire(append(b, 9))
			require.NoError(t, err)
			require.Equal(t, []byte{9}, rest)
			require.Equal(t, sent, got, "%v", x)
		}
	}
}

// What comes from outside is refused, and changes nothing, unless some sum has it.
func TestWireRefuses(t *testing.T) {
	var a reduce.Superaccumulator
	a.Add(math.Pi)
	a.Add(math.Inf(1))
	bins := reduce.NewBins[float32](3)
	bins.Add([]float32{1, 2})
	whole, words := a.AppendWire(nil), bins.AppendWire(nil)
	changed := func(b []byte, at int, to byte) []byte {
		c := append([]byte(nil), b...)
		c[at] = to
		return c
	}
	for n := range whole {
		_, err := a.ReadWire(whole[:n])
		require.Error(t, err, "%d bytes", n)
	}
	for text, b := range map[string][]byte{
		"terms that are +Inf":  changed(whole, 16, 3),
		"flags 0x82":           changed(whole, 12, 0x82),
		"a sum of no digits":   changed(whole[:48], 10, 0),
		"want neither to be 0": append(append([]byte(nil), whole[:len(whole)-4]...), 0, 0, 0, 0),
		"end at 135 at most":   changed(whole, 8, 250),
		"no ordinary term":     changed(whole, 0, 1),
		"and [0 0 0 0] terms":  changed(whole, 16, 0),
		"digits in 48 bytes":   whole[:48],
	} {
		_, err := a.ReadWire(b)
		require.ErrorContains(t, err, text)
	}
	for text, b := range map[string][]byte{
		"less than 2^63":        changed(words, 23, 0xff),
		"fold 9":                changed(words, 0, 9),
		"more than 2 terms can": changed(words, 70, 1),
		"with top 77":           changed(words, 8, 77),
		"fold 3 in 80 bytes":    words[:80],
		"binned sum of 1 term":  changed(words, 16, 1),
	} {
		_, err := bins.ReadWire(b)
		require.ErrorContains(t, err, text)
	}
	require.Equal(t, whole, a.AppendWire(nil))
	require.Equal(t, words, bins.AppendWire(nil))
}
