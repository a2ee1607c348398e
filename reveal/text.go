package reveal

import (
	"bufio"
	"fmt"
	"io"
	"slices"
)

// inlineLeaves is the largest node that the text writes as String does.
const inlineLeaves = 4

// WriteText draws the tree with its root at the top. A regular subtree takes one line,
// and so do leaves that are added one by one.
func (t *Tree) WriteText(w io.Writer) error {
	b := bufio.NewWriter(w)
	d := drawing{b, spans(t.Node)}
	d.node(t.Node, "", "")
	return b.Flush()
}

type drawing struct {
	w     *bufio.Writer
	spans map[*Node]span
}

// node writes n, its first line after the prefix first, the others after rest.
func (d drawing) node(n *Node, first, rest string) {
	if n.size <= inlineLeaves {
		fmt.Fprintf(d.w, "%s%v\n", first, n)
		return
	}
	if p, ok := patternOf(d.spans, n); ok {
		fmt.Fprintf(d.w, "%s+ %d %s: %s\n", first, n.size, p.name, listLeaves(sorted(n.Leaves())))
		return
	}
	rule := ""
	if n.Rule != Plain {
		rule = " " + ruleNames[n.Rule]
	}
	if n.size == len(n.Children) {
		fmt.Fprintf(d.w, "%s+ %d%s: %s\n", first, n.size, rule, listLeaves(n.Children))
		return
	}
	fmt.Fprintf(d.w, "%s+ %d%s\n", first, n.size, rule)
	base, spine := n.spine()
	if len(spine) > 1 {
		d.node(base, rest+"├─ ", rest+"│  ")
		fmt.Fprintf(d.w, "%s└─ then one by one: %s\n", rest, listLeaves(spine))
		return
	}
	for i, c := range n.Children {
		if i < len(n.Children)-1 {
			d.node(c, rest+"├─ ", rest+"│  ")
		} else {
			d.node(c, rest+"└─ ", rest+"   ")
		}
	}
}

// spine takes leaves off that are added one by one, down to a node of two subtrees or
// a small one, and returns that and them, in the order in which they are added.
func (n *Node) spine() (base *Node, leaves []*Node) {
	for len(n.Children) == 2 && n.size > inlineLeaves && (n.Children[0].IsLeaf() || n.Children[1].IsLeaf()) {
		leaf, other := n.Children[0], n.Children[1]
		if other.IsLeaf() {
			leaf, other = other, leaf
		}
		leaves = append(leaves, leaf)
		n = other
	}
	slices.Reverse(leaves)
	return n, leaves
}
