package benchmarks

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/reference"
)

// Data is a sum or a dot product with its exact value.
type Data[T reduce.Float] struct {
	X, Y      []T        // Y is nil for a sum
	Exact     *big.Float // never zero
	Condition float64    // the sum of the terms' magnitudes over the magnitude of their sum
}

// MinTerms is the smallest number of terms of Conditioned.
const MinTerms = 100

// MaxCondition returns the largest condition number of Conditioned: 1e300 for
// float64, 1e60 for float32. Beyond it the products, and what TwoProd splits off
// them, would leave the range of T.
func MaxCondition[T reduce.Float]() float64 {
	if kernel.Is64[T]() {
		return 1e300
	}
	return 1e60
}

// Conditioned returns data with a condition number within a factor of two of the
// one asked for. It depends on the arguments alone.
//
// The method is algorithm 6.1 of Ogita, Rump and Oishi, "Accurate sum and dot
// product", SIAM J. Sci. Comput. 26 (2005): half the terms are random, over all
// the exponents that the condition number needs; each later one steers the exact
// sum to a magnitude that falls to its target; all are shuffled at the end. Below
// 256 there is nothing to steer down: the signs are as unbalanced as the condition
// number demands, and the last two terms set the sum right.
//
// Conditioned panics unless n >= MinTerms and 1 <= condition <= MaxCondition. It
// takes about a microsecond a term.
func Conditioned[T reduce.Float](op Op, n int, condition float64, seed uint64) Data[T] {
	if n < MinTerms || !(condition >= 1 && condition <= MaxCondition[T]()) {
		panic(fmt.Sprintf("benchmarks: %d terms of condition %g: want %d or more, and 1 to %g", n, condition, MinTerms, MaxCondition[T]()))
	}
	_, span := math.Frexp(condition) // the exponents that the terms are spread over
	span--
	random := n / 2
	if span < 8 {
		span, random = 0, n-2
	}
	g := generator[T]{op: op, rng: rand.New(rand.NewPCG(seed, uint64(n))), plus: (1 + 1/condition) / 2, low: -span / 2}
	g.push(g.term(span))
	for len(g.x) < random {
		g.push(g.term(g.rng.IntN(span + 1)))
	}
	for len(g.x) < n-2 {
		g.steer(g.term(span * (n - 1 - len(g.x)) / (n - random)))
	}
	target := (g.magnitude + math.Abs(g.term(0))) / condition
	g.steer(target)
	g.push(target / (16 + g.rng.Float64())) // else the sum is all but a number of T, easy to round
	g.rng.Shuffle(n, g.swap)
	return g.data()
}

// generator holds the terms that it has made, and their exact sum.
type generator[T reduce.Float] struct {
	op        Op
	rng       *rand.Rand
	plus      float64 // probability of a positive term
	low       int     // exponents are counted from here, which centres them in the range of T
	x, y      []T
	sum       big.Float
	magnitude float64 // sum of the terms' magnitudes
}

// term returns a random number of magnitude 2^(e-1) to 2^e, from low.
func (g *generator[T]) term(e int) float64 {
	v := math.Ldexp(0.5+g.rng.Float64()/2, e+g.low)
	if g.rng.Float64() >= g.plus {
		return -v
	}
	return v
}

// push appends a term of about the value v: a number or two factors of like size.
func (g *generator[T]) push(v float64) {
	x, y := T(v), T(1)
	if g.op == Dot {
		_, e := math.Frexp(v)
		y = T(math.Ldexp(0.5+g.rng.Float64()/2, e/2))
		x = T(v / float64(y))
		g.y = append(g.y, y)
	}
	g.x = append(g.x, x)
	g.magnitude += math.Abs(v)
	product := new(big.Float).SetPrec(128).SetFloat64(float64(x))
	product.Mul(product, big.NewFloat(float64(y)))
	g.sum.SetPrec(4096) // more than the terms' exponents and digits span: exact
	g.sum.Add(&g.sum, product)
}

// steer appends the term that brings the sum nearest to target.
func (g *generator[T]) steer(target float64) {
	sum := new(big.Float).Sub(big.NewFloat(target).SetPrec(4096), &g.sum)
	v, _ := sum.Float64()
	g.push(v)
}

func (g *generator[T]) swap(i, j int) {
	g.x[i], g.x[j] = g.x[j], g.x[i]
	if g.op == Dot {
		g.y[i], g.y[j] = g.y[j], g.y[i]
	}
}

func (g *generator[T]) data() Data[T] {
	d := Data[T]{X: g.x, Y: g.y}
	d.Exact = exact(d.X, d.Y)
	magnitude := exact(magnitudes(d.X), magnitudes(d.Y))
	d.Condition, _ = magnitude.Quo(magnitude.SetPrec(64), new(big.Float).Abs(d.Exact)).Float64()
	return d
}

// exact returns the sum of x, or of the products where there is a y.
func exact[T reduce.Float](x, y []T) *big.Float {
	v, err := reference.ExactSum(x)
	if y != nil {
		v, err = reference.ExactDot(x, y)
	}
	if err != nil {
		panic(err) // all numbers made here are finite
	}
	return v
}

func magnitudes[T reduce.Float](x []T) []T {
	if x == nil {
		return nil
	}
	m := make([]T, len(x))
	for i, v := range x {
		m[i] = max(v, -v)
	}
	return m
}
