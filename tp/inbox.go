package tp

import (
	"bytes"
	"context"
	"sync"
)

// Inbox holds what comes for the Receive of a Transport, in the order in which it
// comes. NewInbox makes one.
type Inbox struct {
	mu       sync.Mutex
	arrivals []arrival
	wake     chan struct{}
}

type arrival struct {
	from    int
	message []byte
	err     error
}

// NewInbox returns an empty Inbox.
func NewInbox() *Inbox { return &Inbox{wake: make(chan struct{}, 1)} }

// Put adds what Receive is to return. It does not wait.
func (b *Inbox) Put(from int, message []byte, err error) {
	b.mu.Lock()
	b.arrivals = append(b.arrivals, arrival{from, message, err})
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Receive waits for the next, which it returns and forgets. The error is what Put was given,
// or that of ctx, when that ends before anything has come.
func (b *Inbox) Receive(ctx context.Context) (from int, message []byte, err error) {
	for {
		if a, ok := b.next(); ok {
			return a.from, a.message, a.err
		}
		select {
		case <-b.wake:
		case <-ctx.Done():
			return 0, nil, ctx.Err()
		}
	}
}

func (b *Inbox) next() (a arrival, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.arrivals) == 0 {
		return a, false
	}
	a = b.arrivals[0]
	b.arrivals[0] = arrival{}
	b.arrivals = b.arrivals[1:]
	return a, true
}

// Pipes returns the Transports of a World within this process, for tests of programs
// that are to run on several. What they carry are bytes, as between processes.
func Pipes(size int) []Transport {
	inboxes, ends := make([]*Inbox, size), make([]Transport, size)
	for id := range inboxes {
		inboxes[id] = NewInbox()
		ends[id] = pipe{inboxes[id], id, inboxes}
	}
	return ends
}

type pipe struct {
	*Inbox
	id  int
	all []*Inbox
}

func (p pipe) ID() int   { return p.id }
func (p pipe) Size() int { return len(p.all) }

func (p pipe) Send(to int, message []byte) error {
	p.all[to].Put(p.id, bytes.Clone(message), nil)
	return nil
}
