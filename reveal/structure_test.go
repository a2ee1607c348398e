package reveal

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// fold evaluates a tree in plain Go, apart from Evaluate.
func fold[T kernel.Float](n *Node, term func(i int) T, add func(parts []*Node, values []T) T) T {
	if n.IsLeaf() {
		return term(n.Leaf)
	}
	var values []T
	for _, c := range n.Children {
		values = append(values, fold(c, term, add))
	}
	return add(n.Children, values)
}

func plus[T kernel.Float](_ []*Node, v []T) T { return v[0] + v[1] }

// randomTree draws a binary tree over the leaves, of a random shape.
func randomTree(t *rapid.T, nodes []*Node) *Node {
	nodes = slices.Clone(nodes)
	for len(nodes) > 1 {
		i := rapid.IntRange(0, len(nodes)-1).Draw(t, "left")
		left := nodes[i]
		nodes = slices.Delete(nodes, i, i+1)
		j := rapid.IntRange(0, len(nodes)-1).Draw(t, "right")
		nodes[j] = Join(left, nodes[j])
	}
	return nodes[0]
}

func TestRandomTreesAreRevealed(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(r, "n")
		want := &Tree{Node: randomTree(r, leaves(upTo(0, n)...))}
		got, err := Sum(func(x []float32) float32 {
			return fold(want.Node, func(i int) float32 { return x[i] }, plus[float32])
		}, n, IgnoreAddresses())
		require.NoError(r, err)
		require.True(r, want.Equal(got), "%v, want %v", got, want)
	})
}

// TestRandomFusedTreesAreRevealed marks leaves at random, at most one in a node, and
// evaluates with math.FMA.
func TestRandomFusedTreesAreRevealed(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(r, "n")
		var mark func(*Node) *Node
		mark = func(n *Node) *Node {
			if n.IsLeaf() {
				return n
			}
			a, b := mark(n.Children[0]), mark(n.Children[1])
			switch k := rapid.IntRange(0, 2).Draw(r, "fused"); {
			case k == 1 && a.IsLeaf():
				a = FusedLeaf(a.Leaf)
			case k == 2 && b.IsLeaf():
				b = FusedLeaf(b.Leaf)
			}
			return Join(a, b)
		}
		want := &Tree{Node: mark(randomTree(r, leaves(upTo(0, n)...)))}
		got, err := Dot(func(x, y []float64) float64 {
			return fold(want.Node, func(i int) float64 { return float64(x[i] * y[i]) }, func(c []*Node, v []float64) float64 {
				for k := range 2 {
					if c[k].Fused {
						return math.FMA(x[c[k].Leaf], y[c[k].Leaf], v[1-k])
					}
				}
				return v[0] + v[1]
			})
		}, n, IgnoreAddresses())
		require.NoError(r, err)
		require.True(r, want.Equal(got), "%v, want %v", got, want)
	})
}

func TestLoops(t *testing.T) {
	const n = 50
	forward, backward := fmas(upTo(0, n)...), upTo(0, n)
	slices.Reverse(backward)
	got, err := Dot(func(x, y []float64) (s float64) {
		for i := range x {
			s = math.FMA(x[i], y[i], s)
		}
		return s
	}, n)
	require.NoError(t, err)
	require.Equal(t, forward.String(), got.String())
	require.True(t, got.PlusZero, "the chain starts from +0")
	require.Equal(t, n, got.Roundings())
	require.Equal(t, "50 terms one by one; 49 of 50 products added unrounded (FMA)", got.Describe())

	got, err = Sum(func(x []float32) float32 {
		s := x[n-1]
		for i := n - 2; i >= 0; i-- {
			s += x[i]
		}
		return s
	}, n)
	require.NoError(t, err)
	require.Equal(t, chain(leaves(backward...)).String(), got.String())
	require.False(t, got.PlusZero)
	require.Equal(t, "50 terms one by one from the end", got.Describe())
}

// chunks is the tree of an adder that takes so many terms and its own result at once.
func chunks(rule Rule, n, width int) *Node {
	node := Leaf(0)
	for i := 1; i < n; i += width {
		node = joinBy(ruleOf(rule, min(width, n-i)), append(leaves(upTo(i, min(i+width, n))...), node))
	}
	return node
}

// ruleOf is the rule of a node of that many operands and one more.
func ruleOf(rule Rule, others int) Rule {
	if others == 1 {
		return Plain
	}
	return rule
}

// exactAdder adds exactly and rounds once.
func exactAdder(_ []*Node, v []float32) float32 {
	sum := new(big.Float).SetPrec(1000)
	for _, x := range v {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return plainAdder(v)
		}
		sum.Add(sum, big.NewFloat(float64(x)))
	}
	r, _ := sum.Float32()
	return r
}

func plainAdder(v []float32) (s float32) {
	for _, x := range v {
		s += x
	}
	return s
}

// alignedAdder cuts all operands to the last place of the largest and some bits more,
// and rounds toward zero if it is told to. float64 holds all that is left.
func alignedAdder(guard int, truncate bool) func([]*Node, []float32) float32 {
	return func(_ []*Node, v []float32) float32 {
		largest := 0.0
		for _, x := range v {
			largest = max(largest, math.Abs(float64(x)))
		}
		if plain := plainAdder(v); largest == 0 || math.IsInf(largest, 0) || largest != largest {
			return plain
		}
		_, e := math.Frexp(largest)
		sum := 0.0
		for _, x := range v {
			sum += math.Ldexp(math.Trunc(math.Ldexp(float64(x), 24+guard-e)), e-24-guard)
		}
		r := float32(sum)
		if truncate && math.Abs(float64(r)) > math.Abs(sum) {
			r = math.Nextafter32(r, 0)
		}
		return r
	}
}

func TestMultiwayNodesAreRevealed(t *testing.T) {
	for name, c := range map[string]struct {
		node  *Node
		add   func([]*Node, []float32) float32
		align Alignment
	}{
		"exact chunks of 3":           {chunks(Exact, 31, 3), exactAdder, Alignment{}},
		"exact, over blocks":          {joinBy(Exact, []*Node{growing(leaves(0, 1, 2, 3)), growing(leaves(4, 5, 6)), Leaf(7), chain(leaves(8, 9, 10))}), exactAdder, Alignment{}},
		"exact, equal blocks":         {joinBy(Exact, []*Node{Join(leaves(0, 5)...), Join(leaves(1, 4)...), Join(leaves(2, 3)...)}), exactAdder, Alignment{}},
		"exact in exact":              {joinBy(Exact, []*Node{joinBy(Exact, leaves(0, 1, 2)), joinBy(Exact, leaves(3, 4, 5)), joinBy(Exact, leaves(6, 7, 8))}), exactAdder, Alignment{}},
		"exact, of the same sizes":    {joinBy(Exact, []*Node{Leaf(0), Leaf(1), Leaf(2), growing(leaves(3, 4, 5, 6))}), exactAdder, Alignment{}},
		"exact, of the same sizes 2":  {joinBy(Exact, []*Node{joinBy(Exact, leaves(0, 1, 2)), Join(leaves(3, 4)...), Join(leaves(5, 6)...)}), exactAdder, Alignment{}},
		"aligned chunks of 4":         {chunks(Aligned, 33, 4), alignedAdder(0, true), Alignment{0, true}},
		"aligned with 2 guard bits":   {chunks(Aligned, 33, 8), alignedAdder(2, true), Alignment{2, true}},
		"aligned, rounded to nearest": {chunks(Aligned, 30, 4), alignedAdder(3, false), Alignment{3, false}},
		"aligned, over blocks":        {joinBy(Aligned, []*Node{joinBy(Aligned, leaves(0, 1, 2)), joinBy(Aligned, leaves(3, 4, 5)), Leaf(6)}), alignedAdder(1, true), Alignment{1, true}},
	} {
		got, err := Sum(func(x []float32) float32 {
			return fold(c.node, func(i int) float32 { return x[i] }, c.add)
		}, c.node.size, IgnoreOverflow())
		require.NoError(t, err, name)
		require.Equal(t, c.node.String(), got.String(), name)
		require.False(t, got.IsBinary() || c.align != got.Alignment, "%s: %v", name, got.Alignment)
		require.Equal(t, got.size, got.Size())
	}
}

// A node of more than two operands is not taken for a binary one, nor the other way.
func TestMultiwayNodesAreToldApart(t *testing.T) {
	three := func(add func([]*Node, []float32) float32) string {
		tree, err := Sum(func(x []float32) float32 { return add(nil, []float32{add(nil, x[:3]), x[3]}) }, 4)
		require.NoError(t, err)
		return tree.String()
	}
	require.Equal(t, "({0,1,2},3)", three(exactAdder))
	require.Equal(t, "(((0,1),2),3)", three(func(_ []*Node, v []float32) float32 { return plainAdder(v) }))
}

// The tree that the masks suggest is not believed where its nodes add otherwise.
func TestUnknownMultiwayArithmeticIsNotBelieved(t *testing.T) {
	adder := alignedAdder(0, true)
	f := func(x []float32) float32 {
		return fold(chunks(Aligned, 30, 4), func(i int) float32 { return x[i] }, func(n []*Node, v []float32) float32 {
			r := adder(n, v)
			return r + float32(math.Copysign(math.Abs(float64(r))*0x1p-20, float64(r)))
		})
	}
	var why *NotPlain
	_, err := Sum(f, 30)
	require.ErrorAs(t, err, &why)
	require.Equal(t, NotSum, why.Cause)
	f = func(x []float32) float32 {
		return fold(chunks(Aligned, 30, 4), func(i int) float32 { return x[i] }, func(n []*Node, v []float32) float32 {
			slices.Reverse(v)
			return adder(n, []float32{adder(n, v[:2]), adder(n, v[1:]), -v[1]})
		})
	}
	_, err = Sum(f, 30)
	require.ErrorAs(t, err, &why)
	require.NotEmpty(t, why.Cause.Explanation())
}
