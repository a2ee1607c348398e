// Package elementary holds the elementary functions that a transformer is made
// of, in portable Go whose bits do not depend on the architecture. The functions
// of package math do: Exp alone has several results, one from each assembly.
//
// The one idea: every function is evaluated once, in float64, as an unevaluated
// sum of two float64 numbers whose leading part is exact or nearly so, and that sum is
// rounded to the result as the last operation. So a float64
// result is wrong by little more than the half ulp of one rounding, and a float32
// result, which is the float64 result rounded to float32, is the correctly rounded
// one except where the true value comes within about 2^-53 of the midpoint of two
// neighbouring float32.
//
// Only additions, subtractions, multiplications, divisions and square roots of
// binary64 are used, each rounded on its own: a product that feeds an addition is
// written float64(x*y), because Go may fuse it otherwise. FMA is never used, as it
// is slow where the hardware lacks it. Tables and fitted coefficients are in
// tables.go; a test computes them again with math/big.
//
// # Accuracy
//
// The bounds below are errors in ulps of the result, subnormal results included.
// They were established by an error analysis, written beside the code, and are
// checked by tests against arbitrary precision on random arguments of every
// magnitude. In float32 every function is within 0.500000002 ulp.
//
//	function   float64   largest of 40,000 and more random arguments
//	Sqrt       0.5       0.500 (correctly rounded, by IEEE 754)
//	Exp        0.53      0.504
//	Sigmoid    0.53      0.504
//	SiLU       0.53      0.505
//	GELUTanh   0.53      0.503
//	Tanh       0.55      0.500
//	GELU       0.70      0.607
//	Erf        0.90      0.725
//	Sin, Cos   0.90      0.759
//
// # Special values
//
// A NaN argument, and an argument outside the domain, give the canonical quiet NaN.
// Functions that are odd keep the sign of zero. At an infinity a function returns
// its limit: GELU, GELUTanh and SiLU of -Inf are -0.
package elementary
