package reveal

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Describe says in words what the tree is, as far as it knows the pattern.
func (t *Tree) Describe() string {
	s := describe(t.Node, "terms")
	fused := 0
	for _, leaf := range t.Leaves() {
		if leaf.Fused {
			fused++
		}
	}
	switch {
	case fused > 0:
		s += fmt.Sprintf("; %d of %d products added unrounded (FMA)", fused, t.size)
	case t.Product:
		s += "; products rounded first"
	}
	if t.Alignment != (Alignment{}) {
		s += "; " + t.Alignment.String()
	}
	return s
}

// describe describes the tree over leaves that are called what.
func describe(root *Node, what string) string {
	all := spans(root)
	if root.size == 1 {
		return "1 " + strings.TrimSuffix(what, "s")
	}
	if len(root.Children) == root.size && root.size > 2 {
		return fmt.Sprintf("all %d %s in one %s sum", root.size, what, ruleNames[root.Rule])
	}
	if root.size == 2 {
		return "2 " + what + " added"
	}
	if p, ok := patternOf(all, root); ok {
		return fmt.Sprintf("%d %s %s", root.size, what, p.name)
	}
	if what != "terms" && root.size <= 16 {
		return what + " joined as " + root.String()
	}
	if s, ok := describeLanes(root, all); ok {
		return s
	}
	if s, ok := describeBlocks(root, all, what); ok {
		return s
	}
	if base, tail := root.tail(all); len(tail) > 0 && base.size > 2 {
		return describe(base, what) + fmt.Sprintf("; then %s one by one", listLeaves(tail))
	}
	if root.depth() == root.size-1 {
		return fmt.Sprintf("%d %s one by one in an irregular order", root.size, what)
	}
	return fmt.Sprintf("%d %s in no regular pattern, %d additions deep", root.size, what, root.depth())
}

var ruleNames = [...]string{Plain: "plain", Exact: "exact", Aligned: "aligned"}

// tail takes off the last leaves, as long as they are the largest, and returns what is
// left and them, in the order in which they are added.
func (n *Node) tail(all map[*Node]span) (base *Node, leaves []*Node) {
	for len(n.Children) == 2 && n.Children[1].IsLeaf() && n.Children[1].Leaf == all[n].last {
		leaves = append(leaves, n.Children[1])
		n = n.Children[0]
	}
	slices.Reverse(leaves)
	return n, leaves
}

// describeLanes describes a tree whose leaves fall in lanes, i mod L.
func describeLanes(root *Node, all map[*Node]span) (string, bool) {
	bySpan := progressions(all)
	for _, lanes := range parts(root, all, func(n *Node, s span) int {
		if step := s.step(n); s.first == 0 && step > 1 && s.last+step >= root.size {
			return step
		}
		return 0
	}) {
		nodes, ok := lookUp(bySpan, lanes, func(r int) span {
			last := r + (root.size-1-r)/lanes*lanes
			if last == r {
				return span{r, r, 0}
			}
			return span{r, last, lanes}
		})
		if name, top, ok := describeParts(root, all, nodes, ok, "lanes"); ok {
			return fmt.Sprintf("%d lanes by stride, each %s; %s", lanes, name, top), true
		}
	}
	return "", false
}

// describeBlocks describes a tree over blocks of consecutive leaves.
func describeBlocks(root *Node, all map[*Node]span, what string) (string, bool) {
	bySpan := progressions(all)
	for _, length := range parts(root, all, func(n *Node, s span) int {
		if s.first == 0 && s.step(n) == 1 && n.size < root.size {
			return n.size
		}
		return 0
	}) {
		nodes, ok := lookUp(bySpan, (root.size+length-1)/length, func(k int) span {
			first, last := k*length, min((k+1)*length, root.size)-1
			return span{first, last, min(1, last-first)}
		})
		if name, top, ok := describeParts(root, all, nodes, ok, "blocks"); ok {
			return fmt.Sprintf("blocks of %d %s, each %s; %s", length, what, name, top), true
		}
	}
	return "", false
}

// describeParts returns the pattern of the parts that root is made of and the
// description of the tree over them. Where few leaves fit several patterns, it is
// that of the tree above.
func describeParts(root *Node, all map[*Node]span, nodes []*Node, found bool, what string) (name, top string, ok bool) {
	if !found {
		return "", "", false
	}
	above := contract(root, nodes)
	p, ok := patternOf(spans(above), above)
	if !ok || !p.fits(all, nodes...) {
		p, ok = patternOf(all, nodes...)
	}
	return p.name, describe(above, what), ok
}

// parts returns the different positive values of size over the nodes, ascending.
func parts(root *Node, all map[*Node]span, size func(*Node, span) int) (sizes []int) {
	for n, s := range all {
		if k := size(n, s); k > 0 && n.Children != nil && n != root {
			sizes = append(sizes, k)
		}
	}
	slices.Sort(sizes)
	return slices.Compact(sizes)
}

// progressions returns the nodes that are arithmetic progressions, by their spans.
func progressions(all map[*Node]span) map[span]*Node {
	bySpan := map[span]*Node{}
	for n, s := range all {
		if n.IsLeaf() || s.step(n) > 0 {
			bySpan[s] = n
		}
	}
	return bySpan
}

// lookUp returns the nodes of those spans, and whether all are there.
func lookUp(bySpan map[span]*Node, count int, want func(k int) span) ([]*Node, bool) {
	var nodes []*Node
	for k := range count {
		n := bySpan[want(k)]
		if n == nil {
			return nil, false
		}
		nodes = append(nodes, n)
	}
	return nodes, true
}

// contract returns the tree with the nodes as its leaves 0, 1, ...
func contract(root *Node, nodes []*Node) *Node {
	number := map[*Node]int{}
	for k, n := range nodes {
		number[n] = k
	}
	var visit func(n *Node) *Node
	visit = func(n *Node) *Node {
		if k, ok := number[n]; ok {
			return Leaf(k)
		}
		var children []*Node
		for _, c := range n.Children {
			children = append(children, visit(c))
		}
		return joinBy(n.Rule, children)
	}
	return visit(root)
}

// listLeaves lists the leaves, an arithmetic progression by its ends.
func listLeaves(leaves []*Node) string {
	var names []string
	for _, leaf := range leaves {
		names = append(names, leaf.String())
	}
	if n := len(leaves); n > 4 && isProgression(leaves) {
		names = []string{names[0], names[1], "...", names[n-1]}
	}
	return strings.Join(names, ", ")
}

func isProgression(leaves []*Node) bool {
	step := leaves[1].Leaf - leaves[0].Leaf
	for i := 1; i < len(leaves); i++ {
		if leaves[i].Leaf-leaves[i-1].Leaf != step || i > 1 && leaves[i].Fused != leaves[1].Fused {
			return false
		}
	}
	return true
}

// sorted returns the leaves by number.
func sorted(leaves []*Node) []*Node {
	return slices.SortedFunc(slices.Values(leaves), func(a, b *Node) int { return cmp.Compare(a.Leaf, b.Leaf) })
}
