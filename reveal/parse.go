package reveal

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/samebits/samebits/internal/plural"
)

// Parse reads what String writes; spaces are left out. Of a tree with a fused leaf the
// leaves are products; otherwise, as the text does not say, terms. Nor does it say
// PlusZero and Alignment. It is an error if the text is no tree, a leaf is missing or
// twice there, or the brackets do not fit the number of operands.
func Parse(text string) (*Tree, error) {
	p := parser{rest: strings.Join(strings.Fields(text), "")}
	root, err := p.node(0)
	if err == nil && p.rest != "" {
		err = fmt.Errorf("%q follows the tree", p.rest)
	}
	if err == nil {
		err = checkLeaves(root)
	}
	if err != nil {
		return nil, fmt.Errorf("reveal: %w", err)
	}
	fused := !root.all(func(n *Node) bool { return !n.Fused })
	return &Tree{Node: root, Product: fused}, nil
}

// maxNesting keeps hostile text from exhausting the stack.
const maxNesting = 1 << 16

type parser struct{ rest string }

func (p *parser) node(nesting int) (*Node, error) {
	rule := strings.IndexAny("({[", p.rest[:min(1, len(p.rest))])
	switch {
	case p.rest == "":
		return nil, fmt.Errorf("the text ends where a node is wanted")
	case rule < 0:
		return p.leaf()
	case nesting == maxNesting:
		return nil, fmt.Errorf("more than %d brackets are open", maxNesting)
	}
	var children []*Node
	for first := true; first || strings.HasPrefix(p.rest, ","); first = false {
		p.rest = p.rest[1:]
		child, err := p.node(nesting + 1)
		if err != nil {
			return nil, err
		}
		children = append(children, child)
	}
	if !strings.HasPrefix(p.rest, brackets[rule][1:]) {
		return nil, fmt.Errorf("%q: want , or %s", p.rest, brackets[rule][1:])
	}
	p.rest = p.rest[1:]
	if len(children) < 2 || Rule(rule) == Plain && len(children) > 2 {
		return nil, fmt.Errorf("%s in %s", plural.Of(len(children), "operand"), brackets[rule])
	}
	return joinBy(Rule(rule), children), nil
}

func (p *parser) leaf() (*Node, error) {
	digits := len(p.rest) - len(strings.TrimLeft(p.rest, "0123456789"))
	i, err := strconv.Atoi(p.rest[:digits])
	if err != nil {
		return nil, fmt.Errorf("%q: want a leaf or an opening bracket", p.rest)
	}
	p.rest = p.rest[digits:]
	var fused bool
	if p.rest, fused = strings.CutPrefix(p.rest, "*"); fused {
		return FusedLeaf(i), nil
	}
	return Leaf(i), nil
}

// checkLeaves returns an error unless the leaves are 0, ..., size-1, each once.
func checkLeaves(root *Node) error {
	seen := make([]bool, root.size)
	for _, leaf := range root.Leaves() {
		if leaf.Leaf >= len(seen) || seen[leaf.Leaf] {
			return fmt.Errorf("leaf %d among %d leaves: want each of 0 to %d once", leaf.Leaf, len(seen), len(seen)-1)
		}
		seen[leaf.Leaf] = true
	}
	return nil
}
