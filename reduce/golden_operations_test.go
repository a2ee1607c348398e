package reduce_test

import (
	"fmt"
	"testing"

	"github.com/samebits/samebits/internal/golden"
	"github.com/samebits/samebits/reduce"
)

const goldenOperationsProvenance = `SHA-256 over the results of SumAbs, Norm2, Mean, Variance (ddof 0, then 1), in one
order and type, or of Max and, as a T, ArgMax, or of the elements of PrefixSums: for each data set plain, wide, nasty and
extreme, for each n of 1 to 70, 1000 and 4099, over the first n terms of x. The data are those of golden.json; extreme is
wide times 2^480, rounded to T, where i is even, and times 2^-480 elsewhere; for float32 2^60 and 2^-60. Shuffled has
seed 1.`

// goldenVectors are the data of the digests.
func goldenVectors[T reduce.Float]() (all [][]T) {
	for _, kind := range []string{"plain", "wide", "nasty"} {
		all = append(all, goldenData[T](kind, 0x243F6A8885A308D3)[:4099])
	}
	up, down := T(0x1p60), T(0x1p-60)
	if publishedLanes[T]() == 16 {
		for range 3 {
			up, down = up*up, down*down
		}
	}
	extreme := append([]T(nil), all[1]...)
	for i := range extreme {
		extreme[i] *= []T{up, down}[i%2]
	}
	return append(all, extreme)
}

func goldenOperations[T reduce.Float](name string, digests map[string]string) {
	sizes := []int{1000, 4099}
	for n := 1; n <= 70; n++ {
		sizes = append(sizes, n)
	}
	all := goldenVectors[T]()
	maxima, prefixes := golden.New(), golden.New()
	for _, x := range all {
		for _, n := range sizes {
			golden.Add(maxima, reduce.Max(x[:n]), T(reduce.ArgMax(x[:n])))
			sums := make([]T, n)
			reduce.PrefixSums(sums, x[:n])
			golden.Add(prefixes, sums...)
		}
	}
	digests["max "+name], digests["prefix sums "+name] = maxima.String(), prefixes.String()
	for _, o := range specified[T]() {
		abs, norms, means, variances := golden.New(), golden.New(), golden.New(), golden.New()
		for _, x := range all {
			for _, n := range sizes {
				golden.Add(abs, reduce.SumAbs(o, x[:n]))
				golden.Add(norms, reduce.Norm2(o, x[:n]))
				golden.Add(means, reduce.Mean(o, x[:n]))
				golden.Add(variances, reduce.Variance(o, x[:n], 0), reduce.Variance(o, x[:n], 1))
			}
		}
		for what, d := range map[string]golden.Digest{"abs": abs, "norm": norms, "mean": means, "variance": variances} {
			digests[fmt.Sprintf("%s %s %v", what, name, o)] = d.String()
		}
	}
}

func TestGoldenOperations(t *testing.T) {
	digests := map[string]string{}
	goldenOperations[float32]("float32", digests)
	goldenOperations[float64]("float64", digests)
	golden.Check(t, "testdata/golden_operations.json", goldenOperationsProvenance, digests)
}
