package reduce

import (
	"fmt"
	"math/bits"

	"github.com/samebits/samebits/internal/plural"
)

// Span is the range of leaves Lo <= i < Hi.
type Span struct{ Lo, Hi int }

// Len returns the number of leaves in s.
func (s Span) Len() int { return s.Hi - s.Lo }

func (s Span) String() string { return fmt.Sprintf("[%d,%d)", s.Lo, s.Hi) }

// Tree is the shape of a summation: which spans of leaves are nodes, and where
// each node divides. It belongs to the global index of the leaves. Lanes, cache
// blocks, threads and ranks only evaluate nodes of it.
//
// There are two shapes. The growing tree pairs neighbours left to right, carries
// an odd last one to the next round, and repeats (P4016R0, section 4): its nodes
// do not change when leaves are appended. The halving tree is for a fixed number
// of leaves: the larger half on the left, recursively, so that equal shards are
// single nodes. For a power of two the shapes are the same.
type Tree struct{ leaves int }

// Growing is the tree for sums whose length is not fixed beforehand.
func Growing() Tree { return Tree{} }

// Halving is the tree over exactly n leaves. It panics unless n >= 1.
func Halving(n int) Tree {
	if n < 1 {
		panic(fmt.Sprintf("reduce: halving tree over %d leaves: want at least 1", n))
	}
	return Tree{leaves: n}
}

// IsGrowing tells the growing tree from a halving one.
func (t Tree) IsGrowing() bool { return t.leaves == 0 }

// Split returns where the node s, of two or more leaves, divides into its two
// children [Lo,m) and [m,Hi).
//
// The growing tree divides at the largest power of two below the length: that
// is where the rounds of pairing join the last two subtrees.
func (t Tree) Split(s Span) int {
	n := s.Len()
	if n < 2 {
		panic(fmt.Sprintf("reduce: split of span %v: want two or more leaves", s))
	}
	if t.IsGrowing() {
		return s.Lo + 1<<(bits.Len(uint(n-1))-1)
	}
	return s.Lo + (n+1)/2
}

// siblings tells whether a and b, in this order, are the two children of a node.
// In the growing tree it knows full nodes only: what lies at the ragged right
// end becomes a node when the sum is finished.
func (t Tree) siblings(a, b Span) bool {
	if a.Hi != b.Lo {
		return false
	}
	if t.IsGrowing() {
		n := a.Len()
		return n == b.Len() && n&(n-1) == 0 && a.Lo%(2*n) == 0
	}
	for node := (Span{0, t.leaves}); node.Len() >= 2; {
		m := t.Split(node)
		switch {
		case b.Hi <= m:
			node.Hi = m
		case a.Lo >= m:
			node.Lo = m
		default:
			return node == Span{a.Lo, b.Hi} && m == a.Hi
		}
	}
	return false
}

// Cover returns the fewest nodes, in ascending order, that make up s: at most
// two a level, hence O(log n).
func (t Tree) Cover(s Span) []Span {
	if t.IsGrowing() {
		return growingCover(s)
	}
	if s.Lo < 0 || s.Hi > t.leaves {
		panic(fmt.Sprintf("reduce: span %v outside a tree of %s", s, plural.Words(t.leaves, "leaf", "leaves")))
	}
	return t.halvingCover(nil, Span{0, t.leaves}, s)
}

func (t Tree) halvingCover(cover []Span, node, s Span) []Span {
	switch {
	case s.Hi <= node.Lo || node.Hi <= s.Lo:
		return cover
	case s.Lo <= node.Lo && node.Hi <= s.Hi:
		return append(cover, node)
	}
	m := t.Split(node)
	cover = t.halvingCover(cover, Span{node.Lo, m}, s)
	return t.halvingCover(cover, Span{m, node.Hi}, s)
}

func growingCover(s Span) []Span {
	var cover []Span
	for s.Len() > 0 {
		node := firstNode(s)
		cover = append(cover, node)
		s.Lo = node.Hi
	}
	return cover
}

// firstNode returns the first node in the growing tree's cover of s, which is not
// empty: of the largest power of two that fits and divides s.Lo.
func firstNode(s Span) Span {
	n := 1 << (bits.Len(uint(s.Len())) - 1)
	if aligned := s.Lo & -s.Lo; aligned > 0 && aligned < n {
		n = aligned
	}
	return Span{s.Lo, s.Lo + n}
}

// Evaluate returns the value of the node s. This loop is the contract of every
// tree order:
//
//	value(s) = one leaf:   leaf(s.Lo)
//	           more:       m = t.Split(s); join(value([Lo,m)), value([m,Hi)))
func Evaluate[V any](t Tree, s Span, leaf func(i int) V, join func(left, right V) V) V {
	if s.Len() == 1 {
		return leaf(s.Lo)
	}
	m := t.Split(s)
	left := Evaluate(t, Span{s.Lo, m}, leaf, join)
	return join(left, Evaluate(t, Span{m, s.Hi}, leaf, join))
}
