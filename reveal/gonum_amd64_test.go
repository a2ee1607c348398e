//go:build amd64 && !noasm && !gccgo && !safe

package reveal

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/floats"
)

// The facts below are of gonum v0.17.0 and its amd64 assembly, as read there:
// internal/asm/f64/sum_amd64.s, dot_amd64.s, internal/asm/f32/dotunitary_amd64.s and
// blas/gonum/dgemm.go.

// gonumSum is the tree of floats.Sum where x begins at a multiple of 16 bytes: four
// registers of two lanes.
func gonumSum(n int) *Node {
	var lanes [8]*Node
	add := func(lane int, to *Node) {
		if lanes[lane] == nil {
			lanes[lane] = to
		} else {
			lanes[lane] = Join(lanes[lane], to)
		}
	}
	i := 0
	for ; n-i >= 8; i += 8 {
		for k := range 8 {
			add(k, Leaf(i+k))
		}
	}
	if n >= 8 { // register 3 to 0, 2 to 1
		add(0, lanes[6])
		add(1, lanes[7])
		add(2, lanes[4])
		add(3, lanes[5])
	}
	if n-i >= 4 {
		for k := range 4 {
			add(k, Leaf(i+k))
		}
		i += 4
	}
	if n >= 4 { // register 1 to 0
		add(0, lanes[2])
		add(1, lanes[3])
	}
	if n-i >= 2 {
		add(0, Leaf(i))
		add(1, Leaf(i+1))
		i += 2
	}
	if lanes[1] != nil {
		add(0, lanes[1])
	}
	if i < n {
		add(0, Leaf(i))
	}
	return lanes[0]
}

func TestGonumSumDependsOnTheAddress(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 7, 8, 9, 13, 15, 16, 33, 70, 100} {
		tree, err := Sum(floats.Sum, n)
		want := &Tree{Node: gonumSum(n)}
		if n < 4 { // both ways are one
			require.NoError(t, err)
			require.True(t, want.Equal(tree))
			continue
		}
		why := whyNot(t, tree, err)
		require.Equal(t, AddressDependent, why.Cause, n)
		require.Len(t, why.Variants, 2)
		aligned, peeled := why.Variants[0], why.Variants[1]
		require.Equal(t, [][2]int{{0, 0}, {2, 0}, {4, 0}, {6, 0}}, aligned.At, n)
		require.Equal(t, [][2]int{{1, 0}, {3, 0}, {5, 0}, {7, 0}}, peeled.At, n)
		require.True(t, want.Equal(aligned.Tree), "%d: %v, want %v", n, aligned.Tree, want)
	}
}

// blas64.Dot: four lanes, two registers; the tail goes to lane 0.
func TestGonumDot64(t *testing.T) {
	for _, n := range []int{1, 3, 4, 5, 31, 32, 70} {
		var lanes [4]*Node
		for i := range n {
			lane := i % 4
			if i >= n/4*4 {
				lane = 0
			}
			if lanes[lane] == nil {
				lanes[lane] = Leaf(i)
			} else {
				lanes[lane] = Join(lanes[lane], Leaf(i))
			}
		}
		want := lanes[0]
		if n >= 4 {
			want = Join(Join(lanes[0], lanes[2]), Join(lanes[1], lanes[3]))
		}
		got, err := Dot(func(x, y []float64) float64 {
			return blas64.Dot(blas64.Vector{N: n, Data: x, Inc: 1}, blas64.Vector{N: n, Data: y, Inc: 1})
		}, n)
		require.NoError(t, err)
		require.Equal(t, want.String(), got.String())
	}
}

func TestGonumDot32DependsOnTheAddress(t *testing.T) {
	tree, err := Dot(func(x, y []float32) float32 {
		return blas32.Dot(blas32.Vector{N: 40, Data: x, Inc: 1}, blas32.Vector{N: 40, Data: y, Inc: 1})
	}, 40)
	why := whyNot(t, tree, err)
	require.Equal(t, AddressDependent, why.Cause)
	require.Greater(t, len(why.Variants), 1)
}

func TestGonumGemmIsALeftFold(t *testing.T) {
	dgemm := func(m, n, k int, a, b, c []float64) {
		gonum.Implementation{}.Dgemm(blas.NoTrans, blas.NoTrans, m, n, k, 1, a, k, b, n, 0, c, n)
	}
	sgemm := func(m, n, k int, a, b, c []float32) {
		gonum.Implementation{}.Sgemm(blas.NoTrans, blas.NoTrans, m, n, k, 1, a, k, b, n, 0, c, n)
	}
	for _, k := range []int{5, 64, 65, 130} {
		want := chain(leaves(upTo(0, k)...)).String()
		got, err := Gemm(dgemm, 2, 3, k)
		require.NoError(t, err)
		require.Equal(t, want, got.String())
		got, err = Gemm(sgemm, 3, 2, k)
		require.NoError(t, err)
		require.Equal(t, want, got.String())
	}
}
