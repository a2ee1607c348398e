package reveal

import "math/bits"

// pattern is a rule by which a node over the ranks [lo, hi) of its leaves divides.
type pattern struct {
	name  string
	split func(lo, hi int) int
}

// patterns are the regular trees, the first name of several coming first: those of two
// leaves are all the same, and pairwise and halving for powers of two.
var patterns = []pattern{
	{"one by one", func(lo, hi int) int { return hi - 1 }},
	{"one by one from the end", func(lo, hi int) int { return lo + 1 }},
	{"pairwise", func(lo, hi int) int { return lo + 1<<(bits.Len(uint(hi-lo-1))-1) }},
	{"by halving", func(lo, hi int) int { return lo + (hi-lo+1)/2 }},
}

// span is a set of leaves as far as it takes to know an arithmetic progression.
type span struct{ first, last, gcd int }

// spans returns the span of every node.
func spans(root *Node) map[*Node]span {
	all := map[*Node]span{}
	var visit func(n *Node) span
	visit = func(n *Node) span {
		s := span{n.Leaf, n.Leaf, 0}
		for i, c := range n.Children {
			u := visit(c)
			if i == 0 {
				s = u
				continue
			}
			s.gcd = gcd(gcd(s.gcd, u.gcd), u.first-s.first)
			s.last = max(s.last, u.last)
		}
		all[n] = s
		return s
	}
	visit(root)
	return all
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// step returns the step of the arithmetic progression that n's leaves are; 0 if they
// are none. All numbers of [first, last] in steps of the gcd are as many as the leaves
// only if they are the leaves.
func (s span) step(n *Node) int {
	if n.size > 1 && s.gcd*(n.size-1) == s.last-s.first {
		return s.gcd
	}
	return 0
}

// follows tells whether n divides by the pattern over the leaves first, first+step, ...
func (p pattern) follows(n *Node, first, step int) bool {
	if n.IsLeaf() {
		return n.Leaf == first
	}
	if len(n.Children) != 2 {
		return false
	}
	m := p.split(0, n.size)
	return n.Children[0].size == m && p.follows(n.Children[0], first, step) && p.follows(n.Children[1], first+m*step, step)
}

// patternOf returns the pattern that all nodes follow, each over an arithmetic
// progression, and whether there is one.
func patternOf(all map[*Node]span, nodes ...*Node) (pattern, bool) {
	for _, p := range patterns {
		if p.fits(all, nodes...) {
			return p, true
		}
	}
	return pattern{}, false
}

func (p pattern) fits(all map[*Node]span, nodes ...*Node) bool {
	for _, n := range nodes {
		if step := all[n].step(n); !n.IsLeaf() && (step == 0 || !p.follows(n, n.first, step)) {
			return false
		}
	}
	return true
}
