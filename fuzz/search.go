package fuzz

import (
	"fmt"

	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// Search is Sum for a program that is no test: it checks the seeds and then n
// pseudorandom inputs, the same ones every time, and returns the first error of
// Check. One input takes from 10 µs to a few ms. A negative n is an error.
func Search[T reduce.Float](sum func(x []T) T, c Contract, n int) error {
	return search(validate[T](c, false), sumSeeds[T](), n, func(data []byte) error {
		return Check(sum, c, decodeSum[T](c, data).x)
	})
}

// SearchDot is Search for a dot product.
func SearchDot[T reduce.Float](dot func(x, y []T) T, c Contract, n int) error {
	return search(validate[T](c, false), dotSeeds[T](), n, func(data []byte) error {
		d := decodeDot[T](c, data)
		return CheckDot(dot, c, d.x, d.y)
	})
}

// SearchCuts is Search for a sum in pieces; see Cuts.
func SearchCuts[T reduce.Float, A Accumulator[T, A]](start func(index int) A, c Contract, n int) error {
	programs := newRandom(2)
	return search(validate[T](c, true), sumSeeds[T](), n, func(data []byte) error {
		x := decodeSum[T](c, data).x
		return CheckCuts(start, c, x, NewProgram(NewSource(programs.bytes(64)), len(x)))
	})
}

// search returns the first error of check, over the seeds and n random inputs.
func search(err error, seeds [][]byte, n int, check func(data []byte) error) error {
	if err != nil {
		return err
	}
	if n < 0 {
		return fmt.Errorf("fuzz: search of %s besides the seeds: want 0 or more", plural.Of(n, "input"))
	}
	r := newRandom(1)
	for i := range len(seeds) + n {
		var data []byte
		if i < len(seeds) {
			data = seeds[i]
		} else {
			data = r.bytes(4 + r.intn(60))
		}
		if err := check(data); err != nil {
			return err
		}
	}
	return nil
}
