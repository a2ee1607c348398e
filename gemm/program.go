package gemm

import (
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// program is what a microkernel is to evaluate: nodes of a contraction's tree, leaf by
// leaf. It is cut into blocks of terms that caches hold; the values of nodes that
// wait for their right siblings stay on a tile's stack from block to block.
type program struct {
	blocks  []block
	longest int // terms in a block
	depth   int // of the stack, in tiles
	nodes   int // results
}

// block is a run of leaves.
type block struct {
	words  []uint64
	lo, hi int // terms, counted from the first of the program
	depth  int // of the stack before
}

// blockTerms is the number of terms in a block, unless a leaf is longer: those of a
// panel of B are to stay in the nearest cache, those of many panels of A in the next.
const blockTerms = 256

// compile returns the program for the nodes, adjacent and in ascending order, of the
// contraction. A chain is one leaf over n terms.
func compile(place Contraction, nodes []reduce.Span, terms int) program {
	c := compiler{place: place, end: place.From + terms}
	for _, node := range nodes {
		c.node(place.tree(), node)
	}
	return c.program(len(nodes))
}

// compileChain returns the program of a left fold of n terms.
func compileChain(n int) program {
	c := compiler{words: []uint64{kernel.Leaf(n, 0)}}
	return c.program(1)
}

type compiler struct {
	place Contraction
	end   int // global index after the last term
	words []uint64
}

// node appends the leaves of the node and has the last complete it.
func (c *compiler) node(t reduce.Tree, node reduce.Span) {
	if node.Len() == 1 {
		lo, hi := max(node.Lo*c.place.Leaf, c.place.From), min(node.Hi*c.place.Leaf, c.end)
		c.words = append(c.words, kernel.Leaf(hi-lo, 0))
		return
	}
	left, right := children(t, node)
	if c.place.absent(left) {
		c.node(t, right)
		return
	}
	c.node(t, left)
	c.node(t, right)
	c.words[len(c.words)-1] += kernel.Leaf(0, 1)
}

// program cuts the words into blocks.
func (c *compiler) program(nodes int) program {
	p := program{nodes: nodes}
	depth, terms := 0, 0
	for i, word := range c.words {
		n := int(uint32(word))
		if last := len(p.blocks) - 1; last < 0 || p.blocks[last].hi-p.blocks[last].lo+n > blockTerms {
			p.blocks = append(p.blocks, block{words: c.words[i:i], lo: terms, hi: terms, depth: depth})
		}
		b := &p.blocks[len(p.blocks)-1]
		b.words = b.words[:len(b.words)+1]
		b.hi += n
		terms += n
		p.longest = max(p.longest, b.hi-b.lo)
		p.depth = max(p.depth, depth+1) // a leaf is evaluated on top, before it completes nodes
		depth += 1 - int(word>>32)
	}
	return p
}
