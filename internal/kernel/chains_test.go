package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every backend, many shapes and strides, any numbers: one element after the other by its definition, with guards.
func TestManyChains(t *testing.T) {
	t.Run("float32", testManyChains[float32])
	t.Run("float64", testManyChains[float64])
}

// numbersFor returns n numbers: nasty ones, or finite ones that differ in every term.
func numbersFor[T Float](rng *rand.Rand, n int, nasty bool) []T {
	x := nastyRow[T](rng, n)
	if !nasty {
		for i := range x {
			x[i] = T(rng.NormFloat64())
		}
	}
	return x
}

// requireBits is require.Equal of the numbers' bits, any NaN being as good as another. It takes a tenth of the time.
func requireBits[T Float](t *testing.T, want, got T, format string, args ...any) {
	if Bits(Canonical(want)) != Bits(Canonical(got)) {
		t.Fatalf("%v, not %v: %s", got, want, fmt.Sprintf(format, args...))
	}
}

func testManyChains[T Float](t *testing.T) {
	for _, backend := range Backends() {
		defer Use(backend)()
		rng := rand.New(rand.NewPCG(6, uint64(backend)))
		for n := range 140 {
			testColumnChains[T](t, rng, n, n%9)
			testOuter[T](t, rng, n%7, n)
			testRowChains[T](t, rng, n)
		}
	}
}

func testColumnChains[T Float](t *testing.T, rng *rand.Rand, n, k int) {
	rows, stride := 1+n%4, n+k%3
	a, b := numbersFor[T](rng, rows*k+2, n%2 == 0), numbersFor[T](rng, k*stride+n+1, n%2 == 0)
	if n == 0 || k == 0 {
		return
	}
	sums := numbersFor[T](rng, rows*n+2, n%3 == 0)
	for _, c := range []Columns[T]{
		{Left: &a[0], Row: k, Step: 1, Right: &b[0], Stride: stride, N: n, K: k},
		{Left: &a[rows*k-1], Row: -1, Step: -rows, Right: &b[(k-1)*stride], Stride: -stride, N: n, K: k},
	} {
		want := append([]T(nil), sums...)
		for h := range rows {
			for j := range n {
				for i := range k {
					v, w := *After(c.Left, h*c.Row+i*c.Step), *After(c.Right, i*c.Stride+j)
					want[1+h*n+j] = FMA(v, w, want[1+h*n+j])
				}
			}
		}
		c.Continue(sums[1 : rows*n+1])
		for j, w := range want {
			requireBits(t, w, sums[j], "%v: %d of %d x %d, %d terms", Active(), j, rows, n, k)
		}
	}
}

func testOuter[T Float](t *testing.T, rng *rand.Rand, m, n int) {
	stride := n + m%3
	c, u, x := numbersFor[T](rng, m*stride+n+1, true), numbersFor[T](rng, m, n%2 == 0), numbersFor[T](rng, n, n%2 == 0)
	a := T(rng.NormFloat64())
	want := append([]T(nil), c...)
	for i, v := range u {
		for j, w := range x {
			want[i*stride+j] = rowByHand(RowOuter, w, c[i*stride+j], 0, a, v, 0)
		}
	}
	Outer(c, stride, a, u, x)
	for i, v := range want {
		if Bits(v) != Bits(c[i]) {
			t.Fatalf("%v: %v, not %v, %d of %d x %d", Active(), c[i], v, i, m, n)
		}
	}
}

func testRowChains[T Float](t *testing.T, rng *rand.Rand, n int) {
	rows, stride, leaf := 1+n%37, n+3, 1+rng.IntN(n+3)
	if n == 0 {
		return
	}
	leaves := (n + leaf - 1) / leaf
	a, x := numbersFor[T](rng, (rows+1)*stride, n%2 == 0), numbersFor[T](rng, n+3, n%2 == 0)
	for _, down := range []bool{false, true} {
		at, step := 1, 1
		if down {
			at, step = n, -1
		}
		sums := numbersFor[T](rng, leaves*rows+1, true)
		guard := Bits(sums[leaves*rows])
		RowChains(leaf, sums, rows, &a[at], stride, &x[at], n, down)
		for l := range leaves {
			for r := range rows {
				want := T(0)
				for i := l * leaf; i < min(n, (l+1)*leaf); i++ {
					k := at + i*step
					want = FMA(a[r*stride+k], x[k], want)
				}
				requireBits(t, want, sums[l*rows+r], "%v: row %d of %d, leaf %d of %d, %d terms, down %t", Active(), r, rows, l, leaf, n, down)
			}
		}
		require.Equal(t, guard, Bits(sums[leaves*rows]))
	}
}
