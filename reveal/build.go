package reveal

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/samebits/samebits/internal/kernel"
)

// builder builds the tree from probes: pick a leaf, part the others by where they
// meet it, and recurse (FPRev, algorithm 4). The leaf is picked at random, from a
// fixed seed, since a left fold seen from its last leaf takes n²/2 probes, and 2n
// on average.
type builder[T kernel.Float] struct {
	*prober[T]
	random *rand.Rand
}

// probe returns the tree that the probes show, or an oddity.
func probe[T kernel.Float](s *subject[T]) (*Tree, error) {
	b := &builder[T]{newProber(s), rand.New(rand.NewPCG(1, uint64(s.n)))}
	leaves := make([]int, s.n)
	for i := range leaves {
		leaves[i] = i
	}
	roots, err := b.children(leaves, s.n, s.n)
	if err != nil {
		return nil, err
	}
	t := &Tree{Node: roots[0], Product: s.product, PlusZero: b.plusZero()}
	if s.product {
		t.Node = b.markFused(t.Node)
	}
	return t, b.confirm(t)
}

// group are leaves that meet the picked one in the same number.
type group struct {
	size   int
	leaves []int
}

// groups parts the leaves by where they meet the picked one, the lowest first.
func (b *builder[T]) groups(picked int, leaves []int) ([]group, error) {
	var found []group
	for _, j := range leaves {
		size, err := b.meet(picked, j)
		if err != nil {
			return nil, err
		}
		at, known := slices.BinarySearchFunc(found, size, func(g group, size int) int { return cmp.Compare(g.size, size) })
		if !known {
			found = slices.Insert(found, at, group{size: size})
		}
		found[at].leaves = append(found[at].leaves, j)
	}
	return found, nil
}

// children returns the largest subtrees over the leaves. Two of a subtree meet in at
// most limit leaves, two of different ones in exactly apart.
func (b *builder[T]) children(leaves []int, limit, apart int) (nodes []*Node, err error) {
	for len(leaves) > 0 {
		at := b.random.IntN(len(leaves))
		picked := leaves[at]
		groups, err := b.groups(picked, slices.Delete(slices.Clone(leaves), at, at+1))
		if err != nil {
			return nil, err
		}
		leaves = nil
		if last := len(groups) - 1; last >= 0 && groups[last].size > limit {
			if groups[last].size != apart {
				return nil, b.odd(picked, groups[last])
			}
			groups, leaves = groups[:last], groups[last].leaves
		}
		node, err := b.grow(picked, groups)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, node)
	}
	return nodes, nil
}

// grow returns the subtree over the picked leaf and the groups, from the leaf up.
//
// Where a group meets the leaf in a node that swallows its other operands, the node
// holds what was grown so far and the group, and its size is the sum of theirs. An
// Exact node swallows nothing: the leaf, in an operand of t leaves, meets another
// operand of s leaves in t + s, which is too few for all that lie below. Whether the
// group belongs to the node that is open or to one above, its size does not always
// tell: {0,1,2,((3,4),(5,6))} and {{0,1,2},(3,4),(5,6)} have the same sizes. But only a
// node above swallows the other operands of the one that is open.
func (b *builder[T]) grow(picked int, groups []group) (*Node, error) {
	top := operands{[]*Node{Leaf(picked)}, Plain}
	for _, g := range groups {
		whole := top.size() + len(g.leaves)
		switch {
		case g.size == whole:
			kids, err := b.children(g.leaves, g.size-1, g.size)
			if err != nil {
				return nil, err
			}
			top = operands{append([]*Node{top.node()}, kids...), Plain}
			if len(kids) > 1 {
				top.rule = Aligned
			}
		case g.size < whole:
			if len(top.nodes) > 1 && b.swallows(picked, g.leaves[0], top.nodes[1].first) {
				top = operands{[]*Node{top.node()}, Plain}
			}
			kids, err := b.exactOperands(g, g.size-top.nodes[0].size)
			if err != nil {
				return nil, err
			}
			top = operands{append(top.nodes, kids...), Exact}
		default:
			return nil, b.odd(picked, g)
		}
	}
	return top.node(), nil
}

// exactOperands returns the operands, of size leaves each, that the group makes.
func (b *builder[T]) exactOperands(g group, size int) ([]*Node, error) {
	if size < 1 || len(g.leaves)%size != 0 {
		return nil, b.odd(g.leaves[0], g)
	}
	if size == 1 { // nothing is left to be asked
		var nodes []*Node
		for _, i := range g.leaves {
			nodes = append(nodes, Leaf(i))
		}
		return nodes, nil
	}
	nodes, err := b.children(g.leaves, size, 2*size)
	for _, n := range nodes {
		if n.size != size {
			return nil, b.odd(n.first, g)
		}
	}
	return nodes, err
}

// operands are those of the node that is being grown, the one with the picked leaf
// first.
type operands struct {
	nodes []*Node
	rule  Rule
}

func (o operands) size() (n int) {
	for _, c := range o.nodes {
		n += c.size
	}
	return n
}

func (o operands) node() *Node {
	if len(o.nodes) == 1 {
		return o.nodes[0]
	}
	return joinBy(o.rule, o.nodes)
}

// odd is the oddity that the leaf meets the group where no tree has a node.
func (b *builder[T]) odd(leaf int, g group) error {
	other := g.leaves[0]
	if other == leaf {
		other = g.leaves[len(g.leaves)-1]
	}
	return &oddity{leaf, other, float64(b.n - g.size), fmt.Sprintf("no node of %d leaves fits the other probes", g.size)}
}

// markFused returns the tree with its fused leaves marked.
func (b *builder[T]) markFused(n *Node) *Node {
	if n.IsLeaf() {
		return n
	}
	children := make([]*Node, len(n.Children))
	for i, c := range n.Children {
		beside := n.Children[0]
		if i == 0 {
			beside = n.Children[1]
		}
		if c.IsLeaf() && b.isFused(c.Leaf, beside.first) {
			children[i] = FusedLeaf(c.Leaf)
		} else {
			children[i] = b.markFused(c)
		}
	}
	return joinBy(n.Rule, children)
}

// confirm asks for pairs of leaves at random, most of which were not asked before.
func (b *builder[T]) confirm(t *Tree) error {
	if b.n < 2 {
		return nil
	}
	places := map[*Node]place{}
	leaves := make([]*Node, b.n)
	t.place(place{}, places, leaves)
	for range min(b.n, 64) {
		i, j := b.random.IntN(b.n), b.random.IntN(b.n-1)
		if j >= i {
			j++
		}
		size, err := b.meet(i, j)
		if err != nil {
			return err
		}
		if size != meetIn(places, leaves[i], leaves[j]) {
			return b.odd(i, group{size, []int{j}})
		}
	}
	return nil
}

// place is where a node stands in its tree.
type place struct {
	parent *Node
	depth  int
}

// place notes the places of n and of all under it, and the leaves by number.
func (n *Node) place(at place, places map[*Node]place, leaves []*Node) {
	places[n] = at
	if n.IsLeaf() {
		leaves[n.Leaf] = n
	}
	for _, c := range n.Children {
		c.place(place{n, at.depth + 1}, places, leaves)
	}
}

// meetIn returns what a tree makes of meet for the nodes, neither of which holds the
// other.
func meetIn(places map[*Node]place, a, b *Node) int {
	for places[a].parent != places[b].parent {
		if places[a].depth < places[b].depth {
			a, b = b, a
		}
		a = places[a].parent
	}
	if node := places[a].parent; node.Rule != Exact {
		return node.size
	}
	return a.size + b.size
}
