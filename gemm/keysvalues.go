package gemm

import (
	"fmt"
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// KeysValues holds keys and values of attention heads, token after token, packed for the
// products with queries and with probabilities. It grows by pages and never moves what it
// holds. Products give the bits of Backend.Product and ProductFrom. They may run on several
// goroutines, each with an AttentionScratch of its own, but not while tokens are appended. They
// panic unless shapes fit and matrices are in memory.
type KeysValues[T Float] struct {
	order       reduce.Order
	heads, size int // size of a head
	cols        int // of a panel
	page        int // tokens of a page: whole leaves
	tokens      int
	finite      bool // all values are
	scores      program
	depth       int   // of the stack that scores need
	keys        [][]T // pages: for each head, for each panel of tokens, size terms
	values      [][]T // pages: for each head, for each panel of its numbers, page terms
}

// pageTokens is the least number of tokens of a page, mostLeaf the largest leaf that one
// is made for.
const (
	pageTokens = 32
	mostLeaf   = 256
)

// NewKeysValues returns an empty store for so many heads of that size, or nil where the
// backend's order has no such products: it has them in Pairwise and Sequential, with leaves of
// up to 256 terms. It is nil, too, without heads or if they have no size.
func (n Native[T]) NewKeysValues(heads, size int) *KeysValues[T] {
	leaf := n.order.Leaf()
	if kind := n.order.Kind(); kind != reduce.KindPairwise && kind != reduce.KindSequential || heads < 1 || size < 1 || leaf > mostLeaf {
		return nil
	}
	kv := &KeysValues[T]{
		order: n.order, heads: heads, size: size, cols: kernel.MicroTile[T]().Cols,
		page: ceil(pageTokens, leaf) * leaf, finite: true, scores: compileChain(nil, size), depth: 1,
	}
	if n.order.Kind() == reduce.KindPairwise {
		kv.scores = compileRoot(nil, Whole(size, n.order), size)
		kv.depth = stackDepth(ceil(size, leaf))
	}
	return kv
}

// Threads returns the number of goroutines that a product may use, at least 1.
func (n Native[T]) Threads() int { return max(1, n.threads) }

// stackDepth is how many nodes wait at most while so many leaves are evaluated.
func stackDepth(leaves int) int { return bits.Len(uint(leaves)) + 1 }

// Tokens returns the number of tokens.
func (kv *KeysValues[T]) Tokens() int { return kv.tokens }

// keyPanels and valuePanels are the panels of a head in a page.
func (kv *KeysValues[T]) keyPanels() int   { return ceil(kv.page, kv.cols) }
func (kv *KeysValues[T]) valuePanels() int { return ceil(kv.size, kv.cols) }

// keyPanel returns size terms of cols tokens.
func (kv *KeysValues[T]) keyPanel(page, head, panel int) []T {
	n := kv.size * kv.cols
	return kv.keys[page][(head*kv.keyPanels()+panel)*n:][:n]
}

// valuePanel returns page terms, the tokens, of cols numbers.
func (kv *KeysValues[T]) valuePanel(page, head, panel int) []T {
	n := kv.page * kv.cols
	return kv.values[page][(head*kv.valuePanels()+panel)*n:][:n]
}

// Append appends tokens, a row each, the heads side by side. It panics unless the rows are
// heads*size long and in memory.
func (kv *KeysValues[T]) Append(keys, values Matrix[T]) {
	if want := kv.heads * kv.size; keys.Cols != want || values.Cols != want || keys.Rows != values.Rows {
		panic(fmt.Sprintf("gemm: keys of %d x %d and values of %d x %d appended to %s of %d", keys.Rows, keys.Cols, values.Rows, values.Cols, plural.Of(kv.heads, "head"), kv.size))
	}
	mustBe("K", keys)
	mustBe("V", values)
	for i := 0; i < keys.Rows; {
		page, at := kv.tokens/kv.page, kv.tokens%kv.page
		if page == len(kv.keys) {
			kv.keys = append(kv.keys, make([]T, kv.heads*kv.keyPanels()*kv.size*kv.cols))
			kv.values = append(kv.values, make([]T, kv.heads*kv.valuePanels()*kv.page*kv.cols))
		}
		n := min(keys.Rows-i, kv.cols-at%kv.cols, kv.page-at)
		for head := range kv.heads {
			kernel.Gather(kv.keyPanel(page, head, at/kv.cols)[at%kv.cols:], kv.cols, keys.Data[i*keys.Stride+head*kv.size:], keys.Stride, n, kv.size)
			kv.setValues(page, at, head, values.View(i, i+n, head*kv.size, (head+1)*kv.size))
		}
		kv.tokens += n
		i += n
	}
}

// setValues sets a head's values of the tokens of a page from at on, a row each.
func (kv *KeysValues[T]) setValues(page, at, head int, rows Matrix[T]) {
	for i := range rows.Rows {
		kv.finite = kv.finite && kernel.AllFinite(rows.Row(i))
	}
	for panel := range kv.valuePanels() {
		j := panel * kv.cols
		kernel.CopyRows(kv.valuePanel(page, head, panel)[at*kv.cols:], kv.cols, rows.Data[j:], rows.Stride, min(kv.cols, kv.size-j), rows.Rows)
	}
}

// AttentionScratch is the memory that products with KeysValues work in.
type AttentionScratch[T Float] struct {
	rows, stack, chain []T
	words              []uint64
}

// growTokens returns each elements for each token, of any value; it grows by many tokens at once.
func growTokens[T Float](s *[]T, tokens, each int) []T {
	const many = 256
	return grow(s, ceil(tokens, many)*many*each)[:tokens*each]
}

// AttentionRows is the number of rows that products with KeysValues take best at a time.
func AttentionRows[T Float]() int { return kernel.MicroTile[T]().Rows }

// Scores sets dst[i, j] = RN(alpha * s), for the tokens j of [from, to), s being the product of
// row i of q, a head's queries, and of key j: what Backend.Product gives for the transposed
// keys. Other columns of dst, in the pages of from and to, are left in any state.
func (kv *KeysValues[T]) Scores(s *AttentionScratch[T], head int, alpha T, q Matrix[T], from, to int, dst Matrix[T]) {
	kv.check(head, q.Rows, from, to, dst.Rows, dst.Cols >= to && q.Cols == kv.size)
	mustBe("Q", q)
	mustBe("C", dst)
	finish := kernel.NewFinish(alpha, 0)
	for i := 0; i < q.Rows; {
		tile, rows := kv.tile(q.Rows - i)
		a := grow(&s.rows, kv.size*tile.Rows)
		packRows(a, tile.Rows, q, false, i, rows, 0, kv.size)
		stack := grow(&s.stack, kv.depth*tile.Size())
		for page := from / kv.page; page*kv.page < to; page++ {
			for panel := range kv.keyPanels() {
				at := panel * kv.cols
				j := page*kv.page + at
				if j+kv.cols <= from || j >= to {
					continue
				}
				kernel.Micro(tile, kernel.Stack[T]{Own: stack}, a, kv.factors(kv.keyPanel(page, head, panel)), kv.scores.words)
				finish.Tile(dst.Data[i*dst.Stride+j:], dst.Stride, stack, kv.cols, rows, min(kv.cols, kv.page-at, dst.Cols-j))
			}
		}
		i += rows
	}
}

// Batches tells whether Context may take several rows at once: where a value is not finite,
// only rows of one token each are right.
func (kv *KeysValues[T]) Batches() bool { return kv.finite }

// Context sets dst to the product of p and of a head's values of the tokens [from, to), which
// are the columns of p of these numbers, in the growing tree: what Backend.ProductFrom gives.
//
// Of several rows some may see fewer tokens: what they do not see must be +0 in p, and all
// values finite (Batches). That is as if it were absent. It adds FMA(+0, v, c), which is c or,
// where c is -0, perhaps +0, to chains, and zeros to nodes; padded with zeros the growing tree is the
// tree of fewer leaves; and the sign of a zero shows in no sum that is not zero, which
// a result is as +0 always.
func (kv *KeysValues[T]) Context(s *AttentionScratch[T], head int, p Matrix[T], from, to int, dst Matrix[T]) {
	kv.check(head, p.Rows, from, to, dst.Rows, p.Cols >= to && dst.Cols == kv.size && (p.Rows <= 1 || kv.finite))
	mustBe("P", p)
	mustBe("C", dst)
	if from == to {
		scale(0, dst)
		return
	}
	finish := kernel.NewFinish(T(1), 0)
	kv.compile(s, from, to)
	for i := 0; i < p.Rows; {
		tile, rows := kv.tile(p.Rows - i)
		a := growTokens(&s.rows, to-from, tile.Rows)
		packRows(a, tile.Rows, p, false, i, rows, from, to-from)
		stack := grow(&s.stack, stackDepth(ceil(to, kv.order.Leaf()))*tile.Size())
		for panel := range kv.valuePanels() {
			kv.contract(s, tile, head, panel, from, to)
			j := panel * kv.cols
			finish.Tile(dst.Data[i*dst.Stride+j:], dst.Stride, stack, kv.cols, rows, min(kv.cols, kv.size-j))
		}
		i += rows
	}
}

// compile makes the program of a contraction over the tokens.
func (kv *KeysValues[T]) compile(s *AttentionScratch[T], from, to int) {
	if kv.order.Kind() == reduce.KindSequential {
		s.words = compileChain(s.words[:0], to-from).words
		return
	}
	s.words = compileRoot(s.words[:0], Contraction{K: to, From: from, Leaf: kv.order.Leaf(), Growing: true}, to-from).words
}

// contract evaluates the program on a panel of values, page by page. A chain cannot be cut:
// its factors are copied together first.
func (kv *KeysValues[T]) contract(s *AttentionScratch[T], tile kernel.Tile, head, panel, from, to int) {
	chain := kv.order.Kind() == reduce.KindSequential
	if chain {
		growTokens(&s.chain, to-from, kv.cols)
	}
	depth, words := 0, s.words
	for t := from; t < to; {
		end := min((t/kv.page+1)*kv.page, to)
		b := kv.valuePanel(t/kv.page, head, panel)[t%kv.page*kv.cols:][:(end-t)*kv.cols]
		if chain {
			copy(s.chain[(t-from)*kv.cols:], b)
		} else {
			n, after := leavesOf(words, end-t, depth)
			kernel.Micro(tile, kernel.Stack[T]{Own: s.stack, Depth: depth}, s.rows[(t-from)*tile.Rows:], kv.factors(b), words[:n])
			words, depth = words[n:], after
		}
		t = end
	}
	if chain {
		kernel.Micro(tile, kernel.Stack[T]{Own: s.stack}, s.rows, kv.factors(s.chain[:(to-from)*kv.cols]), words)
	}
}

// leavesOf returns how many words of a program have so many terms, and the depth of the
// stack after them.
func leavesOf(words []uint64, terms, depth int) (n, after int) {
	for terms > 0 {
		terms -= int(uint32(words[n]))
		depth += 1 - int(words[n]>>32)
		n++
	}
	return n, depth
}

// tile returns the smallest tile for so many rows, or the largest, and the rows that it takes.
func (kv *KeysValues[T]) tile(rows int) (kernel.Tile, int) {
	t := kernel.RowTile[T](rows)
	t.Cols = kv.cols // those of the backend that packed
	return t, min(rows, t.Rows)
}

func (kv *KeysValues[T]) factors(panel []T) kernel.Factors[T] {
	return kernel.Factors[T]{Data: panel, Stride: kv.cols, Ahead: kv.cols}
}

func (kv *KeysValues[T]) check(head, rows, from, to, dstRows int, fit bool) {
	if head < 0 || head >= kv.heads {
		panic(fmt.Sprintf("gemm: head %d of %d", head, kv.heads))
	}
	if from < 0 || from > to || to > kv.tokens || rows != dstRows || !fit {
		panic(fmt.Sprintf("gemm: %s into %d, tokens [%d, %d) of %d in heads of %d: shapes do not fit", plural.Of(rows, "row"), dstRows, from, to, kv.tokens, kv.size))
	}
}

// mustBe panics unless the matrix has a shape that there is, and the memory for it: kernels look at its last element alone.
func mustBe[T Float](name string, m Matrix[T]) {
	if err := m.check(name); err != nil {
		panic(err.Error())
	}
}
