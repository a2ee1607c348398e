// Package benchmarks measures what determinism and accuracy cost: sums and dot
// products in every order, beside gonum, whose figures alternate with ours in one
// run. It makes data of a known condition number, compares results with the exact
// ones of math/big, and times contenders in turn. The command samebits bench
// prints and plots what it measures; README.md has figures and commands.
//
// The Go benchmarks of its tests measure products and the whole transformer as
// well. Peers in other languages are in the module below peers.
//
// Results are ratios. Absolute figures belong to the machine.
package benchmarks
