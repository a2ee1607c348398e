// Package peers runs sums and dot products of other libraries, through cgo, as
// contenders of package benchmarks: their accuracy and their time, in turn with
// ours in one run. It is a module of its own, so that the main one never needs
// them. README.md says what to install.
package peers
