package reveal

import (
	"fmt"
	"math/big"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
)

// Alignment is how Aligned nodes add: each operand is cut, toward zero, to a
// multiple of the last place of the largest one, or of 2^-Guard of that, and the sum
// of what is left is rounded once.
type Alignment struct {
	Guard    int  // bits kept below the last place of the largest operand
	Truncate bool // the sum is rounded toward zero, not to nearest
}

func (a Alignment) String() string {
	rounding := "rounded to nearest"
	if a.Truncate {
		rounding = "rounded toward zero"
	}
	return fmt.Sprintf("aligned with %d guard bits, %s", a.Guard, rounding)
}

// maxGuard is the largest number of guard bits that is tried.
const maxGuard = 4

// alignments lists what is tried.
func alignments() (all []Alignment) {
	for guard := range maxGuard + 1 {
		all = append(all, Alignment{guard, false}, Alignment{guard, true})
	}
	return all
}

// Evaluate returns the value of the tree for the terms x[i], or x[i]*y[i] where the
// leaves are products: every node rounded to T, by its Rule. It panics if there are
// not as many numbers as leaves.
func Evaluate[T kernel.Float](t *Tree, x, y []T) T {
	if len(x) != t.size || t.Product && len(y) != t.size {
		panic(fmt.Sprintf("reveal: %d and %d numbers for %s", len(x), len(y), plural.Words(t.size, "leaf", "leaves")))
	}
	v := evaluation[T]{x, y, t.Product, t.Alignment}.value(t.Node)
	if t.PlusZero {
		v += 0
	}
	return v
}

// evaluateWide is Evaluate in float64, rounded once at the end.
func evaluateWide[T kernel.Float](t *Tree, x, y []T) T {
	return T(Evaluate(t, widen(x), widen(y)))
}

func widen[T kernel.Float](x []T) []float64 {
	w := make([]float64, len(x))
	for i, v := range x {
		w[i] = float64(v)
	}
	return w
}

type evaluation[T kernel.Float] struct {
	x, y    []T
	product bool
	align   Alignment
}

func (e evaluation[T]) value(n *Node) T {
	if n.IsLeaf() {
		if !e.product {
			return e.x[n.Leaf]
		}
		return T(e.x[n.Leaf] * e.y[n.Leaf])
	}
	a, b := n.Children[0], n.Children[1]
	switch {
	case n.Rule == Aligned:
		return e.aligned(n.Children)
	case n.Rule == Exact || a.Fused && b.Fused:
		return e.exact(n.Children)
	case a.Fused:
		return kernel.FMA(e.x[a.Leaf], e.y[a.Leaf], e.value(b))
	case b.Fused:
		return kernel.FMA(e.x[b.Leaf], e.y[b.Leaf], e.value(a))
	}
	return e.value(a) + e.value(b)
}

// operand returns the exact value that n hands on, and rounded to T.
func (e evaluation[T]) operand(n *Node) (*big.Float, T) {
	v := e.value(n)
	if !kernel.IsFinite(v) {
		return nil, v
	}
	if !n.Fused {
		return big.NewFloat(float64(v)), v
	}
	return exactProduct(e.x[n.Leaf], e.y[n.Leaf]), v
}

func exactProduct[T kernel.Float](x, y T) *big.Float {
	return new(big.Float).SetPrec(106).Mul(big.NewFloat(float64(x)), big.NewFloat(float64(y)))
}

// exactBits holds any sum of products of float64 exactly, from 2^2048 down to
// 2^-2148, with room for carries.
const exactBits = 4300

// exact returns the sum of the operands, rounded once. If one of them is not finite,
// neither is the plain sum, which is what it returns then.
func (e evaluation[T]) exact(operands []*Node) T {
	sum, plain := new(big.Float).SetPrec(exactBits), T(0)
	for i, n := range operands {
		v, rounded := e.operand(n)
		plain += rounded
		switch {
		case v == nil:
			sum = nil
		case sum != nil && i == 0:
			sum.Set(v) // 0 + -0 would be +0
		case sum != nil:
			sum.Add(sum, v)
		}
	}
	if sum == nil {
		return plain
	}
	return round[T](sum)
}

// round rounds to T, to nearest even.
func round[T kernel.Float](v *big.Float) T {
	if kernel.Is64[T]() {
		r, _ := v.Float64()
		return T(r)
	}
	r, _ := v.Float32()
	return T(r)
}

// aligned returns the sum of the operands by e.align.
func (e evaluation[T]) aligned(operands []*Node) T {
	values, largest, plain := make([]*big.Float, len(operands)), 0, T(0)
	finite, zero := true, true
	for i, n := range operands {
		v, rounded := e.operand(n)
		plain += rounded
		values[i], finite = v, finite && v != nil
		if v != nil && v.Sign() != 0 && (zero || v.MantExp(nil) > largest) {
			zero, largest = false, v.MantExp(nil)
		}
	}
	if !finite || zero {
		return plain
	}
	unit := largest - digits[T]() - e.align.Guard // the exponent of what is kept
	sum := new(big.Int)
	for _, v := range values {
		cut, _ := new(big.Float).SetMantExp(v, -unit).Int(nil)
		sum.Add(sum, cut)
	}
	r := new(big.Float).SetMantExp(new(big.Float).SetInt(sum), unit)
	if e.align.Truncate {
		r.SetMode(big.ToZero).SetPrec(uint(digits[T]()))
	}
	return round[T](r)
}
