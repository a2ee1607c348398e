package fuzz

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// gemmProgram is one product, and ways to evaluate it that must not matter: how B
// lies in memory, the threads, and where ranks cut the terms.
type gemmProgram struct {
	m, n, k, leaf, threads int
	transA, transB         bool
	growing                bool
	cuts                   []int // ascending, between leaves
	values                 []byte
}

// newGemmProgram decodes a program: eight bytes of shape, a byte for each of up to
// six cuts, and the values.
func newGemmProgram(data []byte) gemmProgram {
	next := func(n int) int {
		if len(data) == 0 {
			return 0
		}
		b := data[0]
		data = data[1:]
		return int(b) % n
	}
	p := gemmProgram{m: next(4), n: next(7), leaf: 1 + next(40)}
	p.k, p.threads = next(200), 1+next(5)
	flags := next(8)
	p.transA, p.transB, p.growing = flags&1 != 0, flags&2 != 0, flags&4 != 0
	for range next(7) {
		p.cuts = append(p.cuts, min(p.k, p.leaf*next((p.k+p.leaf-1)/p.leaf+1)))
	}
	slices.Sort(p.cuts)
	p.values = data
	return p
}

// gemmValue is the i-th value: two bytes choose significand and exponent, and now
// and then a zero of either sign, an infinity or a NaN.
func gemmValue[T kernel.Float](p gemmProgram, i int) T {
	at := func(j int) int {
		if len(p.values) == 0 {
			return (j*37 + 11) % 256
		}
		return int(p.values[j%len(p.values)]) ^ j/len(p.values)
	}
	significand, exponent := at(2*i), at(2*i+1)
	special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN()}
	if exponent%256 < len(special) && significand%4 == 0 {
		return T(special[exponent%256])
	}
	v := float64(significand-128) + 1.0/float64(3+i%5)
	switch {
	case exponent > 240: // products in the subnormal range of float32
		return T(math.Ldexp(v, -exponent%60-60))
	case exponent > 200: // terms that hide others
		return T(math.Ldexp(v, exponent%60))
	}
	return T(math.Ldexp(v, exponent%8))
}

// gemmMatrix returns op(x), rows x cols, as it lies in memory.
func gemmMatrix[T kernel.Float](p gemmProgram, first, rows, cols int, trans bool) gemm.Matrix[T] {
	x := gemm.NewMatrix[T](rows, cols)
	if trans {
		x = gemm.NewMatrix[T](cols, rows)
	}
	for i := range rows {
		for j := range cols {
			v := gemmValue[T](p, first+i*cols+j)
			if trans {
				x.Data[j*x.Stride+i] = v
			} else {
				x.Data[i*x.Stride+j] = v
			}
		}
	}
	return x
}

// gemmer is gemm.Gemm, or a faulty one.
type gemmer[T kernel.Float] func(o gemm.Options, transA, transB bool, alpha T, a, b gemm.Matrix[T], beta T, c gemm.Matrix[T]) error

// checkGemm evaluates the program in every deterministic order: plainly, as it says,
// and cut, which must give the same bits; Exact those of math/big.
func checkGemm[T kernel.Float](impl gemmer[T], p gemmProgram) error {
	const second = 5000 // the first value of B
	a, b := gemmMatrix[T](p, 0, p.m, p.k, false), gemmMatrix[T](p, second, p.k, p.n, false)
	ta, tb := gemmMatrix[T](p, 0, p.m, p.k, p.transA), gemmMatrix[T](p, second, p.k, p.n, p.transB)
	for _, order := range reduce.Orders(uint64(p.k)) {
		if reduce.Check[T](order) != nil || order == reduce.Arrival {
			continue
		}
		o := gemm.Options{Order: order.WithLeaf(p.leaf), Growing: p.growing}
		want, got := gemm.NewMatrix[T](p.m, p.n), gemm.NewMatrix[T](p.m, p.n)
		if err := gemm.Gemm(o, false, false, 1, a, b, 0, want); err != nil {
			return err
		}
		o.Threads = p.threads
		if err := impl(o, p.transA, p.transB, 1, ta, tb, 0, got); err != nil {
			return err
		}
		if err := sameGemm(want.Data, got.Data); err != nil {
			return fmt.Errorf("%v, %d threads, transposed %v %v: %w", o.Order, p.threads, p.transA, p.transB, err)
		}
		if order.CutInvariant() {
			if err := gemmJoined(p, o, a, b, got.Data); err != nil {
				return err
			}
			if err := sameGemm(want.Data, got.Data); err != nil {
				return fmt.Errorf("%v, growing %v, cut at %v of %d: %w", o.Order, p.growing, p.cuts, p.k, err)
			}
		}
		if order == reduce.Exact {
			if err := sameGemm(exactGemm(a, b), got.Data); err != nil {
				return fmt.Errorf("exact against math/big: %w", err)
			}
		}
	}
	return nil
}

// gemmJoined joins the parts of the cut product.
func gemmJoined[T kernel.Float](p gemmProgram, o gemm.Options, a, b gemm.Matrix[T], dst []T) error {
	backend, err := gemm.NewNative[T](o.Order, p.threads)
	if err != nil {
		return err
	}
	var parts []*gemm.Partial[T]
	place := gemm.Contraction{K: p.k, Leaf: p.leaf, Growing: p.growing}
	for _, to := range append(slices.Clone(p.cuts), p.k) {
		w, err := backend.Pack(b.View(place.From, to, 0, p.n), false, place)
		if err != nil {
			return err
		}
		part, err := backend.Partial(a.View(0, p.m, place.From, to), w)
		if err != nil {
			return err
		}
		parts, place.From = append(parts, part), to
	}
	return gemm.Join(parts, dst)
}

// exactGemm is a*b with one rounding an element; an exactly zero sum is +0.
func exactGemm[T kernel.Float](a, b gemm.Matrix[T]) []T {
	c := make([]T, 0, a.Rows*b.Cols)
	exact := func(v T) *big.Float { return new(big.Float).SetPrec(4500).SetFloat64(float64(v)) }
	for i := range a.Rows {
		for j := range b.Cols {
			sum, special := exact(0), T(0)
			for k, x := range a.Row(i) {
				y := b.Row(k)[j]
				if !kernel.IsFinite(x) || !kernel.IsFinite(y) {
					special += x * y
					continue
				}
				p := exact(x)
				sum.Add(sum, p.Mul(p, exact(y)))
			}
			v := kernel.Canonical(special)
			if special == 0 && kernel.Is64[T]() {
				f, _ := sum.Float64()
				v = T(f)
			} else if special == 0 {
				f, _ := sum.Float32()
				v = T(f)
			}
			if special == 0 && sum.Sign() == 0 {
				v = 0
			}
			c = append(c, v)
		}
	}
	return c
}

func sameGemm[T kernel.Float](want, got []T) error {
	for i := range want {
		if kernel.Bits(want[i]) != kernel.Bits(got[i]) {
			return fmt.Errorf("element %d is %x (%#x), want %x (%#x)", i, got[i], kernel.Bits(got[i]), want[i], kernel.Bits(want[i]))
		}
	}
	return nil
}

// gemmSeeds hold a ragged product with cuts, a growing one, and one of many leaves.
var gemmSeeds = [][]byte{
	{3, 5, 31, 100, 3, 1, 3, 1, 2, 2, 7, 9, 200, 250, 12, 90, 33, 61},
	{2, 6, 4, 150, 4, 6, 6, 30, 1, 9, 9, 20, 3, 0, 2, 128, 244, 77, 60, 31, 250},
	{1, 4, 0, 190, 2, 7, 5, 100, 50, 25, 12, 6, 17, 34, 51, 68, 85, 102},
	{3, 3, 7, 99, 1, 0, 0, 4, 2, 8, 3, 0, 1, 60, 30},
}

func FuzzGemm(f *testing.F) {
	for _, seed := range gemmSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p := newGemmProgram(data)
		require.NoError(t, checkGemm(gemm.Gemm[float32], p))
		require.NoError(t, checkGemm(gemm.Gemm[float64], p))
	})
}

func TestCheckGemmCatchesFaults(t *testing.T) {
	caught := func(change func(o *gemm.Options)) (n int) {
		for _, seed := range gemmSeeds {
			err := checkGemm(func(o gemm.Options, transA, transB bool, alpha float32, a, b gemm.Matrix[float32], beta float32, c gemm.Matrix[float32]) error {
				change(&o)
				return gemm.Gemm(o, transA, transB, alpha, a, b, beta, c)
			}, newGemmProgram(seed))
			if err != nil {
				n++
			}
		}
		return n
	}
	require.Zero(t, caught(func(*gemm.Options) {}))
	require.Positive(t, caught(func(o *gemm.Options) { o.Growing = !o.Growing }), "the other tree")
	require.Positive(t, caught(func(o *gemm.Options) { o.Order = o.Order.WithLeaf(o.Order.Leaf() + o.Threads) }), "a leaf that depends on threads")
	require.Positive(t, caught(func(o *gemm.Options) {
		if o.Order.Kind() == reduce.KindExact {
			o.Order = reduce.Pairwise
		}
	}), "pairwise for exact")
}
