package fuzz

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

// sharded is a product a*w whose terms are divided among ranks: rank r holds those
// from cuts[r] to cuts[r+1], between leaves.
type sharded[T kernel.Float] struct {
	a, w gemm.Matrix[T]
	leaf int
	cuts []int
}

// newSharded decodes the sizes, the leaf and the ranks' cuts from the program, one
// byte each and two a cut; the elements are the numbers that data decodes to, over
// and over.
func newSharded[T kernel.Float](data, program []byte) sharded[T] {
	s := NewSource(program)
	m, n, leaf := 1+int(s.Byte())%3, 1+int(s.Byte())%6, []int{32, 16, 8, 1}[s.Byte()%4]
	k, ranks := s.Int(300), 1+int(s.Byte())%8
	values := Values[T](NewSource(data), maxTerms, true)
	matrix := func(rows, cols, from int) gemm.Matrix[T] {
		x := gemm.NewMatrix[T](rows, cols)
		for i := range x.Data {
			if len(values) > 0 {
				x.Data[i] = values[(from+i)%len(values)]
			}
		}
		return x
	}
	p := sharded[T]{matrix(m, k, 0), matrix(k, n, m*k), leaf, []int{0, k}}
	for range ranks - 1 {
		p.cuts = append(p.cuts, min(k, s.Int((k+leaf-1)/leaf+1)*leaf))
	}
	slices.Sort(p.cuts)
	return p
}

// terms returns the operands of the terms [lo, hi).
func (p sharded[T]) terms(lo, hi int) (a, w gemm.Matrix[T]) {
	return p.a.View(0, p.a.Rows, lo, hi), p.w.View(lo, hi, 0, p.w.Cols)
}

// one is the product over the terms [lo, hi) on one rank.
func (p sharded[T]) one(b gemm.Native[T], lo, hi int) ([]T, error) {
	a, w := p.terms(lo, hi)
	packed, err := b.Pack(w, false, gemm.Contraction{K: hi - lo, Leaf: p.leaf})
	if err != nil {
		return nil, err
	}
	c := gemm.NewMatrix[T](a.Rows, w.Cols)
	return c.Data, b.Mul(a, packed, c)
}

// An exchange turns a rank's part of the product into the whole.
type exchange[T kernel.Float] func(ctx context.Context, r *tp.Rank, b gemm.Native[T], p sharded[T], dst []T) error

// exchangeCovers hands on the nodes of the rank's part.
func exchangeCovers[T kernel.Float](ctx context.Context, r *tp.Rank, b gemm.Native[T], p sharded[T], dst []T) error {
	lo, hi := p.cuts[r.ID()], p.cuts[r.ID()+1]
	a, w := p.terms(lo, hi)
	packed, err := b.Pack(w, false, gemm.Contraction{K: p.a.Cols, From: lo, Leaf: p.leaf})
	if err != nil {
		return err
	}
	part, err := b.Partial(a, packed)
	if err != nil {
		return err
	}
	return tp.AllReducePartial(ctx, r, part, dst)
}

// exchangeSums is a fault: it hands on the finished product over the rank's part.
func exchangeSums[T kernel.Float](ctx context.Context, r *tp.Rank, b gemm.Native[T], p sharded[T], dst []T) error {
	part, err := p.one(b, p.cuts[r.ID()], p.cuts[r.ID()+1])
	if err != nil {
		return err
	}
	copy(dst, part)
	return tp.AllReduce(ctx, r, b.Order(), dst)
}

// checkAllReduce demands that the ranks' product has the bits of one rank's, on
// every rank, in every order that promises so.
func checkAllReduce[T kernel.Float](exchange exchange[T], data, program []byte) error {
	p := newSharded[T](data, program)
	var found error
	for _, order := range ordersFor[T](0) {
		if order.CutInvariant() {
			found = errors.Join(found, p.check(exchange, order))
		}
	}
	return found
}

func (p sharded[T]) check(exchange exchange[T], order reduce.Order) error {
	b, err := gemm.NewNative[T](order, 1)
	if err != nil {
		return err
	}
	want, err := p.one(b, 0, p.a.Cols)
	if err != nil {
		return err
	}
	return tp.Run(context.Background(), len(p.cuts)-1, func(ctx context.Context, r *tp.Rank) error {
		got := make([]T, len(want))
		if err := exchange(ctx, r, b, p, got); err != nil {
			return err
		}
		for i := range got {
			what := fmt.Sprintf("element %d of terms cut at %v, leaf %d", i, p.cuts, p.leaf)
			if err := sameBits(what, order, got[i], want[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// The seeds: one rank, no terms, two nodes, ragged and empty parts.
var programs = [][]byte{
	{},
	{1, 3, 0, 0, 0, 4},
	{0, 4, 0, 64, 0, 1, 1, 0},
	{2, 5, 2, 200, 0, 3, 1, 0, 9, 0, 20, 0},
	{1, 1, 3, 255, 0, 7, 3, 0, 3, 0, 100, 0, 101, 0, 255, 0},
}

func FuzzAllReduce(f *testing.F) {
	for i, seed := range seeds {
		for _, program := range programs {
			f.Add(append(slices.Clone(seed), seeds[(i+3)%len(seeds)]...), program)
		}
	}
	f.Fuzz(func(t *testing.T, data, program []byte) {
		require.NoError(t, checkAllReduce(exchangeCovers[float32], data, program))
		require.NoError(t, checkAllReduce(exchangeCovers[float64], data, program))
	})
}

func TestAllReduceOnRandomInputs(t *testing.T) {
	all := inputs(301)
	for i, data := range all[1:] {
		require.NoError(t, checkAllReduce(exchangeCovers[float32], data, all[i]), "%v, program %v", data, all[i])
		require.NoError(t, checkAllReduce(exchangeCovers[float64], data, all[i]), "%v, program %v", data, all[i])
	}
}

func TestCheckAllReduceCatchesFaults(t *testing.T) {
	program := programs[3]
	requireCaught(t, "sums instead of nodes", func(data []byte) error { return checkAllReduce(exchangeSums[float32], data, program) })
	forgets := func(ctx context.Context, r *tp.Rank, b gemm.Native[float64], p sharded[float64], dst []float64) error {
		if r.ID() == 1 { // its part counts as zero
			p.a = gemm.NewMatrix[float64](p.a.Rows, p.a.Cols)
		}
		return exchangeCovers(ctx, r, b, p, dst)
	}
	requireCaught(t, "a part left out", func(data []byte) error { return checkAllReduce(forgets, data, program) })
}
