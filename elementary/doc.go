// Package elementary holds the elementary functions that a transformer is made
// of, in code whose bits do not depend on the architecture. The functions of
// package math do: Exp alone has several results, one from each assembly.
//
// The one idea: a correctly rounded result is unique. Every float32 function here is to
// return the float32 nearest to the real function of its argument, ties to even, for
// every argument. So it does not matter by which formula, instructions or table it is
// found: vector kernels, plain Go, and any other implementation that rounds correctly
// agree. The functions of one argument are proved by running all 2^32 of them through
// an oracle in arbitrary precision (reference/prove; SPEC.md, section 9, says which runs
// are complete); Pow, of two, by error bounds.
//
// # float32
//
// A function is evaluated in float64 to about 2^-50, and that is rounded. The value is
// then tested: next to the midpoint of two float32 the last bits of the evaluation
// decide, and there the short lists of exceptions.go are consulted, which hold every
// argument for which they decide wrongly. Slice forms, but for Sqrt and Pow, run on
// AVX-512 and AVX2 kernels: these use FMA and shorter approximations, good to 2^-40,
// and leave to the scalar form each group of elements that holds a value next to a
// midpoint, and what is outside their ranges: subnormal arguments of the logarithms and
// Cbrt, sines and cosines of 2^22 and more.
//
// # float64
//
// Every function is evaluated as an unevaluated sum of two float64 numbers whose
// leading part is exact or nearly so, and that sum is rounded to the result as the last
// operation. So a result is wrong by little more than the half ulp of one rounding. Those
// steps (the functions long...) are what SPEC.md fixes. Most functions take a shorter way first,
// with a bound of its own error and of the long way's: where all within the bound rounds to one
// number, that is the result; a few times in a hundred it does not, and the long way decides.
//
// Only additions, subtractions, multiplications, divisions and square roots of
// binary64 are used, each rounded on its own: a product that feeds an addition is
// written float64(x*y), because Go may fuse it otherwise. FMA serves the shorter way of Rsqrt
// alone, where the processor has it. Tables and fitted coefficients are in
// tables.go; a test computes them again with math/big. Those of local.go are computed from them
// at the start.
//
// # Accuracy
//
// The bounds of float64 below are errors in ulps of the result, subnormal results
// included. They were established by an error analysis, written beside the code, and
// are checked by tests against arbitrary precision on random arguments of every
// magnitude, and on hard ones that the CORE-MATH project found. Float32 has 0.5.
//
//	function   float64   largest of 40,000 and more random arguments
//	Sqrt       0.5       0.500 (correctly rounded, by IEEE 754)
//	Rsqrt      0.51      0.500
//	Cbrt       0.51      0.500
//	Sin, Cos   0.51      0.500
//	Erf        0.51      0.501
//	Log        0.51      0.500
//	Log2       0.51      0.500
//	Log1p      0.51      0.501
//	Tanh       0.51      0.500
//	Sigmoid    0.51      0.500
//	SiLU       0.51      0.500
//	GELUTanh   0.51      0.500
//	Expm1      0.51      0.501
//	GELU       0.51      0.501
//	Exp        0.51      0.504
//	Exp2       0.51      0.503
//
// # Special values
//
// A NaN argument, and an argument outside the domain, give the canonical quiet NaN.
// Functions that are odd keep the sign of zero. At an infinity a function returns
// its limit: GELU, GELUTanh and SiLU of -Inf are -0.
package elementary
