//go:build !race

package gemm_test

const raceDetector = false
