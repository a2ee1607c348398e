package blas_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/samebits/samebits/blas"
	"github.com/samebits/samebits/internal/golden"
	"github.com/samebits/samebits/internal/kernel"
	gonum "gonum.org/v1/gonum/blas"
)

// problem is one call of a routine: what all of them may ask for.
type problem[T kernel.Float] struct {
	rng   *rand.Rand
	value func(rng *rand.Rand) float64
	sizes []int

	impl        blas.Implementation
	lib         *library[T]
	element     evaluator[T]
	alpha, beta T

	digest *golden.Digest // of all results, if wanted
	free   bool           // of the definition: see digestsAlone
}

func (p *problem[T]) size() int { return p.sizes[p.rng.IntN(len(p.sizes))] }

func choose[V any](rng *rand.Rand, from ...V) V { return from[rng.IntN(len(from))] }

func (p *problem[T]) uplo() gonum.Uplo { return choose(p.rng, gonum.Upper, gonum.Lower) }
func (p *problem[T]) diag() gonum.Diag { return choose(p.rng, gonum.Unit, gonum.NonUnit) }
func (p *problem[T]) side() gonum.Side { return choose(p.rng, gonum.Left, gonum.Right) }
func (p *problem[T]) trans() gonum.Transpose {
	return choose(p.rng, gonum.NoTrans, gonum.Trans, gonum.ConjTrans)
}

// number is an element. A NaN of float32 is the canonical one: the conversion alone gives other bits on mips64le.
func (p *problem[T]) number() T {
	v := T(p.value(p.rng))
	if kernel.Is64[T]() {
		return v
	}
	return kernel.Canonical(v)
}

// guard is a NaN that arithmetic never returns. What a routine must not touch is full of it.
func guard[T kernel.Float]() T {
	if kernel.Is64[T]() {
		return T(math.Float64frombits(0xfff8000000beef00))
	}
	var x any = math.Float32frombits(0xffc0beef)
	return x.(T)
}

// memory is guards with some elements between them.
func (p *problem[T]) memory(n int) []T {
	data := make([]T, n+8)[p.rng.IntN(8):][:n] // at any alignment
	for i := range data {
		data[i] = guard[T]()
	}
	return data
}

// vector is n elements at some increment. It is stored in data.
type vector[T kernel.Float] struct {
	data []T
	inc  int
	v    []T // the elements in their order
}

func (p *problem[T]) vector(n int) vector[T] {
	v := vector[T]{inc: choose(p.rng, 1, 1, 2, -1, -3)}
	v.data = p.memory(max(0, n-1)*max(v.inc, -v.inc) + 1 + p.rng.IntN(3))
	for i := range n {
		v.v = append(v.v, p.number())
		v.data[v.at(n, i)] = v.v[i]
	}
	return v
}

func (v vector[T]) at(n, i int) int {
	if v.inc < 0 {
		return (n - 1 - i) * -v.inc
	}
	return i * v.inc
}

// with returns the memory as it should be when the elements have become want.
func (v vector[T]) with(want []T) []T {
	data := append([]T(nil), v.data...)
	for i := range want {
		data[v.at(len(want), i)] = want[i]
	}
	return data
}

// matrix is a matrix of which some elements are stored: at tells where, -1 if not.
type matrix[T kernel.Float] struct {
	rows, cols int
	at         func(i, j int) int
	ld         int
	data       []T
}

func (m matrix[T]) has(i, j int) bool { return m.at(i, j) >= 0 }
func (m matrix[T]) get(i, j int) T    { return m.data[m.at(i, j)] }

// clone returns a copy that may be changed.
func (m matrix[T]) clone() matrix[T] {
	m.data = append([]T(nil), m.data...)
	return m
}

// transposed returns the transpose, if it is asked for.
func (m matrix[T]) op(t gonum.Transpose) matrix[T] {
	if t == gonum.NoTrans {
		return m
	}
	at := m.at
	m.rows, m.cols = m.cols, m.rows
	m.at = func(i, j int) int { return at(j, i) }
	return m
}

// mirrored returns the symmetric matrix of which a triangle is stored.
func (m matrix[T]) mirrored() matrix[T] {
	at := m.at
	m.at = func(i, j int) int { return max(at(i, j), at(j, i)) }
	return m
}

// fill gives values to the stored elements.
func (p *problem[T]) fill(m matrix[T], length int) matrix[T] {
	m.data = p.memory(length)
	for i := range m.rows {
		for j := range m.cols {
			if m.has(i, j) {
				m.data[m.at(i, j)] = p.number()
			}
		}
	}
	return m
}

// dense is a matrix with gaps between its rows.
func (p *problem[T]) dense(rows, cols int) matrix[T] {
	ld := max(1, cols+p.rng.IntN(3))
	m := matrix[T]{rows: rows, cols: cols, ld: ld, at: func(i, j int) int { return i*ld + j }}
	return p.fill(m, max(0, rows-1)*ld+cols)
}

// stored is the dense matrix X with op(X) of so many rows and columns.
func (p *problem[T]) stored(t gonum.Transpose, rows, cols int) matrix[T] {
	if t != gonum.NoTrans {
		rows, cols = cols, rows
	}
	return p.dense(rows, cols)
}

func within(ul gonum.Uplo, i, j int) bool { return i == j || (i < j) == (ul == gonum.Upper) }

func (p *problem[T]) triangle(ul gonum.Uplo, n int) matrix[T] {
	ld := n + p.rng.IntN(3)
	m := matrix[T]{rows: n, cols: n, ld: ld, at: func(i, j int) int {
		if !within(ul, i, j) {
			return -1
		}
		return i*ld + j
	}}
	return p.fill(m, (n-1)*ld+n)
}

func (p *problem[T]) packed(ul gonum.Uplo, n int) matrix[T] {
	where := map[[2]int]int{}
	for i := range n {
		for j := range n {
			if within(ul, i, j) {
				where[[2]int{i, j}] = len(where)
			}
		}
	}
	m := matrix[T]{rows: n, cols: n, at: func(i, j int) int {
		if at, ok := where[[2]int{i, j}]; ok {
			return at
		}
		return -1
	}}
	return p.fill(m, len(where))
}

// band has kl diagonals below the main one and ku above.
func (p *problem[T]) band(rows, cols, kl, ku int) matrix[T] {
	ld := kl + ku + 1 + p.rng.IntN(3)
	m := matrix[T]{rows: rows, cols: cols, ld: ld, at: func(i, j int) int {
		if j < i-kl || j > i+ku {
			return -1
		}
		return i*ld + j - i + kl
	}}
	return p.fill(m, ld*(min(rows, cols+kl)-1)+kl+ku+1)
}

func (p *problem[T]) bandTriangle(ul gonum.Uplo, n, k int) matrix[T] {
	if ul == gonum.Upper {
		return p.band(n, n, 0, k)
	}
	return p.band(n, n, k, 0)
}

// same returns an error unless the memory has the bits that it should have.
func (p *problem[T]) same(what string, got, want []T) error {
	if p.digest != nil {
		golden.Add(*p.digest, got...)
	}
	if p.free {
		return nil
	}
	for i := range want {
		if kernel.Bits(got[i]) != kernel.Bits(want[i]) {
			return fmt.Errorf("%s: element %d of its memory is %v (%x), want %v (%x)", what, i, got[i], kernel.Bits(got[i]), want[i], kernel.Bits(want[i]))
		}
	}
	return nil
}
