package main

import "sort"

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

// issue prints all, with so many registers.
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
