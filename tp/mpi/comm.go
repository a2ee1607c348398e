//go:build mpi && cgo

package mpi

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"time"

	"github.com/samebits/samebits/tp"
)

// The tags of messages.
const (
	tagMessage = iota
	tagLife    // a sign of life: no bytes
	tagBye     // the last of a process that ends well: no bytes
)

// How the thread of MPI polls, after something was done: without a pause, then with
// short ones, then with long ones.
const (
	spin       = 50 * time.Microsecond
	soon       = 10 * time.Millisecond
	shortPause = 100 * time.Microsecond
	longPause  = time.Millisecond
)

const (
	maxSilence = 5 * time.Second
	flushTime  = time.Second // that a process which failed takes to tell the others
)

// Comm connects the processes that mpirun started; of a program started without, it
// is one process. It is the Transport of a tp.World.
type Comm struct {
	communicator
	inbox    *tp.Inbox
	states   communicator // for MPI_Allreduce
	deadline time.Duration
	wake     chan struct{}
	ended    chan error // how the thread of MPI ended

	mu      sync.Mutex
	queue   []outgoing
	closing bool
	failed  bool // something has: MPI_Finalize would wait for ever
}

// outgoing is a message to be sent.
type outgoing struct {
	to, tag int
	bytes   []byte
}

// Open starts MPI, once in a program. The deadline, which must be positive, is that of
// the World: a process that is silent for half of it, or for 5 s, counts as dead.
func Open(deadline time.Duration) (*Comm, error) {
	if deadline <= 0 {
		return nil, fmt.Errorf("mpi: deadline of %v: want more than 0", deadline)
	}
	c := &Comm{deadline: deadline, inbox: tp.NewInbox(), wake: make(chan struct{}, 1), ended: make(chan error, 1)}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: MPI's main thread ends with it
		err := c.start()
		started <- err
		if err == nil {
			c.ended <- c.serve()
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Comm) start() (err error) {
	if err := initialize(); err != nil {
		return err
	}
	if c.communicator, err = newCommunicator(); err != nil {
		return err
	}
	c.states, err = newCommunicator()
	return err
}

// ID returns the number of this process, from 0.
func (c *Comm) ID() int { return c.id }

// Size returns the number of processes.
func (c *Comm) Size() int { return c.size }

// Send hands a message to the thread of MPI, which is not to be changed any more. It
// is an error if it is longer than MPI can count.
func (c *Comm) Send(to int, message []byte) error {
	if len(message) > math.MaxInt32 {
		return fmt.Errorf("mpi: message of %d bytes to rank %d: want %d at most", len(message), to, math.MaxInt32)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return errors.New("mpi: the connection is closed")
	}
	c.queue = append(c.queue, outgoing{to, tagMessage, message})
	signal(c.wake)
	return nil
}

// Receive returns the next message that came, and its sender. A process that died is
// a *tp.RankError, and the last that is received.
func (c *Comm) Receive(ctx context.Context) (from int, message []byte, err error) {
	return c.inbox.Receive(ctx)
}

// Close ends MPI in this process, for good, and waits for the others to do so. With a
// failure, that of the program, it does not wait, and leaves MPI as it is: the process
// is to end. It returns the failure, or what went wrong in closing.
func (c *Comm) Close(failure error) error {
	c.mu.Lock()
	for to := 0; to < c.size && !c.closing; to++ {
		if to != c.id && failure == nil {
			c.queue = append(c.queue, outgoing{to, tagBye, nil})
		}
	}
	c.closing, c.failed = true, c.failed || failure != nil
	c.mu.Unlock()
	signal(c.wake)
	err := <-c.ended
	c.ended <- err // for those who close again
	if failure != nil {
		return failure
	}
	return err
}

func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
