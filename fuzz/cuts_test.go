package fuzz

import (
	"errors"
	"fmt"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// A stateMaker starts the state of the terms from a global index on.
type stateMaker[T kernel.Float] func(order reduce.Order, index int) (*reduce.Accumulator[T], error)

// of returns the constructor of the order's states.
func (m stateMaker[T]) of(order reduce.Order) func(index int) *reduce.Accumulator[T] {
	return func(index int) *reduce.Accumulator[T] {
		a, err := m(order, index)
		if err != nil {
			panic(err) // the order is one without cuts, the index not negative
		}
		return a
	}
}

// checkCutOrders demands that a program of cuts and merges gives the bits of one
// call, in every order that promises so, for a sum and for a dot product.
func checkCutOrders[T kernel.Float](start stateMaker[T], data, program []byte) error {
	var found error
	for _, order := range ordersFor[T](0) {
		if !order.CutInvariant() {
			continue
		}
		c := Contract{Same: order, Promises: CutInvariant | SignedZero | CanonicalNaN | ReadOnly}
		x, d := decodeSum[T](c, data).x, decodeDot[T](c, data)
		p, q := NewProgram(NewSource(program), len(x)), NewProgram(NewSource(program), d.len())
		found = errors.Join(found, CheckCuts(start.of(order), c, x, p), CheckDotCuts(start.of(order), c, d.x, d.y, q))
	}
	return found
}

func sameBits[T kernel.Float](what string, order reduce.Order, got, want T) error {
	if kernel.Bits(got) != kernel.Bits(want) {
		return fmt.Errorf("%s, %v: %x in pieces, %x at once", what, order, got, want)
	}
	return nil
}

// A joiner gives the value of a halving node from those of its children.
type joiner[T kernel.Float] func(left, right T) T

// checkCover demands that the cover of a contraction, its leaves the numbers
// that data decodes to, gives the bits of the recursion that defines the tree.
func checkCover(join joiner[float64], data, program []byte) error {
	x := Values[float64](NewSource(data), maxTerms, false)
	if len(x) == 0 {
		return nil
	}
	tree := reduce.Halving(len(x))
	var found error
	piece := func(lo, hi int) *reduce.Cover[float64] {
		c := reduce.NewCover[float64](tree)
		for i := lo; i < hi; i++ {
			found = errors.Join(found, c.Push(reduce.NewNode(reduce.Span{Lo: i, Hi: i + 1}, []float64{x[i], -x[i]}, nil)))
		}
		return c
	}
	whole := Run(NewProgram(NewSource(program), len(x)), len(x), piece, func(left, right *reduce.Cover[float64]) *reduce.Cover[float64] {
		found = errors.Join(found, left.Merge(right))
		return left
	})
	root, err := whole.Root()
	if found = errors.Join(found, err); found != nil {
		return found
	}
	for column, terms := range [][]float64{x, negated(x)} {
		// The values of nodes are not finished: a NaN of theirs, after overflow, is any.
		got, want := kernel.Canonical(root.H[column]), kernel.Canonical(halved(join, terms))
		found = errors.Join(found, sameBits("cover", reduce.Pairwise, got, want))
	}
	return found
}

// halved is the halving tree: the larger half on the left, recursively.
func halved[T kernel.Float](join joiner[T], x []T) T {
	if len(x) == 1 {
		return x[0]
	}
	m := (len(x) + 1) / 2
	return join(halved(join, x[:m]), halved(join, x[m:]))
}

func plus(left, right float64) float64 { return left + right }

func FuzzCuts(f *testing.F) {
	addCutSeeds(f, nil, append(sumSeeds[float64](), dotSeeds[float64]()...))
	f.Fuzz(func(t *testing.T, data, program []byte) {
		require.NoError(t, checkCutOrders(reduce.NewAccumulator[float32], data, program))
		require.NoError(t, checkCutOrders(reduce.NewAccumulator[float64], data, program))
		require.NoError(t, checkCover(plus, data, program))
	})
}

func TestCutsOnRandomInputs(t *testing.T) {
	all := inputs(60)
	for i, data := range all[1:] {
		require.NoError(t, checkCutOrders(reduce.NewAccumulator[float32], data, all[i]), "%v, program %v", data, all[i])
		require.NoError(t, checkCutOrders(reduce.NewAccumulator[float64], data, all[i]), "%v, program %v", data, all[i])
		require.NoError(t, checkCover(plus, data, all[i]), "%v, program %v", data, all[i])
	}
}

func TestCheckCutsCatchesFaults(t *testing.T) {
	program := []byte{4, 3, 0, 20, 0, 33, 0, 100, 0, 1, 0, 2, 0}
	fromZero := func(order reduce.Order, lo int) (*reduce.Accumulator[float64], error) {
		return reduce.NewAccumulator[float64](order, 0)
	}
	requireCaught(t, "a piece that forgets its start", func(data []byte) error { return checkCutOrders(fromZero, data, program) })
	offByOne := func(order reduce.Order, lo int) (*reduce.Accumulator[float64], error) {
		return reduce.NewAccumulator[float64](order, max(lo-1, 0))
	}
	requireCaught(t, "a start that is off by one", func(data []byte) error { return checkCutOrders(offByOne, data, program) })
	unjoined := func(left, right float64) float64 { return (left + right) - right + right }
	requireCaught(t, "a join with other roundings", func(data []byte) error { return checkCover(unjoined, data, program) })
}
