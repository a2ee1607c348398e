package reduce_test

import (
	"fmt"
	"testing"

	"github.com/samebits/samebits/internal/golden"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

const goldenProvenance = `SHA-256 over the results of Sum, or of Dot, in one order and type: for each data
set plain, wide and nasty, for each n of 0 to 70, 1000, 4099 and 20000, the value over the first n terms of x (and of y).
A digest "state ..." is over the bytes
of the states (SPEC.md, section 10) of Accumulators over the terms [3k, k*k) of nasty x for k = 3, ..., 70; with json,
over their JSON.
The data are made from r[i], the values of s = s*6364136223846793005 + 1442695040888963407 mod 2^64 after each step from
s = 0x243F6A8885A308D3 for x and 0x13198A2E03707344 for y (reduce/golden_test.go, goldenData). Shuffled has seed 2026.`

// goldenData returns 20000 terms of a kind, made of the generator's values r:
//
//	plain   (r >> 11) / 2^52 - 1, rounded to T
//	wide    plain * 2^(r mod 61 - 30)
//	nasty   wide, but where r >> 8 mod 8 is 0 the negative of the term before,
//	        where it is 1 a subnormal, and where it is 2 a zero of either sign
func goldenData[T reduce.Float](kind string, seed uint64) []T {
	x := make([]T, 20000)
	s := seed
	for i := range x {
		s = s*6364136223846793005 + 1442695040888963407
		x[i] = T(float64(int64(s>>11)-1<<52) / (1 << 52))
		if kind == "plain" {
			continue
		}
		x[i] *= T(uint64(1)<<(s%61)) / (1 << 30)
		if kind == "wide" {
			continue
		}
		switch (s >> 8) % 8 {
		case 0:
			if i > 0 {
				x[i] = -x[i-1]
			}
		case 1:
			x[i] = T(int64(s>>40)) * smallest[T]()
		case 2:
			x[i] *= 0
		}
	}
	return x
}

// smallest is the smallest subnormal.
func smallest[T reduce.Float]() T {
	if kernel.Is64[T]() {
		x := 0x1p-1074
		return T(x)
	}
	return T(float32(0x1p-149))
}

func goldenDigests[T reduce.Float](name string, digests map[string]string) {
	sizes := []int{1000, 4099, 20000}
	for n := range 71 {
		sizes = append(sizes, n)
	}
	for _, order := range append(reduce.Orders(2026), reduce.BinnedFold(2), reduce.BinnedFold(4)) {
		if order == reduce.Arrival || reduce.Check[T](order) != nil {
			continue
		}
		sums, dots := golden.New(), golden.New()
		for _, kind := range []string{"plain", "wide", "nasty"} {
			x, y := goldenData[T](kind, 0x243F6A8885A308D3), goldenData[T](kind, 0x13198A2E03707344)
			for _, n := range sizes {
				golden.Add(sums, reduce.Sum(order, x[:n]))
				golden.Add(dots, reduce.Dot(order, x[:n], y[:n]))
			}
		}
		digests[fmt.Sprintf("sum %s %v", name, order)] = sums.String()
		digests[fmt.Sprintf("dot %s %v", name, order)] = dots.String()
	}
}

// stateDigests are those of serialized states. They see the order of bytes.
func stateDigests[T reduce.Float](t *testing.T, name string, digests map[string]string) {
	x := goldenData[T]("nasty", 0x243F6A8885A308D3)
	for _, order := range mergeable[T]() {
		binary, text := golden.New(), golden.New()
		for k := 3; k <= 70; k++ {
			a := accumulate(order, 3*k, x[3*k:k*k])
			b, err := a.MarshalBinary()
			require.NoError(t, err)
			binary.Write(b)
			b, err = a.MarshalJSON()
			require.NoError(t, err)
			text.Write(b)
		}
		digests[fmt.Sprintf("state %s %v", name, order)] = binary.String()
		digests[fmt.Sprintf("state %s %v json", name, order)] = text.String()
	}
}

func TestGolden(t *testing.T) {
	digests := map[string]string{}
	stateDigests[float32](t, "float32", digests)
	stateDigests[float64](t, "float64", digests)
	goldenDigests[float32]("float32", digests)
	goldenDigests[float64]("float64", digests)
	golden.Check(t, "testdata/golden.json", goldenProvenance, digests)
}
