package gemm_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// A publishedCase is an exact sum of products that another project publishes, or
// of numbers, of which the second factors are 1. Where they come from is said in
// reduce/testdata/published_*.json.
type publishedCase struct {
	name string
	x, y []float64
	sum  float64
}

func readPublished(t *testing.T) (cases []publishedCase) {
	t.Helper()
	type listed struct {
		Name  string
		Terms []string
		X, Y  []string
		Runs  []struct {
			Times int
			Terms []string
		}
		Sum string
	}
	parse := func(text []string) []float64 {
		x := make([]float64, len(text))
		for i, s := range text {
			var err error
			x[i], err = strconv.ParseFloat(s, 64)
			require.NoError(t, err)
		}
		return x
	}
	for _, name := range []string{"xsum", "cpython", "test262"} {
		data, err := os.ReadFile("../reduce/testdata/published_" + name + ".json")
		require.NoError(t, err)
		var file struct {
			Sums, Other, Dots []listed
			OneTerm           []listed `json:"one_term"`
			TwoTerm           []listed `json:"two_term"`
			ThreeTerm         []listed `json:"three_term"`
			TenTerm           []listed `json:"ten_term"`
		}
		require.NoError(t, json.Unmarshal(data, &file))
		for _, c := range slices.Concat(file.Sums, file.OneTerm, file.TwoTerm, file.ThreeTerm, file.TenTerm, file.Other, file.Dots) {
			x, y := parse(slices.Concat(c.Terms, c.X)), parse(c.Y)
			for _, run := range c.Runs {
				x = append(x, slices.Repeat(parse(run.Terms), run.Times)...)
			}
			if len(c.Y) == 0 {
				y = slices.Repeat([]float64{1}, len(x))
			}
			cases = append(cases, publishedCase{c.Name, x, y, parse([]string{c.Sum})[0]})
		}
	}
	return cases
}

// multiplier puts op(a)*op(b) into c, which is full of NaN.
type multiplier func(transA, transB bool, a, b, c gemm.Matrix[float64]) error

// passesPublished returns an error unless products with x, its negative and x
// backwards in the rows of A, and as many of y in the columns of B, are the
// published sums, for either way of storing each.
func passesPublished(c publishedCase, multiply multiplier) error {
	k := len(c.x)
	rows := func(v []float64) gemm.Matrix[float64] {
		m := gemm.NewMatrix[float64](3, k)
		copy(m.Row(0), v)
		for i, e := range v {
			m.Row(1)[i], m.Row(2)[k-1-i] = -e, e
		}
		return m
	}
	transposed := func(m gemm.Matrix[float64]) gemm.Matrix[float64] {
		w := gemm.NewMatrix[float64](k, 3)
		for i := range 3 {
			for j, e := range m.Row(i) {
				w.Row(j)[i] = e
			}
		}
		return w
	}
	x, y := rows(c.x), rows(c.y)
	for _, trans := range [][2]bool{{false, false}, {false, true}, {true, false}, {true, true}} {
		a, b := x, transposed(y)
		if trans[0] {
			a = transposed(x)
		}
		if trans[1] {
			b = y
		}
		out := gemm.NewMatrix[float64](3, 3)
		for i := range out.Data {
			out.Data[i] = kernel.NaN[float64]()
		}
		if err := multiply(trans[0], trans[1], a, b, out); err != nil {
			return err
		}
		for i, sign := range []float64{1, -1, -1, 1} { // of (x, y), (x, -y), (-x, y), (-x, -y)
			got, want := out.Row(i / 2)[i%2], kernel.Canonical(sign*c.sum)
			if want == 0 {
				want = 0 // products have no -0 of terms
			}
			if kernel.Bits(got) != kernel.Bits(want) {
				return fmt.Errorf("%s, element %d, transposed %v: %x, want %x", c.name, i, trans, got, want)
			}
		}
		if got, want := out.Row(2)[2], out.Row(0)[0]; kernel.Bits(got) != kernel.Bits(want) {
			return fmt.Errorf("%s, backwards: %x, want %x", c.name, got, want)
		}
	}
	return nil
}

// in is the product in an order on that many threads.
func in(order reduce.Order, threads int) multiplier {
	return func(transA, transB bool, a, b, c gemm.Matrix[float64]) error {
		return gemm.Gemm(gemm.Options{Order: order, Threads: threads}, transA, transB, 1, a, b, 0, c)
	}
}

// inParts joins the product from uneven parts of the terms that have been sent.
func inParts(transA, transB bool, a, b, c gemm.Matrix[float64]) error {
	if transA || transB {
		return in(reduce.Exact, 1)(transA, transB, a, b, c)
	}
	k, leaf := a.Cols, reduce.Exact.Leaf()
	backend, err := gemm.NewNative[float64](reduce.Exact, 1)
	if err != nil {
		return err
	}
	parts, err := sentShards(backend, a, b, gemm.Whole(k, reduce.Exact), []int{k / 3 / leaf * leaf, k / 2 / leaf * leaf})
	if err != nil {
		return err
	}
	return gemm.Join(parts, c.Data)
}

func TestExactProductsPassThePublishedSums(t *testing.T) {
	cases := readPublished(t)
	require.Len(t, cases, 268+13+37+52)
	for _, c := range cases {
		require.NoError(t, passesPublished(c, in(reduce.Exact, 1)))
		require.NoError(t, passesPublished(c, in(reduce.Exact, 2)))
		require.NoError(t, passesPublished(c, inParts))
	}
}

func TestPublishedSumsCatchFaultsOfProducts(t *testing.T) {
	cases := readPublished(t)
	faults := map[string]multiplier{
		"in pairs":    in(reduce.DoubleDouble, 1),
		"in bins":     in(reduce.Binned, 1),
		"compensated": in(reduce.Neumaier, 1),
		"adds to C": func(transA, transB bool, a, b, c gemm.Matrix[float64]) error {
			return gemm.Gemm(gemm.Options{Order: reduce.Exact}, transA, transB, 1, a, b, 1, c)
		},
	}
	for fault, multiply := range faults {
		require.True(t, slices.ContainsFunc(cases, func(c publishedCase) bool { return passesPublished(c, multiply) != nil }), fault)
	}
}
