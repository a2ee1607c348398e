package reveal

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"

	"github.com/samebits/samebits/internal/kernel"
)

// same tells whether the bits are the same; all NaN are one.
func same[T kernel.Float](a, b T) bool {
	return kernel.Bits(kernel.Canonical(a)) == kernel.Bits(kernel.Canonical(b))
}

func (in input[T]) example(got, want T, expected string) *Example {
	e := &Example{X: widen(in.x), Got: float64(got), Want: float64(want), Expected: expected}
	if in.y != nil {
		e.Y = widen(in.y)
	}
	return e
}

// examiner holds what the function gave for the inputs.
type examiner[T kernel.Float] struct {
	*subject[T]
	inputs []input[T]
	got    []T
}

// reveal returns the tree of s, or why it has none.
func reveal[T kernel.Float](s *subject[T], o options) (*Tree, error) {
	if err := s.checkIdentity(); err != nil {
		return nil, err
	}
	tree, odd := probe(s)
	if odd != nil {
		tree = nil
	}
	x := &examiner[T]{subject: s, inputs: inputs[T](s.n, s.product, o.overflow)}
	if err := x.run(tree); err != nil {
		return nil, err
	}
	if o.addresses {
		if err := x.checkAddresses(tree); err != nil {
			return nil, err
		}
	}
	if tree != nil {
		if exact := len(tree.Children) == s.n && s.n > 2 && tree.Rule == Exact; !exact && x.follows(tree) {
			return tree, nil
		}
	}
	return nil, x.diagnose(tree, odd)
}

// checkIdentity returns an error unless the sum of one number and zeros is that
// number, in the first, the last and some other places; also of one negative number.
func (s *subject[T]) checkIdentity() error {
	r := rand.New(rand.NewPCG(3, uint64(s.n)))
	for k := range max(2, min(s.n, 8)) {
		at := []int{0, s.n - 1, r.IntN(s.n)}[min(k, 2)]
		in := input[T]{x: make([]T, s.n)}
		if s.product {
			in.y = ones[T](s.n)
		}
		v := T(math.Pi) * T(1-2*(k%2))
		in.x[at] = v
		if got := s.call(in.x, in.y); !same(got, v) {
			return &NotPlain{Cause: NotSum, Example: in.example(got, v, "a sum would give")}
		}
	}
	return nil
}

// run calls the function twice on each input.
func (x *examiner[T]) run(tree *Tree) error {
	for _, in := range x.inputs {
		got := x.call(in.x, in.y)
		x.got = append(x.got, got)
		if err := x.repeat(tree, len(x.got)-1); err != nil {
			return err
		}
	}
	return nil
}

// repeat calls the function on input k again, and returns an error if it gives something else.
func (x *examiner[T]) repeat(tree *Tree, k int) error {
	in := x.inputs[k]
	if again := x.call(in.x, in.y); !same(again, x.got[k]) {
		return nondeterministic(tree, in, again, x.got[k])
	}
	return nil
}

func nondeterministic[T kernel.Float](tree *Tree, in input[T], again, got T) error {
	return &NotPlain{Cause: Nondeterministic, Tree: tree, Example: in.example(again, got, "a call before gave")}
}

// places lists where operands may begin, in elements past a cache line: x or y or
// both at every distance.
func (s *subject[T]) places() (all [][2]int) {
	for k := range perLine[T]() {
		all = append(all, [2]int{k, 0})
		if s.product && k > 0 {
			all = append(all, [2]int{0, k}, [2]int{k, k})
		}
	}
	return all
}

// at runs do with the operands elsewhere.
func (s *subject[T]) at(place [2]int, do func()) {
	x, y := s.offX, s.offY
	s.offX, s.offY = place[0], place[1]
	do()
	s.offX, s.offY = x, y
}

// checkAddresses calls the function on the first inputs everywhere.
func (x *examiner[T]) checkAddresses(tree *Tree) (err error) {
	for k, in := range x.inputs[:len(kinds)] {
		for _, place := range x.places() {
			var got T
			x.at(place, func() { got = x.call(in.x, in.y) })
			if !same(got, x.got[k]) {
				if err := x.repeat(tree, k); err != nil {
					return err
				}
				x.at(place, func() {
					if again := x.call(in.x, in.y); !same(again, got) {
						err = nondeterministic(tree, in, again, got)
					}
				})
				if err != nil {
					return err
				}
				return &NotPlain{Cause: AddressDependent, Tree: tree, Variants: x.variants(),
					Example: in.example(got, x.got[k], "for the same data elsewhere")}
			}
		}
	}
	return nil
}

// variants returns the trees by place.
func (s *subject[T]) variants() (all []Variant) {
	for _, place := range s.places() {
		s.at(place, func() {
			tree, odd := probe(s)
			if odd != nil {
				tree = nil
			}
			all = addVariant(all, place, tree)
		})
	}
	return all
}

func addVariant(all []Variant, at [2]int, tree *Tree) []Variant {
	for i, v := range all {
		if (v.Tree == nil) == (tree == nil) && (tree == nil || v.Tree.Equal(tree)) {
			all[i].At = append(v.At, at)
			return all
		}
	}
	return append(all, Variant{[][2]int{at}, tree})
}

// follows tells whether the tree gives the function's bits on every input. It sets
// the tree's Alignment where that is needed and one fits.
func (x *examiner[T]) follows(tree *Tree) bool {
	if tree.all(func(n *Node) bool { return n.Rule != Aligned }) {
		return x.mismatch(tree, Evaluate[T]) < 0
	}
	for _, a := range alignments() {
		tree.Alignment = a
		if x.mismatch(tree, Evaluate[T]) < 0 {
			return true
		}
	}
	tree.Alignment = Alignment{}
	return false
}

// mismatch returns the first input on which the tree, so evaluated, does not give the
// function's bits, or -1.
func (x *examiner[T]) mismatch(tree *Tree, evaluate func(t *Tree, x, y []T) T) int {
	for k, in := range x.inputs {
		if !same(evaluate(tree, in.x, in.y), x.got[k]) {
			return k
		}
	}
	return -1
}

// diagnose says why the function is no plain tree.
func (x *examiner[T]) diagnose(tree *Tree, odd error) *NotPlain {
	e := &NotPlain{Tree: tree, Odd: odd}
	if tree != nil {
		if k := x.mismatch(tree, Evaluate[T]); k >= 0 {
			e.Example = x.shrink(tree, x.inputs[k])
		}
	}
	for _, terms := range [][]T{x.creeping(tree), x.stacked()} {
		in := input[T]{x: terms}
		if x.product {
			in.y = slices.Repeat([]T{1}, x.n)
		}
		x.inputs, x.got = append(x.inputs, in), append(x.got, x.call(in.x, in.y))
	}
	exact := x.exactSums(x.terms(tree))
	switch {
	case tree != nil && tree.IsBinary() && !kernel.Is64[T]() && x.mismatch(tree, evaluateWide[T]) < 0:
		e.Cause, e.Tree = Widened, tree.unmarked()
	case x.correctlyRounded(exact):
		e.Cause = CorrectlyRounded
	case x.orderFree():
		e.Cause = OrderFree
	case x.within(exact, 1, 0, tree):
		e.Cause = TwicePrecision
	case x.within(exact, 0, 2, tree):
		e.Cause = Compensated
	case odd != nil:
		e.Cause = InconsistentProbes
	case !tree.all(func(n *Node) bool { return n.Rule == Plain }):
		e.Cause = UnknownArithmetic
	default:
		e.Cause = ValueDependent
	}
	return e
}

// creeping is 1 where the tree begins to add, and elsewhere a little more than half a last place of it:
// a plain chain of four terms or more rounds up at each, and errs by more than compensated sums do.
func (x *examiner[T]) creeping(tree *Tree) []T {
	terms := slices.Repeat([]T{T(math.Ldexp(1+0x1p-10, -digits[T]()))}, x.n)
	first := 0
	if tree != nil {
		deepest := 0
		tree.walk(0, func(leaf *Node, depth int) {
			if depth > deepest {
				first, deepest = leaf.Leaf, depth
			}
		})
	}
	terms[first] = 1
	return terms
}

// stacked is numbers of three magnitudes, further apart than numbers have digits, of which all but the smallest
// cancel: twice the precision keeps that or not, as the order has it.
func (x *examiner[T]) stacked() []T {
	terms := make([]T, x.n)
	p := digits[T]() + 4
	second, third := T(math.Ldexp(1, -p)), T(math.Ldexp(1, -2*p))
	copy(terms, []T{1, second, third, -1, -second})
	return terms
}

// walk calls f for the leaves, with how many additions each passes.
func (n *Node) walk(depth int, f func(leaf *Node, depth int)) {
	if n.IsLeaf() {
		f(n, depth)
	}
	for _, c := range n.Children {
		c.walk(depth+1, f)
	}
}

// unmarked returns the tree without fused leaves.
func (t *Tree) unmarked() *Tree {
	u := *t
	u.Node = t.Node.unmarked()
	return &u
}

func (n *Node) unmarked() *Node {
	if n.IsLeaf() {
		return Leaf(n.Leaf)
	}
	var children []*Node
	for _, c := range n.Children {
		children = append(children, c.unmarked())
	}
	return joinBy(n.Rule, children)
}

// shrink returns the input, as an example, with as many terms as possible set to zero.
func (x *examiner[T]) shrink(tree *Tree, in input[T]) *Example {
	in.x = slices.Clone(in.x)
	got, want := x.call(in.x, in.y), Evaluate(tree, in.x, in.y)
	for i, v := range in.x {
		in.x[i] = 0
		g, w := x.call(in.x, in.y), Evaluate(tree, in.x, in.y)
		if same(g, w) {
			in.x[i] = v
		} else {
			got, want = g, w
		}
	}
	return in.example(got, want, "the tree")
}

// terms returns the leaves: fused, where the tree says so or, without a tree, where
// two of them do.
func (x *examiner[T]) terms(tree *Tree) []*Node {
	terms := make([]*Node, x.n)
	if tree != nil {
		for _, leaf := range tree.Leaves() {
			terms[leaf.Leaf] = leaf
		}
		return terms
	}
	make1 := Leaf
	if x.product && newProber(x.subject).isFused(0, 1) && newProber(x.subject).isFused(1, 0) {
		make1 = FusedLeaf
	}
	for i := range terms {
		terms[i] = make1(i)
	}
	return terms
}

// exactSum is the sum of the terms and that of their magnitudes, both exact.
type exactSum struct{ sum, magnitude *big.Float }

// exactSums returns those of every input; nil where a term is not finite.
func (x *examiner[T]) exactSums(terms []*Node) (all []*exactSum) {
	for _, in := range x.inputs {
		s := &exactSum{new(big.Float).SetPrec(exactBits), new(big.Float).SetPrec(exactBits)}
		e := evaluation[T]{x: in.x, y: in.y, product: x.product}
		for _, leaf := range terms {
			term, _ := e.operand(leaf)
			if term == nil {
				s = nil
				break
			}
			s.sum.Add(s.sum, term)
			s.magnitude.Add(s.magnitude, term.Abs(term))
		}
		all = append(all, s)
	}
	return all
}

// correctlyRounded tells whether every result is the exact sum rounded once. The sign
// of zero is left open.
func (x *examiner[T]) correctlyRounded(exact []*exactSum) bool {
	for k, s := range exact {
		if s != nil && round[T](s.sum) != x.got[k] {
			return false
		}
	}
	return true
}

// orderFree tells whether no permutation of the terms changes the bits.
func (x *examiner[T]) orderFree() bool {
	r := rand.New(rand.NewPCG(4, uint64(x.n)))
	for k, in := range x.inputs {
		p := input[T]{slices.Clone(in.x), slices.Clone(in.y)}
		for range 4 {
			r.Shuffle(x.n, func(i, j int) {
				p.x[i], p.x[j] = p.x[j], p.x[i]
				if p.y != nil {
					p.y[i], p.y[j] = p.y[j], p.y[i]
				}
			})
			if !same(x.call(p.x, p.y), x.got[k]) {
				return false
			}
		}
	}
	return x.n > 2
}

// within tells whether every error is at most (relative |S| + absolute A + n² u A) u,
// S being the sum of the terms and A that of their magnitudes, where plain
// summation, by the tree or from left to right, errs more. Sums that may overflow
// on the way are left out.
func (x *examiner[T]) within(exact []*exactSum, relative, absolute float64, tree *Tree) bool {
	if tree == nil || !tree.IsBinary() {
		tree = &Tree{Node: leftFold(x.n), Product: x.product}
	}
	u := math.Ldexp(1, -digits[T]())
	absolute += float64(x.n) * float64(x.n) * u
	plainIsWorse := false
	for k, s := range exact {
		if s == nil || !kernel.IsFinite(round[T](s.magnitude)) {
			continue
		}
		bound := new(big.Float).Abs(s.sum)
		bound.Mul(bound, big.NewFloat(relative*u))
		bound.Add(bound, new(big.Float).Mul(s.magnitude, big.NewFloat(absolute*u)))
		exceeds := func(v T) bool {
			d := new(big.Float).SetPrec(exactBits).Sub(big.NewFloat(float64(v)), s.sum)
			return d.Abs(d).Cmp(bound) > 0
		}
		if !kernel.IsFinite(x.got[k]) || exceeds(x.got[k]) {
			return false
		}
		plainIsWorse = plainIsWorse || exceeds(Evaluate(tree, x.inputs[k].x, x.inputs[k].y))
	}
	return plainIsWorse
}

// leftFold returns the chain ((0,1),2), ...
func leftFold(n int) *Node {
	node := Leaf(0)
	for i := 1; i < n; i++ {
		node = Join(node, Leaf(i))
	}
	return node
}
