// Package reveal recovers the summation tree that an implementation really uses:
// which partial sums it forms, seen from its results alone.
//
// Its one idea is FPRev's (Xie, Gao, Wang and Xue, "FPRev: Revealing Floating-Point
// Accumulation Orders", arXiv 2411.00442, sections 4 and 5): give leaf i the mask M,
// leaf j the mask -M and all others 1, where M is so large that M + 1 = M. What is
// added before the masks meet is swallowed, what comes after is counted. So the
// result is the number of leaves outside the smallest subtree that holds i and j,
// and n-1 to n(n-1)/2 such results determine the tree, n log n for a balanced one.
//
// Three things go beyond that paper. A node of more than two operands is told from
// binary ones and also found where it adds exactly, without alignment. In a dot
// product each leaf is asked whether its product enters an addition unrounded, as in
// a fused multiply-add. And no tree is believed: it is evaluated on hostile data
// and compared with the function bit by bit, so that compensated, exact, widened,
// sorting, unstable and address-dependent sums come back as NotPlain, with a
// counterexample.
//
// What cannot be seen: the order of the two operands of an addition, since it
// commutes (children are listed by their smallest leaf); where +0 is added, since
// that shows only in the sign of a zero sum (Tree.PlusZero tells whether); leaves
// that are multiplied by 1 or otherwise copied exactly; and anything on which sums
// of one or two numbers differ, which are trees whatever computes them.
package reveal
