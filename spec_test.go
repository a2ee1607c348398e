package samebits_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/samebits/samebits/elementary"
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/spec"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// harmonic returns x[i] = 1/(i+1) and y[i] = 1/(i+2), the data of the small vectors
// of SPEC.md.
func harmonic[T kernel.Float](n int) (x, y []T) {
	x, y = make([]T, n), make([]T, n)
	for i := range x {
		x[i], y[i] = 1/T(i+1), 1/T(i+2)
	}
	return x, y
}

// sums returns the row of the first table for the order and type.
func sums[T kernel.Float](order reduce.Order) []string {
	if reduce.Check[T](order) != nil {
		return []string{"-", "-"}
	}
	x, y := harmonic[T](100)
	return []string{hex(reduce.Sum(order, x)), hex(reduce.Dot(order, x, y))}
}

// products returns the contraction of the second table in the halving and in the
// growing tree, and 3 times it plus 0.7 times the former.
func products[T kernel.Float](t *testing.T, order reduce.Order) []string {
	if reduce.Check[T](order) != nil {
		return []string{"-", "-", "-"}
	}
	x, y := harmonic[T](140)
	a, b, c := gemm.Dense(1, len(x), x), gemm.Dense(len(y), 1, y), gemm.NewMatrix[T](1, 1)
	product := func(growing bool, alpha, beta T) string {
		require.NoError(t, gemm.Gemm(gemm.Options{Order: order, Growing: growing}, false, false, alpha, a, b, beta, c))
		return hex(c.Data[0])
	}
	growing := product(true, 1, 0)
	return []string{product(false, 1, 0), growing, product(false, 3, T(0.7))}
}

func hex[T kernel.Float](x T) string {
	digits := 8
	if kernel.Is64[T]() {
		digits = 16
	}
	return fmt.Sprintf("`%0*x`", digits, kernel.Bits(x))
}

func row(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

func TestSpecTablesAreTrue(t *testing.T) {
	data, err := os.ReadFile("SPEC.md")
	require.NoError(t, err)
	page := string(data)
	require.Contains(t, page, fmt.Sprintf("# The contract of bits, version %d\n", spec.Version))
	for _, order := range reduce.Orders(2026) {
		if order == reduce.Arrival {
			continue
		}
		name := "`" + order.String() + "`"
		s32, s64 := sums[float32](order), sums[float64](order)
		require.Contains(t, page, row(name, s32[0], s64[0], s32[1], s64[1]))
		p32, p64 := products[float32](t, order), products[float64](t, order)
		require.Contains(t, page, row(name, p32[0], p64[0], p64[1], p64[2]))
	}
}

// TestSpecExamplesAreTrue holds what the page says beside its tables.
func TestSpecExamplesAreTrue(t *testing.T) {
	data, err := os.ReadFile("SPEC.md")
	require.NoError(t, err)
	x, y := harmonic[float32](5)
	z := make([]float32, len(x))
	elementary.LayerNorm(reduce.Pairwise, z, x, y, x, 1e-5)
	layerNorm := make([]string, len(z))
	for i := range z {
		layerNorm[i] = strings.Trim(hex(z[i]), "`")
	}
	seed := uint64(0x243F6A8885A308D3)
	published := make([]float64, 1_000_000)
	for i := range published {
		seed = seed*6364136223846793005 + 1442695040888963407
		published[i] = float64(int64(seed>>11)-1<<52) / (1 << 52)
	}
	for _, text := range []string{
		"Pairwise (five lanes, one row) " + hex(reduce.Sum(reduce.Pairwise, x)) + ", Exact " + hex(reduce.Sum(reduce.Exact, x)),
		"`" + strings.Join(layerNorm, " ") + "`",
		"For seed 2026 and n = 8 it is " + strings.Trim(fmt.Sprint(reduce.Permutation(2026, 8)), "[]") + ".",
		"in f64 (L = 16) is\n" + hex(reduce.Sum(reduce.Pairwise, published)),
		fmt.Sprintf("FMA(4097, 4097, 2^-30) = %.0f.", kernel.FMA[float32](4097, 4097, 0x1p-30)),
	} {
		require.Contains(t, string(data), text)
	}
}

func TestSpecTablesTellOrdersApart(t *testing.T) {
	page, err := os.ReadFile("SPEC.md")
	require.NoError(t, err)
	s32, s64 := sums[float32](reduce.Sequential), sums[float64](reduce.Sequential)
	require.NotContains(t, string(page), row("`pairwise`", s32[0], s64[0], s32[1], s64[1]))
}
