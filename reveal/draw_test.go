package reveal

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

func TestParseReadsWhatStringWrites(t *testing.T) {
	for _, text := range []string{"0", "(0,1)", "((0,1*),2*)", "{0,1,(2,3)}", "[0,1,[2,3,4]]", "(((0,2),(1,4*)),3)"} {
		tree, err := Parse(text)
		require.NoError(t, err)
		require.Equal(t, text, tree.String())
	}
	tree, err := Parse(" ( 2 , (1 ,0) )\n")
	require.NoError(t, err)
	require.Equal(t, "((0,1),2)", tree.String(), "children by their smallest leaf")
	other, err := Parse("((0,1),2*)")
	require.NoError(t, err)
	require.False(t, tree.Equal(other))
	require.False(t, tree.Product)
	require.True(t, other.Product, "a fused leaf is a product")
	require.Equal(t, 38.0, Evaluate(other, []float64{1, 2, 3}, []float64{4, 5, 8}))
	require.PanicsWithValue(t, "reveal: 3 and 0 numbers for 3 leaves", func() { Evaluate(other, []float64{1, 2, 3}, nil) })
	for text, want := range map[string]string{
		"": "ends", "(": "ends", "(0": "want , or )", "(0,1": "want , or )", "(0,1]": "want , or )", "(0,1)2": "follows", "()": "leaf",
		"(0)": "1 operand", "(0,1,2)": "3 operands", "(0,0)": "each", "(0,2)": "each", "(0,-1)": "leaf", "x": "leaf",
		"(0,99999999999999999999)": "leaf", strings.Repeat("(", 1<<17): "open",
	} {
		_, err := Parse(text)
		require.ErrorContains(t, err, want, text)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("((0,1*),{2,3,4})")
	f.Fuzz(func(t *testing.T, text string) {
		tree, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(tree.String())
		require.NoError(t, err)
		require.True(t, tree.Equal(again))
		_ = tree.Describe()
		require.NoError(t, tree.WriteText(io.Discard))
		require.NoError(t, tree.WriteSVG(io.Discard, text))
	})
}

func text(t *testing.T, tree *Tree) string {
	var b strings.Builder
	require.NoError(t, tree.WriteText(&b))
	return b.String()
}

func TestDescriptions(t *testing.T) {
	blocks := documentedProduct(reduce.Pairwise, 200, halving)
	for want, node := range map[string]*Node{
		"1 term":                                               Leaf(0),
		"2 terms added":                                        Join(leaves(0, 1)...),
		"12 terms pairwise":                                    growing(leaves(upTo(0, 12)...)),
		"13 terms by halving":                                  halving(leaves(upTo(0, 13)...)),
		"9 terms one by one":                                   chain(leaves(upTo(0, 9)...)),
		"all 5 terms in one exact sum":                         joinBy(Exact, leaves(0, 1, 2, 3, 4)),
		"5 terms one by one in an irregular order":             chain(leaves(3, 1, 4, 0, 2)),
		"6 terms in no regular pattern, 3 additions deep":      Join(Join(leaves(0, 3)...), Join(Join(leaves(1, 2)...), Join(leaves(4, 5)...))),
		"16 lanes by stride, each pairwise; 16 lanes pairwise": laned(200, 16),
		"32 lanes by stride, each pairwise; 32 lanes pairwise": laned(70, 32),
		"4 lanes by stride, each one by one; lanes joined as ((0,2),(1,3)); then 40, 41, 42 one by one": chain([]*Node{
			Join(Join(chain(stride(0, 40, 4)), chain(stride(2, 40, 4))), Join(chain(stride(1, 40, 4)), chain(stride(3, 40, 4)))), Leaf(40), Leaf(41), Leaf(42)}),
		"blocks of 32 terms, each one by one; 7 blocks pairwise; 193 of 200 products added unrounded (FMA)": blocks,
	} {
		require.Equal(t, want, (&Tree{Node: node}).Describe())
	}
	require.Equal(t, "2 terms added; products rounded first", (&Tree{Node: Join(leaves(0, 1)...), Product: true}).Describe())
	require.Contains(t, (&Tree{Node: joinBy(Aligned, leaves(0, 1, 2)), Alignment: Alignment{2, true}}).Describe(), "2 guard bits, rounded toward zero")
}

func stride(from, to, step int) []*Node {
	var all []int
	for i := from; i < to; i += step {
		all = append(all, i)
	}
	return leaves(all...)
}

func TestText(t *testing.T) {
	tree := &Tree{Node: Join(Join(Join(growing(leaves(upTo(0, 16)...)), fmas(upTo(16, 48)...)), joinBy(Exact, leaves(48, 49, 50, 51, 52))), Leaf(53))}
	require.Equal(t, `+ 54
├─ + 53
│  ├─ + 48
│  │  ├─ + 16 pairwise: 0, 1, ..., 15
│  │  └─ + 32 one by one: 16, 17*, ..., 47*
│  └─ + 5 exact: 48, 49, ..., 52
└─ 53
`, text(t, tree))
	shuffled := &Tree{Node: chain(leaves(4, 2, 0, 5, 1, 3))}
	require.Equal(t, "+ 6\n├─ ((0,(2,4)),5)\n└─ then one by one: 1, 3\n", text(t, shuffled))
	require.Equal(t, "0\n", text(t, &Tree{Node: Leaf(0)}))
}

// The text of a tree of a few hundred leaves is read at a sitting.
func TestTextIsShort(t *testing.T) {
	require.Less(t, strings.Count(text(t, &Tree{Node: laned(300, 16)}), "\n"), 40)
	require.Equal(t, 1, strings.Count(text(t, &Tree{Node: chain(leaves(upTo(0, 300)...))}), "\n"))
	require.Less(t, strings.Count(text(t, &Tree{Node: documentedProduct(reduce.Pairwise, 300, halving)}), "\n"), 25)
}

func TestSVGShowsEveryNode(t *testing.T) {
	tree := &Tree{Node: documentedProduct(reduce.Pairwise, 70, halving), Product: true}
	var b strings.Builder
	require.NoError(t, tree.WriteSVG(&b, `<a & "b">`))
	count := map[string]int{}
	var labels []string
	for d := xml.NewDecoder(strings.NewReader(b.String())); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch e := token.(type) {
		case xml.StartElement:
			count[e.Name.Local]++
		case xml.CharData:
			labels = append(labels, string(e))
		}
	}
	require.Equal(t, 69, count["circle"], "one for every addition")
	require.Equal(t, 138, count["path"], "one for every operand")
	require.Equal(t, 70+2, count["text"])
	require.True(t, slices.Contains(labels, `<a & "b">`) && slices.Contains(labels, "69"))
	require.Contains(t, b.String(), tree.Describe())
	require.ErrorIs(t, tree.WriteSVG(failing{}, ""), io.ErrClosedPipe)
	require.ErrorIs(t, tree.WriteText(failing{}), io.ErrClosedPipe)
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestDepthAndRoundings(t *testing.T) {
	tree := &Tree{Node: chain(leaves(upTo(0, 10)...))}
	require.Equal(t, [2]int{9, 9}, [2]int{tree.Depth(), tree.Roundings()})
	tree.Product = true
	require.Equal(t, [2]int{9, 10}, [2]int{tree.Depth(), tree.Roundings()})
	fused := &Tree{Node: Join(Leaf(0), FusedLeaf(1)), Product: true}
	require.Equal(t, [2]int{1, 2}, [2]int{fused.Depth(), fused.Roundings()})
}
