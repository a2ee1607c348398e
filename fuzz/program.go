package fuzz

import "slices"

// Program is a way to evaluate a sum in pieces. It cuts the terms at Cuts, in
// ascending order, into len(Cuts)+1 pieces, some of them perhaps empty. Then
// each number m of Merges joins the pieces m and m+1 of those that are left,
// until one is.
type Program struct {
	Cuts   []int
	Merges []int
}

// NewProgram decodes a program for n terms: one byte for the number of cuts, two
// bytes a cut, two a merge. An empty source is the program of one piece. It panics if
// n is negative.
func NewProgram(s *Source, n int) Program {
	atLeast("NewProgram", n, 0)
	var p Program
	for range s.Byte() % 32 {
		p.Cuts = append(p.Cuts, s.Int(n+1))
	}
	slices.Sort(p.Cuts)
	for left := len(p.Cuts); left > 0; left-- {
		p.Merges = append(p.Merges, s.Int(left))
	}
	return p
}

// Run evaluates n terms by the program: piece gives the state of the terms
// [lo, hi), merge the state of two adjacent ranges.
func Run[S any](p Program, n int, piece func(lo, hi int) S, merge func(left, right S) S) S {
	var states []S
	lo := 0
	for _, hi := range append(slices.Clone(p.Cuts), n) {
		states = append(states, piece(lo, hi))
		lo = hi
	}
	for _, m := range p.Merges {
		states[m] = merge(states[m], states[m+1])
		states = slices.Delete(states, m+1, m+2)
	}
	return states[0]
}
