package reduce_test

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// operationsRow returns the cells of one type in the table of SPEC.md, section 3.1.
func operationsRow[T reduce.Float](order reduce.Order, exponent int) []string {
	if reduce.Check[T](order) != nil {
		return []string{"-", "-", "-", "-"}
	}
	x, small := make([]T, 100), make([]T, 100)
	for i := range x {
		x[i] = 1 / T(i+1)
		small[i] = T(math.Ldexp(float64(x[i]), exponent))
	}
	digits := 8
	if kernel.Is64[T]() {
		digits = 16
	}
	var cells []string
	for _, v := range []T{reduce.Norm2(order, x), reduce.Norm2(order, small), reduce.Mean(order, x), reduce.Variance(order, x, 1)} {
		cells = append(cells, fmt.Sprintf("`%0*x`", digits, kernel.Bits(v)))
	}
	return cells
}

func TestSpecTableOfOperationsIsTrue(t *testing.T) {
	page, err := os.ReadFile("../SPEC.md")
	require.NoError(t, err)
	for _, o := range specified[float32]() {
		if o.Kind() == reduce.KindShuffled {
			o = reduce.Shuffled(2026)
		}
		single, double := operationsRow[float32](o, -100), operationsRow[float64](o, -500)
		row := "| `" + o.String() + "` |"
		for i := range single {
			row += " " + single[i] + " | " + double[i] + " |"
		}
		require.Contains(t, strings.Split(string(page), "\n"), row)
	}
}
