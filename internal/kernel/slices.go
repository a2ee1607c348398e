package kernel

import "math"

// Mode says what becomes of what the slices of a term leave.
type Mode uint8

const (
	Whole   Mode = iota // no term has anything below the last unit
	Dropped             // it is dropped, as a binned sum does
	Paired              // as Whole, of exact products of float64
)

// The length that a block may have: in general, and of float32 terms in mode Dropped of no
// more than 2^12 units q[0], 2^18 of which are summed in a lane of 32 bits.
const (
	MaxSliced       = 2048
	MaxSlicedSingle = 8192
)

// maxUnits is the largest number of units of a grid.
const maxUnits = 6

// Grid says where terms are cut into slices: multiples of the units q[0], q[1], ..., each
// the multiple nearest to what the slices before it left, ties to even:
//
//	for k ascending: slice = (x + M[k]) - M[k]; x = x - slice    M[k] = 1.5 * 2^(p-1) * q[k]
//
// p is the precision of the arithmetic: 24 for float32 terms in mode Dropped, else 53.
// In the modes Whole and Paired, the last slice is all that the others left. In mode
// Paired, a term is a product p, rounded, and its error e; the first half of the units
// is for p, the other for e.
type Grid struct {
	mode   Mode
	single bool
	units  int
	unit   [maxUnits]int    // exponents
	anchor [maxUnits]uint64 // the bits of M[k]
}

// Limits of grids of float64 lanes. Sums of slices are exact if
//
//   - a term is less than 2^Reach units q[0], and where slices follow those of q[k],
//     q[k+1] = 2^-Step q[k] or more, since up to q[k]/2 is left for them;
//   - in the modes Whole and Paired the last unit is 2^-LastStep times that before or
//     more: an accumulator's lane takes up to MaxSliced/2 numbers of up to half of that
//     unit, 2^(9+LastStep) = 2^51 last units, where an anchor makes an integer of their sum.
//     If the last unit is the only one, a term is less than 2^LastReach units.
const (
	Reach     = 51
	Step      = 52
	LastStep  = 42
	LastReach = 41
)

// NewGrid returns the grid of that mode with units 2^exponent; single says that terms are
// float32 and so is the arithmetic, in mode Dropped.
func NewGrid(m Mode, single bool, exponents ...int) Grid {
	g := Grid{mode: m, single: single, units: len(exponents)}
	copy(g.unit[:], exponents)
	for k, e := range exponents {
		if single {
			g.anchor[k] = uint64(e+23+127)<<23 | 1<<22
		} else {
			g.anchor[k] = uint64(e+52+1023)<<52 | 1<<51
		}
	}
	return g
}

// Units returns the exponents of the units.
func (g *Grid) Units() []int { return g.unit[:g.units] }

// bins is the number of units for the same term.
func (g *Grid) bins() int {
	if g.mode == Paired {
		return g.units / 2
	}
	return g.units
}

// accumulators returns the number of accumulators of what the slices of q[k] are, if they
// are all that is left, and 0 if they are cut off. It is as the generator has it.
func (g *Grid) accumulators(k int) uint64 {
	switch bins := g.bins(); {
	case g.mode == Dropped || k%bins < bins-1:
		return 0
	case g.mode == Paired:
		return 1
	case bins == 1:
		return 4
	}
	return 2
}

// Extent bounds the magnitudes of terms, by the bits of float64, or of float32 if those
// are cut in mode Dropped: no term is below Least nor above Most. The low 32 bits of
// float64 are not looked at: they are zeros in Least and ones in Most.
type Extent struct{ Least, Most uint64 }

// Slices is what Cut and Look tell of a block of terms.
type Slices struct {
	Sum             [maxUnits]int64 // of slices, in the grid's units; Cut sets it
	Extent                          // for Look, of terms that are not zero
	Zeros, NegZeros int             // terms 0 and, of those, -0; Look sets them
	vectors         vectors
}

// vectors is a kernel's result: vectors at strides of 64 bytes.
type vectors [8 * (maxUnits + 2)]uint64

// vectorWords is the number of 64-bit words in a vector of a backend.
var vectorWords = [...]int{Portable: 0, NEON: 2, AVX2: 4, AVX512: 8}

func (v *vectors) at(i int) []uint64 { return v[8*i:][:vectorWords[active]] }

// Cut cuts the terms of a block of the length allowed into slices. Terms are as in Tree, but
// that products of float32 are exact in mode Whole, and those of float64 in mode Paired.
//
// The sums hold if all terms are in the reach of the grid and, in the modes Whole and
// Paired, have nothing below the last unit (for e: below the last of all). The caller
// looks at the extent, which also tells of infinities and NaN, to see if they did. Zeros
// are in the extent, but for some +0 (in mode Paired, if x is +0, too).
//
// Cut returns false, and does nothing, where the active backend has no such kernel.
func Cut[T Float](out *Slices, g *Grid, of Terms, x, y []T) bool {
	if !slices(g.mode, of, g.bins(), g.single, &out.vectors, g, x, y) {
		return false
	}
	g.evaluate(out, inVectors(len(x), g.single))
	return true
}

// evaluate takes the sums of so many terms, and their extent, from a kernel's vectors.
func (g *Grid) evaluate(out *Slices, n int) {
	terms := uint64(n)
	for k := range g.units {
		v := out.vectors.at(k)
		added := terms // anchors to all lanes together
		if n := g.accumulators(k); n > 0 {
			added = n * uint64(len(v))
		}
		if g.single {
			out.Sum[k] = sum32(v, uint32(terms)/uint32(2*len(v))*uint32(g.anchor[k]))
		} else {
			out.Sum[k] = sum64(v) - int64(added*g.anchor[k])
		}
	}
	out.Extent = extent(out.vectors.at(g.units), out.vectors.at(g.units+1), g.single)
}

// inVectors is the number of n terms and those that fill up the last vector; single says that
// lanes are float32.
func inVectors(n int, single bool) int {
	lanes := vectorWords[active]
	if single {
		lanes *= 2
	}
	return (n + lanes - 1) &^ (lanes - 1)
}

// sum64 returns the sum of the lanes.
func sum64(v []uint64) int64 {
	sum := uint64(0)
	for _, w := range v {
		sum += w
	}
	return int64(sum)
}

// sum32 returns the sum of lanes of 32 bits, each less that number.
func sum32(v []uint64, less uint32) int64 {
	sum := int64(0)
	for _, w := range v {
		sum += int64(int32(uint32(w)-less)) + int64(int32(uint32(w>>32)-less))
	}
	return sum
}

// extent evaluates the vectors of the largest and smallest words.
func extent(most, least []uint64, single bool) Extent {
	e := Extent{Least: math.MaxUint64}
	for i, w := range most {
		e.Most = max(e.Most, w)
		e.Least = min(e.Least, least[i])
		if single {
			e.Most = max(e.Most, w<<32)
			e.Least = min(e.Least, least[i]<<32)
		}
	}
	if single {
		return Extent{e.Least >> 32, e.Most >> 32}
	}
	return Extent{e.Least &^ math.MaxUint32, e.Most | math.MaxUint32}
}

// slices calls the kernel for terms of that type.
func slices[T Float](m Mode, of Terms, bins int, single bool, v *vectors, g *Grid, x, y []T) bool {
	d, anchors := &v[0], &g.anchor[0]
	switch {
	case Is64[T]():
		return slicesF64(m, of, bins, d, As[float64](x), As[float64](y), anchors)
	case single:
		return slicesF32(m, of, bins, d, As[float32](x), As[float32](y), anchors)
	}
	return slicesWide(m, of, bins, d, As[float32](x), As[float32](y), anchors)
}

// Look looks at the terms of a block of the length allowed without cutting them. Those of
// float32 are numbers of float64, products exact, unless single is set. A product of
// float64 is rounded. If all terms are zero, Least is above Most. It returns false, and
// does nothing, where the active backend has no such kernel.
func Look[T Float](out *Slices, of Terms, single bool, x, y []T) bool {
	if !slices(Whole, of, 0, single, &out.vectors, new(Grid), x, y) {
		return false
	}
	out.Extent = extent(out.vectors.at(0), out.vectors.at(1), single)
	if out.Least > out.Most {
		out.Least = math.MaxUint64
	}
	zeros, negZeros := out.vectors.at(2), out.vectors.at(3)
	if single {
		out.Zeros, out.NegZeros = int(-sum32(zeros, 0)), int(-sum32(negZeros, 0))
	} else {
		out.Zeros, out.NegZeros = int(-sum64(zeros)), int(-sum64(negZeros))
	}
	out.Zeros -= inVectors(len(x), single) - len(x)
	return true
}

// sliceKey selects a kernel.
func sliceKey(b Backend, m Mode, of Terms, bins int) key {
	return key(b)<<12 | key(m)<<8 | key(of)<<4 | key(bins)
}

type key uint32
