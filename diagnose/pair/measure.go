package pair

import (
	"math"

	"github.com/samebits/samebits/diagnose"
	"github.com/samebits/samebits/trace"
)

// measures is how a stage differs between two runs, as numbers.
type measures struct {
	pair     diagnose.Pair
	largest  float64 // magnitude in either
	relative float64 // |a - b| / |a|, as vectors
	broken   int     // the first place where one is finite and the other is not, or -1
}

// histogram holds the upper ends of the buckets of differences, in ulps.
var histogram = []float64{0, 0.5, 1, 2, 4, 8, 64, 4096, math.Inf(1)}

// measure compares a stage. Masked scores are equal whatever stands for them.
func measure(x, y trace.Stage, a, b *run) measures {
	format := a.dtype
	if roundoffs[b.dtype] > roundoffs[a.dtype] {
		format = b.dtype
	}
	m := measures{broken: -1, pair: diagnose.Pair{Same: true}}
	counts := make([]int, len(histogram))
	var xx, yy, xy, dd float64
	for i, p := range x.Values {
		q := y.Values[i]
		m.pair.Same = m.pair.Same && math.Float64bits(p) == math.Float64bits(q)
		if p <= masked && q <= masked || p == q && math.IsInf(p, 0) || p != p && q != q {
			counts[0]++
			continue
		}
		if p-q != p-q || math.IsInf(p-q, 0) { // not finite, or far apart
			if m.broken < 0 {
				m.broken = i
			}
			counts[len(counts)-1]++
			continue
		}
		d, size := math.Abs(p-q), math.Max(math.Abs(p), math.Abs(q))
		m.largest = math.Max(m.largest, size)
		m.pair.MaxAbs = max(m.pair.MaxAbs, diagnose.Number(d))
		if d > 0 {
			m.pair.MaxRel = max(m.pair.MaxRel, diagnose.Number(d/size))
		}
		counts[bucket(d/ulp(size, format))]++
		xx, yy, xy, dd = xx+p*p, yy+q*q, xy+p*q, dd+d*d
	}
	m.pair.Cosine = 1
	if xx > 0 && yy > 0 && !m.pair.Same {
		m.pair.Cosine = diagnose.Number(xy / math.Sqrt(xx) / math.Sqrt(yy))
	}
	if xx > 0 {
		m.relative = math.Sqrt(dd / xx)
	}
	if m.broken >= 0 {
		m.relative = math.Inf(1)
		m.pair.MaxAbs, m.pair.MaxRel = diagnose.Number(math.Inf(1)), diagnose.Number(math.Inf(1))
	}
	for i, n := range counts {
		if n > 0 {
			m.pair.ULPs = append(m.pair.ULPs, diagnose.Bucket{UpTo: diagnose.Number(histogram[i]), Count: n})
		}
	}
	return m
}

func bucket(ulps float64) int {
	for i, top := range histogram {
		if ulps <= top {
			return i
		}
	}
	return len(histogram) - 1
}

// ulp is the distance of neighbours in a format at a number of that size.
func ulp(size float64, format string) float64 {
	bits, least := 53, -1074
	switch format {
	case trace.F32:
		bits, least = 24, -149
	case trace.F16:
		bits, least = 11, -24
	case trace.BF16:
		bits, least = 8, -133
	}
	_, exp := math.Frexp(size)
	return math.Ldexp(1, max(exp-bits, least))
}
