package reduce_test

import (
	"bytes"
	"encoding"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/samebits/samebits/fuzz"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/spec"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

var (
	_ encoding.BinaryAppender    = new(reduce.Accumulator[float32])
	_ encoding.BinaryMarshaler   = new(reduce.Accumulator[float32])
	_ encoding.BinaryUnmarshaler = new(reduce.Accumulator[float32])
	_ json.Marshaler             = new(reduce.Accumulator[float32])
	_ json.Unmarshaler           = new(reduce.Accumulator[float32])
	_ encoding.BinaryAppender    = new(reduce.Superaccumulator)
	_ encoding.BinaryMarshaler   = new(reduce.Superaccumulator)
	_ encoding.BinaryUnmarshaler = new(reduce.Superaccumulator)
	_ json.Marshaler             = new(reduce.Superaccumulator)
	_ json.Unmarshaler           = new(reduce.Superaccumulator)
)

// The oracle: the bytes of a state written from SPEC.md, section 10, with the nodes
// found by halving and evaluated as formulas, and exact sums by math/big.

// An expected state is that of the terms x from index start on, or of x[i]*y[i].
type expected[T reduce.Float] struct {
	order reduce.Order
	start int
	x, y  []T
}

func (e expected[T]) bytes() []byte {
	le, size, lanes := binary.LittleEndian, 4, 32
	if kernel.Is64[T]() {
		size, lanes = 8, 16
	}
	code := map[reduce.Order]byte{reduce.Pairwise: 1, reduce.DoubleDouble: 2, reduce.Widened: 3, reduce.Exact: 4}[e.order]
	parameter := byte(0)
	if e.order.Kind() == reduce.KindBinned {
		code, lanes, parameter = 5, 0, byte(e.order.Fold())
	}
	if e.order == reduce.Exact {
		lanes = 0
	}
	b := append([]byte("samebits"), 1, 0, byte(spec.Sums), 0, code, byte(8*size), byte(lanes), parameter)
	b = le.AppendUint64(b, uint64(e.start))
	b = le.AppendUint64(b, uint64(len(e.x)))
	if e.order == reduce.Exact {
		return e.appendExact(b)
	}
	if code == 5 {
		return e.appendBinned(b)
	}
	nodes := e.nodes(lanes)
	b = le.AppendUint32(b, uint32(len(nodes)))
	for _, n := range nodes {
		level, from, to := 0, max(e.start-n.Lo*lanes, 0), min(e.start+len(e.x)-n.Lo*lanes, lanes)
		for 1<<level < n.Len() {
			level++
		}
		b = append(b, byte(level), byte(from), byte(to))
		b = le.AppendUint64(b, uint64(n.Lo>>level))
		var lows []byte
		for lane := from; lane < to; lane++ {
			h, l := e.lane(n, lane, lanes)
			b = append(b, h...)
			lows = append(lows, l...)
		}
		b = append(b, lows...)
	}
	return b
}

// nodes returns the nodes of rows that hold terms, those with all their terms not
// divided further: found from the root of a tree that is large enough.
func (e expected[T]) nodes(lanes int) []reduce.Span {
	var list []reduce.Span
	var walk func(lo, hi int)
	walk = func(lo, hi int) {
		first, last := max(lo*lanes, e.start), min(hi*lanes, e.start+len(e.x))
		switch {
		case first >= last:
		case last-first == (hi-lo)*lanes || hi-lo == 1:
			list = append(list, reduce.Span{Lo: lo, Hi: hi})
		default:
			walk(lo, (lo+hi)/2)
			walk((lo+hi)/2, hi)
		}
	}
	walk(0, 1<<20)
	return list
}

// lane returns the little-endian bytes of a lane of a node: all, and of a pair the
// low part.
func (e expected[T]) lane(n reduce.Span, lane, lanes int) (high, low []byte) {
	tree := inRounds(termsTo(n.Len()))
	at := func(row int) int { return (n.Lo+row)*lanes + lane - e.start }
	switch e.order {
	case reduce.DoubleDouble:
		v := evaluate(tree, func(i int) [2]T {
			if e.y == nil {
				return [2]T{e.x[at(i)], 0}
			}
			p, q := kernel.TwoProd(e.x[at(i)], e.y[at(i)])
			return [2]T{p, q}
		}, func(a, b [2]T) [2]T {
			h, q := kernel.TwoSum(a[0], b[0])
			return [2]T{h, (a[1] + b[1]) + q}
		})
		return littleEndian(v[0]), littleEndian(v[1])
	case reduce.Widened:
		return littleEndian(evaluate(tree, func(i int) float64 {
			if e.y == nil {
				return float64(e.x[at(i)])
			}
			return float64(e.x[at(i)]) * float64(e.y[at(i)])
		}, func(a, b float64) float64 { return a + b })), nil
	}
	return littleEndian(evaluate(tree, func(i int) T {
		if e.y == nil {
			return e.x[at(i)]
		}
		return T(e.x[at(i)] * e.y[at(i)])
	}, func(a, b T) T { return a + b })), nil
}

func littleEndian[T reduce.Float](v T) []byte {
	b := binary.LittleEndian.AppendUint64(nil, kernel.Bits(kernel.Canonical(v)))
	if kernel.Is64[T]() {
		return b
	}
	return b[:4]
}

func (e expected[T]) appendExact(b []byte) []byte {
	var counts [4]uint64
	sum := new(big.Int)
	for i, v := range e.x {
		w := 1.0
		if e.y != nil {
			w = float64(e.y[i])
		}
		v := float64(v)
		switch p := v * w; {
		case p != p:
			counts[2]++
		case v-v != 0 || w-w != 0:
			if p > 0 {
				counts[0]++
			} else {
				counts[1]++
			}
		case v == 0 || w == 0:
			if 1/p < 0 {
				counts[3]++
			}
		default:
			f := new(big.Float).SetPrec(6000).SetFloat64(v)
			f.Mul(f, big.NewFloat(w))
			n, _ := f.SetMantExp(f, 2176).Int(nil)
			sum.Add(sum, n)
		}
	}
	le := binary.LittleEndian
	for _, n := range counts {
		b = le.AppendUint64(b, n)
	}
	b = append(b, byte((1-sum.Sign())/2*sum.Sign()*sum.Sign()))
	var digits []uint32
	rest, word, low := new(big.Int).Abs(sum), big.NewInt(1<<32), new(big.Int)
	for rest.Sign() > 0 {
		rest.DivMod(rest, word, low)
		digits = append(digits, uint32(low.Uint64()))
	}
	lowest := 0
	for lowest < len(digits) && digits[lowest] == 0 {
		lowest++
	}
	b = le.AppendUint32(b, uint32(lowest))
	b = le.AppendUint32(b, uint32(len(digits)-lowest))
	for _, d := range digits[lowest:] {
		b = le.AppendUint32(b, d)
	}
	return b
}

// appendBinned cuts terms at the grids of SPEC.md, section 3, which are 2^(width*k)
// smallest subnormals.
func (e expected[T]) appendBinned(b []byte) []byte {
	width, smallest, fold := uint(13), -149, e.order.Fold()
	if kernel.Is64[T]() {
		width, smallest = 40, -1074
	}
	half := func(k int) *big.Int { return new(big.Int).Lsh(big.NewInt(1), width*uint(k)-1) }
	nearest := func(v *big.Int, k int) *big.Int { // RN[k](v) / q[k], ties to even
		if k == 0 {
			return v
		}
		q, r := new(big.Int).DivMod(v, new(big.Int).Lsh(half(k), 1), new(big.Int))
		if c := r.Cmp(half(k)); c > 0 || c == 0 && q.Bit(0) == 1 {
			q.Add(q, big.NewInt(1))
		}
		return q
	}
	var counts [4]uint64
	var finite []*big.Int
	top := fold - 1
	for i, v := range e.x {
		if e.y != nil {
			v = T(v * e.y[i])
		}
		switch v := float64(v); {
		case v != v:
			counts[2]++
		case v-v != 0 && v > 0:
			counts[0]++
		case v-v != 0:
			counts[1]++
		case v == 0 && 1/v < 0:
			counts[3]++
		default:
			f := big.NewFloat(v)
			n, _ := f.SetMantExp(f, -smallest).Int(nil)
			finite = append(finite, n)
			for n.CmpAbs(half(top+1)) > 0 {
				top++
			}
		}
	}
	le := binary.LittleEndian
	for _, n := range counts {
		b = le.AppendUint64(b, n)
	}
	b = append(b, byte(top))
	for k := top; k > top-fold; k-- {
		bin := new(big.Int)
		for _, v := range finite {
			coarse := nearest(v, k+1)
			bin.Add(bin, nearest(v, k)).Sub(bin, new(big.Int).Lsh(coarse, width))
		}
		if bin.Sign() < 0 {
			bin.Add(bin, new(big.Int).Lsh(big.NewInt(1), 128))
		}
		big := bin.FillBytes(make([]byte, 16))
		slices.Reverse(big)
		b = append(b, big...)
	}
	return b
}

// mergeable lists the orders of Accumulators, Binned of every fold.
func mergeable[T reduce.Float]() []reduce.Order {
	return append(ordersThat[T](reduce.Order.CutInvariant), reduce.BinnedFold(2), reduce.BinnedFold(4))
}

// The properties.

// A relay hands a state on, as to another machine.
type relay[T reduce.Float] func(a *reduce.Accumulator[T]) (*reduce.Accumulator[T], error)

func byBytes[T reduce.Float](a *reduce.Accumulator[T]) (*reduce.Accumulator[T], error) {
	b, err := a.MarshalBinary()
	c := new(reduce.Accumulator[T])
	return c, errors.Join(err, c.UnmarshalBinary(b))
}

func byJSON[T reduce.Float](a *reduce.Accumulator[T]) (*reduce.Accumulator[T], error) {
	b, err := json.Marshal(a)
	c := new(reduce.Accumulator[T])
	return c, errors.Join(err, json.Unmarshal(b, c))
}

// onlyOneForm: any program of cuts and merges, with its states handed on between
// them, gives the bytes of the expected state and, from index 0 on, the bits of Sum.
func onlyOneForm[T reduce.Float](hand relay[T], e expected[T], p fuzz.Program, single bool) error {
	var found error
	handed := func(a *reduce.Accumulator[T]) *reduce.Accumulator[T] {
		b, err := hand(a)
		found = errors.Join(found, err)
		return b
	}
	whole := fuzz.Run(p, len(e.x), func(lo, hi int) *reduce.Accumulator[T] {
		a := accumulate[T](e.order, e.start+lo, nil)
		switch {
		case e.y != nil:
			a.AddProducts(e.x[lo:hi], e.y[lo:hi])
		case single:
			for _, v := range e.x[lo:hi] {
				a.Add(v)
			}
		default:
			a.Add(e.x[lo:hi]...)
		}
		return handed(a)
	}, func(left, right *reduce.Accumulator[T]) *reduce.Accumulator[T] {
		found = errors.Join(found, left.Merge(right))
		return handed(left)
	})
	b, err := whole.MarshalBinary()
	if found = errors.Join(found, err); found != nil {
		return found
	}
	if want := e.bytes(); !bytes.Equal(want, b) {
		return fmt.Errorf("%v of %d terms from index %d: state %x: want %x", e.order, len(e.x), e.start, b, want)
	}
	if e.start > 0 {
		return nil
	}
	want := reduce.Sum(e.order, e.x)
	if e.y != nil {
		want = reduce.Dot(e.order, e.x, e.y)
	}
	return same(want, finish(whole), fmt.Sprintf("%v of %d terms", e.order, len(e.x)))
}

func testOneForm[T reduce.Float](t *testing.T) {
	rng, rounds := rand.New(rand.NewPCG(10, 10)), 150
	if testing.Short() {
		rounds = 30
	}
	for round, x := range append(nasty[T](rounds, 700), spread[T](1, 2000), spread[T](2, 777)) {
		e := expected[T]{x: x}
		if round%3 > 0 {
			e.start = rng.IntN(1 << (round % 12))
		}
		if round%5 == 4 {
			e.y = negate(x)
		}
		n := rng.IntN(4)
		p := fuzz.NewProgram(fuzz.NewSource([]byte{byte(n), byte(rng.Uint32()), byte(rng.Uint32()), byte(rng.Uint32()), byte(rng.Uint32()), byte(rng.Uint32()), byte(rng.Uint32())}), len(x))
		for _, order := range mergeable[T]() {
			e.order = order
			require.NoError(t, onlyOneForm(byBytes[T], e, p, round%2 == 0))
			if round%4 == 0 {
				require.NoError(t, onlyOneForm(byJSON[T], e, p, false))
			}
		}
	}
}

func TestStatesHaveOneForm(t *testing.T) {
	t.Run("float32", testOneForm[float32])
	t.Run("float64", testOneForm[float64])
}

// The faults. Each relay or state is wrong in one way that the property must see.
func TestOneFormCatchesFaults(t *testing.T) {
	x := spread[float64](3, 300)
	x[7] = -x[7]
	p := fuzz.Program{Cuts: []int{101}, Merges: []int{0}}
	rebuilt := func(change func(order reduce.Order, start int, x []float64) *reduce.Accumulator[float64]) relay[float64] {
		return func(a *reduce.Accumulator[float64]) (*reduce.Accumulator[float64], error) {
			return change(a.Order(), a.Start(), x[a.Start():a.Start()+a.Count()]), nil
		}
	}
	altered := func(at int, flip byte) relay[float64] {
		return func(a *reduce.Accumulator[float64]) (*reduce.Accumulator[float64], error) {
			b, err := a.MarshalBinary()
			b[len(b)-at] ^= flip
			c := new(reduce.Accumulator[float64])
			return c, errors.Join(err, c.UnmarshalBinary(b))
		}
	}
	for _, order := range ordersThat[float64](reduce.Order.CutInvariant) {
		e := expected[float64]{order: order, x: x}
		require.NoError(t, onlyOneForm(rebuilt(func(o reduce.Order, start int, x []float64) *reduce.Accumulator[float64] {
			return accumulate(o, start, x)
		}), e, p, false), "no fault, no finding")
		require.Error(t, onlyOneForm(rebuilt(func(o reduce.Order, start int, x []float64) *reduce.Accumulator[float64] {
			return accumulate(o, start, negate(x))
		}), e, p, false), "the sign lost")
		require.Error(t, onlyOneForm(altered(1, 1), e, fuzz.Program{}, false), "a bit of the last value")
		require.Error(t, onlyOneForm(altered(1, 0x80), e, fuzz.Program{}, false), "its sign or top")
		other := e
		other.start = 16
		require.Error(t, onlyOneForm(byBytes[float64], e, fuzz.Program{Cuts: []int{299}}, false), "a program that leaves a piece out")
		require.NoError(t, onlyOneForm(byBytes[float64], other, p, false))
	}
	require.NotEqual(t, expected[float64]{order: reduce.Pairwise, x: x}.bytes(), expected[float64]{order: reduce.Pairwise, start: 1, x: x}.bytes())
}

// Reading. A state is read only if it is the one form of what it says: each change
// of one byte either is refused or gives another state, in its one form.

func statesOf[T reduce.Float]() map[string]*reduce.Accumulator[T] {
	x := spread[T](4, 200)
	infinity := 1 / x[0] / smallest[T]()
	states := map[string]*reduce.Accumulator[T]{}
	for _, order := range mergeable[T]() {
		states[fmt.Sprintf("%v, empty", order)] = accumulate[T](order, 3, nil)
		states[fmt.Sprintf("%v, within a row", order)] = accumulate(order, 35, x[:5])
		states[fmt.Sprintf("%v, ragged", order)] = accumulate(order, 27, x)
		states[fmt.Sprintf("%v, special", order)] = accumulate(order, 0, []T{infinity, 0, -infinity, -smallest[T](), infinity - infinity, x[1]})
	}
	return states
}

func testReadingIsStrict[T reduce.Float](t *testing.T) {
	for name, a := range statesOf[T]() {
		good, err := a.MarshalBinary()
		require.NoError(t, err)
		refused := 0
		for i := range good {
			require.Error(t, new(reduce.Accumulator[T]).UnmarshalBinary(good[:i]), "%s cut to %d bytes", name, i)
			for _, flip := range []byte{1, 0x80, 0xff} {
				b := bytes.Clone(good)
				b[i] ^= flip
				c := accumulate(reduce.Exact, 1, []T{5})
				if c.UnmarshalBinary(b) != nil {
					refused++
					require.Equal(t, T(5), finish(c), "%s: a refused state changes nothing", name)
					require.Equal(t, 1, c.Count())
					continue
				}
				again, err := c.MarshalBinary()
				require.NoError(t, err)
				require.Equal(t, b, again, "%s, byte %d changed by %x", name, i, flip)
			}
		}
		require.Greater(t, refused, 3*20, "the header")
		require.ErrorContains(t, new(reduce.Accumulator[T]).UnmarshalBinary(append(good, 0)), "1 byte too many")
	}
}

func TestReadingIsStrict(t *testing.T) {
	t.Run("float32", testReadingIsStrict[float32])
	t.Run("float64", testReadingIsStrict[float64])
}

// Package json finds the methods of values as of pointers: of a field of a struct that
// is handed over by value, and of an element of a map, it has no pointer.
func TestJSONOfValues(t *testing.T) {
	type shard struct {
		Sum   reduce.Accumulator[float32]
		Exact reduce.Superaccumulator
	}
	var before, after shard
	a, err := reduce.NewAccumulator[float32](reduce.DoubleDouble, 5)
	require.NoError(t, err)
	a.Add(spread[float32](1, 200)...)
	before.Sum = *a
	before.Exact.AddProduct(1e300, 1e300)
	pointers, err := json.Marshal(&before)
	require.NoError(t, err)
	values, err := json.Marshal(before)
	require.NoError(t, err)
	require.Equal(t, string(pointers), string(values))
	require.NoError(t, json.Unmarshal(values, &after))
	again, err := json.Marshal(map[string]shard{"": after})
	require.NoError(t, err)
	require.Equal(t, `{"":`+string(values)+"}", string(again))
	for _, none := range []any{(*reduce.Accumulator[float32])(nil), (*reduce.Superaccumulator)(nil)} {
		text, err := json.Marshal(none)
		require.NoError(t, err)
		require.Equal(t, "null", string(text))
	}
}
