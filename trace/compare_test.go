package trace_test

import (
	"math"
	"testing"

	"github.com/samebits/samebits/trace"
	"github.com/stretchr/testify/require"
)

// of makes a trace of one stage, x, of shape [1, n].
func of(values ...float64) *trace.Trace {
	return &trace.Trace{Stages: []trace.Stage{{Name: "x", Shape: []int{1, len(values)}, Values: values}}}
}

func TestCompareValues(t *testing.T) {
	inf, nan, payload := math.Inf(1), math.NaN(), math.Float64frombits(0x7ff8000000000002)
	zero, minus := 0.0, math.Copysign(0, -1)
	for _, c := range []struct {
		a, b  []float64
		max   float64
		index []int // nil: same bits
	}{
		{[]float64{1, inf, -inf, nan, minus}, []float64{1, inf, -inf, nan, minus}, 0, nil},
		{[]float64{}, []float64{}, 0, nil},
		{[]float64{1, 2, 3}, []float64{1, 2.5, 2}, 1, []int{0, 2}},
		{[]float64{1, 2, 3}, []float64{0, 3, 4}, 1, []int{0, 0}},
		{[]float64{1, zero}, []float64{1, minus}, 0, []int{0, 1}},
		{[]float64{zero, 1}, []float64{minus, 1 + 0x1p-52}, 0x1p-52, []int{0, 1}},
		{[]float64{5, nan}, []float64{6, nan}, 1, []int{0, 0}},
		{[]float64{1, nan}, []float64{1, payload}, 0, []int{0, 1}},
		{[]float64{5, nan}, []float64{6, 1}, inf, []int{0, 1}},
		{[]float64{5, inf}, []float64{6, nan}, inf, []int{0, 1}},
		{[]float64{5, inf}, []float64{6, -inf}, inf, []int{0, 1}},
		{[]float64{5, inf}, []float64{6, math.MaxFloat64}, inf, []int{0, 1}},
	} {
		for _, swap := range []bool{false, true} {
			a, b := c.a, c.b
			if swap {
				a, b = b, a
			}
			got, err := trace.Compare(of(a...), of(b...))
			require.NoError(t, err)
			require.Len(t, got, 1)
			d := got[0]
			require.Equal(t, c.index == nil, d.Same, "%v %v", a, b)
			require.Equal(t, c.max, d.Max, "%v %v", a, b)
			require.Equal(t, c.index, d.Index, "%v %v", a, b)
			if c.index != nil {
				i := c.index[1]
				require.Equal(t, math.Float64bits(a[i]), math.Float64bits(d.A))
				require.Equal(t, math.Float64bits(b[i]), math.Float64bits(d.B))
			}
		}
	}
}

// A single flipped bit, anywhere in a real trace, is found, and where it is.
func TestCompareFindsOneFlippedBit(t *testing.T) {
	a, b := read(t, reference), read(t, reference)
	s := &b.Stages[len(b.Stages)/2]
	require.Equal(t, "layers.1.attn.out", s.Name)
	s.Values[5*48+7] = math.Float64frombits(math.Float64bits(s.Values[5*48+7]) ^ 1<<29)
	got, err := trace.Compare(a, b)
	require.NoError(t, err)
	for i, d := range got {
		require.Equal(t, i != len(b.Stages)/2, d.Same)
		if !d.Same {
			require.Equal(t, []int{5, 7}, d.Index)
		}
	}
}

func TestCompareStages(t *testing.T) {
	stage := func(name string, shape ...int) trace.Stage {
		n := 1
		for _, d := range shape {
			n *= d
		}
		return trace.Stage{Name: name, Shape: shape, Values: make([]float64, n)}
	}
	a := &trace.Trace{Stages: []trace.Stage{stage("p", 2), stage("q", 1, 2), stage("r", 1)}}
	b := &trace.Trace{Stages: []trace.Stage{stage("z"), stage("r"), stage("q", 1, 1, 2)}}
	got, err := trace.Compare(a, b)
	require.NoError(t, err)
	require.Equal(t, []trace.Difference{
		{Stage: "p", In: trace.OnlyA}, {Stage: "q", Same: true}, {Stage: "r", Same: true}, {Stage: "z", In: trace.OnlyB},
	}, got)

	for _, shape := range [][]int{{2, 1}, {3}, {2, 2}} {
		_, err = trace.Compare(a, &trace.Trace{Stages: []trace.Stage{stage("q", shape...)}})
		require.ErrorContains(t, err, `stage "q": shapes [1 2] and [`)
	}
}
