package tp

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"
)

// header says which collective a rank is in.
type header struct {
	op    string // its name
	seq   int    // its number, counted by each rank
	order string // in which the values are to be combined
	count int    // numbers that it is over
	elem  string // their type
}

func (h header) String() string {
	return fmt.Sprintf("%s of %d %s (%s, collective %d)", h.op, h.count, h.elem, h.order, h.seq)
}

// message is what one rank sends another: the payload, and the header by which the
// receiver finds out whether the two are in the same collective. The receiver
// reads the payload only; the sender does not change it afterwards.
type message struct {
	header
	from    int
	payload any
}

// peer is a rank as the others reach it: its mailbox, or the way to its process.
type peer interface {
	send(m message)
	// leave notes that the rank of that number will send no more.
	leave(rank int)
}

// mailbox holds the messages that one rank has yet to receive, in the order in
// which they came. Sending never blocks.
type mailbox struct {
	mu       sync.Mutex
	messages []message
	left     []bool // ranks that will send no more
	wake     chan struct{}
}

func newMailbox(size int) *mailbox {
	return &mailbox{left: make([]bool, size), wake: make(chan struct{}, 1)}
}

func (b *mailbox) send(m message) {
	b.mu.Lock()
	b.messages = append(b.messages, m)
	b.mu.Unlock()
	b.notify()
}

func (b *mailbox) leave(rank int) {
	b.mu.Lock()
	b.left[rank] = true
	b.mu.Unlock()
	b.notify()
}

func (b *mailbox) notify() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take removes and returns the first message of one of the awaited ranks or, where
// there is none, tells which of them is gone. A rank's messages come in the order
// of its collectives, so the first is that of the collective in which the rank is
// awaited, unless the two are not in the same one. What others sent early, for a
// later collective, waits.
func (b *mailbox) take(awaited []bool) (m message, gone int, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, m := range b.messages {
		if awaited[m.from] {
			b.messages = slices.Delete(b.messages, i, i+1)
			return m, -1, true
		}
	}
	for rank, left := range b.left {
		if left && awaited[rank] {
			return message{}, rank, false
		}
	}
	return message{}, -1, false
}

// unread returns the first message that was never received.
func (b *mailbox) unread() (m message, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.messages) == 0 {
		return message{}, false
	}
	return b.messages[0], true
}

// all returns the messages that wait.
func (b *mailbox) all() []message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.messages)
}

// spin is how long a rank asks again and again before it sleeps. To wake a processor takes about as long.
const spin = 50 * time.Microsecond

// await spins until something came, letting others run meanwhile.
func (b *mailbox) await() {
	for begin := time.Now(); len(b.wake) == 0 && time.Since(begin) < spin; {
		runtime.Gosched()
	}
}

// receive waits for a message of one of the awaited ranks.
func (b *mailbox) receive(ctx context.Context, awaited []bool, in header, deadline time.Duration) (message, error) {
	timer := time.NewTimer(deadline)
	defer timer.Stop()
	for {
		m, gone, ok := b.take(awaited)
		switch {
		case ok:
			return m, nil
		case gone >= 0:
			return message{}, &RankError{gone, fmt.Errorf("left before %s (collective %d)", in.op, in.seq)}
		}
		b.await()
		select {
		case <-b.wake:
		case <-ctx.Done():
			return message{}, context.Cause(ctx)
		case <-timer.C:
			return message{}, &RankError{firstOf(awaited), fmt.Errorf("sent nothing for %s (collective %d) within %v", in.op, in.seq, deadline)}
		}
	}
}

// receiveLeaves waits until the others have left.
func (b *mailbox) receiveLeaves(ctx context.Context, id int, deadline time.Duration) error {
	timer := time.NewTimer(deadline)
	defer timer.Stop()
	for {
		stays := b.staying(id)
		if stays < 0 {
			return nil
		}
		select {
		case <-b.wake:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timer.C:
			return &RankError{stays, fmt.Errorf("did not end within %v of rank %d", deadline, id)}
		}
	}
}

// staying returns the first rank but id that has not left, or -1.
func (b *mailbox) staying(id int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	for rank, left := range b.left {
		if !left && rank != id {
			return rank
		}
	}
	return -1
}

func firstOf(awaited []bool) int {
	for rank, yes := range awaited {
		if yes {
			return rank
		}
	}
	return -1
}
