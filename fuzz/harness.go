package fuzz

import (
	"testing"

	"github.com/samebits/samebits/reduce"
)

// Sum fuzzes a sum: it adds the seeds, in which every one of Generators is, to the
// corpus, and fails where sum breaks the contract. Without -fuzz the seeds alone
// run, in a second or less. It is to be called once in a fuzz target:
//
//	func FuzzMySum(f *testing.F) {
//		fuzz.Sum(f, mySum, fuzz.Contract{Same: reduce.Pairwise})
//	}
//
// A failure says what Check says. A contract that does not apply fails at once.
func Sum[T reduce.Float](f *testing.F, sum func(x []T) T, c Contract) {
	f.Helper()
	addSeeds(f, validate[T](c, false), sumSeeds[T]())
	f.Fuzz(func(t *testing.T, data []byte) {
		fail(t, Check(sum, c, decodeSum[T](c, data).x))
	})
}

// Dot fuzzes a dot product as Sum does a sum; every one of DotGenerators is in the
// seeds.
func Dot[T reduce.Float](f *testing.F, dot func(x, y []T) T, c Contract) {
	f.Helper()
	addSeeds(f, validate[T](c, false), dotSeeds[T]())
	f.Fuzz(func(t *testing.T, data []byte) {
		d := decodeDot[T](c, data)
		fail(t, CheckDot(dot, c, d.x, d.y))
	})
}

// Cuts fuzzes a sum that is evaluated in pieces, the pieces and the order in which
// they are merged being fuzzed too. start returns the empty state of the terms from
// that index on; see CheckCuts.
func Cuts[T reduce.Float, A Accumulator[T, A]](f *testing.F, start func(index int) A, c Contract) {
	f.Helper()
	addCutSeeds(f, validate[T](c, true), sumSeeds[T]())
	f.Fuzz(func(t *testing.T, data, program []byte) {
		x := decodeSum[T](c, data).x
		fail(t, CheckCuts(start, c, x, NewProgram(NewSource(program), len(x))))
	})
}

// DotCuts is Cuts for a dot product.
func DotCuts[T reduce.Float, A ProductAccumulator[T, A]](f *testing.F, start func(index int) A, c Contract) {
	f.Helper()
	addCutSeeds(f, validate[T](c, true), dotSeeds[T]())
	f.Fuzz(func(t *testing.T, data, program []byte) {
		d := decodeDot[T](c, data)
		fail(t, CheckDotCuts(start, c, d.x, d.y, NewProgram(NewSource(program), d.len())))
	})
}

func addSeeds(f *testing.F, err error, seeds [][]byte) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range seeds {
		f.Add(seed)
	}
}

// addCutSeeds gives each seed two of the programs in turn.
func addCutSeeds(f *testing.F, err error, seeds [][]byte) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
	for i, seed := range seeds {
		f.Add(seed, cutSeeds[i%len(cutSeeds)])
		f.Add(seed, cutSeeds[(i+1)%len(cutSeeds)])
	}
}

func fail(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
