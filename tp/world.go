package tp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/samebits/samebits/internal/spec"
)

// Transport carries messages between the processes of a World, those of one sender
// in the order in which they were sent. Its methods may be called from several
// goroutines, Receive from one at a time.
type Transport interface {
	// ID returns the number of this process, from 0, and Size that of all.
	ID() int
	Size() int
	// Send hands the message over, which nobody changes afterwards. It does not wait for
	// the receiver.
	Send(to int, message []byte) error
	// Receive returns the next message and its sender. A process that has died is a
	// *RankError.
	Receive(ctx context.Context) (from int, message []byte, err error)
}

// World is a group of ranks that are processes, this being one of them. It runs any
// number of programs, one after the other, each like Run: all processes run the same.
// Once something has failed, in whichever process, it stays so.
type World struct {
	transport Transport
	deadline  time.Duration
	stop      context.CancelFunc
	listener  sync.WaitGroup

	mu      sync.Mutex
	runs    int                     // begun so far
	box     *mailbox                // of the run that is on, or nil
	cancel  context.CancelCauseFunc // of that run
	early   []envelope              // what others sent for the next run
	failure error
}

// NewWorld makes a World of the processes that the transport connects, all of which
// must call it. The deadline, which must be positive, is how long a collective waits
// for another rank. The ranks tell each other by which version of SPEC.md they compute
// and how many they are; where that differs, it is a *RankError. Close ends it; the
// transport stays open.
func NewWorld(ctx context.Context, t Transport, deadline time.Duration) (*World, error) {
	if deadline <= 0 {
		return nil, fmt.Errorf("tp: deadline of %v: want more than 0", deadline)
	}
	if id, size := t.ID(), t.Size(); id < 0 || id >= size {
		return nil, fmt.Errorf("tp: rank %d of a world of %d: want 0 to %d", id, size, size-1)
	}
	listening, stop := context.WithCancel(context.Background())
	w := &World{transport: t, deadline: deadline, stop: stop}
	w.listener.Go(func() { w.listen(listening) })
	err := w.Run(ctx, func(ctx context.Context, r *Rank) error { return Agree(ctx, r, w.facts()...) })
	if err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// facts are what ranks of any program must have in common.
func (w *World) facts() []Fact {
	return []Fact{{"SPEC.md version", strconv.Itoa(spec.Version)}, {"world size", strconv.Itoa(w.Size())}}
}

// ID returns the number of this rank, from 0.
func (w *World) ID() int { return w.transport.ID() }

// Size returns the number of ranks.
func (w *World) Size() int { return w.transport.Size() }

// Close ends the World, and what it runs in this process. It does not wait for the others.
func (w *World) Close() {
	w.breakUp(errClosed)
	w.stop()
	w.listener.Wait()
}

// Run runs f as this process's rank, while the other processes run theirs, and waits
// until all have ended, the deadline at most. A rank that fails, as by Run of the
// package, or whose process dies, ends the run of all: they return the same
// *RankError, or ones that name it as they see it.
func (w *World) Run(ctx context.Context, f func(ctx context.Context, r *Rank) error) error {
	if err := ctx.Err(); err != nil {
		w.Fail(context.Cause(ctx))
		return context.Cause(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	box := newMailbox(w.Size())
	run, err := w.begin(box, cancel)
	if err != nil {
		return err
	}
	g := newGroup(w.deadline, cancel)
	for id := range w.Size() {
		g.peers = append(g.peers, remote{w, id, run})
	}
	g.peers[w.ID()] = box
	var wait sync.WaitGroup
	wait.Go(func() { g.run(ctx, &Rank{id: w.ID(), group: g, box: box}, f) })
	wait.Wait()
	if context.Cause(ctx) == nil {
		g.leave(w.ID())
		if err := box.receiveLeaves(ctx, w.ID(), w.deadline); err != nil {
			cancel(err)
		}
		g.checkRead(w.ID(), box)
	}
	err = context.Cause(ctx)
	w.end(err)
	return err
}

// errClosed is the failure of a World that was closed.
var errClosed = errors.New("tp: the World is closed")

// begin begins a run with what came early for it.
func (w *World) begin(box *mailbox, cancel context.CancelCauseFunc) (run int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.failure == errClosed:
		return 0, errClosed
	case w.failure != nil:
		return 0, fmt.Errorf("tp: the ranks failed before: %w", w.failure)
	case w.box != nil:
		return 0, errors.New("tp: a World runs one program at a time")
	}
	w.runs++
	w.box, w.cancel = box, cancel
	for _, e := range w.early {
		e.put(box)
	}
	w.early = nil
	return w.runs, nil
}

// end ends the run, and all others with it if there is an error.
func (w *World) end(err error) {
	if err != nil {
		w.Fail(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.box, w.cancel = nil, nil
}

// Fail ends the World in all processes: this one cannot go on. The others name this
// rank or, if err is a *RankError, that one.
func (w *World) Fail(err error) {
	if !w.breakUp(err) {
		return
	}
	rank := w.ID()
	if named := (*RankError)(nil); errors.As(err, &named) {
		rank, err = named.Rank, named.Err
	}
	w.mu.Lock()
	run := w.runs
	w.mu.Unlock()
	for to := range w.Size() {
		if to != w.ID() {
			b := beginWire(wireFailure, run, len(err.Error()))
			// Where the way to one of them is broken, the others still hear it.
			_ = w.transport.Send(to, appendText(binary.AppendUvarint(b, uint64(rank)), err.Error()))
		}
	}
}

// breakUp ends the run that is on and all later ones. It tells whether it was the
// first to do so.
func (w *World) breakUp(err error) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failure != nil {
		return false
	}
	w.failure = err
	if w.cancel != nil {
		w.cancel(err)
	}
	return true
}

// listen puts the messages of the other processes where they belong.
func (w *World) listen(ctx context.Context) {
	for {
		from, b, err := w.transport.Receive(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			w.Fail(err) // the others may not have noticed
			return
		}
		e, err := readEnvelope(b)
		e.from = from
		if err == nil {
			err = w.deliver(e)
		}
		if err != nil {
			w.Fail(&RankError{from, err})
			return
		}
	}
}

// deliver puts a message into the mailbox of its run.
func (w *World) deliver(e envelope) error {
	if e.kind == wireFailure {
		w.breakUp(&RankError{e.failed, errors.New(e.failure)})
		return nil
	}
	if e.from < 0 || e.from >= w.Size() || e.from == w.ID() {
		return fmt.Errorf("is no other rank of a world of %d, in which this is rank %d", w.Size(), w.ID())
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case e.run == w.runs && w.box != nil:
		e.put(w.box)
	case e.run == w.runs+1:
		w.early = append(w.early, e)
	case e.run > w.runs:
		return fmt.Errorf("is in run %d while rank %d is in run %d", e.run, w.ID(), w.runs)
	}
	return nil
}

// put puts a message into the mailbox.
func (e envelope) put(box *mailbox) {
	if e.kind == wireLeave {
		box.leave(e.from)
		return
	}
	box.send(e.message)
}

// remote is a rank in another process.
type remote struct {
	world   *World
	id, run int
}

func (r remote) send(m message) { r.hand(m.encode(r.run)) }

func (r remote) leave(int) { r.hand(beginWire(wireLeave, r.run, 0)) }

func (r remote) hand(b []byte) {
	if err := r.world.transport.Send(r.id, b); err != nil {
		r.world.Fail(err)
	}
}
