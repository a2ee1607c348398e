// Package plain has the loops that sums are measured against: they add in whatever
// order is fastest, or only read. They promise no bits.
package plain

import "github.com/samebits/samebits/internal/kernel"

// Sum returns the sum of x, of one element or more, in some order: eight vectors of
// running sums.
func Sum[T kernel.Float](x []T) T { return run(sum, x, nil) }

// Dot returns the sum of x[i]*y[i], in some order. It panics if y is shorter than x.
func Dot[T kernel.Float](x, y []T) T { return run(dot, x, y[:len(x)]) }

// Load reads x by vectors and does nothing else: the floor of a sum.
func Load[T kernel.Float](x []T) { run(load, x, nil) }

// LoadBoth reads x and y so: the floor of a dot product. It panics if y is shorter than x.
func LoadBoth[T kernel.Float](x, y []T) { run(loadBoth, x, y[:len(x)]) }

type loop int

const (
	sum loop = iota
	dot
	load
	loadBoth
)

// inGo is a loop without vectors, of four running sums.
func inGo[T kernel.Float](l loop, x, y []T) T {
	var s0, s1, s2, s3 T
	i := 0
	for ; i+4 <= len(x); i += 4 {
		p := x[i : i+4 : i+4]
		if l == dot || l == loadBoth {
			q := y[i : i+4 : i+4]
			s0, s1, s2, s3 = s0+T(p[0]*q[0]), s1+T(p[1]*q[1]), s2+T(p[2]*q[2]), s3+T(p[3]*q[3])
		} else {
			s0, s1, s2, s3 = s0+p[0], s1+p[1], s2+p[2], s3+p[3]
		}
	}
	for ; i < len(x); i++ {
		if l == dot || l == loadBoth {
			s0 += T(x[i] * y[i])
		} else {
			s0 += x[i]
		}
	}
	return (s0 + s1) + (s2 + s3)
}
