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

// columnFactor tests whether the residuals r of values y have a factor a column that
// all rows share, as a wrong weight has. One within 8 roundings may be an error of the
// weights that the first trace determines.
func columnFactor(r, y []float64, rows int, u float64) diagnose.Test {
	t := diagnose.Test{Name: "factor of columns", Limit: diagnose.Number(8 * u)}
	cols := len(r) / rows
	by, all, square := 0.0, 0.0, 0.0
	for j := range cols {
		rr, ry, yy := 0.0, 0.0, 0.0
		for i := j; i < len(r); i += cols {
			rr, ry, yy = rr+r[i]*r[i], ry+r[i]*y[i], yy+y[i]*y[i]
		}
		if all += rr; yy > 0 {
			by += ry * ry / yy
			square += ry / yy * ry / yy / float64(cols)
		}
	}
	t.Effect = diagnose.Number(math.Sqrt(square))
	t.Failed = rows >= 8 && t.Effect > t.Limit && by > 0.9*all
	return t
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

// columnOffset is the share of the residuals, as squares, that an offset a column
// explains. Rounding leaves one part in as many as there are rows, that of weights,
// which is the same for all rows, a few; a wrong bias explains all.
func columnOffset(r []float64, rows int) diagnose.Test {
	t := diagnose.Test{Name: "offset", Limit: 0.9}
	if rows < 4 {
		return t
	}
	cols := len(r) / rows
	by, all := 0.0, 0.0
	for j := range cols {
		sum := 0.0
		for i := range rows {
			sum += r[i*cols+j]
			all += r[i*cols+j] * r[i*cols+j]
		}
		by += sum * sum / float64(rows)
	}
	if all > 0 {
		t.Effect = diagnose.Number(by / all)
	}
	t.Failed = t.Effect > t.Limit
	return t
}

// spread is the share of the rows, and of the columns, of which the residual is at
// least a 32nd of a unit roundoff u of their size, the lesser of the two: an arithmetic
// rounds everywhere, a fault may be in one place.
func spread(r, y []float64, rows int, u float64) diagnose.Test {
	t := diagnose.Test{Name: "spread", Limit: 0.75}
	cols := len(r) / rows
	byRow, byCol := make([][2]float64, rows), make([][2]float64, cols)
	for i := range rows {
		for j := range cols {
			if k := i*cols + j; y[k] > masked {
				for _, sum := range []*[2]float64{&byRow[i], &byCol[j]} {
					sum[0], sum[1] = sum[0]+r[k]*r[k], sum[1]+y[k]*y[k]
				}
			}
		}
	}
	share := func(sums [][2]float64) float64 {
		n, of := 0.0, 0.0
		for _, sum := range sums {
			if sum[1] > 0 {
				of++
			}
			if sum[1] > 0 && math.Sqrt(sum[0]/sum[1]) >= u/32 {
				n++
			}
		}
		return n / math.Max(1, of)
	}
	t.Effect = diagnose.Number(math.Min(share(byRow), share(byCol)))
	t.Failed = t.Effect < t.Limit
	return t
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
