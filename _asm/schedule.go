package main

import (
	"math"
	"sort"
)

// A schedule is a straight run of instructions that are put in order by when each is to be issued, in slots of time, and given
// registers then. What is to overlap is written down one after the other, each part at its own time.
type schedule struct {
	steps  []step
	values int
}

// A virtual register is what a register holds for a while: from the first instruction that has it as its result to the last that has it at all.
type virtual int

type step struct {
	at   float64
	d    virtual // 0 if there is none
	u    []virtual
	emit func(d reg, u []reg)
}

func (s *schedule) value() virtual {
	s.values++
	return virtual(s.values)
}

// add adds an instruction that sets d, or changes it if it is set before, from others.
func (s *schedule) add(at float64, d virtual, emit func(d reg, u []reg), u ...virtual) {
	s.steps = append(s.steps, step{at, d, u, emit})
}

// issue prints all, with so many registers, from the first to the last.
func (s *schedule) issue(registers int) {
	sort.SliceStable(s.steps, func(i, j int) bool { return s.steps[i].at < s.steps[j].at })
	last := map[virtual]int{}
	for i, step := range s.steps {
		for _, v := range append(step.u, step.d) {
			last[v] = i
		}
	}
	var free []reg
	for r := range registers {
		free = append(free, reg(r))
	}
	place := map[virtual]reg{}
	for i, step := range s.steps {
		var u []reg
		for _, v := range step.u {
			r, ok := place[v]
			if !ok {
				panic("used before it is set")
			}
			u = append(u, r)
			if last[v] == i && v != step.d {
				free = append(free, r)
			}
		}
		d, ok := place[step.d]
		if step.d != 0 && !ok {
			d, free = free[0], free[1:] // that which was left the longest ago
			place[step.d] = d
		}
		step.emit(d, u)
	}
}

// A round is a schedule for a loop whose turns overlap: it begins anew every so many slots, and what is for later slots than those is done while
// the next turn has begun (modulo scheduling: Rau and Glaeser, Proceedings of MICRO-14, 1981). Turns overlap two at a time.
type round struct {
	steps []step // those of all turns at work, in order
	late  []bool // of the turn that began before
	place map[virtual]reg
}

// every returns the round, with so many registers: which of them holds a value is the same in each turn.
func (s *schedule) every(slots float64, registers int) round {
	r := round{place: map[virtual]reg{}}
	order := make([]int, len(s.steps))
	for i := range order {
		order[i] = i
	}
	late := func(i int) bool { return s.steps[i].at >= slots }
	slot := func(i int) float64 { return math.Mod(s.steps[i].at, slots) }
	sort.SliceStable(order, func(i, j int) bool {
		x, y := order[i], order[j]
		return slot(x) < slot(y) || slot(x) == slot(y) && late(x) && !late(y)
	})
	held := map[virtual]span{}
	for n, i := range order {
		step := s.steps[i]
		r.steps, r.late = append(r.steps, step), append(r.late, late(i))
		if late(i) {
			n += len(order)
		}
		for _, v := range append(step.u, step.d) {
			h, ok := held[v]
			if !ok {
				h = span{n, n}
			}
			held[v] = span{min(h.first, n), max(h.last, n)}
		}
	}
	delete(held, 0)
	for from := range order {
		if r.assign(held, from, len(order), registers) {
			return r
		}
	}
	panic("too few registers")
}

// A span is the steps from that which sets a value to the last that uses it.
type span struct{ first, last int }

// assign gives a register to each value, in the order in which they are set from a step of the turn on, after those that are held
// while it begins. Each gets the register that was left last, of those that are free for so long. It returns false if there is none.
func (r *round) assign(held map[virtual]span, from, turn, registers int) bool {
	since := func(first int) int { return (first - from + turn) % turn }
	var values []virtual
	for v := range held {
		values = append(values, v)
	}
	sort.Slice(values, func(i, j int) bool {
		x, y := held[values[i]], held[values[j]]
		xIn, yIn := since(x.first)+x.last-x.first > turn, since(y.first)+y.last-y.first > turn
		if xIn != yIn {
			return xIn
		}
		return since(x.first) < since(y.first)
	})
	of := make([][]span, registers)
	for _, v := range values {
		best, idle := -1, 0
		for i, spans := range of {
			if n := idleBefore(held[v], spans, turn); n >= 0 && (best < 0 || n < idle) {
				best, idle = i, n
			}
		}
		if best < 0 {
			return false
		}
		of[best] = append(of[best], held[v])
		r.place[v] = reg(best)
	}
	return true
}

// idleBefore is for how many steps a register that has values for those spans, in each turn, is idle before another: -1 if it is not free for that.
func idleBefore(v span, spans []span, turn int) int {
	idle := 2 * turn
	for _, s := range spans {
		for _, by := range []int{-2 * turn, -turn, 0, turn, 2 * turn} {
			if v.first < s.last+by && s.first+by < v.last {
				return -1
			}
		}
		idle = min(idle, (v.first-s.last+2*turn)%turn)
	}
	return idle
}

// begin prints what the first turn does before the second begins, again a turn and what is left of the one before, and end what is left
// of the last.
func (r round) begin() { r.issue(func(late bool) bool { return !late }) }
func (r round) again() { r.issue(func(bool) bool { return true }) }
func (r round) end()   { r.issue(func(late bool) bool { return late }) }

func (r round) issue(which func(late bool) bool) {
	for i, step := range r.steps {
		if !which(r.late[i]) {
			continue
		}
		var u []reg
		for _, v := range step.u {
			u = append(u, r.place[v])
		}
		step.emit(r.place[step.d], u)
	}
}
