package reduce_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

func marshal(t *testing.T, a interface{ MarshalBinary() ([]byte, error) }) []byte {
	t.Helper()
	b, err := a.MarshalBinary()
	require.NoError(t, err)
	return b
}

// with returns a copy of b with n little-endian bytes of v at an offset.
func with(b []byte, at, n int, v uint64) []byte {
	b = bytes.Clone(b)
	copy(b[at:at+n], binary.LittleEndian.AppendUint64(nil, v))
	return b
}

func TestStateErrorsNameTheNumbers(t *testing.T) {
	pairwise := marshal(t, accumulate(reduce.Pairwise, 30, spread[float64](1, 50))) // lanes 14-15 of row 1, rows 2-3, row 4
	exact := marshal(t, accumulate(reduce.Exact, 5, []float64{3, 4}))               // one digit
	binned := marshal(t, accumulate(reduce.Binned, 5, []float64{0x1p-1000, -3}))
	const header, node, digits, top, bins = 32, 36, 73, 64, 65
	for _, c := range []struct {
		state []byte
		want  string
	}{
		{nil, "reduce: state of 0 bytes: want 32 at least"},
		{pairwise[:31], "reduce: state of 31 bytes: want 32 at least"},
		{pairwise[:len(pairwise)-1], fmt.Sprintf("reduce: state of %d bytes: it ends too early for 50 terms from index 30 in order pairwise", len(pairwise)-1)},
		{append(bytes.Clone(pairwise), 0, 0), fmt.Sprintf("reduce: state of %d bytes: 2 bytes too many", len(pairwise)+2)},
		{with(pairwise, 0, 1, 'S'), fmt.Sprintf(`reduce: state of %d bytes: it begins with "Samebits": want "samebits"`, len(pairwise))},
		{with(pairwise, 8, 2, 300), fmt.Sprintf("reduce: state of %d bytes: form of version 300: want 1", len(pairwise))},
		{with(pairwise, 10, 2, 9), "reduce: state: bits of version 9 of SPEC.md: want 1"},
		{with(pairwise, 12, 1, 0), fmt.Sprintf("reduce: state of %d bytes: order of code 0: want 1 to 5", len(pairwise))},
		{with(pairwise, 12, 1, 200), fmt.Sprintf("reduce: state of %d bytes: order of code 200: want 1 to 5", len(pairwise))},
		{with(pairwise, 12, 1, 3), "reduce: state: order widened of terms of type f64: want f32"},
		{marshal(t, accumulate(reduce.Pairwise, 0, []float32{1})), "reduce: state: terms of type f32: want f64"},
		{with(exact, 13, 1, 5), "reduce: state: terms of type of 5 bits: want f64"},
		{marshal(t, new(reduce.Superaccumulator)), "reduce: state: terms of type any: want f64"},
		{with(pairwise, 14, 1, 32), "reduce: state: 32 lanes in order pairwise of type f64: want 16"},
		{with(exact, 14, 1, 16), "reduce: state: 16 lanes in order exact of type f64: want 0"},
		{with(pairwise, 15, 1, 3), "reduce: state: parameter 3 of order pairwise: want 0"},
		{with(pairwise, 16, 8, 1<<63), "reduce: state: 50 terms from index 9223372036854775808: want them to end at 9223372036854775807 at most"},
		{with(pairwise, 24, 8, 1<<64-1), "reduce: state: 18446744073709551615 terms from index 30: want them to end at 9223372036854775807 at most"},
		{with(exact, 24, 8, 1<<63-5), "reduce: state: 9223372036854775803 terms from index 5: want them to end at 9223372036854775807 at most"},
		{with(pairwise, 24, 8, 18), "reduce: state: 3 nodes over 18 terms from index 30: want 2"},
		{with(pairwise, 16, 8, 29), "reduce: state: node 0 is level 0, index 1, lanes 14 to 16: want level 0, index 1, lanes 13 to 16"},
		{with(pairwise, 24, 8, 49), "reduce: state: node 2 is level 0, index 4, lanes 0 to 16: want level 0, index 4, lanes 0 to 15"},
		{with(pairwise, node+3, 8, 2), "reduce: state: node 0 is level 0, index 2, lanes 14 to 16: want level 0, index 1, lanes 14 to 16"},
		{with(pairwise, node, 1, 1), "reduce: state: node 0 is level 1, index 1, lanes 14 to 16: want level 0, index 1, lanes 14 to 16"},
		{with(pairwise, node+11, 8, 0xfff0000000000001), "reduce: state: node 0: value 0 is the NaN fff0000000000001: want 7ff8000000000000"},
		{with(exact, header, 8, 3), "reduce: state: 3 terms that are +Inf: want 2 at most"},
		{with(with(exact, header, 8, 1), header+24, 8, 1<<63), "reduce: state: 9223372036854775808 terms that are -0: want 1 at most"},
		{with(exact, header+8, 8, 2), "reduce: state: a sum of 1 digit of no ordinary term"},
		{with(exact, header+32, 1, 2), fmt.Sprintf("reduce: state of %d bytes: sign 2: want 0 or 1", len(exact))},
		{with(exact, header+33, 4, 135), "reduce: state: 1 digit from digit 135: want them to end at 135 at most"},
		{with(exact, header+33, 4, 1<<32-1), "reduce: state: 1 digit from digit 4294967295: want them to end at 135 at most"},
		{with(exact, header+37, 4, 1<<32-1), fmt.Sprintf("reduce: state of %d bytes: it ends too early for 2 terms from index 5 in order exact", len(exact))},
		{with(exact, header+37, 4, 0)[:digits], "reduce: state: a sum of no digits, from digit 68, negative: false: want 0, false"},
		{with(exact, digits, 4, 0), "reduce: state: digits from 00000000 to 00000000: want neither to be 0"},
		{with(exact, header+33, 4, 0), "reduce: state: a digit of weight 2^-2176 in a sum of type f64: want 2^-2148 at least"},
		{with(exact, header+33, 4, 132), "reduce: state: a sum of 2^2050 of 2 ordinary terms of type f64: want less than 2^2049"},
		{binned[:len(binned)-1], fmt.Sprintf("reduce: state of %d bytes: it ends too early for 2 terms from index 5 in order binned", len(binned)-1)},
		{append(bytes.Clone(binned), 0), fmt.Sprintf("reduce: state of %d bytes: 1 byte too many", len(binned)+1)},
		{with(binned, 14, 1, 16), "reduce: state: 16 lanes in order binned of type f64: want 0"},
		{with(binned, 15, 1, 0), "reduce: state: parameter 0 of order binned, its fold: want 2 to 4"},
		{with(binned, 15, 1, 5), "reduce: state: parameter 5 of order binned, its fold: want 2 to 4"},
		{with(binned, 15, 1, 2), fmt.Sprintf("reduce: state of %d bytes: 16 bytes too many", len(binned))},
		{with(binned, header, 8, 3), "reduce: state: 3 terms that are +Inf: want 2 at most"},
		{with(with(binned, header+8, 8, 1), header+16, 8, 2), "reduce: state: 2 terms that are NaN: want 1 at most"},
		{with(binned, header+24, 8, 1<<64-1), "reduce: state: 18446744073709551615 terms that are -0: want 2 at most"},
		{with(binned, header+24, 8, 2), "reduce: state: binned sum of fold 3 with top 26 but no finite terms: want 2"},
		{with(binned, top, 1, 1), "reduce: state: binned sum of fold 3 with top 1: want 2 to 52"},
		{with(binned, top, 1, 53), "reduce: state: binned sum of fold 3 with top 53: want 2 to 52"},
		{with(with(binned, bins, 8, 1<<40+1), bins+8, 8, 0), "reduce: state: bin 0 of 3, 0x0 0000010000000001, is more than 2 terms can make it"},
		{with(binned, bins+40, 8, 1<<63), "reduce: state: bin 2 of 3, 0x8000000000000000 0000000000000000, is more than 2 terms can make it"},
	} {
		a := accumulate(reduce.DoubleDouble, 0, []float64{1, 2})
		err := a.UnmarshalBinary(c.state)
		require.ErrorContains(t, err, "reduce: state")
		require.True(t, strings.HasSuffix(err.Error(), strings.TrimPrefix(c.want, "reduce: state")), "%v, not %s", err, c.want)
		require.Equal(t, reduce.DoubleDouble, a.Order(), "the receiver is as it was")
		require.Equal(t, 3.0, finish(a))
	}
	single := marshal(t, accumulate(reduce.Exact, 0, []float32{1}))
	require.EqualError(t, new(reduce.Accumulator[float32]).UnmarshalBinary(with(single, header+33, 4, 58)), "reduce: state: a digit of weight 2^-320 in a sum of type f32: want 2^-298 at least")
	require.EqualError(t, new(reduce.Accumulator[float32]).UnmarshalBinary(with(single, header+33, 4, 76)), "reduce: state: a sum of 2^256 of 1 ordinary terms of type f32: want less than 2^256")
	var sum reduce.Superaccumulator
	sum.Add(2)
	require.ErrorContains(t, sum.UnmarshalBinary(exact), "terms of type f64: want any")
	require.ErrorContains(t, sum.UnmarshalBinary(with(marshal(t, &sum), 16, 8, 7)), "superaccumulator from index 7: want 0")
	require.ErrorContains(t, sum.UnmarshalBinary(with(pairwise, 13, 1, 0)), "order pairwise of terms of type any: want exact")
	require.Equal(t, 2.0, reduce.Round[float64](&sum), "the receiver is as it was")
	_, err := new(reduce.Accumulator[float64]).MarshalBinary()
	require.EqualError(t, err, "reduce: state of an Accumulator without an order: want one made by NewAccumulator or unmarshalled")
	require.Panics(t, func() { new(reduce.Accumulator[float64]).Add(1) })
}

// Binned sums of other folds do not merge; one that begins late finishes all the same.
func TestBinnedAccumulators(t *testing.T) {
	a := accumulate(reduce.BinnedFold(2), 4, []float32{1, 2})
	require.EqualError(t, a.Merge(accumulate(reduce.Binned, 6, []float32{4})), "reduce: accumulators of orders binned/fold=2 and binned do not merge")
	require.EqualError(t, a.Merge(accumulate(reduce.BinnedFold(2), 7, []float32{4})), "reduce: accumulator of [7,8) does not continue that of [4,6)")
	require.EqualError(t, a.Remove(1), "reduce: removing 1 term in order binned/fold=2: want exact")
	require.Equal(t, float32(3), finish(a))
	b := a.Clone()
	b.Add(5)
	require.Equal(t, float32(3), finish(a), "a clone is a copy")
	require.Equal(t, float32(8), finish(b))
	b.Reset(9)
	require.Equal(t, marshal(t, accumulate[float32](reduce.BinnedFold(2), 9, nil)), marshal(t, b))
	leaf, err := reduce.NewAccumulator[float32](reduce.BinnedFold(2).WithLeaf(8), 6)
	require.NoError(t, err)
	require.NoError(t, a.Merge(leaf), "the fold stays, the leaf does not matter")
}

// The length that a state claims costs nothing before its bytes are there.
func TestStatesThatClaimTooMuch(t *testing.T) {
	exact := marshal(t, accumulate(reduce.Exact, 0, []float64{3}))
	pairwise := marshal(t, accumulate(reduce.Pairwise, 0, spread[float64](1, 16)))
	for _, state := range [][]byte{
		with(exact, 69, 4, 1<<32-1), with(pairwise, 32, 4, 1<<32-1), with(pairwise, 24, 8, 1<<62),
	} {
		var a reduce.Accumulator[float64]
		require.Error(t, a.UnmarshalBinary(state))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 10 {
			_ = a.UnmarshalBinary(state)
		}
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(10*16*1024))
	}
}

func TestJSONErrorsNameTheNumbers(t *testing.T) {
	text := func(a json.Marshaler) string {
		b, err := json.Marshal(a)
		require.NoError(t, err)
		return string(b)
	}
	tree := text(accumulate(reduce.DoubleDouble, 1, []float32{-2}))
	require.Equal(t, `{"format":"samebits state","version":1,"spec":1,"order":"double-double","parameter":0,"type":"f32","lanes":32,"start":"1","count":"1",`+
		`"nodes":[{"level":0,"index":"0","from":1,"to":2,"h":["c0000000"],"l":["00000000"]}]}`, tree)
	exact := text(accumulate(reduce.Exact, 0, []float32{-2}))
	require.Equal(t, `{"format":"samebits state","version":1,"spec":1,"order":"exact","parameter":0,"type":"f32","lanes":0,"start":"0","count":"1",`+
		`"exact":{"positive_infinities":"0","negative_infinities":"0","nans":"0","negative_zeros":"0","negative":true,"lowest":68,"digits":["00000002"]}}`, exact)
	binned := text(accumulate(reduce.BinnedFold(2), 0, []float32{-2}))
	require.Equal(t, `{"format":"samebits state","version":1,"spec":1,"order":"binned","parameter":2,"type":"f32","lanes":0,"start":"0","count":"1",`+
		`"binned":{"positive_infinities":"0","negative_infinities":"0","nans":"0","negative_zeros":"0","top":11,`+
		`"bins":["ffffffffffffffffffffffffffffff80","00000000000000000000000000000000"]}}`, binned)
	bins := strings.TrimSuffix(binned[strings.Index(binned, `"binned":{`):], "}")
	for _, c := range []struct{ in, from, to, want string }{
		{tree, `{`, `[`, "invalid character"},
		{tree, tree, `null`, `format "": want "samebits state"`},
		{tree, tree, `7`, "cannot unmarshal number"},
		{tree, `samebits state`, `state`, `format "state": want "samebits state"`},
		{tree, `"version":1`, `"version":2`, "form of version 2: want 1"},
		{tree, `"spec":1`, `"spec":0`, "bits of version 0 of SPEC.md: want 1"},
		{tree, `"order":"double-double"`, `"order":"kahan"`, `order "kahan": want one of [pairwise double-double widened exact binned]`},
		{tree, `"f32"`, `"f64"`, "want f32"},
		{tree, `"f32"`, `"f16"`, `type "f16": want f32, f64 or any`},
		{tree, `"start":"1"`, `"start":"-1"`, `start: strconv.ParseUint: parsing "-1": invalid syntax`},
		{tree, `"start":"1"`, `"start":1`, "cannot unmarshal number"},
		{tree, `"start":"1"`, `"start":"01"`, "a member is missing or not in its one form"},
		{tree, `"count":"1"`, `"count":"9223372036854775807"`, "9223372036854775807 terms from index 1: want them to end at"},
		{tree, `"count":"1"`, `"count":"18446744073709551616"`, "value out of range"},
		{tree, `"count":"1"`, `"count":"1","count":"1"`, `member "count" is given twice`},
		{tree, `"to":2`, `"to":2,"to":2`, `member "to" is given twice`},
		{tree, `"to":2`, `"to":3`, "node 0 is level 0, index 0, lanes 1 to 3: want level 0, index 0, lanes 1 to 2"},
		{tree, `"to":2`, `"To":2`, "a member is missing or not in its one form"},
		{tree, `"lanes":32`, `"lanes":32,"color":"red"`, `unknown field "color"`},
		{tree, `"lanes":32,`, ``, "0 lanes in order double-double of type f32: want 32"},
		{tree, `"parameter":0,`, ``, "a member is missing or not in its one form"},
		{tree, `"lanes":32`, `"lanes":16`, "16 lanes in order double-double of type f32: want 32"},
		{tree, `"lanes":32`, `"lanes":3.2e1`, "cannot unmarshal number"},
		{tree, `"c0000000"`, `"C0000000"`, "a member is missing or not in its one form"},
		{tree, `"c0000000"`, `"c000000000"`, "value out of range"},
		{tree, `"c0000000"`, `"ffc00000"`, "node 0: value 0 is the NaN ffc00000: want 7fc00000"},
		{tree, `"c0000000"`, `"c0000000","c0000000"`, "node 0 has 2 and 1 value: want 1 and 1"},
		{tree, `,"l":["00000000"]`, ``, "node 0 has 1 and 0 values: want 1 and 1"},
		{exact, `"negative":true,`, ``, "a member is missing or not in its one form"},
		{exact, `"00000002"`, `"00000000"`, "digits from 00000000 to 00000000: want neither to be 0"},
		{exact, `"lowest":68`, `"lowest":-1`, "cannot unmarshal number"},
		{exact, `"nans":"0"`, `"nans":"2"`, "2 terms that are NaN: want 1 at most"},
		{exact, `"exact":{`, `"nodes":[{"level":0,"index":"0","from":1,"to":2,"h":[]}],"exact":{`, "1 node in order exact"},
		{exact, `"exact":{`, bins + `,"exact":{`, "order exact with bins: true, digits of an exact sum: true"},
		{exact, `"exact":{`, `"binned":{`, `unknown field "negative"`},
		{tree, `"nodes":`, `"exact":{},"nodes":`, "invalid syntax"},
		{binned, `"parameter":2`, `"parameter":3`, "2 bins of a sum of fold 3"},
		{binned, `"parameter":2`, `"parameter":1`, "parameter 1 of order binned, its fold: want 2 to 4"},
		{binned, `"ffffffffffffffffffffffffffffff80",`, ``, "1 bin of a sum of fold 2"},
		{binned, `"ffffffffffffffffffffffffffffff80"`, `"80"`, "a member is missing or not in its one form"},
		{binned, `"ffffffffffffffffffffffffffffff80"`, `""`, "invalid syntax"},
		{binned, `"ffffffffffffffffffffffffffffff80"`, `"0ffffffffffffffffffffffffffffff80"`, "a member is missing or not in its one form"},
		{binned, `"ffffffffffffffffffffffffffffff80"`, `"fffffffffffffffffffffffffffffff80"`, "value out of range"},
		{binned, `"top":11`, `"top":22`, "binned sum of fold 2 with top 22: want 1 to 21"},
		{binned, `"top":11`, `"top":1099511627776`, "top 1099511627776: want 1 to 21"},
		{binned, `"top":11,`, ``, "a member is missing or not in its one form"},
		{binned, `"nans":"0"`, `"nans":"2"`, "2 terms that are NaN: want 1 at most"},
		{binned, `"binned":{`, `"nodes":[{"level":0,"index":"0","from":1,"to":2,"h":[]}],"binned":{`, "1 node in order binned: want none"},
	} {
		a := accumulate(reduce.Pairwise, 0, []float32{9})
		in := strings.Replace(c.in, c.from, c.to, 1)
		require.NotEqual(t, c.in, in)
		require.ErrorContains(t, json.Unmarshal([]byte(in), a), c.want, in)
		if in != "null" {
			require.ErrorContains(t, a.UnmarshalJSON([]byte(in)), c.want, in)
		}
		require.Equal(t, float32(9), finish(a), "the receiver is as it was")
	}
	// White space and the order of members do not matter.
	var a reduce.Accumulator[float32]
	require.NoError(t, json.Unmarshal([]byte(strings.Replace(strings.Replace(tree, `"start":"1",`, "", 1), `{`, "{ \n \"start\": \"1\", ", 1)), &a))
	require.Equal(t, tree, text(&a))
	require.NoError(t, json.Unmarshal([]byte(exact), &a))
	require.Equal(t, float32(-2), finish(&a))
	var sum, again reduce.Superaccumulator
	sum.AddProduct(0x1p-1074, -0x1p-1000)
	require.NoError(t, json.Unmarshal([]byte(text(&sum)), &again))
	require.True(t, sum.Equal(&again))
	require.ErrorContains(t, json.Unmarshal([]byte(exact), &sum), "terms of type f32: want any")
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	require.ErrorContains(t, a.UnmarshalJSON([]byte(deep)), "exceeded max depth")
}
