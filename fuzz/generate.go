package fuzz

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// Source deals out the bytes of a fuzz input. When they are used up it deals
// zeros, so that every input decodes to something.
type Source struct{ data []byte }

// NewSource returns the source of those bytes, which it only reads.
func NewSource(data []byte) *Source { return &Source{data} }

// Empty tells whether all bytes are used up.
func (s *Source) Empty() bool { return len(s.data) == 0 }

// Byte returns the next byte.
func (s *Source) Byte() byte {
	if s.Empty() {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return b
}

// Uint64 returns the next eight bytes, little-endian.
func (s *Source) Uint64() uint64 {
	var b [8]byte
	s.data = s.data[copy(b[:], s.data):]
	return binary.LittleEndian.Uint64(b[:])
}

// Int returns a number in [0, n) made of the next two bytes, and so below 65,536. It
// panics if n is less than 1.
func (s *Source) Int(n int) int {
	if n < 1 {
		panic(fmt.Sprintf("fuzz: a number from 0 to less than %d: want 1 or more", n))
	}
	low := int(s.Byte())
	return (low | int(s.Byte())<<8) % n
}

// The instructions that Values decodes. Each is a byte, modulo their
// number; the bytes that follow are its operands.
const (
	opNotable  = iota // one of the values of Notable
	opInteger         // a small integer
	opPower           // a signed power of two, of any exponent: huge spans
	opBits            // any bit pattern
	opTiny            // a subnormal
	opNegate          // an earlier value negated: cancellation
	opNext            // the neighbour of an earlier value
	opHalfUlp         // half an ulp of an earlier value: a tie
	opDisturb         // a power of two far below an earlier value: breaks a tie
	opScale           // an earlier value at another magnitude
	opRepeat          // an earlier value, up to 63 times
	opRandom          // up to 256 numbers in (-1, 1) of a 64-bit seed
	opWide            // up to 256 numbers of all magnitudes of a 64-bit seed
	opMirror          // up to 63 of the latest values negated, backwards
	opInfinite        // an infinity, where the caller allows it
	opNaN             // a NaN with any payload, where the caller allows it
	opGenerate        // the terms of one of Generators, of some length and seed
	opCount

	opGenerateDot = 0xff // as the first byte of a dot product: one of DotGenerators
)

// Values decodes the whole source to at most limit numbers of the kinds that
// break summation: signed zeros, subnormals, ties and what disturbs them,
// cancellation, huge spans, and long stretches of random numbers that a few
// bytes describe, all of Generators among them. Infinities and NaN are among them only if nonFinite is set.
// Every source decodes to something and equal sources to equal numbers, on every
// architecture. It panics if limit is negative.
func Values[T kernel.Float](s *Source, limit int, nonFinite bool) []T {
	atLeast("Values", limit, 0)
	d := decoder[T]{Source: s, limit: limit, nonFinite: nonFinite}
	for !s.Empty() && len(d.values) < limit {
		d.step()
	}
	return d.values[:min(limit, len(d.values))]
}

// Notable returns the finite values at which the format changes its behaviour:
// zeros, ones, the ends of the subnormal and normal ranges, the first integers
// that have gaps, and their negatives.
func Notable[T kernel.Float]() []T {
	f := formatOf[T]()
	positive := []T{
		0, 1, 1.5, 0.1, 1 + T(f.ulp(1)), 1 - T(f.ulp(1)/2), T(f.ulp(1) / 2),
		ldexp[T](1, f.minExponent), ldexp[T](1, f.minNormalExponent()), T(f.max()), ldexp[T](1, f.maxExponent-1),
		ldexp[T](1, f.precision-1), ldexp[T](1, f.precision), ldexp[T](1, f.precision) - 1,
	}
	values := positive
	for _, v := range positive {
		values = append(values, -v)
	}
	return values
}

type decoder[T kernel.Float] struct {
	*Source
	values    []T
	limit     int
	nonFinite bool
}

// step decodes one instruction.
func (d *decoder[T]) step() {
	f := formatOf[T]()
	switch d.Byte() % opCount {
	case opNotable:
		notable := Notable[T]()
		d.push(notable[d.Int(len(notable))])
	case opInteger:
		d.push(T(int8(d.Byte())))
	case opPower:
		d.push(ldexp[T](1-2*float64(d.Byte()&1), f.minExponent+d.Int(f.maxExponent-f.minExponent)))
	case opBits:
		d.push(fromBits[T](d.Uint64()))
	case opTiny:
		d.push(ldexp[T](float64(int16(d.Int(1<<16))), f.minExponent))
	case opNegate:
		d.push(-d.earlier())
	case opNext:
		d.push(fromBits[T](kernel.Bits(d.earlier()) + 1))
	case opHalfUlp:
		d.push(T(f.ulp(float64(d.earlier())) / 2))
	case opDisturb:
		d.push(ldexp[T](f.ulp(float64(d.earlier()))/2, -d.Int(200)))
	case opScale:
		d.push(ldexp[T](float64(d.earlier()), d.Int(256)-128))
	case opRepeat:
		v := d.earlier()
		for range d.Int(64) {
			d.push(v)
		}
	case opRandom:
		d.random(symmetric[T])
	case opWide:
		d.random(fromBits[T])
	case opMirror:
		past := d.values
		for k := range min(d.Int(64), len(past)) {
			d.push(-past[len(past)-1-k])
		}
	case opInfinite:
		d.push(T(math.Inf(1 - 2*int(d.Byte()&1))))
	case opNaN:
		d.push(fromBits[T](kernel.Bits(kernel.NaN[T]()) | d.Uint64()))
	case opGenerate:
		d.generate()
	}
}

// push appends v, or a finite number in its place where only those are allowed.
func (d *decoder[T]) push(v T) {
	if !d.nonFinite && !kernel.IsFinite(v) {
		v = 1
	}
	d.values = append(d.values, v)
}

// earlier returns one of the latest 256 values, or 1 if there is none.
func (d *decoder[T]) earlier() T {
	n := len(d.values)
	back := int(d.Byte())
	if n == 0 {
		return 1
	}
	return d.values[n-1-back%n]
}

// random pushes up to 256 numbers made of the values of SplitMix64.
func (d *decoder[T]) random(number func(uint64) T) {
	n, r := 1+int(d.Byte()), newRandom(d.Uint64())
	for range n {
		d.push(number(r.uint64()))
	}
}

// generate pushes the terms of one of Generators: its index, the number of terms in
// two bytes, which is at most what is left of the limit, and the seed.
func (d *decoder[T]) generate() {
	list := Generators[T]()
	g := list[int(d.Byte())%len(list)]
	if n := min(d.Int(d.limit+1), d.limit-len(d.values)); n >= g.Least {
		for _, v := range g.New(d.Uint64(), n) {
			d.push(v)
		}
	}
}
