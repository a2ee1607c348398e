package reduce

import (
	"flag"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

var searching = flag.Duration("search", 0, "look so long, each time from another seed, for terms whose exact or binned sum is wrong")

// drawNumbers returns numbers whose exponents lie over some span, evenly or nearly all at its low end, which is anywhere
// or about an end of the range. Their significands are random, or of few bits.
func drawNumbers[T Float](rng *rand.Rand, n int) []T {
	bits, top := 23, 254
	if kernel.Is64[T]() {
		bits, top = 52, 2046
	}
	low := []int{rng.IntN(4), rng.IntN(140), top - rng.IntN(140), top / 2, rng.IntN(top)}[rng.IntN(5)]
	span, even, one := rng.IntN([]int{4, 70, 200, top}[rng.IntN(4)]), rng.IntN(2) == 0, rng.IntN(n)
	x := make([]T, n)
	for i := range x {
		e := low
		switch {
		case even:
			e += rng.IntN(span + 1)
		case i == one || rng.IntN(8) == 0:
			e += span
		}
		fraction := rng.Uint64() >> (64 - bits)
		switch rng.IntN(6) {
		case 0:
			fraction = 0
		case 1:
			fraction = 1<<bits - 1
		case 2:
			fraction &^= 1<<rng.IntN(bits+1) - 1
		}
		x[i] = numberOf[T](uint64(min(e, top))<<bits | fraction)
		if rng.IntN(2) == 0 {
			x[i] = -x[i]
		}
	}
	return x
}

func numberOf[T Float](bits uint64) T {
	if kernel.Is64[T]() {
		return T(math.Float64frombits(bits))
	}
	return T(math.Float32frombits(uint32(bits)))
}

// drawTerms returns numbers, or products of them. In half of the cases every other one is the negative of one
// before it, but perhaps for one: then something else decides the result than the largest. Others are beside a tie.
func drawTerms[T Float](rng *rand.Rand, n int, products bool) (x, y []T) {
	x = drawNumbers[T](rng, n)
	if products {
		y = drawNumbers[T](rng, n)
	}
	cancelled := rng.IntN(2) == 0
	for i := 1; i < n && cancelled; i += 2 {
		x[i] = -x[i-1]
		if products {
			y[i] = y[i-1]
		}
	}
	if rng.IntN(2) == 0 {
		x[rng.IntN(n)] = drawNumbers[T](rng, 1)[0]
	}
	if n > 2 && !products && rng.IntN(4) == 0 {
		x[n-1] = T(ulpOf(x[0]) / 2)
	}
	rng.Shuffle(n, func(i, j int) {
		x[i], x[j] = x[j], x[i]
		if products {
			y[i], y[j] = y[j], y[i]
		}
	})
	return x, y
}

// ulpOf is the distance of a number to the next larger one.
func ulpOf[T Float](x T) float64 {
	a := kernel.Abs(x)
	return float64(numberOf[T](kernel.Bits(a)+1)) - float64(a)
}

// roundedSum returns the exact sum of the terms, rounded, and whether it is 0 before that.
func roundedSum[T Float](x, y []T) (T, bool) {
	sum := new(big.Float).SetPrec(4500)
	for i, v := range x {
		term := new(big.Float).SetPrec(106).SetFloat64(float64(v))
		if y != nil {
			term.Mul(term, big.NewFloat(float64(y[i])))
		}
		sum.Add(sum, term)
	}
	if kernel.Is64[T]() {
		v, _ := sum.Float64()
		return T(v), sum.Sign() == 0
	}
	v, _ := sum.Float32()
	return T(v), sum.Sign() == 0
}

func evaluate[T Float](order Order, x, y []T) T {
	if y != nil {
		return Dot(order, x, y)
	}
	return Sum(order, x)
}

// searchOnce compares exact sums with big numbers, and binned ones with those of portable code, in each backend.
func searchOnce[T Float](t *testing.T, rng *rand.Rand) {
	n := 1 + rng.IntN([]int{8, 12, 20, 150, 600}[rng.IntN(5)])
	x, y := drawTerms[T](rng, n, rng.IntN(2) == 0)
	want, zero := roundedSum(x, y)
	var binned T
	fold := BinnedFold(2 + rng.IntN(3))
	for _, b := range kernel.Backends() {
		restore := kernel.Use(b)
		exact, v := evaluate(Exact, x, y), evaluate(fold, x, y)
		restore()
		if b == kernel.Portable {
			binned = v
		}
		if kernel.Bits(exact) != kernel.Bits(want) && !(zero && exact == 0) {
			require.Fail(t, "exact", "%v: %x, want %x\nx = %x\ny = %x", b, exact, want, x, y)
		}
		if kernel.Bits(v) != kernel.Bits(binned) {
			require.Fail(t, fold.String(), "%v: %x, want %x\nx = %x\ny = %x", b, v, binned, x, y)
		}
	}
}

// TestSearch looks for faults at the edges of what kernels take, of which there are too many to list. Two that were
// found so have tests of their own, TestFewBesideSubnormal and TestFewAtTheEdgeOfWords of internal/kernel.
func TestSearch(t *testing.T) {
	rng, end := rand.New(rand.NewPCG(1, 2)), time.Now()
	if *searching > 0 {
		seed := rand.Uint64()
		t.Log("seed", seed)
		rng, end = rand.New(rand.NewPCG(seed, 2)), end.Add(*searching)
	}
	n := 0
	for ; n < 10000 || time.Now().Before(end); n++ {
		if rng.IntN(3) == 0 {
			searchOnce[float32](t, rng)
		} else {
			searchOnce[float64](t, rng)
		}
	}
	t.Log(n, "sets of terms")
}
