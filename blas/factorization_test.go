package blas_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/samebits/samebits/blas"
	"github.com/samebits/samebits/internal/golden"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
	gonum "gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// use makes impl gonum's BLAS until the test ends.
func use(t *testing.T, impl gonum.Float64) {
	t.Helper()
	before, before32 := blas64.Implementation(), blas32.Implementation()
	blas64.Use(impl)
	blas32.Use(impl.(gonum.Float32))
	t.Cleanup(func() { blas64.Use(before); blas32.Use(before32) })
}

// generated is a matrix of the generator of reduce's golden data: s = s*6364136223846793005 +
// 1442695040888963407 mod 2^64, x = (s >> 11) / 2^52 - 1.
func generated(rows, cols int, s uint64) *mat.Dense {
	m := mat.NewDense(rows, cols, nil)
	for i := range rows {
		for j := range cols {
			s = s*6364136223846793005 + 1442695040888963407
			m.Set(i, j, float64(int64(s>>11)-1<<52)/(1<<52))
		}
	}
	return m
}

// definite is A*A' + n*I.
func definite(a *mat.Dense) *mat.SymDense {
	n, _ := a.Dims()
	s := mat.NewSymDense(n, nil)
	s.SymOuterK(1, a)
	for i := range n {
		s.SetSym(i, i, s.At(i, i)+float64(n))
	}
	return s
}

func addMatrix(d golden.Digest, m mat.Matrix) {
	rows, cols := m.Dims()
	for i := range rows {
		for j := range cols {
			golden.Add(d, m.At(i, j))
		}
	}
}

// A factorization digests what gonum/mat makes of a square and of a tall matrix.
type factorization func(t *testing.T, a, tall *mat.Dense, d golden.Digest)

// ours are those whose arithmetic is all in this package: the same bits everywhere.
var ours = map[string]factorization{
	"mul": func(t *testing.T, a, tall *mat.Dense, d golden.Digest) {
		var c, e mat.Dense
		c.Mul(tall, a)
		e.Mul(tall.T(), tall)
		addMatrix(d, &c)
		addMatrix(d, &e)
	},
	"lu, solve, inverse": func(t *testing.T, a, tall *mat.Dense, d golden.Digest) {
		var lu mat.LU
		lu.Factorize(a)
		var l, u mat.TriDense
		lu.LTo(&l)
		lu.UTo(&u)
		addMatrix(d, &l)
		addMatrix(d, &u)
		for _, p := range lu.RowPivots(nil) {
			golden.Add(d, float64(p))
		}
		var x, inverse mat.Dense
		require.NoError(t, lu.SolveTo(&x, false, tall.T()))
		require.NoError(t, inverse.Inverse(a))
		addMatrix(d, &x)
		addMatrix(d, &inverse)
	},
	"cholesky": func(t *testing.T, a, tall *mat.Dense, d golden.Digest) {
		var c mat.Cholesky
		require.True(t, c.Factorize(definite(a)))
		var l mat.TriDense
		c.LTo(&l)
		addMatrix(d, &l)
		var x mat.Dense
		require.NoError(t, c.SolveTo(&x, tall.T()))
		addMatrix(d, &x)
	},
}

// shared are those in which gonum/lapack computes, too. It calls math.Hypot, Pow and Log, and has
// sums of products that Go fuses where the processor can. qr needs Hypot alone, whose form
// in Go (fused on arm64) and assembly (amd64) mostly agree; singular values alone need no
// rotation of vectors.
var shared = map[string]factorization{
	"qr": func(t *testing.T, _, tall *mat.Dense, d golden.Digest) {
		var qr mat.QR
		qr.Factorize(tall)
		var q, r mat.Dense
		qr.QTo(&q)
		qr.RTo(&r)
		addMatrix(d, &q)
		addMatrix(d, &r)
	},
	"singular values": func(t *testing.T, _, tall *mat.Dense, d golden.Digest) {
		var svd mat.SVD
		require.True(t, svd.Factorize(tall, mat.SVDNone))
		golden.Add(d, svd.Values(nil)...)
	},
	"svd": func(t *testing.T, _, tall *mat.Dense, d golden.Digest) {
		var svd mat.SVD
		require.True(t, svd.Factorize(tall, mat.SVDThin))
		var u, v mat.Dense
		svd.UTo(&u)
		svd.VTo(&v)
		golden.Add(d, svd.Values(nil)...)
		addMatrix(d, &u)
		addMatrix(d, &v)
	},
	"symmetric eigen": func(t *testing.T, a, _ *mat.Dense, d golden.Digest) {
		var e mat.EigenSym
		require.True(t, e.Factorize(definite(a), true))
		var v mat.Dense
		e.VectorsTo(&v)
		golden.Add(d, e.Values(nil)...)
		addMatrix(d, &v)
	},
	"eigen": func(t *testing.T, a, _ *mat.Dense, d golden.Digest) {
		var e mat.Eigen
		require.True(t, e.Factorize(a, mat.EigenRight))
		for _, v := range e.Values(nil) {
			golden.Add(d, real(v), imag(v))
		}
	},
}

func digestsOf(t *testing.T, all map[string]factorization) map[string]string {
	digests := map[string]string{}
	for _, c := range []struct {
		order reduce.Order
		n     int
	}{{reduce.Pairwise, 5}, {reduce.Pairwise, 50}, {reduce.Pairwise, 150}, {reduce.Sequential, 50}, {reduce.Exact, 5}} {
		use(t, blas.Implementation{Order: c.order, Threads: 2})
		for name, f := range all {
			d := golden.New()
			f(t, generated(c.n, c.n, 0x243F6A8885A308D3), generated(c.n+c.n/2, c.n, 0x13198A2E03707344), d)
			digests[fmt.Sprintf("%s %d %v", name, c.n, c.order)] = d.String()
		}
	}
	return digests
}

const matProvenance = "SHA-256 over what gonum/mat v0.17.0 computes on this BLAS from n x n and 3n/2 x n matrices: see factorization_test.go"

// TestGoldenFactorizations holds every architecture to the same bits.
func TestGoldenFactorizations(t *testing.T) {
	golden.Check(t, "testdata/golden_mat.json", matProvenance, digestsOf(t, ours))
}

// fuses tells whether the compiler fuses x*y + z, for numbers of which that changes the result.
// The product is used once: one that is used twice is not fused.
//
//go:noinline
func fuses(x, y, z float64) bool { return x*y+z == math.FMA(x, y, z) }

// TestGoldenFactorizationsUnfused does so where Go does not fuse: on amd64 with GOAMD64=v1, 386 and
// WebAssembly, and anywhere with -gcflags=all=-d=fmahash=n, by which the compiler
// leaves it be.
func TestGoldenFactorizationsUnfused(t *testing.T) {
	if fuses(1+0x1p-30, 1+0x1p-30, -1) {
		t.Skip("Go fuses x*y + z in gonum/lapack here, which changes bits that are not ours")
	}
	golden.Check(t, "testdata/golden_mat_unfused.json", matProvenance, digestsOf(t, shared))
}

// rebuilds lists what the factors of each factorization multiply to, less what was factorized.
func rebuilds(t *testing.T, a, tall *mat.Dense) map[string][2]mat.Matrix {
	n, _ := a.Dims()
	product := func(factors ...mat.Matrix) *mat.Dense {
		p := mat.DenseCopyOf(factors[0])
		for _, f := range factors[1:] {
			var next mat.Dense
			next.Mul(p, f)
			p = &next
		}
		return p
	}
	var lu mat.LU
	lu.Factorize(a)
	var l, u mat.TriDense
	lu.LTo(&l)
	lu.UTo(&u)
	pivoted := product(&l, &u)
	pivoted.PermuteRows(lu.RowPivots(nil), false)
	var solved, inverse mat.Dense
	require.NoError(t, lu.SolveTo(&solved, false, a))
	require.NoError(t, inverse.Inverse(a))
	var c mat.Cholesky
	require.True(t, c.Factorize(definite(a)))
	var lower mat.TriDense
	c.LTo(&lower)
	var qr mat.QR
	qr.Factorize(tall)
	var q, r, v, w, vectors mat.Dense
	qr.QTo(&q)
	qr.RTo(&r)
	var svd mat.SVD
	require.True(t, svd.Factorize(tall, mat.SVDThin))
	svd.UTo(&v)
	svd.VTo(&w)
	var symmetric mat.EigenSym
	require.True(t, symmetric.Factorize(definite(a), true))
	symmetric.VectorsTo(&vectors)
	values := mat.NewDiagDense(n, symmetric.Values(nil))
	var eigen mat.Eigen
	require.True(t, eigen.Factorize(a, mat.EigenRight))
	trace := complex(-mat.Trace(a), 0)
	for _, v := range eigen.Values(nil) {
		trace += v
	}
	identity := mat.NewDiagDense(n, nil)
	for i := range n {
		identity.SetDiag(i, 1)
	}
	return map[string][2]mat.Matrix{
		"LU": {pivoted, a}, "solve": {&solved, identity}, "inverse": {product(a, &inverse), identity}, "Cholesky": {product(&lower, lower.T()), definite(a)},
		"QR": {product(&q, &r), tall}, "SVD": {product(&v, mat.NewDiagDense(n, svd.Values(nil)), w.T()), tall},
		"symmetric eigen": {product(&vectors, values, vectors.T()), definite(a)},
		"eigen":           {mat.NewDense(1, 2, []float64{real(trace), imag(trace)}), mat.NewDense(1, 2, nil)},
	}
}

// gonum/mat's factorizations run in every order, and multiply to what was factorized.
func TestFactorizationsInEveryOrder(t *testing.T) {
	for _, order := range reduce.Orders(3) {
		if reduce.Check[float64](order) != nil {
			continue
		}
		use(t, blas.Implementation{Order: order, Threads: 2})
		for name, m := range rebuilds(t, generated(9, 9, 7), generated(14, 9, 8)) {
			require.True(t, mat.EqualApprox(m[0], m[1], 1e-10), "%s in order %v", name, order)
			var off mat.Dense
			off.Scale(1+1e-8, m[0])
			off.Set(0, 0, off.At(0, 0)+1e-8)
			require.False(t, mat.EqualApprox(&off, m[1], 1e-10), "%s, a little off", name)
		}
	}
}
