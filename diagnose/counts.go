package diagnose

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// coefficients finds by least squares how often each rank's share and the bias are in
// the recorded values, and rounds the numbers to multiples of 1/ranks. All 1 is no
// fault.
func (l linear) coefficients(k cut, c *comparison) []hypothesis {
	p := k.ranks()
	if c == nil {
		return l.usual(k)
	}
	var columns [][]float64
	for i := range p {
		columns = append(columns, l.share(k.lo[i], k.hi[i]).replay().x)
	}
	if l.bias != nil {
		b := make([]float64, len(c.y))
		for i := range b {
			b[i] = l.bias[i%l.w.Rows]
		}
		columns = append(columns, b)
	}
	raw := c.leastSquares(columns)
	if raw == nil {
		return nil
	}
	times := make([]float64, len(raw))
	same := true
	for i, v := range raw {
		times[i] = snapTo(v, p)
		same = same && times[i] == 1
	}
	if same {
		return nil
	}
	list := []hypothesis{l.counted(k, times)}
	if p == 1 {
		if !slices.Equal(raw, times) {
			list = append(list, l.counted(k, raw).fit())
		}
		if l.bias != nil { // one of the two alone
			list = append(list, l.counted(k, []float64{1, raw[1]}).fit(), l.counted(k, []float64{raw[0], 1}).fit())
		}
	}
	return list
}

// usual lists the counts to try where nothing is recorded to fit them to: no bias, one
// a rank; one rank's share, or none of it; the sum once a rank.
func (l linear) usual(k cut) (list []hypothesis) {
	p := k.ranks()
	count := func(bias float64, share func(rank int) float64) {
		var times []float64
		for i := range p {
			times = append(times, share(i))
		}
		if l.bias != nil {
			times = append(times, bias)
		}
		list = append(list, l.counted(k, times))
	}
	whole := func(int) float64 { return 1 }
	if l.bias != nil {
		count(0, whole)
	}
	if p == 1 {
		return list
	}
	if l.bias != nil {
		count(float64(p), whole)
	}
	count(1, func(int) float64 { return float64(p) })
	for r := range p {
		count(1, func(i int) float64 { return map[bool]float64{i == r: 1}[true] })
		count(1, func(i int) float64 { return map[bool]float64{i != r: 1}[true] })
	}
	return list
}

// snapTo rounds to a whole number if it is near, or else to a multiple of 1/p.
func snapTo(v float64, p int) float64 {
	if n := math.Round(v); math.Abs(v-n) < 0.02 {
		return n
	}
	return math.Round(v*float64(p)) / float64(p)
}

// counted replays the layer with each rank's share, and last the bias, so many times.
func (l linear) counted(k cut, times []float64) hypothesis {
	p := k.ranks()
	h := hypothesis{how: "the sum of the ranks' shares and the bias, each so many times"}
	h.cause, h.text = countedText(times, p, l.bias != nil)
	h.replay = func() *estimate {
		alt := l
		alt.x.x = slices.Clone(l.x.x)
		for t := range alt.x.rows {
			for i := range p {
				for j := k.lo[i]; j < k.hi[i]; j++ {
					alt.x.x[t*alt.x.cols+j] *= times[i]
				}
			}
		}
		if l.bias != nil {
			alt.bias = slices.Clone(l.bias)
			for j := range alt.bias {
				alt.bias[j] *= times[p]
			}
		}
		return alt.replay()
	}
	return h
}

func (h hypothesis) fit() hypothesis {
	h.fitted = true
	return h
}

func countedText(times []float64, p int, bias bool) (cause, text string) {
	ranks := times[:p]
	b := 1.0
	if bias {
		b = times[p]
	}
	var with, without []string
	equal := true
	for i, v := range ranks {
		if v == 0 {
			without = append(without, fmt.Sprint(i))
		} else {
			with = append(with, fmt.Sprint(i))
		}
		equal = equal && v == ranks[0]
	}
	biased := ""
	if b != 1 {
		biased = ", and the bias is added " + often(b)
	}
	switch {
	case equal && ranks[0] == 1:
		return "bias", "the bias is added " + often(b)
	case equal && ranks[0] == 0:
		return "weights-missing", "the product is missing: only the bias is there, if any" + biased
	case equal && p == 1:
		return "factor", fmt.Sprintf("the product is multiplied by %.6g", ranks[0]) + biased
	case equal:
		return "allreduce-twice", fmt.Sprintf("the sum over the %d ranks is taken %s", p, often(ranks[0])) + biased
	case len(with) == 1:
		return "allreduce-missing", fmt.Sprintf("the all-reduce is missing: the values are the share of rank %s of %d", with[0], p) + biased
	case len(without) > 0:
		return "rank-missing", fmt.Sprintf("the share of rank %s of %d is missing", strings.Join(without, ", "), p) + biased
	}
	return "allreduce", fmt.Sprintf("the shares of the %d ranks are counted %.4g times", p, ranks) + biased
}

func often(v float64) string {
	switch v {
	case 0:
		return "not at all"
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%.6g times", v)
}

// leastSquares returns the coefficients of the columns that come nearest to the
// recorded values, weighted by their limits; nil where the columns do not determine
// them.
func (c *comparison) leastSquares(columns [][]float64) []float64 {
	m := len(columns)
	a := make([][]float64, m)
	for i := range a {
		a[i] = make([]float64, m+1)
	}
	for i, y := range c.y {
		w := 1 / (c.e.errors.proof[i] + math.SmallestNonzeroFloat32)
		if math.IsNaN(y) || math.IsInf(y, 0) || math.IsNaN(w) || c.e.masked != nil && c.e.masked[i] {
			continue
		}
		for p := range m {
			x := columns[p][i] * w
			for q := range m {
				a[p][q] += x * columns[q][i] * w
			}
			a[p][m] += x * y * w
		}
	}
	return solve(a)
}

// solve eliminates with pivots; a is [m][m+1], the right-hand side last. It returns nil
// for a matrix that is singular, or nearly.
func solve(a [][]float64) []float64 {
	m := len(a)
	for k := range m {
		best := k
		for i := k; i < m; i++ {
			if math.Abs(a[i][k]) > math.Abs(a[best][k]) {
				best = i
			}
		}
		a[k], a[best] = a[best], a[k]
		if !(math.Abs(a[k][k]) > 0) {
			return nil
		}
		for i := k + 1; i < m; i++ {
			f := a[i][k] / a[k][k]
			for j := k; j <= m; j++ {
				a[i][j] -= f * a[k][j]
			}
		}
	}
	x := make([]float64, m)
	for k := m - 1; k >= 0; k-- {
		x[k] = a[k][m]
		for j := k + 1; j < m; j++ {
			x[k] -= a[k][j] * x[j]
		}
		x[k] /= a[k][k]
		if math.IsNaN(x[k]) || math.IsInf(x[k], 0) {
			return nil
		}
	}
	return x
}
