// Package reference computes the truth that other results are measured
// against: sums, products, elementary functions and the whole forward pass of a
// transformer of the families that package model runs, to as many decimal digits as
// wanted.
//
// Its one idea: numbers travel as *big.Float of a stated precision; sums and
// products are carried out exactly, in integers, and rounded once; only the
// functions are approximated, with guard digits to spare. Nothing here shares
// code with the packages it judges, so it cannot repeat their mistakes.
//
// Precision is given in decimal digits. A function asked for n digits returns a
// big.Float of [Bits](n) bits whose relative error is below 10^-n. Exp, Log and
// Sqrt come from github.com/ericlagergren/decimal, which computes in decimal;
// Pi, Sin, Cos, Erf and Erfc are series in math/big; Tanh is made of Exp.
//
// The results depend only on the arguments, never on the processor or the number
// of threads: every step is integer arithmetic.
package reference
