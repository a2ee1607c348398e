//go:build mpi && cgo

package mpi

/*
#include <mpi.h>
#include <stdlib.h>

// Handlers of Open MPI's for signals that belong to the Go runtime are left out: they
// do not run on the signal stack, and a nil pointer in Go is a panic, not a crash.
static int initialize(int *provided) {
	setenv("OMPI_MCA_opal_signal", "", 0);
	return MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, provided);
}

static int duplicate(MPI_Comm *comm) {
	int e = MPI_Comm_dup(MPI_COMM_WORLD, comm);
	return e ? e : MPI_Comm_set_errhandler(*comm, MPI_ERRORS_RETURN);
}

static int send(void *bytes, int n, int to, int tag, MPI_Comm comm, MPI_Request *r) {
	return MPI_Isend(bytes, n, MPI_BYTE, to, tag, comm, r);
}

// probe finds a message that has come, and who sent it, with what tag and length.
static int probe(MPI_Comm comm, int *found, MPI_Message *m, int *from, int *tag, int *n) {
	MPI_Status s;
	int e = MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm, found, m, &s);
	if (e || !*found) return e;
	*from = s.MPI_SOURCE;
	*tag = s.MPI_TAG;
	return MPI_Get_count(&s, MPI_BYTE, n);
}

static int receive(void *bytes, int n, MPI_Message *m, MPI_Request *r) {
	return MPI_Imrecv(bytes, n, MPI_BYTE, m, r);
}

static int test(MPI_Request *r, int *done) { return MPI_Test(r, done, MPI_STATUS_IGNORE); }
*/
import "C"

import (
	"fmt"
	"runtime"
	"unsafe"
)

// call returns the error of an MPI function.
func call(name string, status C.int) error {
	if status == C.MPI_SUCCESS {
		return nil
	}
	text, n := make([]C.char, C.MPI_MAX_ERROR_STRING), C.int(0)
	C.MPI_Error_string(status, &text[0], &n)
	return fmt.Errorf("mpi: %s: %s", name, C.GoStringN(&text[0], n))
}

// initialize starts MPI, which the calling thread then is the main thread of.
func initialize() error {
	var provided C.int
	if err := call("MPI_Init_thread", C.initialize(&provided)); err != nil {
		return err
	}
	if provided < C.MPI_THREAD_MULTIPLE {
		return fmt.Errorf("mpi: the library gives thread level %d: want MPI_THREAD_MULTIPLE, %d", provided, C.MPI_THREAD_MULTIPLE)
	}
	return nil
}

func finalize() error { return call("MPI_Finalize", C.MPI_Finalize()) }

// communicator is a duplicate of MPI_COMM_WORLD that returns errors.
type communicator struct {
	handle   C.MPI_Comm
	id, size int
}

func newCommunicator() (c communicator, err error) {
	if err := call("MPI_Comm_dup", C.duplicate(&c.handle)); err != nil {
		return c, err
	}
	var id, size C.int
	if err := call("MPI_Comm_rank", C.MPI_Comm_rank(c.handle, &id)); err != nil {
		return c, err
	}
	err = call("MPI_Comm_size", C.MPI_Comm_size(c.handle, &size))
	c.id, c.size = int(id), int(size)
	return c, err
}

// transfer is a message on its way, in or out. Its bytes stay where they are until it
// is done.
type transfer struct {
	peer, tag int
	bytes     []byte
	request   C.MPI_Request
	pin       runtime.Pinner
}

func newTransfer(peer, tag int, b []byte) *transfer {
	t := &transfer{peer: peer, tag: tag, bytes: b}
	if len(b) > 0 {
		t.pin.Pin(&b[0])
	}
	return t
}

func (t *transfer) pointer() unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(t.bytes)) }

// send begins to send.
func (c communicator) send(to, tag int, b []byte) (*transfer, error) {
	t := newTransfer(to, tag, b)
	return t, call("MPI_Isend", C.send(t.pointer(), C.int(len(b)), C.int(to), C.int(tag), c.handle, &t.request))
}

// receive begins to receive the next message that has come, if one has.
func (c communicator) receive() (*transfer, error) {
	var found, from, tag, n C.int
	var m C.MPI_Message
	if err := call("MPI_Improbe", C.probe(c.handle, &found, &m, &from, &tag, &n)); err != nil || found == 0 {
		return nil, err
	}
	t := newTransfer(int(from), int(tag), make([]byte, n))
	return t, call("MPI_Imrecv", C.receive(t.pointer(), n, &m, &t.request))
}

// done tells whether the transfer is over.
func (t *transfer) done() (bool, error) {
	var done C.int
	err := call("MPI_Test", C.test(&t.request, &done))
	if done != 0 || err != nil {
		t.pin.Unpin()
	}
	return done != 0, err
}
