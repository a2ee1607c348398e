package diagnose

import (
	"math"
	"math/rand/v2"
	"slices"
)

// machine is an arithmetic that rounds as a processor does, written for the tests: it
// shares nothing with what is tested. Numbers are float64 that hold values of the
// format. One operation of float64 rounded to a format of 24 digits or fewer is that
// operation in the format (Figueroa, 1995: 53 >= 2*24 + 2).
type machine struct {
	values, sums func(float64) float64 // rounding
	digits       int                   // of sums
	order        string
	rng          *rand.Rand
	fma          bool
	functions    string // "", "+4", "-4", "random"
	onePass      bool   // variance as E[x^2] - E[x]^2
	reciprocal   bool   // mean as a product with 1/n
	angles32     bool   // RoPE angles in float32
	single       bool   // sums is float32
	scratch      []float64
}

func toFloat32(x float64) float64 { return float64(float32(x)) }
func asIs(x float64) float64      { return x }

// toDigits rounds to so many digits, to nearest even, as bf16 and, within its normal
// range, f16 do; f16 has subnormals below 2^-14, in steps of 2^-24.
func toDigits(digits int, step float64) func(float64) float64 {
	return func(x float64) float64 {
		if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
			return x
		}
		exponent := int(math.Float64bits(x)>>52&0x7ff) - 1023 // no subnormal float64 is met
		u := max(math.Float64frombits(uint64(exponent-digits+1+1023)<<52), step)
		return math.RoundToEven(x/u) * u
	}
}

var (
	toBF16 = toDigits(8, 0x1p-133)
	toF16  = toDigits(11, 0x1p-24)
	toTF32 = toDigits(11, 0x1p-136)
)

func newMachine(dtype, order string, seed uint64) *machine {
	m := &machine{values: toFloat32, sums: toFloat32, digits: 24, single: true, order: order, rng: rand.New(rand.NewPCG(seed, 7))}
	switch dtype {
	case "f64":
		m.values, m.sums, m.digits, m.single = asIs, asIs, 53, false
	case "bf16":
		m.values = toBF16
	case "f16":
		m.values = toF16
	}
	return m
}

// sum adds terms that are numbers of sums, in the machine's order. It may reorder
// them in place.
func (m *machine) sum(t []float64) float64 {
	switch m.order {
	case "reversed":
		s := 0.0
		for i := len(t) - 1; i >= 0; i-- {
			s = m.sums(s + t[i])
		}
		return s
	case "shuffled":
		m.rng.Shuffle(len(t), func(i, j int) { t[i], t[j] = t[j], t[i] })
	case "pairwise":
		return m.tree(t)
	case "lanes":
		var lanes [8]float64
		for i, v := range t {
			lanes[i%8] = m.sums(lanes[i%8] + v)
		}
		return m.tree(lanes[:])
	}
	s := 0.0
	for _, v := range t {
		s = m.sums(s + v)
	}
	return s
}

func (m *machine) tree(t []float64) float64 {
	if len(t) == 0 {
		return 0
	}
	if len(t) == 1 {
		return t[0]
	}
	n := len(t) / 2
	return m.sums(m.tree(t[:n]) + m.tree(t[n:]))
}

func (m *machine) dot(x, y []float64) float64 {
	y = y[:len(x)]
	if m.single && (m.order == "" || m.order == "sequential") && !m.fma { // the same, faster
		var s float32
		for i, v := range x {
			s += float32(float32(v) * float32(y[i]))
		}
		return float64(s)
	}
	if m.fma {
		s := 0.0
		for i, v := range x {
			s = m.sums(math.FMA(v, y[i], s))
		}
		return s
	}
	p := m.scratch[:0]
	for i, v := range x {
		p = append(p, m.sums(v*y[i]))
	}
	m.scratch = p
	return m.sum(p)
}

// f is the value y of a function as the machine has it: rounded, or up to 4 ulp away.
func (m *machine) f(y float64) float64 {
	if y == 0 || math.IsNaN(y) || math.IsInf(y, 0) {
		return y
	}
	ulp := math.Pow(2, math.Floor(math.Log2(math.Abs(y)))-float64(m.digits-1))
	switch m.functions {
	case "+4":
		y += 3.4 * ulp
	case "-4":
		y -= 3.4 * ulp
	case "random":
		y += (7*m.rng.Float64() - 3.5) * ulp
	}
	return m.sums(y)
}

// r rounds to values.
func (m *machine) r(x float64) float64 { return m.values(x) }

func (m *machine) mean(terms []float64) float64 {
	s := m.sum(slices.Clone(terms))
	if m.reciprocal {
		return m.sums(s * m.sums(1/float64(len(terms))))
	}
	return m.sums(s / float64(len(terms)))
}
