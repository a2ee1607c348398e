package elementary

import (
	"math"
	"testing"

	"github.com/samebits/samebits/internal/golden"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

const goldenProvenance = "Results of every function for these arguments, in order: 16384 bit patterns, the low 64 (float64) or 32 (float32) " +
	"bits of splitmix64(seed 1); then for float64 16384 more with the exponent field replaced by 1011 + (pattern >> 52) mod 24 " +
	"(float32: 115 + (pattern >> 23) mod 24); then i/64 for i from -4096 to 4096; then +0, -0, +Inf, -Inf and NaN. " +
	"Sincos is sine, then cosine. Written by go test -run TestGolden -update on linux/amd64."

// goldenArguments is the set that goldenProvenance describes.
func goldenArguments[T Float]() []T {
	var xs []T
	s := splitmix64(1)
	for range 16384 {
		xs = append(xs, fromBits[T](s.next()))
	}
	for range 16384 {
		u := s.next()
		if kernel.Is64[T]() {
			u = u&(1<<63|1<<52-1) | (1011+(u>>52)%24)<<52
		} else {
			u = u&(1<<31|1<<23-1) | (115+(u&(1<<32-1)>>23)%24)<<23
		}
		xs = append(xs, fromBits[T](u))
	}
	for i := -4096; i <= 4096; i++ {
		xs = append(xs, T(i)/64)
	}
	return append(xs, 0, T(math.Copysign(0, -1)), T(math.Inf(1)), T(math.Inf(-1)), kernel.NaN[T]())
}

func fromBits[T Float](u uint64) T {
	if kernel.Is64[T]() {
		return T(math.Float64frombits(u))
	}
	return T(math.Float32frombits(uint32(u)))
}

func digest[T Float](results []T) string {
	d := golden.New()
	golden.Add(d, results...)
	return d.String()
}

func addDigests[T Float](digests map[string]string, typeName string) {
	xs := goldenArguments[T]()
	for name, f := range slices[T]() {
		ys := make([]T, len(xs))
		f(ys, xs)
		digests[name+"/"+typeName] = digest(ys)
	}
	var both []T
	for _, x := range xs {
		s, c := Sincos(x)
		both = append(both, s, c)
	}
	digests["Sincos/"+typeName] = digest(both)
}

func TestGolden(t *testing.T) {
	digests := map[string]string{}
	addDigests[float32](digests, "float32")
	addDigests[float64](digests, "float64")
	golden.Check(t, "testdata/golden.json", goldenProvenance, digests)
}

func TestDigestSeesOneBit(t *testing.T) {
	ys := goldenArguments[float64]()
	before := digest(ys)
	ys[12345] = neighbour(ys[12345], 1)
	require.NotEqual(t, before, digest(ys))
}
