// Package reduce computes sums, dot products and sums of squares whose bits are
// a function of the data and of a named order, and of nothing else: not of
// threads, cuts, SIMD width, alignment, processor or run.
//
// Its one idea: the summation tree belongs to the global index of the terms, not
// to the machine. Term i lies in lane i mod L and row i / L (L from Lanes); the
// rows of each lane, and then the lanes, are joined by the tree rule of WG21
// paper P4016R0, section 4. A range of rows is a few nodes of that tree, its
// Cover; merging the covers of adjacent ranges gives the same nodes whatever the
// cuts were. Threads, ranks and Accumulators hand such covers on.
//
//	order          what it computes                                     same bits for any
//	Sequential     the left fold                                        schedule
//	Pairwise       the canonical tree; the default choice               schedule, cuts
//	Kahan          Kahan's compensated left fold                        schedule
//	Neumaier       Neumaier's compensated left fold                     schedule
//	DoubleDouble   the canonical tree over unevaluated pairs            schedule, cuts
//	Widened        float32 data, the canonical tree in float64          schedule, cuts
//	Binned         exact sums of slices of the terms, rounded once      schedule, cuts, permutation
//	Exact          the exact sum, correctly rounded                     schedule, cuts, permutation
//	Shuffled(seed) the left fold over a seeded random permutation       schedule
//	Arrival        partial sums joined as they finish                   nothing: for comparison
//
// Sum documents the error bound of each. The sum of no terms is +0, of only -0 it
// is -0; a NaN result is the canonical quiet NaN. Contractions, in package gemm,
// use the same Tree and Cover without lanes.
//
// SumAbs, Norm2, Mean and Variance are made of these sums, in every order;
// PrefixSums is Pairwise, and Max and ArgMax need no order. All of them are methods
// of Vector, too, a strided view, with the bits of the elements in a row.
//
// Code outside assembly relies on the rounding mode of the process: to nearest
// even, with subnormals, which is how Go programs start.
package reduce
