package tp

import (
	"context"
	"fmt"
	"unsafe"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// Float is a type in which samebits computes: IEEE 754 binary32 or binary64.
type Float = gemm.Float

// nameOf returns the name of the type.
func nameOf[T Float]() string {
	var x T
	return fmt.Sprintf("%T", x)
}

func bytesOf[T Float](n int) int {
	var x T
	return n * int(unsafe.Sizeof(x))
}

// Barrier returns when all ranks have called it. It is an error if ctx ends before, or the
// time that a collective may wait; or a *RankError if a rank has died or calls another
// collective.
func Barrier(ctx context.Context, r *Rank) error {
	c := r.begin("barrier", reduce.Order{}, 0, "numbers")
	for to := range r.Size() {
		if to != r.id {
			c.send(to, struct{}{}, 0)
		}
	}
	_, err := payloads[struct{}](ctx, c, c.others())
	return err
}

// Broadcast copies x of the rank root into x of all others. The lengths must agree.
func Broadcast[T Float](ctx context.Context, r *Rank, root int, x []T) error {
	if root < 0 || root >= r.Size() {
		return fmt.Errorf("broadcast from rank %d of %d", root, r.Size())
	}
	c := r.begin(fmt.Sprintf("broadcast from %d", root), reduce.Order{}, len(x), nameOf[T]())
	if r.id == root {
		payload := append([]T(nil), x...)
		for to := range r.Size() {
			if to != root {
				c.send(to, payload, bytesOf[T](len(x)))
			}
		}
		return nil
	}
	awaited := make([]bool, r.Size())
	awaited[root] = true
	all, err := payloads[[]T](ctx, c, awaited)
	if err == nil {
		copy(x, all[root])
	}
	return err
}

// AllGather returns the slices of all ranks, one after the other by rank number.
// counts holds the length of each, and must be the same on all ranks.
func AllGather[T Float](ctx context.Context, r *Rank, x []T, counts []int) ([]T, error) {
	total := 0
	for rank, n := range counts {
		if n < 0 {
			return nil, fmt.Errorf("all-gather with a count of %d for rank %d: want 0 or more", n, rank)
		}
		total += n
	}
	if len(counts) != r.Size() || counts[r.id] != len(x) {
		return nil, fmt.Errorf("all-gather of %s with counts %v on %s", plural.Of(len(x), "number"), counts, plural.Of(r.Size(), "rank"))
	}
	// A copy: the caller may change x while others still read.
	parts, err := gather(ctx, r, append([]T(nil), x...), counts)
	if err != nil {
		return nil, err
	}
	out := make([]T, 0, total)
	for _, part := range parts {
		out = append(out, part...)
	}
	return out, nil
}

// gather returns the slices of all ranks, by rank number: of the others in this
// process the slices themselves. They are only to be read.
func gather[T Float](ctx context.Context, r *Rank, own []T, counts []int) ([][]T, error) {
	total := 0
	for _, n := range counts {
		total += n
	}
	c := r.begin("all-gather", reduce.Order{}, total, nameOf[T]())
	for to := range r.Size() {
		if to != r.id {
			c.send(to, own, bytesOf[T](len(own)))
		}
	}
	parts, err := payloads[[]T](ctx, c, c.others())
	if err != nil {
		return nil, err
	}
	parts[r.id] = own
	for from, part := range parts {
		if len(part) != counts[from] {
			return nil, &RankError{from, fmt.Errorf("sent %s for all-gather: rank %d expects %d", plural.Of(len(part), "number"), r.id, counts[from])}
		}
	}
	return parts, nil
}

// ReduceScatter combines the ranks' slices x, of equal length, element by element
// in the given order and returns the elements Cut(len(x), size, rank) of the
// result. A rank is a leaf: the trees halve the ranks, the folds go by rank
// number, Shuffled by its seed, Arrival as the values come.
func ReduceScatter[T Float](ctx context.Context, r *Rank, order reduce.Order, x []T) ([]T, error) {
	return reduceScatter(ctx, r, order, append([]T(nil), x...)) // a copy: the caller may change x while others still read
}

// reduceScatter is ReduceScatter of an x that stays as it is until all others have
// read their share.
func reduceScatter[T Float](ctx context.Context, r *Rank, order reduce.Order, x []T) ([]T, error) {
	if err := reduce.Check[T](order); err != nil {
		return nil, err
	}
	parts, err := scatter(ctx, r, "reduce-scatter", order, x)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(parts[0]))
	values := make([]T, len(parts))
	for i := range out {
		for k, part := range parts {
			values[k] = part[i]
		}
		out[i] = reduce.SumLeaves(order, values)
	}
	return out, nil
}

// scatter sends each rank its elements of x and returns what the ranks sent for
// this one's: by rank number or, under Arrival, as they came.
func scatter[T Float](ctx context.Context, r *Rank, op string, order reduce.Order, x []T) ([][]T, error) {
	c := r.begin(op, order, len(x), nameOf[T]())
	own := func(rank int) []T {
		s := Cut(len(x), r.Size(), rank)
		return x[s.Lo:s.Hi]
	}
	for to := range r.Size() {
		if to != r.id {
			c.send(to, own(to), bytesOf[T](len(own(to))))
		}
	}
	return collect(ctx, c, own(r.id))
}

// collect returns one payload of each rank, own being this rank's: by rank number
// or, under Arrival, own first and the others as they come.
func collect[P any](ctx context.Context, c collective, own P) ([]P, error) {
	awaited := c.others()
	if c.in.Kind() != reduce.KindArrival {
		all, err := payloads[P](ctx, c, awaited)
		if err == nil {
			all[c.id] = own
		}
		return all, err
	}
	all := []P{own}
	for len(all) < c.Size() {
		m, err := c.receive(ctx, awaited)
		if err != nil {
			return nil, err
		}
		p, err := payloadOf[P](c, m)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// AllReduce combines the ranks' slices x, of equal length, element by element in
// the given order, and sets x to the result on all ranks: ReduceScatter, then
// AllGather, 2*(size-1)/size*len(x) numbers sent by each rank. A rank is a leaf,
// so the bits depend on the number of ranks, in all orders but Binned and Exact; see
// AllReducePartial for products. After an error x is not to be changed before Run
// returns.
func AllReduce[T Float](ctx context.Context, r *Rank, order reduce.Order, x []T) error {
	own, err := reduceScatter(ctx, r, order, x)
	if err != nil {
		return err
	}
	return gatherInto(ctx, r, own, x) // which others have read where they have sent their sums
}

// gatherInto sets x to the slices that the ranks own of it. It keeps own.
func gatherInto[T Float](ctx context.Context, r *Rank, own, x []T) error {
	counts := make([]int, r.Size())
	for rank := range counts {
		counts[rank] = Cut(len(x), r.Size(), rank).Len()
	}
	parts, err := gather(ctx, r, own, counts)
	if err != nil {
		return err
	}
	for _, part := range parts {
		x = x[copy(x, part):]
	}
	return nil
}

// AllReducePartial joins the ranks' parts of a product, by rank number, and sets
// dst to the whole on all ranks. Each rank joins a share of the elements: it
// receives the others' states of them, unrounded, and sends the finished values on.
// In the orders whose bits do not depend on cuts the result has the bits of the
// product on one rank, for any number of ranks.
//
// Where a rank's part is one node of the tree (of plain numbers), it sends
// 2*(size-1)/size*len(dst) numbers, as a ring all-reduce does; a ragged part sends
// its nodes.
func AllReducePartial[T Float](ctx context.Context, r *Rank, part *gemm.Partial[T], dst []T) error {
	if part.Size() != len(dst) {
		return fmt.Errorf("all-reduce of a product of %s into %d", plural.Of(part.Size(), "element"), len(dst))
	}
	c := r.begin("all-reduce of products", part.Order(), len(dst), nameOf[T]())
	own := func(rank int) *gemm.Partial[T] {
		s := Cut(len(dst), r.Size(), rank)
		return part.Slice(s.Lo, s.Hi)
	}
	for to := range r.Size() {
		if to != r.id {
			share := own(to)
			c.send(to, share, share.Bytes())
		}
	}
	parts, err := collect(ctx, c, own(r.id))
	if err != nil {
		return err
	}
	out := memoryOf[T](r).sums(parts[0].Size())
	if err := gemm.Join(parts, out); err != nil {
		return err
	}
	return gatherInto(ctx, r, out, dst)
}
