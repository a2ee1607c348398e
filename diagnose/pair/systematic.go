package pair

import (
	"cmp"
	"math"
	"slices"

	"github.com/samebits/samebits/diagnose"
	"gonum.org/v1/gonum/stat/distuv"
)

// commonFactor tests whether the residuals r of values y have a factor that all rows
// share, which rounding has not: by Student's t over the rows' factors. A factor
// within 8 roundings may be a function's, which is allowed 4 ulp.
func commonFactor(r, y []float64, rows int, u float64) (diagnose.Test, float64) {
	t := diagnose.Test{Name: "common factor", Limit: diagnose.Number(8 * u)}
	cols := len(r) / rows
	factors := make([]float64, 0, rows)
	for i := range rows {
		ry, yy := 0.0, 0.0
		for j := i * cols; j < (i+1)*cols; j++ {
			ry, yy = ry+r[j]*y[j], yy+y[j]*y[j]
		}
		if yy > 0 {
			factors = append(factors, ry/yy)
		}
	}
	mean, deviation := moments(factors)
	t.Effect = diagnose.Number(math.Abs(mean))
	if len(factors) < 4 {
		return t, 1
	}
	p := 0.0
	if deviation > 0 {
		student := distuv.StudentsT{Sigma: 1, Nu: float64(len(factors) - 1)}
		p = 2 * student.Survival(math.Abs(mean)/deviation*math.Sqrt(float64(len(factors))))
	}
	t.Failed = t.Effect > t.Limit && p < 1e-6
	return t, p
}

// explained is the share of the residuals, as squares, that a factor a row of values y
// explains. Rounding to nearest leaves next to none; truncation, which errs to one side
// by up to a whole unit, 3/4. A wrong factor explains all.
func explained(r, y []float64, rows int) diagnose.Test {
	t := diagnose.Test{Name: "factor of rows", Limit: 0.9}
	cols := len(r) / rows
	by, all := 0.0, 0.0
	for i := range rows {
		rr, ry, yy := 0.0, 0.0, 0.0
		for j := i * cols; j < (i+1)*cols; j++ {
			if y[j] > masked {
				rr, ry, yy = rr+r[j]*r[j], ry+r[j]*y[j], yy+y[j]*y[j]
			}
		}
		if all += rr; yy > 0 {
			by += ry * ry / yy
		}
	}
	if all > 0 {
		t.Effect = diagnose.Number(by / all)
	}
	t.Failed = t.Effect > t.Limit
	return t
}

func moments(x []float64) (mean, deviation float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		deviation += (v - mean) * (v - mean) / float64(len(x)-1)
	}
	return mean, math.Sqrt(deviation)
}

// columnOffset tests whether residuals have an offset in each column that all rows
// share, as a bias has: an F test of the columns' means against the scatter in them.
func columnOffset(r []float64, rows int) (diagnose.Test, float64) {
	t := diagnose.Test{Name: "offset"}
	cols := len(r) / rows
	if rows < 3 {
		return t, 1
	}
	between, within := 0.0, 0.0
	column := make([]float64, rows)
	for j := range cols {
		for i := range column {
			column[i] = r[i*cols+j]
		}
		mean, deviation := moments(column)
		between += float64(rows) * mean * mean / float64(cols)
		within += deviation * deviation / float64(cols)
	}
	if between == 0 {
		return t, 1
	}
	f := distuv.F{D1: float64(cols), D2: float64(cols * (rows - 1))}
	t.Effect, t.Limit = diagnose.Number(between/within), diagnose.Number(f.Quantile(1-1e-9))
	t.Failed = t.Effect > t.Limit
	return t, 1 - f.CDF(between/within)
}

// smooth tests whether the residuals of an activation are a smooth function of its
// argument, which rounding is not: the correlation of neighbours, by the argument.
func smooth(r, x []float64) diagnose.Test {
	t := diagnose.Test{Name: "function of the argument", Limit: diagnose.Number(deviations / math.Sqrt(float64(len(r))))}
	order := make([]int, len(r))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(x[i], x[j]) })
	product, square := 0.0, 0.0
	for k, i := range order {
		square += r[i] * r[i]
		if k > 0 {
			product += r[i] * r[order[k-1]]
		}
	}
	if square > 0 {
		t.Effect = diagnose.Number(product / square)
	}
	t.Failed = t.Effect > t.Limit
	return t
}
