// Package fuzz looks for data on which a reduction breaks its promises: one of this
// module, or one of your own.
//
// Its one idea: fuzz what the bits must not depend on, with terms that are made to
// hurt. A Contract says what a reduction promises: correct rounding, an error bound
// (Accuracy), the bits of an order, and that permutation, cuts, negation, address
// and repetition do not matter (Promise). Sum, Dot and Cuts fuzz it; Check asks it
// of one input and Search of many, without package testing:
//
//	func FuzzMySum(f *testing.F) {
//		fuzz.Sum(f, mySum, fuzz.Contract{Same: reduce.Pairwise})
//	}
//
// A Violation has its input reduced to a few simple terms, and prints them as Go
// source with the two results, their bits, their distance and the condition number.
//
// The terms come from bytes (Values) and from Generators, each of which makes what
// its name says: a given condition number up to 1e300, cancellation, ties, wide
// spans, subnormals, overflow on the way, special values. All of them are among the
// seeds of every target, so that plain go test finds the usual faults. Results are
// judged against the exact sum (ExactSum, ExactDot) by math/big, with a second
// opinion in decimal arithmetic (DecimalSum).
//
// The targets of this module run as
//
//	go test -fuzz=FuzzSum       ./fuzz    every order against the exact sum
//	go test -fuzz=FuzzDot       ./fuzz    the same for dot products
//	go test -fuzz=FuzzCuts      ./fuzz    programs of cuts and merges against one call
//	go test -fuzz=FuzzGemm      ./fuzz    matrix products: cuts, threads and exact values
//	go test -fuzz=FuzzAllReduce ./fuzz    products divided among ranks against one rank
//
// Each check has a test that shows it failing on a faulty implementation.
package fuzz
