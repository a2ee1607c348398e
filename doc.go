// Package samebits is the root of a module for floating-point results that are
// the same bits everywhere, and for finding out why two results differ. It holds
// no code of its own, only tests of the module as a whole.
//
// The one idea: the summation tree belongs to the mathematics, the global index
// of the terms, and not to the machine. SIMD lanes, cache blocks, threads and
// ranks evaluate parts of it. SPEC.md is the contract of bits.
//
// The packages, each importing only what stands before it:
//
//	reduce      sums, dot products and sums of squares, in a named order
//	elementary  exp, tanh, erf, sin and others; softmax and norms
//	gemm        matrix products in every order
//	tp          tensor parallelism: ranks, shards, collectives in every order
//	model       transformers on any number of ranks
//	generate    continuing a sequence of tokens
//
// blas, which gonum can use as its own, sits on gemm; tokenizer needs none of them.
// Beside them stand the packages that look on: reference computes in arbitrary
// precision, trace records and compares the stages of a run, diagnose tells rounding
// from a fault, reveal finds the tree that a sum really uses, fuzz looks for data that
// break a promise. The command is cmd/samebits.
package samebits
