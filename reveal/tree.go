package reveal

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Rule is how a node of more than two operands adds them.
type Rule uint8

const (
	// Plain is one addition, or one fused multiply-add, rounded once: a binary node.
	Plain Rule = iota
	// Exact adds all operands exactly and rounds once.
	Exact
	// Aligned shifts all operands to the largest exponent and cuts off what falls
	// below, as matrix units do (Fasi, Higham, Mikaitis and Pranesh, 2021, "Numerical
	// behavior of NVIDIA tensor cores").
	Aligned
)

// Node is a leaf or a sum of children. Nodes are not changed once they are made.
type Node struct {
	Leaf     int     // the index of the term; -1 in a sum
	Children []*Node // by their smallest leaf; nil in a leaf
	Rule     Rule    // how the children are added
	Fused    bool    // a leaf of a dot product that is added unrounded
	size     int
	first    int // the smallest leaf
}

// Leaf returns the leaf of term i.
func Leaf(i int) *Node { return &Node{Leaf: i, size: 1, first: i} }

// FusedLeaf returns the leaf of product i, added without being rounded first.
func FusedLeaf(i int) *Node { return &Node{Leaf: i, size: 1, first: i, Fused: true} }

// Join returns the sum of the children, at least two, which it sorts.
func Join(children ...*Node) *Node {
	rule := Plain
	if len(children) > 2 {
		rule = Exact
	}
	return joinBy(rule, children)
}

func joinBy(rule Rule, children []*Node) *Node {
	if len(children) < 2 {
		panic(fmt.Sprintf("reveal: sum of %d children: want at least 2", len(children)))
	}
	n := &Node{Leaf: -1, Rule: rule, Children: slices.Clone(children)}
	slices.SortFunc(n.Children, func(a, b *Node) int { return cmp.Compare(a.first, b.first) })
	n.first = n.Children[0].first
	for _, c := range n.Children {
		n.size += c.size
	}
	return n
}

// IsLeaf tells leaves from sums.
func (n *Node) IsLeaf() bool { return n.Children == nil }

// Size returns the number of leaves under n.
func (n *Node) Size() int { return n.size }

// Leaves returns the leaves under n, in the order of the children.
func (n *Node) Leaves() []*Node { return n.appendLeaves(make([]*Node, 0, n.size)) }

func (n *Node) appendLeaves(to []*Node) []*Node {
	if n.IsLeaf() {
		return append(to, n)
	}
	for _, c := range n.Children {
		to = c.appendLeaves(to)
	}
	return to
}

// Tree is a summation tree over the leaves 0, ..., Size()-1.
type Tree struct {
	*Node
	// Product tells that the leaves are products.
	Product bool
	// PlusZero tells that the sum of nothing but -0 is +0: somewhere +0 is added, as
	// by an accumulator that starts there. Where cannot be seen.
	PlusZero bool
	// Alignment says how Aligned nodes add, in a tree that has them.
	Alignment Alignment
}

// Equal tells whether the trees are the same: the same nodes, rules and fused
// leaves.
func (t *Tree) Equal(u *Tree) bool { return equal(t.Node, u.Node) }

func equal(a, b *Node) bool {
	return a.Leaf == b.Leaf && a.Fused == b.Fused && a.Rule == b.Rule && a.size == b.size &&
		slices.EqualFunc(a.Children, b.Children, equal)
}

// IsBinary tells whether every node adds two operands.
func (t *Tree) IsBinary() bool { return t.all(func(n *Node) bool { return len(n.Children) <= 2 }) }

// all tells whether ok holds for n and everything under it.
func (n *Node) all(ok func(*Node) bool) bool {
	if !ok(n) {
		return false
	}
	for _, c := range n.Children {
		if !c.all(ok) {
			return false
		}
	}
	return true
}

// Depth returns the largest number of additions that a leaf passes; 0 for one leaf.
func (t *Tree) Depth() int { return t.Node.depth() }

func (n *Node) depth() int {
	d := 0
	for _, c := range n.Children {
		d = max(d, 1+c.depth())
	}
	return d
}

// Roundings returns the largest number k of roundings that a term passes, products
// included. The error of the sum is at most k*u/(1-k*u) times the sum of the terms'
// magnitudes, u being the unit roundoff, unless something over- or underflows
// (Higham, Accuracy and Stability, 3.1 and 4.2). It does not hold for trees with
// Aligned nodes.
func (t *Tree) Roundings() int { return t.Node.roundings(t.Product) }

func (n *Node) roundings(product bool) int {
	if n.IsLeaf() {
		if product && !n.Fused {
			return 1
		}
		return 0
	}
	k := 0
	for _, c := range n.Children {
		k = max(k, 1+c.roundings(product))
	}
	return k
}

// brackets surround the children of a node.
var brackets = [...]string{Plain: "()", Exact: "{}", Aligned: "[]"}

// String writes the tree in one line, as Newick does: (0,1) is one addition, {0,1,2}
// an exact sum that is rounded once, [0,1,2] an aligned one, and 3* a product that
// is added unrounded.
func (n *Node) String() string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (n *Node) write(b *strings.Builder) {
	if n.IsLeaf() {
		b.WriteString(strconv.Itoa(n.Leaf))
		if n.Fused {
			b.WriteByte('*')
		}
		return
	}
	b.WriteByte(brackets[n.Rule][0])
	for i, c := range n.Children {
		if i > 0 {
			b.WriteByte(',')
		}
		c.write(b)
	}
	b.WriteByte(brackets[n.Rule][1])
}
