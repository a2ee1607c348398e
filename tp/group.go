package tp

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/samebits/samebits/reduce"
)

// DefaultDeadline is how long a collective waits for another rank.
const DefaultDeadline = time.Minute

// RankError is the failure that ended a group of ranks: of which rank, and what.
type RankError struct {
	Rank int
	Err  error
}

func (e *RankError) Error() string { return fmt.Sprintf("tp: rank %d: %v", e.Rank, e.Err) }

// Unwrap returns the rank's own error.
func (e *RankError) Unwrap() error { return e.Err }

// Rank is one member of a group that runs the same program on shards of the same
// model. Its collectives must be called by all ranks of the group in the same
// order. A Rank belongs to one goroutine.
type Rank struct {
	id, seq int
	group   *group
	box     *mailbox // where messages to the rank come
	sent    int64
	memory  any // *memory[T], or nil
}

// ID returns the number of the rank, from 0.
func (r *Rank) ID() int { return r.id }

// Size returns the number of ranks.
func (r *Rank) Size() int { return len(r.group.peers) }

// BytesSent returns the bytes of payload that the rank has sent to others: its
// numbers, without headers.
func (r *Rank) BytesSent() int64 { return r.sent }

// group is what the ranks of this process share.
type group struct {
	peers    []peer // all ranks, as they are reached
	deadline time.Duration
	cancel   context.CancelCauseFunc
	failed   error // of a rank that is Alone

	mu     sync.Mutex
	shared map[int][]atomic.Uint64 // buffers of the fault RaceAllReduce, by collective
}

// Run starts size ranks, each running f on a goroutine of its own, and waits for
// all of them. If a rank returns an error, panics, stays silent beyond the deadline
// or leaves out a collective, the context of the others ends, their collectives
// return, and Run returns a *RankError that names the first. Where ranks disagree on
// a collective, that is one that is not with the most; of two, the error names both.
// If ctx ends, Run returns its cause. Run leaves no goroutine behind, provided that f returns when
// its context ends.
func Run(ctx context.Context, size int, f func(ctx context.Context, r *Rank) error) error {
	return RunDeadline(ctx, size, DefaultDeadline, f)
}

// RunDeadline is Run with a limit of its own on how long a collective waits for
// another rank.
func RunDeadline(ctx context.Context, size int, deadline time.Duration, f func(ctx context.Context, r *Rank) error) error {
	if size < 1 {
		return fmt.Errorf("tp: group of %d ranks: want at least 1", size)
	}
	if deadline <= 0 {
		return fmt.Errorf("tp: deadline of %v: want more than 0", deadline)
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	g := newGroup(deadline, cancel)
	boxes := make([]*mailbox, size)
	for id := range boxes {
		boxes[id] = newMailbox(size)
		g.peers = append(g.peers, boxes[id])
	}
	var wait sync.WaitGroup
	for id, box := range boxes {
		wait.Go(func() {
			defer g.leave(id)
			g.run(ctx, &Rank{id: id, group: g, box: box}, f)
		})
	}
	wait.Wait()
	for id, box := range boxes {
		g.checkRead(id, box)
	}
	return context.Cause(ctx)
}

func newGroup(deadline time.Duration, cancel context.CancelCauseFunc) *group {
	return &group{deadline: deadline, cancel: cancel, shared: map[int][]atomic.Uint64{}}
}

// leave tells all ranks that the rank will send no more.
func (g *group) leave(id int) {
	for _, p := range g.peers {
		p.leave(id)
	}
}

// checkRead ends the group if the rank, which has left, was sent what it never
// received.
func (g *group) checkRead(id int, box *mailbox) {
	if m, ok := box.unread(); ok {
		g.cancel(&RankError{id, fmt.Errorf("left without %s (collective %d), in which rank %d sent to it", m.op, m.seq, m.from)})
	}
}

// run runs one rank. How it ends badly is the end of the group.
func (g *group) run(ctx context.Context, r *Rank, f func(ctx context.Context, r *Rank) error) {
	returned := false
	defer func() {
		if p := recover(); p != nil {
			g.cancel(&RankError{r.id, fmt.Errorf("panicked: %v\n%s", p, debug.Stack())})
		} else if !returned {
			g.cancel(&RankError{r.id, errors.New("ended its goroutine (runtime.Goexit)")})
		}
	}()
	err := f(ctx, r)
	returned = true
	if err != nil {
		if named := (*RankError)(nil); !errors.As(err, &named) {
			err = &RankError{r.id, err}
		}
		g.cancel(err) // the first cause stays
	}
}

// collective is one call of a collective by one rank.
type collective struct {
	*Rank
	header
	in reduce.Order
}

// begin counts a collective over count numbers of type elem.
func (r *Rank) begin(op string, order reduce.Order, count int, elem string) collective {
	r.seq++
	return collective{r, header{op, r.seq, order.String(), count, elem}, order}
}

// send sends the payload, of that many bytes, to another rank.
func (c collective) send(to int, payload any, bytes int) {
	c.sent += int64(bytes)
	c.group.peers[to].send(message{header: c.header, from: c.id, payload: payload})
}

// others returns a flag for each rank: true but for the rank itself.
func (c collective) others() []bool {
	awaited := make([]bool, c.Size())
	for rank := range awaited {
		awaited[rank] = rank != c.id
	}
	return awaited
}

// receive returns the next message of one of the awaited ranks, in the order in
// which they come, and strikes its sender off. A message that belongs to another
// collective, or to one over other shapes, is an error that names both ranks.
func (c collective) receive(ctx context.Context, awaited []bool) (message, error) {
	m, err := c.box.receive(ctx, awaited, c.header, c.group.deadline)
	if err != nil {
		return m, err
	}
	if m.header != c.header {
		return m, c.disagreement(ctx, m)
	}
	awaited[m.from] = false
	return m, nil
}

// disagreement returns the error for a message of another collective. Which of the
// ranks is wrong is put to the vote: a rank that is not with the most. Of two, it
// is the other.
func (c collective) disagreement(ctx context.Context, m message) error {
	in := c.headers(ctx, map[int]header{c.id: c.header, m.from: m.header})
	votes := map[header]int{}
	for _, h := range in {
		votes[h]++
	}
	wrong, right := m.from, c.id
	if votes[m.header] > votes[c.header] {
		wrong, right = c.id, m.from
	}
	return &RankError{wrong, fmt.Errorf("is in %v while rank %d is in %v", in[wrong], right, in[right])}
}

// voteTime is how long a rank that met a disagreement waits to hear from all.
const voteTime = time.Second

// headers adds to what is known the header of the first message that waits in the
// mailbox from each other rank. It waits for the ranks to send, for a while.
func (r *Rank) headers(ctx context.Context, known map[int]header) map[int]header {
	for end := time.Now().Add(min(r.group.deadline, voteTime)); ; time.Sleep(time.Millisecond) {
		for _, m := range r.box.all() {
			if _, ok := known[m.from]; !ok {
				known[m.from] = m.header
			}
		}
		if len(known) == r.Size() || time.Now().After(end) || ctx.Err() != nil {
			return known
		}
	}
}

// payloads receives one payload from each awaited rank, listed by rank number.
func payloads[P any](ctx context.Context, c collective, awaited []bool) ([]P, error) {
	all := make([]P, c.Size())
	n := 0
	for _, yes := range awaited {
		if yes {
			n++
		}
	}
	for range n {
		m, err := c.receive(ctx, awaited)
		if err != nil {
			return nil, err
		}
		if all[m.from], err = payloadOf[P](c, m); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// payloadOf returns the payload of a message: as it is or, where it came from another
// process, decoded.
func payloadOf[P any](c collective, m message) (p P, err error) {
	if wire, ok := m.payload.(encoded); ok {
		if err := decode(wire, &p, c.in); err != nil {
			return p, &RankError{m.from, fmt.Errorf("sent for %s (collective %d): %w", c.op, c.header.seq, err)}
		}
		return p, nil
	}
	p, ok := m.payload.(P)
	if !ok {
		return p, &RankError{m.from, fmt.Errorf("sent %T for %s: rank %d wants %T", m.payload, c.op, c.id, p)}
	}
	return p, nil
}
