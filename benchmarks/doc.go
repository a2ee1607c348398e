// Package benchmarks measures what determinism and accuracy cost: sums, products
// and the whole transformer in every order, beside gonum, whose figures alternate
// with ours in one run. README.md has the figures and the commands that make them.
//
// Results are ratios. Absolute figures belong to the machine.
package benchmarks
