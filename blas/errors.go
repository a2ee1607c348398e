package blas

import (
	"math/bits"

	"gonum.org/v1/gonum/blas"
)

// What gonum's implementation panics with, word for word: gonum.org/v1/gonum v0.17.0,
// blas/gonum/errors.go, BSD-3-Clause.
const (
	zeroIncX = "blas: zero x index increment"
	zeroIncY = "blas: zero y index increment"

	mLT0  = "blas: m < 0"
	nLT0  = "blas: n < 0"
	kLT0  = "blas: k < 0"
	kLLT0 = "blas: kL < 0"
	kULT0 = "blas: kU < 0"

	badUplo      = "blas: illegal triangle"
	badTranspose = "blas: illegal transpose"
	badDiag      = "blas: illegal diagonal"
	badSide      = "blas: illegal side"

	badLdA = "blas: bad leading dimension of A"
	badLdB = "blas: bad leading dimension of B"
	badLdC = "blas: bad leading dimension of C"

	shortX  = "blas: insufficient length of x"
	shortY  = "blas: insufficient length of y"
	shortAP = "blas: insufficient length of ap"
	shortA  = "blas: insufficient length of a"
	shortB  = "blas: insufficient length of b"
	shortC  = "blas: insufficient length of c"
)

// refuse panics with the message if the argument is bad.
func refuse(bad bool, message string) {
	if bad {
		panic(message)
	}
}

func checkUplo(ul blas.Uplo) { refuse(ul != blas.Upper && ul != blas.Lower, badUplo) }
func checkDiag(d blas.Diag)  { refuse(d != blas.NonUnit && d != blas.Unit, badDiag) }
func checkSide(s blas.Side)  { refuse(s != blas.Left && s != blas.Right, badSide) }

// isTrans checks t and tells whether it asks for the transpose, conjugate or not.
func isTrans(t blas.Transpose) bool {
	refuse(t != blas.NoTrans && t != blas.Trans && t != blas.ConjTrans, badTranspose)
	return t != blas.NoTrans
}

// shortVector tells whether a slice is too short for a vector.
func shortVector(length, n, inc int) bool {
	if inc < 0 {
		inc = -inc
	}
	return n > 0 && (length == 0 || exceeds(n-1, inc, length-1))
}

// shortMatrix tells whether a slice is too short for a matrix.
func shortMatrix(length, rows, cols, ld int) bool {
	return rows > 0 && (length < cols || exceeds(rows-1, ld, length-cols))
}

// exceeds tells whether a*b, which may exceed the largest int, is more than that.
func exceeds(a, b, most int) bool {
	high, low := bits.Mul64(uint64(a), uint64(b))
	return high != 0 || low > uint64(most)
}
