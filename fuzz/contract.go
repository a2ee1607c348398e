package fuzz

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/samebits/samebits/reduce"
)

// A Promise is something that the result of a reduction does, or does not, depend
// on. Promises are a set: join them with |.
type Promise uint16

const (
	CorrectlyRounded     Promise = 1 << iota // the exact sum, rounded once to nearest even; zeros as in SignedZero
	PermutationInvariant                     // the same bits for any order of the terms
	CutInvariant                             // the same bits for any cuts: for Cuts and DotCuts
	NegationSymmetric                        // negated terms give the negated result; a zero result may keep its sign
	Stateless                                // the same terms give the same bits again, whatever was summed between
	ReadOnly                                 // the terms, and the memory around them, are left as they are
	AddressInvariant                         // the same bits wherever the terms lie in memory, amid whatever numbers
	SignedZero                               // zeros sum to -0 if all are -0, and to +0 if not or if there are none, as IEEE 754 adds
	CanonicalNaN                             // a NaN is the canonical quiet NaN; without it any NaN will do
	promiseEnd
)

var promiseNames = [...]string{
	"correctly rounded", "permutation-invariant", "cut-invariant", "negation-symmetric", "stateless", "read-only",
	"address-invariant", "signed zero", "canonical NaN",
}

// String lists the promises of the set.
func (p Promise) String() string {
	var names []string
	for ; p != 0; p &= p - 1 {
		names = append(names, promiseNames[bits.TrailingZeros16(uint16(p))])
	}
	return strings.Join(names, ", ")
}

// has tells whether all of q are in the set.
func (p Promise) has(q Promise) bool { return p&q == q }

// An Order is a reduce.Order. It is an interface so that none, nil, is not taken
// for reduce.Sequential, the zero Order.
type Order interface {
	Kind() reduce.Kind
	Seed() uint64
	String() string
}

// Contract is what a reduction promises. All that is named must hold; a Contract
// that names nothing is refused.
//
// Infinities, NaN and overflow on the way belong to the input, unless Finite or
// the Accuracy excludes them.
type Contract struct {
	// Same demands the bits of that order of package reduce, which implies
	// Stateless and AddressInvariant. Not for Arrival, which has none.
	Same Order

	// Within demands an error of no more than that, and of a sum with a NaN or an
	// infinity among the terms the one result that IEEE 754 gives it. The sign of a
	// zero is not asked.
	Within Accuracy

	// Promises are what else must hold. CorrectlyRounded implies
	// PermutationInvariant, NegationSymmetric, Stateless and AddressInvariant.
	Promises Promise

	// Finite keeps infinities and NaN out of the input.
	Finite bool

	// MaxTerms is how long an input becomes; 0 means 700, up to 65,535. A sum that
	// works in blocks wants a few of them.
	MaxTerms int
}

// ContractOf is the contract that SPEC.md makes for the order: its error bound, and
// what its bits do not depend on. It does not compare the order with itself (Same).
func ContractOf(order reduce.Order) Contract {
	c := Contract{Within: BoundOf(order)}
	c.Promises = ReadOnly | SignedZero | CanonicalNaN | profiles[order.Kind().String()].promises
	if order.CutInvariant() {
		c.Promises |= CutInvariant
	}
	if order.Kind() != reduce.KindArrival { // which depends on anything
		c.Promises |= Stateless | AddressInvariant | NegationSymmetric
	}
	return c
}

// implied is the set of the promises with all that follows from the contract.
func (c Contract) implied() Promise {
	p := c.Promises
	if c.Same != nil {
		p |= Stateless | AddressInvariant
	}
	if p.has(CorrectlyRounded) {
		p |= PermutationInvariant | NegationSymmetric | Stateless | AddressInvariant | SignedZero
	}
	return p
}

const defaultMaxTerms = 700

func (c Contract) maxTerms() int {
	if c.MaxTerms == 0 {
		return defaultMaxTerms
	}
	return c.MaxTerms
}

// validate returns an error where the contract cannot be checked of a reduction
// over T, merging being what Cuts does.
func validate[T reduce.Float](c Contract, merging bool) error {
	switch {
	case c.Same == nil && c.Within.Bound == nil && c.Promises == 0:
		return fmt.Errorf("fuzz: the contract promises nothing: set Same, Within or Promises")
	case c.Promises >= promiseEnd:
		return fmt.Errorf("fuzz: the contract has unknown promises %#x", uint16(c.Promises&^(promiseEnd-1)))
	case c.Promises.has(CutInvariant) && !merging:
		return fmt.Errorf("fuzz: cut invariance needs an accumulator: use Cuts or DotCuts")
	case c.MaxTerms < 0 || c.MaxTerms > 65535:
		return fmt.Errorf("fuzz: %d terms: want 0 to 65535", c.MaxTerms)
	case c.Same == nil:
		return nil
	}
	order, ok := c.Same.(reduce.Order)
	if !ok {
		return fmt.Errorf("fuzz: Same is a %T: want a reduce.Order", c.Same)
	}
	if order.Kind() == reduce.KindArrival {
		return fmt.Errorf("fuzz: order %v has no bits to compare with", order)
	}
	return reduce.Check[T](order)
}
