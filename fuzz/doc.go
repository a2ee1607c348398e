// Package fuzz looks for data on which a reduction breaks its promises.
//
// Its one idea: fuzz what the bits must not depend on. An input is two strings of
// bytes. One is decoded to numbers that are likely to hurt (Values); the other is
// a program that says where the numbers are cut into pieces and in which order
// the pieces are merged (Program). A result is judged against the exact sum
// (ExactSum, ExactDot) and the error bound of its order (Bound), and against the
// bits of other programs over the same numbers.
//
// The targets run as
//
//	go test -fuzz=FuzzSum       ./fuzz    every order against the exact sum
//	go test -fuzz=FuzzDot       ./fuzz    the same for dot products
//	go test -fuzz=FuzzCuts      ./fuzz    programs of cuts and merges against one call
//	go test -fuzz=FuzzGemm      ./fuzz    matrix products: cuts, threads and exact values
//	go test -fuzz=FuzzAllReduce ./fuzz    products divided among ranks against one rank
//
// Each target has a check function that takes the implementation under test, and
// a test that shows the check failing on a faulty one.
package fuzz
