package reduce_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/samebits/samebits/fuzz"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// An expr is a summation as a formula: a term, or left + right. The functions
// below build it as the definitions say, not as package reduce evaluates it.
type expr struct {
	term        int
	left, right *expr
}

func (e *expr) String() string {
	if e.left == nil {
		return fmt.Sprint(e.term)
	}
	return fmt.Sprintf("(%v+%v)", e.left, e.right)
}

func termsTo(n int) []*expr {
	e := make([]*expr, n)
	for i := range e {
		e[i] = &expr{term: i}
	}
	return e
}

func plus(left, right *expr) *expr { return &expr{left: left, right: right} }

// inRounds is the tree rule of P4016R0, section 4: pair neighbours from left to
// right, carry an odd last one to the next round, repeat until one is left.
func inRounds(e []*expr) *expr {
	for len(e) > 1 {
		var next []*expr
		for len(e) >= 2 {
			next = append(next, plus(e[0], e[1]))
			e = e[2:]
		}
		e = append(next, e...)
	}
	return e[0]
}

// byCounter is the same rule as a binary counter: after the n-th term, one join
// for each trailing zero bit of n; in the end the stack is folded from its top.
func byCounter(e []*expr) *expr {
	var stack []*expr
	joinTop := func() {
		top := len(stack) - 2
		stack = append(stack[:top], plus(stack[top], stack[top+1]))
	}
	for i, term := range e {
		stack = append(stack, term)
		for n := i + 1; n%2 == 0; n /= 2 {
			joinTop()
		}
	}
	for len(stack) > 1 {
		joinTop()
	}
	return stack[0]
}

// byHalves gives the larger half to the left, recursively.
func byHalves(e []*expr) *expr {
	if len(e) == 1 {
		return e[0]
	}
	m := len(e) - len(e)/2
	return plus(byHalves(e[:m]), byHalves(e[m:]))
}

// inLanes deals the terms to the lanes like cards, applies the tree rule to each
// lane, and then to the lanes that got any.
func inLanes(n, lanes int) *expr {
	hands := make([][]*expr, lanes)
	for i, term := range termsTo(n) {
		hands[i%lanes] = append(hands[i%lanes], term)
	}
	var sums []*expr
	for _, hand := range hands {
		if len(hand) > 0 {
			sums = append(sums, inRounds(hand))
		}
	}
	return inRounds(sums)
}

// evaluate computes the formula in any arithmetic.
func evaluate[V any](e *expr, term func(i int) V, join func(left, right V) V) V {
	if e.left == nil {
		return term(e.term)
	}
	return join(evaluate(e.left, term, join), evaluate(e.right, term, join))
}

// pair is an unevaluated h + l.
type pair[T reduce.Float] struct{ h, l T }

// joinPairs is the addition of DoubleDouble, with Knuth's TwoSum written out.
func joinPairs[T reduce.Float](a, b pair[T]) pair[T] {
	h := a.h + b.h
	z := h - a.h
	e := (a.h - (h - z)) + (b.h - z)
	return pair[T]{h, (a.l + b.l) + e}
}

// canonicalSum evaluates the formula of a canonical sum over x[i], or over
// x[i]*y[i] where y is not nil.
func canonicalSum[T reduce.Float](order reduce.Order, x, y []T) T {
	if len(x) == 0 {
		return 0
	}
	factor := func(i int) T {
		if y == nil {
			return 1
		}
		return y[i]
	}
	e := inLanes(len(x), publishedLanes[T]())
	switch order.Kind() {
	case reduce.KindPairwise:
		s := evaluate(e, func(i int) T { return T(x[i] * factor(i)) }, func(a, b T) T { return a + b })
		return kernel.Canonical(s)
	case reduce.KindWidened:
		s := evaluate(e, func(i int) float64 { return float64(x[i]) * float64(factor(i)) }, func(a, b float64) float64 { return a + b })
		return kernel.Canonical(T(s))
	case reduce.KindDoubleDouble:
		s := evaluate(e, func(i int) pair[T] {
			if y == nil {
				return pair[T]{x[i], 0}
			}
			p := T(x[i] * y[i])
			return pair[T]{p, kernel.FMA(x[i], y[i], -p)}
		}, joinPairs[T])
		if sum := s.h + s.l; s.l != 0 && kernel.IsFinite(sum) {
			return sum
		}
		return kernel.Canonical(s.h)
	}
	panic(fmt.Sprintf("no canonical sum in order %v", order))
}

// publishedLanes is L as SPEC.md has it.
func publishedLanes[T reduce.Float]() int {
	if kernel.Is64[T]() {
		return 16
	}
	return 32
}

// trees lists the orders over T that evaluate the canonical tree.
func trees[T reduce.Float]() []reduce.Order {
	return ordersThat[T](reduce.Order.IsTree)
}

func ordersThat[T reduce.Float](property func(reduce.Order) bool) []reduce.Order {
	var orders []reduce.Order
	for _, o := range reduce.Orders(1) {
		if reduce.Check[T](o) == nil && property(o) {
			orders = append(orders, o)
		}
	}
	return orders
}

// spread returns n numbers of either sign over 60 binary orders of magnitude,
// whose sums therefore differ with the tree.
func spread[T reduce.Float](seed uint64, n int) []T {
	rng := rand.New(rand.NewPCG(seed, 2026))
	x := make([]T, n)
	for i := range x {
		x[i] = T((rng.Float64() - 0.5) * float64(uint64(1)<<rng.IntN(60)))
	}
	return x
}

// nasty returns n sequences of up to limit numbers chosen to break sums.
func nasty[T reduce.Float](n, limit int) [][]T {
	rng := rand.New(rand.NewPCG(4016, 0))
	all := make([][]T, n)
	for i := range all {
		bytes := make([]byte, 4+rng.IntN(60))
		for k := range bytes {
			bytes[k] = byte(rng.Uint32())
		}
		all[i] = fuzz.Values[T](fuzz.NewSource(bytes), limit, i%2 == 0)
	}
	return all
}
