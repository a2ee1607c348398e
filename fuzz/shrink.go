package fuzz

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// maxShrinks limits the checks that reduce one input.
const maxShrinks = 4000

// A shrinker reduces an input while the same promise stays broken.
type shrinker[T reduce.Float] struct {
	fails func(terms[T]) *Violation[T]
	best  *Violation[T]
	terms terms[T] // of best
	left  int
}

// shrunk checks the terms and, where fails finds a violation, returns that of an
// input from which no single term can be taken, and whose numbers are simple. It
// is a violation that was seen, not one inferred.
func shrunk[T reduce.Float](t terms[T], fails func(terms[T]) *Violation[T]) *Violation[T] {
	v := fails(t)
	if v == nil {
		return nil
	}
	s := &shrinker[T]{fails: fails, best: v, terms: t, left: maxShrinks}
	for range 4 {
		removed := s.removeTerms()
		if scaled := s.scale(); !s.simplify() && !removed && !scaled {
			break
		}
	}
	s.best.From = t.len()
	return s.best
}

// try takes the terms if they break the same promise.
func (s *shrinker[T]) try(t terms[T]) bool {
	if s.left == 0 {
		return false
	}
	s.left--
	v := s.fails(t)
	if v == nil || v.Promise != s.best.Promise {
		return false
	}
	s.best, s.terms = v, t
	return true
}

// removeTerms takes away runs of terms, halving their length, until no single one
// can go (Zeller and Hildebrandt, 2002, Simplifying and isolating failure-inducing
// input).
func (s *shrinker[T]) removeTerms() (progress bool) {
	for run := s.terms.len(); run > 0; {
		removed := false
		for lo := 0; lo < s.terms.len(); {
			if s.try(s.terms.without(lo, min(lo+run, s.terms.len()))) {
				removed = true
			} else {
				lo += run
			}
		}
		progress = progress || removed
		if run == 1 && removed {
			continue
		}
		run /= 2
	}
	return progress
}

// scale takes the power of two out that makes the largest number less than 2, where
// nothing is rounded by it.
func (s *shrinker[T]) scale() (progress bool) {
	for _, side := range s.sides() {
		x := side()
		top := math.MinInt
		for _, v := range x {
			if v != 0 && kernel.IsFinite(v) {
				top = max(top, exponentOf(v))
			}
		}
		if top == math.MinInt || top == 0 {
			continue
		}
		scaled, exact := make([]T, len(x)), true
		for i, v := range x {
			scaled[i] = ldexp[T](float64(v), -top)
			exact = exact && identical(ldexp[T](float64(scaled[i]), top), v)
		}
		if exact && s.try(s.with(x, scaled)) {
			progress = true
		}
	}
	return progress
}

// sides are the slices of numbers of the input.
func (s *shrinker[T]) sides() []func() []T {
	sides := []func() []T{func() []T { return s.terms.x }}
	if s.terms.products {
		sides = append(sides, func() []T { return s.terms.y })
	}
	return sides
}

// with returns the terms with the slice old, one of theirs, replaced.
func (s *shrinker[T]) with(old, replacement []T) terms[T] {
	t := s.terms
	switch {
	case len(old) == 0:
	case &old[0] == &t.x[0]:
		t.x = replacement
	default:
		t.y = replacement
	}
	return t
}

// simplify replaces each number by the first simpler one that will do.
func (s *shrinker[T]) simplify() (progress bool) {
	for _, side := range s.sides() {
		for i := range side() {
			for _, v := range simpler(side()[i]) {
				x := side()
				changed := append([]T(nil), x...)
				changed[i] = v
				if s.try(s.with(x, changed)) {
					progress = true
					break
				}
			}
		}
	}
	return progress
}

// simpler lists what to put in the place of v, the simplest first: 1, a power of
// two, and v with fewer bits. Each is simpler than v in that order, so that there
// is an end.
func simpler[T reduce.Float](v T) []T {
	if v == 0 || v == 1 {
		return nil
	}
	if !kernel.IsFinite(v) {
		return []T{1}
	}
	var list []T
	add := func(w T) {
		if w != v && kernel.IsFinite(w) && (len(list) == 0 || list[len(list)-1] != w) {
			list = append(list, w)
		}
	}
	add(1)
	if v != -1 {
		add(-1)
	}
	f, precision := float64(v), formatOf[T]().precision
	fraction, e := math.Frexp(f)
	for _, kept := range []int{1, 2, precision / 4, precision / 2, precision - 1} {
		add(ldexp[T](math.Trunc(math.Ldexp(fraction, kept)), e-kept))
	}
	if power := math.Abs(fraction) == 0.5; power { // of two: towards 1
		list = list[:min(len(list), 2)]
		for _, half := range []int{(e - 1) / 2, (e - 1) - sign(e-1)} {
			add(ldexp[T](math.Copysign(1, f), half))
		}
	}
	return list
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// exponentOf returns e where |v| lies in [2^e, 2^(e+1)).
func exponentOf[T reduce.Float](v T) int {
	_, e := math.Frexp(float64(v))
	return e - 1
}
