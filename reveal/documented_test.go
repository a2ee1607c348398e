package reveal

import (
	"fmt"
	"slices"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// The trees of SPEC.md, sections 2 to 4, written from that page alone. What is revealed
// here is whatever kernels the process has chosen.

// growing is the growing tree over the nodes: it divides at the largest power of two
// below their number.
func growing(nodes []*Node) *Node {
	if len(nodes) == 1 {
		return nodes[0]
	}
	m := 1
	for 2*m < len(nodes) {
		m *= 2
	}
	return Join(growing(nodes[:m]), growing(nodes[m:]))
}

// halving is the halving tree: the larger half on the left.
func halving(nodes []*Node) *Node {
	if len(nodes) == 1 {
		return nodes[0]
	}
	m := len(nodes) - len(nodes)/2
	return Join(halving(nodes[:m]), halving(nodes[m:]))
}

// chain is the left fold.
func chain(nodes []*Node) *Node {
	node := nodes[0]
	for _, next := range nodes[1:] {
		node = Join(node, next)
	}
	return node
}

func leaves(indices ...int) (nodes []*Node) {
	for _, i := range indices {
		nodes = append(nodes, Leaf(i))
	}
	return nodes
}

// fmas is a chain of fused multiply-adds from +0: all but the first, to which only +0
// is added, show it.
func fmas(indices ...int) *Node {
	nodes := leaves(indices[0])
	for _, i := range indices[1:] {
		nodes = append(nodes, FusedLeaf(i))
	}
	return chain(nodes)
}

func upTo(lo, hi int) (indices []int) {
	for i := lo; i < hi; i++ {
		indices = append(indices, i)
	}
	return indices
}

// laned is the tree of section 3: rows in each lane, then the lanes.
func laned(n, lanes int) *Node {
	tops := make([]*Node, 0, lanes)
	for lane := range min(lanes, n) {
		var rows []*Node
		for i := lane; i < n; i += lanes {
			rows = append(rows, Leaf(i))
		}
		tops = append(tops, growing(rows))
	}
	return growing(tops)
}

const seed = 7

var plainOrders = []reduce.Order{reduce.Sequential, reduce.Pairwise, reduce.Shuffled(seed)}

// documentedSum is the tree of Sum and Dot.
func documentedSum[T kernel.Float](order reduce.Order, n int) *Node {
	switch order {
	case reduce.Sequential:
		return chain(leaves(upTo(0, n)...))
	case reduce.Pairwise:
		if kernel.Is64[T]() {
			return laned(n, 16)
		}
		return laned(n, 32)
	}
	return chain(leaves(reduce.Permutation(seed, n)...))
}

// documentedProduct is the tree of a contraction.
func documentedProduct(order reduce.Order, n int, join func([]*Node) *Node) *Node {
	switch order {
	case reduce.Sequential:
		return fmas(upTo(0, n)...)
	case reduce.Pairwise:
		var blocks []*Node
		for lo := 0; lo < n; lo += 32 {
			blocks = append(blocks, fmas(upTo(lo, min(lo+32, n))...))
		}
		return join(blocks)
	}
	return fmas(reduce.Permutation(seed, n)...)
}

// lengths are all up to 300 and samples beyond, or a part of them in short tests.
func lengths(t *testing.T) []int {
	all := append(upTo(1, 301), 511, 512, 513, 1000, 1024, 2047)
	if testing.Short() {
		all = slices.DeleteFunc(all, func(n int) bool { return n > 70 && n%16 > 1 })
	}
	return all
}

// revealAt reveals s with its operands that many elements past a multiple of 64 bytes.
func revealAt[T kernel.Float](t *testing.T, s *subject[T], x, y int) *Tree {
	t.Helper()
	s.offX, s.offY = x%perLine[T](), y%perLine[T]()
	tree, err := reveal(s, options{addresses: s.n <= 300 && s.n%8 < 2, overflow: true})
	require.NoError(t, err, "%d leaves", s.n)
	return tree
}

func testSums[T kernel.Float](t *testing.T, order reduce.Order) {
	for _, n := range lengths(t) {
		want := &Tree{Node: documentedSum[T](order, n)}
		sum := newSubject(n, false, func(x, _ []T) T { return reduce.Sum(order, x) })
		dot := newSubject(n, true, func(x, y []T) T { return reduce.Dot(order, x, y) })
		places := [][2]int{{n, 3 * n}}
		if n == 100 || n == 257 {
			places = sum.places()
		}
		for k, at := range places {
			if order != reduce.Shuffled(seed) || (n+k)%4 == 0 { // every probe permutes anew
				got := revealAt(t, sum, at[0], 0)
				require.True(t, want.Equal(got), "sum of %d at %v: %v, want %v", n, at, got, want)
			}
			if order != reduce.Shuffled(seed) || (n+k)%4 == 1 {
				got := revealAt(t, dot, at[0], at[1])
				require.True(t, want.Equal(got), "dot of %d at %v: %v, want %v", n, at, got, want)
			}
		}
	}
}

func TestSumsAreTheDocumentedTrees(t *testing.T) {
	for _, order := range plainOrders {
		t.Run("f32/"+order.String(), func(t *testing.T) { t.Parallel(); testSums[float32](t, order) })
		t.Run("f64/"+order.String(), func(t *testing.T) { t.Parallel(); testSums[float64](t, order) })
	}
}

// gemmOf is gemm.Gemm in that order, as Gemm takes it.
func gemmOf[T kernel.Float](order reduce.Order, growing bool) func(m, n, k int, a, b, c []T) {
	return func(m, n, k int, a, b, c []T) {
		o := gemm.Options{Order: order, Growing: growing}
		if err := gemm.Gemm(o, false, false, 1, gemm.Dense(m, k, a), gemm.Dense(k, n, b), 0, gemm.Dense(m, n, c)); err != nil {
			panic(err)
		}
	}
}

func testProducts[T kernel.Float](t *testing.T, order reduce.Order) {
	for _, n := range lengths(t) {
		if order != reduce.Pairwise && n%23 > 0 || n > 513 {
			continue // one chain, whatever its length
		}
		if n > 100 && kernel.Is64[T]() == (n%2 == 0) {
			continue // the types take turns
		}
		g := &product[T]{m: 1, n: 1, f: gemmOf[T](order, false)}
		got := revealAt(t, newSubject(n, true, g.first), n, 3*n)
		want := &Tree{Node: documentedProduct(order, n, halving)}
		require.True(t, want.Equal(got), "product over %d: %v, want %v", n, got, want)
		require.True(t, got.PlusZero)
	}
	for _, n := range []int{3, 33, 70} { // whole matrices; the growing tree
		got, err := Gemm(gemmOf[T](order, true), 2, 5, n)
		require.NoError(t, err)
		want := &Tree{Node: documentedProduct(order, n, growing)}
		require.True(t, want.Equal(got), "product over %d: %v, want %v", n, got, want)
	}
}

func TestProductsAreTheDocumentedTrees(t *testing.T) {
	for _, order := range plainOrders {
		t.Run("f32/"+order.String(), func(t *testing.T) { t.Parallel(); testProducts[float32](t, order) })
		t.Run("f64/"+order.String(), func(t *testing.T) { t.Parallel(); testProducts[float64](t, order) })
	}
}

// inMuch is a product of one row by so many columns of n terms, 2 MiB or more, that lie one after the other, of which column j is given. Of these
// a new workspace reads the first MiB as what L3 holds and the next as what comes from memory (gemm/pace.go).
func inMuch[T kernel.Float](n, columns, j int) func(x, y []T) T {
	b, c := gemm.NewMatrix[T](columns, n), gemm.NewMatrix[T](1, columns)
	return func(x, y []T) T {
		copy(b.Row(j), y)
		o := gemm.Options{Order: reduce.Pairwise, Workspace: new(gemm.Workspace)}
		if err := gemm.Gemm(o, false, true, 1, gemm.Dense(1, n, x), b, 0, c); err != nil {
			panic(err)
		}
		return c.Data[j]
	}
}

func testOneRow[T kernel.Float](t *testing.T, n, columns int) {
	want := &Tree{Node: documentedProduct(reduce.Pairwise, n, halving)}
	for _, j := range []int{3, columns - 5} {
		got := revealAt(t, newSubject(n, true, inMuch[T](n, columns, j)), n, 3*n)
		require.True(t, want.Equal(got), "column %d of %d: %v, want %v", j, columns, got, want)
	}
}

func TestOneRowIsTheDocumentedTree(t *testing.T) {
	if kernel.LeafLanes[float32]() == 0 {
		t.Skip("one way for all")
	}
	testOneRow[float32](t, 512, 1024)
	testOneRow[float64](t, 256, 1024)
}

// A kernel that is wrong in one place of the tree must not pass for the right one.
func TestDocumentedTreesTellFaultsApart(t *testing.T) {
	const n = 100
	want := &Tree{Node: documentedSum[float64](reduce.Pairwise, n)}
	swapped := func(x []float64) float64 { x[17], x[18] = x[18], x[17]; return reduce.Sum(reduce.Pairwise, x) }
	padded := func(x []float64) float64 { return reduce.Sum(reduce.Pairwise, x[:n-1]) + x[n-1] }
	for name, f := range map[string]func([]float64) float64{
		"two terms change places":   swapped,
		"the tail is added at last": padded,
		"float32's lanes":           func(x []float64) float64 { return Evaluate(&Tree{Node: laned(n, 32)}, x, nil) },
	} {
		got, err := Sum(f, n)
		require.NoError(t, err, name)
		require.False(t, want.Equal(got), name)
	}
	fused := &Tree{Node: documentedProduct(reduce.Pairwise, n, halving)}
	rounded := func(x, y []float64) (s float64) {
		for lo := 0; lo < n; lo += 32 {
			p := 0.0
			for i := lo; i < min(lo+32, n); i++ {
				p += float64(x[i] * y[i])
			}
			s += p
		}
		return s
	}
	got, err := Dot(rounded, n)
	require.NoError(t, err)
	require.False(t, fused.Equal(got), "products rounded first")
	require.NotEqual(t, fmt.Sprint(fused), fmt.Sprint(got))
}
