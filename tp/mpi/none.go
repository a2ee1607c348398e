//go:build !mpi || !cgo

package mpi

import (
	"context"
	"errors"
	"time"

	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
)

var errNone = errors.New("mpi: this program was built without MPI: want CC=mpicc go build -tags mpi, with the library installed")

// Comm connects the processes. Without the build tag mpi there is none.
type Comm struct{}

// Open returns an error: this program was built without the tag mpi.
func Open(time.Duration) (*Comm, error) { return nil, errNone }

// ID returns the number of this process.
func (*Comm) ID() int { panic(errNone) }

// Size returns the number of processes.
func (*Comm) Size() int { panic(errNone) }

// Send sends a message.
func (*Comm) Send(int, []byte) error { return errNone }

// Receive returns the next message.
func (*Comm) Receive(context.Context) (int, []byte, error) { return 0, nil, errNone }

// Close ends the connection.
func (*Comm) Close(failure error) error { return failure }

// AllReduceExact merges states of exact sums.
func AllReduceExact(context.Context, *tp.Rank, *Comm, []reduce.Superaccumulator) error {
	return errNone
}

// AllReduceBinned merges states of binned sums.
func AllReduceBinned[T tp.Float](context.Context, *tp.Rank, *Comm, []reduce.Bins[T]) error {
	return errNone
}
