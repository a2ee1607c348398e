//go:build !race

package blas_test

const raceDetector = false
