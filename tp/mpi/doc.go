// Package mpi connects the ranks of a tp.World by MPI, the Message Passing Interface:
// one process a rank, on one machine or on many.
//
//	comm, err := mpi.Open(tp.DefaultDeadline)
//	world, err := tp.NewWorld(ctx, comm, tp.DefaultDeadline)
//	err = world.Run(ctx, program)
//	err = comm.Close(err)
//
// It needs the build tag mpi, cgo and an MPI-3 library, such as Debian's
// libopenmpi-dev and openmpi-bin; without them Open returns an error:
//
//	CC=mpicc go build -tags mpi ./cmd/samebits
//	mpirun -n 4 samebits compare --tp mpi
//
// Its one idea: MPI carries bytes and nothing else. What is added to what in which
// order is decided by package tp, so that neither the library, nor the algorithm that
// it chooses, nor the network enters the bits. For those who want MPI's own
// MPI_Allreduce there are operations on states whose bits depend on no order at all:
// AllReduceExact and AllReduceBinned.
//
// One thread owns the traffic. It polls: without a pause for 50 microseconds after the
// last message, once in 100 microseconds for 10 milliseconds, and then once in a
// millisecond. Each process sends a sign of
// life to each other, twenty times in the time after which silence counts as death:
// half the deadline, 5 seconds at most. Then the others end with a *tp.RankError that
// names the dead rank. By default Open MPI's mpirun, when a process dies, ends all
// others before they can say so, and names the rank itself; with mpirun
// --enable-recovery it leaves that to them.
package mpi
