package fuzz

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// Check checks the contract of sum on the terms x. It returns a *Violation, its
// input reduced, where a promise is broken, and another error where the contract
// does not apply: to x, to T or to a plain sum.
//
// sum is called some 20 times, and 8 to 32 times more for AddressInvariant; where
// it fails, up to 4,000 checks follow that reduce the input. It is called from one
// goroutine. A panic of sum is not recovered.
func Check[T reduce.Float](sum func(x []T) T, c Contract, x []T) error {
	return check(func(t terms[T]) T { return sum(t.x) }, c, terms[T]{x: x})
}

// CheckDot is Check for a dot product. It panics if the lengths differ.
func CheckDot[T reduce.Float](dot func(x, y []T) T, c Contract, x, y []T) error {
	return check(func(t terms[T]) T { return dot(t.x, t.y) }, c, newProducts(x, y))
}

// A reduction adds the terms.
type reduction[T reduce.Float] func(terms[T]) T

func check[T reduce.Float](f reduction[T], c Contract, t terms[T]) error {
	if err := validate[T](c, false); err != nil {
		return err
	}
	if err := inDomain(c, t); err != nil {
		return err
	}
	return asError(shrunk(t, func(t terms[T]) *Violation[T] { return violation(f, c, c.implied(), t) }))
}

func inDomain[T reduce.Float](c Contract, t terms[T]) error {
	if i := t.firstNonFinite(); c.Finite && i >= 0 {
		x, y := t.factors(i)
		return fmt.Errorf("fuzz: term %d is %v times %v: the contract is for finite terms", i, x, y)
	}
	return nil
}

// asError returns a nil error for no violation.
func asError[T reduce.Float](v *Violation[T]) error {
	if v == nil {
		return nil
	}
	return v
}

// A trial is one reduction under examination on one input.
type trial[T reduce.Float] struct {
	f     reduction[T]
	c     Contract
	terms terms[T]
	x, y  *stage[T]
	got   T      // of the terms at a boundary, amid zeros
	e     *Exact // see exact
}

// exact is the exact sum of the terms, found when first asked for.
func (r *trial[T]) exact() Exact {
	if r.e == nil {
		e := exact(r.terms)
		r.e = &e
	}
	return *r.e
}

// violation returns the first promise that f breaks on the terms, or nil: Same and
// Within of the contract, and of the promises those given.
func violation[T reduce.Float](f reduction[T], c Contract, promises Promise, t terms[T]) *Violation[T] {
	r := &trial[T]{f: f, c: c, terms: t, x: newStage[T](t.len()), y: newStage[T](len(t.y))}
	r.got = r.at(t, 0, 0, 0)
	for _, p := range []struct {
		promise Promise
		check   func() *Violation[T]
	}{
		{ReadOnly, r.readOnly},
		{Stateless, r.stateless},
		{CanonicalNaN, r.canonicalNaN},
		{SignedZero, r.signedZero},
		{CorrectlyRounded, r.correctlyRounded},
		{0, r.within},
		{0, r.same},
		{PermutationInvariant, r.permutations},
		{NegationSymmetric, r.negation},
		{AddressInvariant, r.addresses},
	} {
		if !promises.has(p.promise) {
			continue
		}
		if v := p.check(); v != nil {
			if promises.has(Stateless) {
				v = v.unless(p.check())
			}
			if v.Promise == "" {
				v.Promise = p.promise.String()
			}
			v.X, v.Y, v.products = slices.Clone(t.x), slices.Clone(t.y), t.products
			return v
		}
	}
	return nil
}

// at evaluates the terms at those offsets from a boundary, amid that number.
func (r *trial[T]) at(t terms[T], offsetX, offsetY int, around T) T {
	laid := terms[T]{x: r.x.lay(t.x, offsetX, around), products: t.products}
	if t.products {
		laid.y = r.y.lay(t.y, offsetY, around)
	}
	return r.f(laid)
}

// eval evaluates the terms where got was evaluated.
func (r *trial[T]) eval(t terms[T]) T { return r.at(t, 0, 0, 0) }

// identical compares bits, all NaN being one: whether they are canonical is a
// promise of its own.
func identical[T reduce.Float](a, b T) bool {
	return kernel.Bits(a) == kernel.Bits(b) || a != a && b != b
}

// differs is a violation where a result is not what it should be.
func differs[T reduce.Float](got, want T, format string, args ...any) *Violation[T] {
	if identical(got, want) {
		return nil
	}
	return &Violation[T]{Got: got, Want: want, How: fmt.Sprintf(format, args...)}
}

func (r *trial[T]) readOnly() *Violation[T] {
	r.eval(r.terms)
	if r.x.intact() && (!r.terms.products || r.y.intact()) {
		return nil
	}
	return &Violation[T]{Got: r.got, Want: r.got, How: "the call changed its terms, or the memory around them"}
}

// stateless sums other terms between: half of these.
func (r *trial[T]) stateless() *Violation[T] {
	for i := range 3 {
		if v := differs(r.eval(r.terms), r.got, "got by call %d with the same terms, want by the first", i+2); v != nil {
			return v
		}
		r.eval(r.terms.without(r.terms.len()/2, r.terms.len()))
	}
	return nil
}

// unless returns v if the same check fails again with the same results, and otherwise the
// violation that the results do not depend on the terms alone.
func (v *Violation[T]) unless(again *Violation[T]) *Violation[T] {
	if again != nil && again.How == v.How && identical(again.Got, v.Got) && identical(again.Want, v.Want) {
		return v
	}
	return &Violation[T]{Promise: Stateless.String(), Got: v.Got, Want: v.Want, How: "once, and not again with the same terms: " + v.How}
}

func (r *trial[T]) canonicalNaN() *Violation[T] {
	want := kernel.NaN[T]()
	if r.got == r.got || kernel.Bits(r.got) == kernel.Bits(want) {
		return nil
	}
	return &Violation[T]{Got: r.got, Want: want, How: "another NaN"}
}

// signedZero asks only where every term is a zero, or there is none.
func (r *trial[T]) signedZero() *Violation[T] {
	e := r.exact()
	if e.Magnitude.Sign() != 0 || e.Special != 0 {
		return nil
	}
	return differs(r.got, RoundExact[T](e), "zeros sum to -0 if all are -0, and to +0 if not")
}

func (r *trial[T]) correctlyRounded() *Violation[T] {
	return differs(r.got, RoundExact[T](r.exact()), "want the exact sum, rounded")
}

func (r *trial[T]) within() *Violation[T] {
	if r.c.Within.Bound == nil {
		return nil
	}
	e := r.exact()
	want := RoundExact[T](e)
	how := outside(r.c.Within, e, r.got, want)
	if how == "" {
		return nil
	}
	return &Violation[T]{Promise: "within " + r.c.Within.Name, Got: r.got, Want: want, How: how}
}

// outside says how got breaks the bound, or nothing. want is the exact sum, rounded.
func outside[T reduce.Float](a Accuracy, e Exact, got, want T) string {
	switch {
	case got == want || got != got && want != want:
		return ""
	case a.MayOverflow && e.format.overflows(e):
		return ""
	case a.LosesInfinity && e.Special != 0 && got != got:
		return ""
	case e.Special != 0:
		return "a term is an infinity or NaN"
	case got != got:
		return "a NaN from finite terms"
	case !kernel.IsFinite(got) && a.MayOverflow:
		return "nothing can overflow"
	}
	off, bound := distance(e, got), a.bound(e)
	if off.Cmp(bound) <= 0 {
		return ""
	}
	return fmt.Sprintf("%s off the exact sum, more than %s; the absolute values sum to %s", short(off), short(bound), short(e.Magnitude))
}

// distance is |got - sum|, an infinity being the power of two above the largest
// number.
func distance[T reduce.Float](e Exact, got T) *big.Float {
	off := bigFloat(0)
	if kernel.IsFinite(got) {
		off.SetFloat64(float64(got))
	} else {
		off.SetMantExp(bigFloat(1), e.format.maxExponent)
		if got < 0 {
			off.Neg(off)
		}
	}
	off.Sub(off, e.Sum)
	return off.Abs(off)
}

func short(v *big.Float) string { return v.Text('g', 6) }

func (r *trial[T]) same() *Violation[T] {
	if r.c.Same == nil {
		return nil
	}
	order := r.c.Same.(reduce.Order) // validate has seen to it
	v := differs(r.got, r.terms.sum(order), "want as package reduce has it")
	if v != nil {
		v.Promise = fmt.Sprintf("the bits of order %v", order)
	}
	return v
}

func (r *trial[T]) negation() *Violation[T] {
	got := r.eval(r.terms.negated())
	if got == 0 && r.got == 0 {
		return nil
	}
	return differs(got, -r.got, "got of the negated terms, want the negative of their result")
}

func (r *trial[T]) permutations() *Violation[T] {
	for _, p := range permutations(r.terms) {
		if v := differs(r.eval(r.terms.permuted(p.index)), r.got, "got of the terms %s, want of the terms as they are", p.name); v != nil {
			return v
		}
	}
	return nil
}

type permutation struct {
	name  string
	index []int
}

// permutations are those that make the most of a sum's dependence on order.
func permutations[T reduce.Float](t terms[T]) []permutation {
	n := t.len()
	index := func() []int { return shuffledIndices(nil, n) }
	sorted := func(key func(T) T) []int {
		p := index()
		slices.SortStableFunc(p, func(i, j int) int { return cmp.Compare(key(t.x[i]), key(t.x[j])) })
		return p
	}
	reversed := index()
	slices.Reverse(reversed)
	falling := sorted(abs[T])
	slices.Reverse(falling)
	return []permutation{
		{"reversed", reversed},
		{"rotated by one", append(index()[min(1, n):], index()[:min(1, n)]...)},
		{"in ascending order", sorted(func(v T) T { return v })},
		{"by ascending magnitude", sorted(abs[T])},
		{"by descending magnitude", falling},
		{"shuffled", shuffledIndices(newRandom(1), n)},
		{"shuffled otherwise", shuffledIndices(newRandom(2), n)},
	}
}

// addresses lays the terms at every offset from a boundary, amid NaN, which a
// reader past the end would meet.
func (r *trial[T]) addresses() *Violation[T] {
	nan := kernel.NaN[T]()
	for k := range line[T]() {
		offsets := [][2]int{{k, k}}
		if r.terms.products { // also at some distance from each other
			offsets = append(offsets, [2]int{k, (3*k + 1) % line[T]()})
		}
		for _, o := range offsets {
			v := differs(r.at(r.terms, o[0], o[1], nan), r.got,
				"got with the terms %d elements past a %d-byte boundary (second factors %d) amid NaN, want on the boundary amid zeros", o[0], boundary, o[1])
			if v != nil {
				return v
			}
		}
	}
	return nil
}
