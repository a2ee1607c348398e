package reduce

import (
	"fmt"
	"strings"

	"github.com/samebits/samebits/internal/kernel"
)

// Float is a type in which samebits computes: IEEE 754 binary32 or binary64.
type Float = kernel.Float

// Kind is the rule by which an Order combines the terms of a sum.
type Kind uint8

const (
	KindSequential   Kind = iota // left fold
	KindPairwise                 // the canonical tree
	KindKahan                    // Kahan's compensated left fold
	KindNeumaier                 // Neumaier's compensated left fold
	KindDoubleDouble             // the canonical tree over unevaluated pairs
	KindWidened                  // float32 data, the canonical tree in float64
	KindBinned                   // exact sums of slices of the terms, cut at fixed grids
	KindExact                    // the correctly rounded value of the exact sum
	KindShuffled                 // left fold over a seeded random permutation
	KindArrival                  // partial results joined as they finish
)

var kindNames = [...]string{
	"sequential", "pairwise", "kahan", "neumaier", "double-double", "widened", "binned", "exact", "shuffled", "arrival",
}

func (k Kind) String() string { return kindNames[k] }

// DefaultLeaf is the number of consecutive terms of a contraction that one
// chain of fused multiply-adds evaluates, where an Order does not say another.
const DefaultLeaf = 32

// Order says in which order, and in what arithmetic, the terms of a sum are
// combined. Orders are comparable values; the zero Order is Sequential.
type Order struct {
	kind Kind
	leaf uint16 // 0 means DefaultLeaf; contractions only
	fold uint8  // 0 means DefaultFold; Binned only
	seed uint64 // Shuffled only
}

// The orders. What each promises is in the table of SPEC.md.
var (
	Sequential   = Order{kind: KindSequential}
	Pairwise     = Order{kind: KindPairwise}
	Kahan        = Order{kind: KindKahan}
	Neumaier     = Order{kind: KindNeumaier}
	DoubleDouble = Order{kind: KindDoubleDouble}
	Widened      = Order{kind: KindWidened}
	Binned       = Order{kind: KindBinned}
	Exact        = Order{kind: KindExact}
	Arrival      = Order{kind: KindArrival}
)

// Shuffled is the left fold over a random permutation that depends on the seed
// and the number of terms alone: it samples what an unordered run may give.
func Shuffled(seed uint64) Order { return Order{kind: KindShuffled, seed: seed} }

// BinnedFold is Binned with that number of bins: with more, a sum costs more and loses
// less (see Bins). BinnedFold(DefaultFold) is Binned. It panics unless 2 <= fold <= 4.
func BinnedFold(fold int) Order {
	checkFold(fold)
	if fold == DefaultFold {
		return Binned
	}
	return Order{kind: KindBinned, fold: uint8(fold)}
}

// Orders lists every order, Binned of fold 3 and Shuffled with the given seed, from
// the plain to the exact and then the unordered two.
func Orders(seed uint64) []Order {
	return []Order{Sequential, Pairwise, Kahan, Neumaier, DoubleDouble, Widened, Binned, Exact, Shuffled(seed), Arrival}
}

// ParseOrder returns the order of that name (see Orders), Shuffled with the
// given seed. Another name is an error, which lists them.
func ParseOrder(name string, seed uint64) (Order, error) {
	for _, o := range Orders(seed) {
		if o.Kind().String() == name {
			return o, nil
		}
	}
	return Order{}, fmt.Errorf("unknown order %q: want one of %s", name, strings.Join(kindNames[:], ", "))
}

// Kind returns the rule of the order.
func (o Order) Kind() Kind { return o.kind }

// Seed returns the seed of a Shuffled order.
func (o Order) Seed() uint64 { return o.seed }

// Fold returns the number of bins of a Binned order.
func (o Order) Fold() int {
	if o.fold == 0 {
		return DefaultFold
	}
	return int(o.fold)
}

// Leaf returns the number of terms in a leaf of a contraction.
func (o Order) Leaf() int {
	if o.leaf == 0 {
		return DefaultLeaf
	}
	return int(o.leaf)
}

// WithLeaf returns the order with another leaf. It panics unless 1 <= leaf <= 65535.
func (o Order) WithLeaf(leaf int) Order {
	if leaf < 1 || leaf > 65535 {
		panic(fmt.Sprintf("reduce: leaf of %d terms: want 1 to 65535", leaf))
	}
	o.leaf = uint16(leaf)
	return o
}

// IsTree tells whether the order evaluates the canonical tree, so that partial
// results over any (leaf-aligned) cuts merge to the bits of the whole.
func (o Order) IsTree() bool {
	return o.kind == KindPairwise || o.kind == KindDoubleDouble || o.kind == KindWidened
}

// CutInvariant tells whether the bits are the same for any (leaf-aligned) cuts:
// true of the trees and of the two orders without order, Binned and Exact.
func (o Order) CutInvariant() bool {
	return o.IsTree() || o.kind == KindBinned || o.kind == KindExact
}

func (o Order) String() string {
	s := o.kind.String()
	if o.kind == KindShuffled {
		s += fmt.Sprintf("(%d)", o.seed)
	}
	if o.Fold() != DefaultFold {
		s += fmt.Sprintf("/fold=%d", o.Fold())
	}
	if o.Leaf() != DefaultLeaf {
		s += fmt.Sprintf("/leaf=%d", o.Leaf())
	}
	return s
}

// Check returns an error where the order does not apply to T: Widened needs a
// wider type to evaluate in, so it is for float32 alone.
func Check[T Float](o Order) error {
	if o.kind == KindWidened && kernel.Is64[T]() {
		return fmt.Errorf("order %v applies to float32 only: there is no wider type than float64", o)
	}
	return nil
}

// mustCheck is Check for callers whose order is part of the program.
func mustCheck[T Float](o Order) {
	if err := Check[T](o); err != nil {
		panic("reduce: " + err.Error())
	}
}
