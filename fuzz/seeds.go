package fuzz

import "github.com/samebits/samebits/reduce"

// The seeds of every target: bytes that decode to nasty sums in both types.
var seeds = [][]byte{
	{},
	{opNotable, 14, 0, opNotable, 14, 0}, // -0, -0
	{opNotable, 9, 0, opRepeat, 0, 1, 0, opNegate, 0}, // MAX + MAX - MAX
	{opNotable, 23, 0},                                      // -MAX
	{opNotable, 15, 0},                                      // -1
	{opNotable, 3, 0, opRepeat, 0, 9, 0},                    // ten times 0.1
	{opNotable, 12, 0, opNotable, 1, 0, opDisturb, 0, 9, 0}, // 2^p + 1 + tiny
	{opNotable, 7, 0, opRepeat, 0, 50, 0, opTiny, 1, 2},     // subnormals
	{opInteger, 1, opScale, 0, 255, 0, opInteger, 1, opNegate, 2},
	{opRandom, 255, 1, 2, 3, 4, 5, 6, 7, 8, opMirror, 63, 0},
	{opWide, 255, 8, 7, 6, 5, 4, 3, 2, 1, opMirror, 63, 0, opTiny, 9, 9},
	{opInfinite, 0, opInteger, 3, opInteger, 3, opInfinite, 1},
	{opInteger, 5, opNaN, 1, 2, 3, 4, 5, 6, 7, 0x80, opInfinite, 1},
	{opInteger, 1, opHalfUlp, 0, opRepeat, 0, 63, 0}, // 1 and 64 halves of its ulp
	{opHalfUlp, 0, opInteger, 1, opHalfUlp, 0, opDisturb, 0, 100, 0, opNext, 2, opPower, 1, 200, 0},
}

// cutSeeds are programs: one piece, two, empty ones, and many merged in turn.
var cutSeeds = [][]byte{
	{},
	{1, 1, 0},
	{2, 1, 0, 1, 0, 1, 0},
	{3, 16, 0, 17, 0, 40, 0, 2, 0, 1, 0},
	{5, 3, 0, 7, 0, 9, 0, 200, 0, 1, 1, 4, 0, 1, 0, 2, 0, 1, 0},
}

// seedSizes are the numbers of terms of a generator's seeds: about a row of lanes,
// with a tail, and some rows.
var seedSizes = []int{3, 37, 150}

// generatorSeed is the instruction for the generator of that index.
func generatorSeed(op byte, index, n int) []byte {
	return []byte{op, byte(index), byte(n), byte(n >> 8), byte(index + 1)}
}

// sumSeeds are the seeds with every one of Generators.
func sumSeeds[T reduce.Float]() [][]byte {
	all := append([][]byte(nil), seeds...)
	for i, g := range Generators[T]() {
		for _, n := range seedSizes {
			all = append(all, generatorSeed(opGenerate, i, max(n, g.Least)))
		}
	}
	return all
}

// dotSeeds are the seeds in pairs, with every one of DotGenerators.
func dotSeeds[T reduce.Float]() [][]byte {
	var all [][]byte
	join := func(a, b []byte) []byte { return append(append([]byte(nil), a...), b...) }
	for i, seed := range seeds {
		all = append(all, join(seed, seed), join(seed, seeds[(i+1)%len(seeds)]))
	}
	all = append(all, []byte{opNotable, 7, 0, opNotable, 7, 0, opNotable, 7, 0, opNotable, 21, 0}) // products that underflow
	for i, g := range DotGenerators[T]() {
		for _, n := range seedSizes[:2] {
			all = append(all, generatorSeed(opGenerateDot, i, max(n, g.Least)))
		}
	}
	return all
}

// decodeSum decodes the terms of a sum.
func decodeSum[T reduce.Float](c Contract, data []byte) terms[T] {
	return terms[T]{x: Values[T](NewSource(data), c.maxTerms(), !c.Finite)}
}

// decodeDot decodes two vectors of equal length: one from each half of data, or
// both from one of DotGenerators.
func decodeDot[T reduce.Float](c Contract, data []byte) terms[T] {
	if s := NewSource(data); s.Byte() == opGenerateDot {
		list := DotGenerators[T]()
		g := list[int(s.Byte())%len(list)]
		n := min(max(s.Int(c.maxTerms()+1), g.Least), max(c.maxTerms(), g.Least))
		x, y := g.New(s.Uint64(), n)
		if t := (terms[T]{x, y, true}); !c.Finite || t.firstNonFinite() < 0 {
			return t
		}
	}
	half := len(data) / 2
	x := Values[T](NewSource(data[:half]), c.maxTerms(), !c.Finite)
	y := Values[T](NewSource(data[half:]), c.maxTerms(), !c.Finite)
	n := min(len(x), len(y))
	return terms[T]{x[:n], y[:n], true}
}
