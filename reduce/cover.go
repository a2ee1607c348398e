package reduce

import (
	"fmt"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
)

// Node is one node of a summation tree with its value: numbers side by side, each
// the sum over the node's leaves of its own terms. In a contraction they are
// elements of the product.
//
// A value is an unevaluated pair h + l in DoubleDouble, and then L is as long as
// H; otherwise L is empty.
type Node[T Float] struct {
	Span
	H, L []T
}

// NewNode returns the node of that span with those values. It panics if l is not nil and not as
// long as h.
func NewNode[T Float](s Span, h, l []T) Node[T] {
	if l != nil && len(l) != len(h) {
		panic(fmt.Sprintf("reduce: node with %d high and %s", len(h), plural.Of(len(l), "low part")))
	}
	return Node[T]{s, h, l}
}

// Cover is the value of a contiguous range of leaves: the maximal nodes within
// the range, in ascending order. Merging the covers of adjacent ranges gives the
// same nodes with the same bits as covering their union at once, in whatever
// order the merges happen, since each node is one fixed expression.
//
// A cover owns the values that it computed and only reads those it was given.
type Cover[T Float] struct {
	tree   Tree
	nodes  []Node[T]
	memory [][]T // of the values that it computed
	used   int   // slices of memory that hold values
}

// NewCover returns the cover of no leaves.
func NewCover[T Float](t Tree) *Cover[T] { return &Cover[T]{tree: t} }

// Reset makes it the cover of no leaves again. What it computed is lost: its memory is used for
// what comes.
func (c *Cover[T]) Reset() {
	clear(c.nodes)
	c.nodes, c.used = c.nodes[:0], 0
}

// Nodes returns the nodes of the cover, to be read.
func (c *Cover[T]) Nodes() []Node[T] { return c.nodes }

// Push appends a node, and joins what has become siblings. It is an error unless the node
// has leaves, begins where the cover ends and holds as many numbers as its nodes.
func (c *Cover[T]) Push(n Node[T]) error {
	if n.Lo < 0 || n.Hi <= n.Lo {
		return fmt.Errorf("reduce: node %v pushed on a cover: want leaves from 0 on", n.Span)
	}
	if len(c.nodes) == 0 {
		c.nodes = append(c.nodes, n)
		return nil
	}
	last := &c.nodes[len(c.nodes)-1]
	switch {
	case len(n.H) != len(last.H) || len(n.L) != len(last.L):
		return fmt.Errorf("reduce: node of %d+%d numbers pushed on a cover of %d+%d", len(n.H), len(n.L), len(last.H), len(last.L))
	case last.Hi != n.Lo:
		return fmt.Errorf("reduce: node %v does not follow %v", n.Span, last.Span)
	}
	c.nodes = append(c.nodes, n)
	c.carry()
	return nil
}

// Merge appends the nodes of next, and leaves next as it was. It is an error unless next is
// of the same tree and begins where c ends. Nil is an error, too.
func (c *Cover[T]) Merge(next *Cover[T]) error {
	if next == nil {
		return fmt.Errorf("reduce: nil merged with a cover of %s", plural.Of(len(c.nodes), "node"))
	}
	if c.tree != next.tree {
		return fmt.Errorf("reduce: covers of different trees: %d and %s", c.tree.leaves, plural.Words(next.tree.leaves, "leaf", "leaves"))
	}
	for _, n := range next.nodes {
		if err := c.Push(n); err != nil {
			return err
		}
	}
	return nil
}

// carry joins the last two nodes for as long as they are siblings, as a binary
// counter carries.
func (c *Cover[T]) carry() {
	for k := len(c.nodes) - 1; k > 0; k-- {
		left, right := c.nodes[k-1], c.nodes[k]
		if !c.tree.siblings(left.Span, right.Span) {
			return
		}
		c.nodes[k-1] = c.join(left, right)
		c.nodes[k] = Node[T]{}
		c.nodes = c.nodes[:k]
	}
}

// Root folds the nodes from the right to the left and returns the node of the
// whole sum. In a halving tree the cover of all leaves is one node already. In
// the growing tree this is where the ragged right end is joined:
//
//	root = nodes[last]
//	for k = last-1 down to 0: root = nodes[k] + root
//
// It is an error if the cover does not begin at leaf 0 or, in a halving tree, does
// not hold all leaves or was pushed spans that are not nodes. The values of the root are lent
// until the next call of a method.
func (c *Cover[T]) Root() (Node[T], error) {
	if len(c.nodes) == 0 {
		return Node[T]{}, fmt.Errorf("reduce: no leaves to finish")
	}
	first, last := c.nodes[0], c.nodes[len(c.nodes)-1]
	if first.Lo != 0 {
		return Node[T]{}, fmt.Errorf("reduce: cannot finish a sum that begins at leaf %d: its left neighbour is missing", first.Lo)
	}
	if !c.tree.IsGrowing() && last.Hi != c.tree.leaves {
		return Node[T]{}, fmt.Errorf("reduce: cannot finish leaves %v of %d: the rest is missing", Span{0, last.Hi}, c.tree.leaves)
	}
	if !c.tree.IsGrowing() && len(c.nodes) > 1 {
		return Node[T]{}, fmt.Errorf("reduce: %v and %v cannot be joined: not nodes of the tree of %s", first.Span, c.nodes[1].Span, plural.Words(c.tree.leaves, "leaf", "leaves"))
	}
	root, used := last, c.used
	for k := len(c.nodes) - 2; k >= 0; k-- {
		root = c.join(c.nodes[k], root)
	}
	c.used = used // lent
	return root, nil
}

// join returns left + right, number by number.
func (c *Cover[T]) join(left, right Node[T]) Node[T] {
	n := Node[T]{Span: Span{left.Lo, right.Hi}, H: c.copied(left.H)}
	if len(left.L) == 0 {
		AddPlain(n.H, right.H)
		return n
	}
	n.L = c.copied(left.L)
	AddPairs(n.H, n.L, right.H, right.L)
	return n
}

// copied returns x in memory of the cover.
func (c *Cover[T]) copied(x []T) []T {
	if c.used == len(c.memory) {
		c.memory = append(c.memory, nil)
	}
	own := append(c.memory[c.used][:0], x...)
	c.memory[c.used] = own
	c.used++
	return own
}

// AddPlain joins two node values: left[i] = left[i] + right[i]. It panics if the
// lengths differ.
func AddPlain[T Float](left, right []T) {
	if len(left) != len(right) {
		panic(fmt.Sprintf("reduce: joining %s with %d: want as many", plural.Of(len(left), "number"), len(right)))
	}
	kernel.AddPlain(left, right)
}

// AddPairs joins two node values of DoubleDouble, for each i:
//
//	(h, e) = TwoSum(h1, h2)
//	l      = (l1 + l2) + e
//
// The pair is never renormalised (Ogita, Rump and Oishi, 2005, Sum2, along a tree).
// It panics if the lengths differ.
func AddPairs[T Float](h1, l1, h2, l2 []T) {
	for _, part := range [][]T{l1, h2, l2} {
		if len(part) != len(h1) {
			panic(fmt.Sprintf("reduce: joining %s of which one part has %s: want as many", plural.Of(len(h1), "pair"), plural.Of(len(part), "number")))
		}
	}
	kernel.AddPairs(h1, l1, h2, l2)
}

func addPair[T Float](h1, l1, h2, l2 T) (h, l T) { return kernel.AddPair(h1, l1, h2, l2) }

// FinishPair rounds the pair h + l. It is h alone where h + l is not finite, as
// when an infinity made l a NaN, and where l is zero, which keeps the sign of a
// zero h. A NaN becomes the canonical one.
func FinishPair[T Float](h, l T) T {
	if s := h + l; l != 0 && kernel.IsFinite(s) {
		return s
	}
	return kernel.Canonical(h)
}
