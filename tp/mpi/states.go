//go:build mpi && cgo

package mpi

// #include <stdlib.h>
// #include "ops.h"
import "C"

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
)

// The kinds of records, as ops.c counts them.
const (
	kindExact = iota
	kindBinned32
	kindBinned64
)

// The sizes of records: the length of a state, 4 bytes, little-endian, and the longest
// state. The rest are zeros.
const (
	sizeExact  = 4 + 16 + 32 + 4*135
	sizeBinned = 4 + 8*(7+2*4)
	unreadable = math.MaxUint32 // the length of a record that could not be merged
)

// AllReduceExact merges the ranks' exact sums by MPI_Allreduce with an operation of
// ours, element by element, and sets sums to the result on all ranks. All ranks, those
// of a World over comm, must have as many. The bits do not depend on the algorithm
// that MPI chooses, nor on the number of ranks: merging exact states is commutative and
// associative. A state travels as a record of 592 bytes.
//
// It ends with ctx or the deadline, but MPI cannot: after an error the program is to
// end.
func AllReduceExact(ctx context.Context, r *tp.Rank, comm *Comm, sums []reduce.Superaccumulator) error {
	return allReduce(ctx, r, comm, kindExact, sizeExact, sums)
}

// AllReduceBinned is AllReduceExact of binned sums, whose folds must be the same. A
// state travels as a record of 124 bytes.
func AllReduceBinned[T tp.Float](ctx context.Context, r *tp.Rank, comm *Comm, sums []reduce.Bins[T]) error {
	kind := kindBinned32
	if kernel.Is64[T]() {
		kind = kindBinned64
	}
	return allReduce(ctx, r, comm, kind, sizeBinned, sums)
}

// state is a state of a sum: *reduce.Superaccumulator, *reduce.Bins[T].
type state[S any] interface {
	*S
	AppendWire(b []byte) []byte
	ReadWire(b []byte) (rest []byte, err error)
}

func allReduce[S any, P state[S]](ctx context.Context, r *tp.Rank, comm *Comm, kind, size int, sums []S) error {
	what := fmt.Sprintf("%s of type %T", plural.Of(len(sums), "state"), *new(S))
	if len(sums) > math.MaxInt32 {
		return fmt.Errorf("mpi: all-reduce of %s: want %d at most", what, math.MaxInt32)
	}
	// Where a rank is missing or does something else, MPI_Allreduce would wait for ever.
	if err := tp.Agree(ctx, r, tp.Fact{Name: "all-reduce of", Value: what}); err != nil || len(sums) == 0 {
		return err
	}
	memory := C.calloc(C.size_t(len(sums)), C.size_t(size)) // MPI may hold it longer than we wait
	records := unsafe.Slice((*byte)(memory), len(sums)*size)
	for i := range sums {
		putRecord[S, P](record(records, size, i), &sums[i])
	}
	done := make(chan error, 1)
	go func() {
		done <- call("MPI_Allreduce", C.reduce_records(C.int(kind), C.int(size), memory, C.int(len(sums)), comm.states.handle))
	}()
	timer := time.NewTimer(comm.deadline)
	defer timer.Stop()
	select {
	case err := <-done:
		defer C.free(memory)
		return takeRecords[S, P](records, size, sums, err)
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return fmt.Errorf("mpi: all-reduce of %s did not end within %v", what, comm.deadline)
	}
}

// takeRecords sets the states to those of the records, or to none of them.
func takeRecords[S any, P state[S]](records []byte, size int, sums []S, err error) error {
	got := make([]S, len(sums))
	for i := range got {
		if err == nil {
			err = readRecord[S, P](record(records, size, i), &got[i])
		}
	}
	if err == nil {
		copy(sums, got)
	}
	return err
}

// record returns the record of that index.
func record(records []byte, size, i int) []byte { return records[i*size : (i+1)*size : (i+1)*size] }

// putRecord makes the record that of the state.
func putRecord[S any, P state[S]](b []byte, s P) {
	state := s.AppendWire(b[4:4])
	clear(b[4+copy(b[4:], state):])
	binary.LittleEndian.PutUint32(b, uint32(len(state)))
}

func readRecord[S any, P state[S]](b []byte, s P) error {
	n := binary.LittleEndian.Uint32(b)
	if n > uint32(len(b)-4) {
		return fmt.Errorf("mpi: record of %s holds a state of %d: it could not be merged on the way", plural.Of(len(b), "byte"), n)
	}
	rest, err := s.ReadWire(b[4 : 4+n])
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("mpi: record with %s too many", plural.Of(len(rest), "byte"))
	}
	return err
}

// merged counts the records that this process merged: which algorithm MPI took shows
// there.
var merged atomic.Int64

// merge merges n records of each side into those of inout. What cannot be read or
// merged becomes a record that cannot be read.
func merge[S any, P state[S]](in, inout unsafe.Pointer, n, size int, into func(a, b P) error) {
	merged.Add(int64(n))
	from, to := unsafe.Slice((*byte)(in), n*size), unsafe.Slice((*byte)(inout), n*size)
	for i := range n {
		var a, b S
		err := readRecord[S, P](record(to, size, i), &a)
		if err == nil {
			err = readRecord[S, P](record(from, size, i), &b)
		}
		if err == nil {
			err = into(&a, &b)
		}
		if err != nil {
			binary.LittleEndian.PutUint32(record(to, size, i), unreadable)
			continue
		}
		putRecord[S, P](record(to, size, i), &a)
	}
}

//export mergeExact
func mergeExact(in, inout unsafe.Pointer, n C.int) {
	merge(in, inout, int(n), sizeExact, func(a, b *reduce.Superaccumulator) error {
		if a.Count() > math.MaxInt64-b.Count() {
			return fmt.Errorf("mpi: exact sums of %d and %s", a.Count(), plural.Of(b.Count(), "term"))
		}
		a.Merge(b)
		return nil
	})
}

//export mergeBinned32
func mergeBinned32(in, inout unsafe.Pointer, n C.int) {
	merge(in, inout, int(n), sizeBinned, mergeBins[float32])
}

//export mergeBinned64
func mergeBinned64(in, inout unsafe.Pointer, n C.int) {
	merge(in, inout, int(n), sizeBinned, mergeBins[float64])
}

func mergeBins[T tp.Float](a, b *reduce.Bins[T]) error {
	if a.Fold() != b.Fold() || a.Count() > math.MaxInt64-b.Count() {
		return fmt.Errorf("mpi: binned sums of fold %d and %d, of %d and %s", a.Fold(), b.Fold(), a.Count(), plural.Of(b.Count(), "term"))
	}
	a.Merge(b)
	return nil
}
