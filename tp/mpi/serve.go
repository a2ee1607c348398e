//go:build mpi && cgo

package mpi

import (
	"fmt"
	"time"

	"github.com/samebits/samebits/tp"
)

// server is what the thread of MPI keeps.
type server struct {
	*Comm
	in, out []*transfer
	heard   []time.Time // last, of each process
	beaten  []time.Time // when each was last sent a sign of life
	bye     []bool      // of processes that have ended well
	silence time.Duration
	dead    int   // the process that has died, or -1
	err     error // that ended the traffic
	timer   *time.Timer
}

// serve moves messages until the connection is closed.
func (c *Comm) serve() error {
	s := &server{Comm: c, silence: min(c.deadline/2, maxSilence), dead: -1, bye: make([]bool, c.size), timer: time.NewTimer(0)}
	now := time.Now()
	for range c.size {
		s.heard, s.beaten = append(s.heard, now), append(s.beaten, now)
	}
	var closed time.Time
	for active, last := now, now; ; last = now {
		now = time.Now()
		if now.Sub(last) > s.silence/4 {
			s.stalled(now)
		}
		moved, err := s.move(now)
		if err == nil {
			err = s.watch(now)
		}
		if err != nil {
			s.report(err)
			moved = false // what fails once may fail at every look
		}
		closing, failed := s.state()
		if closing && closed.IsZero() {
			closed = now
		}
		switch {
		case closing && failed && (s.sent() || now.Sub(closed) > flushTime):
			return s.err
		case closing && !failed && s.finished():
			return finalize()
		}
		if moved {
			active = now
		}
		s.wait(now.Sub(active))
	}
}

// stalled forgives silence: this thread was not run, by the system or a debugger, and
// what the others sent may lie there.
func (s *server) stalled(now time.Time) {
	for id := range s.heard {
		s.heard[id] = now
	}
}

// state tells whether the connection is being closed, with nothing left to send, and
// whether something failed.
func (s *server) state() (closing, failed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing && len(s.queue) == 0, s.failed
}

// wait waits for something to send, or until the next poll.
func (s *server) wait(idle time.Duration) {
	switch {
	case idle < spin:
		return
	case idle < soon:
		s.timer.Reset(shortPause)
	default:
		s.timer.Reset(longPause)
	}
	select {
	case <-s.wake:
	case <-s.timer.C:
	}
}

// sent tells whether the living have got everything.
func (s *server) sent() bool {
	for _, t := range s.out {
		if t.peer != s.dead && t.tag != tagLife {
			return false
		}
	}
	return true
}

// finished tells whether all have said goodbye, and nothing is on its way.
func (s *server) finished() bool {
	for id, gone := range s.bye {
		if !gone && id != s.id {
			return false
		}
	}
	return len(s.in) == 0 && len(s.out) == 0
}

// report hands the end of all to the receiver, once.
func (s *server) report(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err, s.failed = err, true
		s.inbox.Put(0, nil, err)
	}
}

// move begins and ends transfers, and tells whether there was anything to do.
func (s *server) move(now time.Time) (moved bool, err error) {
	s.mu.Lock()
	queue := s.queue
	s.queue = nil
	s.mu.Unlock()
	for _, o := range queue {
		if err := s.begin(o.to, o.tag, o.bytes); err != nil {
			return true, err
		}
	}
	came := 0
	for ; came < maxReceived; came++ {
		t, err := s.receive()
		if err != nil {
			return true, err
		}
		if t == nil {
			break
		}
		s.in = append(s.in, t)
	}
	if s.out, err = ended(s.out, func(*transfer) {}); err != nil {
		return true, err
	}
	s.in, err = ended(s.in, func(t *transfer) { s.take(t, now) })
	return len(queue)+came+len(s.in) > 0, err
}

// maxReceived bounds the messages received at once, between two looks at the rest.
const maxReceived = 64

func (s *server) begin(to, tag int, b []byte) error {
	t, err := s.send(to, tag, b)
	if err != nil {
		return &tp.RankError{Rank: to, Err: err}
	}
	s.out = append(s.out, t)
	return nil
}

// ended removes the transfers that are over, and hands them on, as long as those
// before them are over: messages of one sender keep their order.
func ended(all []*transfer, f func(*transfer)) ([]*transfer, error) {
	left := all[:0]
	waiting := map[int]bool{}
	for i, t := range all {
		if waiting[t.peer] {
			left = append(left, t)
			continue
		}
		done, err := t.done()
		if err != nil {
			return append(left, all[i+1:]...), &tp.RankError{Rank: t.peer, Err: err}
		}
		if !done {
			waiting[t.peer] = true
			left = append(left, t)
			continue
		}
		f(t)
	}
	clear(all[len(left):])
	return left, nil
}

// take hands on what has come.
func (s *server) take(t *transfer, now time.Time) {
	s.heard[t.peer] = now
	switch t.tag {
	case tagBye:
		s.bye[t.peer] = true
	case tagMessage:
		s.inbox.Put(t.peer, t.bytes, nil)
	}
}

// watch sends signs of life, and finds out who has sent none.
func (s *server) watch(now time.Time) error {
	for id := range s.size {
		if id == s.id || s.bye[id] || id == s.dead {
			continue
		}
		if silent := now.Sub(s.heard[id]); silent > s.silence {
			s.dead = id
			return &tp.RankError{Rank: id, Err: fmt.Errorf("has given no sign of life for %v: its process or the way to it has died", silent.Round(100*time.Millisecond))}
		}
		if now.Sub(s.beaten[id]) < s.silence/20 || s.beating(id) {
			continue
		}
		s.beaten[id] = now
		if err := s.begin(id, tagLife, nil); err != nil {
			return err
		}
	}
	return nil
}

// beating tells whether a sign of life to the process is still on its way.
func (s *server) beating(id int) bool {
	for _, t := range s.out {
		if t.peer == id && t.tag == tagLife {
			return true
		}
	}
	return false
}
