package gemm

import (
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// program is what a microkernel is to evaluate: nodes of a contraction's tree, leaf by
// leaf.
type program struct {
	words []uint64
	nodes int // results
}

// compile returns the program for the nodes, adjacent and in ascending order, of the
// contraction. It appends to words, which may be nil.
func compile(words []uint64, place Contraction, nodes []reduce.Span, terms int) program {
	c := compiler{place: place, end: place.From + terms, words: words}
	for _, node := range nodes {
		c.node(place.tree(), node)
	}
	return program{c.words, len(nodes)}
}

// compileRoot is compile for the root alone.
func compileRoot(words []uint64, place Contraction, terms int) program {
	c := compiler{place: place, end: place.From + terms, words: words}
	c.node(place.tree(), place.root(terms))
	return program{c.words, 1}
}

// compileChain returns the program of a left fold of n terms.
func compileChain(words []uint64, n int) program {
	return program{append(words, kernel.Leaf(n, 0)), 1}
}

// compiled is what a program was compiled from: a left fold or the root of so many terms of that place.
type compiled struct {
	chain bool
	place Contraction
	terms int
}

// compile sets the program, which is that of the product before if it is of the same terms.
func (t *tiles[S, T]) compile(chain bool, place Contraction, terms int) {
	of := compiled{chain, place, terms}
	if t.compiled == of {
		t.program = program{t.words, 1}
		return
	}
	t.compiled = compiled{}
	if chain {
		t.program = compileChain(t.words[:0], terms)
	} else {
		t.program = compileRoot(t.words[:0], place, terms)
	}
	t.words, t.compiled = t.program.words, of
}

// multipleOf tells whether each leaf has a multiple of so many terms.
func (p program) multipleOf(n int) bool {
	for _, word := range p.words {
		if int(uint32(word))%n != 0 {
			return false
		}
	}
	return true
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

// children returns the two nodes that the node is the sum of.
func children(t reduce.Tree, node reduce.Span) (left, right reduce.Span) {
	m := t.Split(node)
	return reduce.Span{Lo: node.Lo, Hi: m}, reduce.Span{Lo: m, Hi: node.Hi}
}

// block is a run of leaves.
type block struct {
	first, last int // words
	lo, hi      int // terms, counted from the first of the program
	depth       int // of the stack before
	own         int // depth of the stack that outlives the block or was there before
}

// plan cuts a program into blocks of terms that caches hold. The values of nodes that wait
// for their right siblings stay on a tile's own stack from block to block; what comes and
// goes within a block does so on a stack common to all tiles.
type plan struct {
	blocks  []block
	longest int // terms in a block
	own     int // tiles of the own stack, and of the common one
	hot     int
}

// cut cuts the program into blocks of at most so many terms, or of one leaf.
func (p *plan) cut(words []uint64, most int) {
	*p = plan{blocks: p.blocks[:0], own: 1}
	depth, deepest := 0, 0
	b := block{}
	for i, word := range words {
		n := int(uint32(word))
		if b.hi > b.lo && b.hi-b.lo+n > most {
			p.add(b, i, depth, deepest)
			b = block{first: i, lo: b.hi, hi: b.hi, depth: depth}
			deepest = 0
		}
		b.hi += n
		deepest = max(deepest, depth+1) // a leaf is evaluated on top, before it completes nodes
		depth += 1 - int(word>>32)
	}
	p.add(b, len(words), depth, deepest)
}

func (p *plan) add(b block, last, after, deepest int) {
	b.last = last
	b.own = max(b.depth, after)
	p.blocks = append(p.blocks, b)
	p.longest = max(p.longest, b.hi-b.lo)
	p.own = max(p.own, b.own)
	p.hot = max(p.hot, deepest-b.own)
}
