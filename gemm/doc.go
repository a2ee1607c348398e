// Package gemm multiplies matrices in every order of package reduce, with bits that
// do not depend on how the work is shared out.
//
// Its one idea: an element of a product is one expression in the global index of its
// terms. Rows, columns, blocks, threads and ranks decide who evaluates a part of it,
// never what it is. In the tree orders the K terms of an element are cut into leaves
// of 32, and this loop is the contract:
//
//	leaf(i):        s = +0; for k in leaf i, ascending: s = FMA(a[k], b[k], s)
//	node([lo,hi)):  one leaf: leaf(lo);  more: node([lo,m)) + node([m,hi))
//	element:        RN(RN(alpha * s) + RN(beta * c)), s = node(all leaves) + 0
//
// where m halves the range, the larger half on the left (Contraction), or, where K
// grows with a sequence, is lo plus the largest power of two below its length
// (Contraction.Growing). DoubleDouble and Widened evaluate the same tree over pairs
// and in float64; Sequential, Kahan, Neumaier and Shuffled fold all terms; Binned sums
// the rounded products in bins; Exact rounds the exact value once.
//
// Adding +0 makes every sum that is zero +0, also where underflow left -0. A result that is NaN is the canonical quiet NaN.
//
// Gemm is the product at once. Models go through a Backend, which packs weights
// once: Native is this package's, Gonum one to compare with. A rank that holds a
// shard of the terms computes a Partial, and Join makes the product of all ranks'
// Partials: under Pairwise, DoubleDouble, Widened, Binned and Exact the same bits as at
// once, whatever the (leaf-aligned) cuts.
package gemm
