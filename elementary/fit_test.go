package elementary

import "math/big"

// fit returns the coefficients in x - middle of the polynomial of the given degree
// that equals f at the Chebyshev nodes of middle -+ radius. Its greatest error is
// within a small factor of the least possible.
func fit(degree int, middle, radius number, f func(number) number) []number {
	n := degree + 1
	x := make([]number, n) // distances of the nodes from the middle
	c := make([]number, n)
	for i := range x {
		_, cos := bigSincos(3.14159265358979 * (float64(i) + 0.5) / float64(n)) // any close node will do
		x[i] = product(radius, cos)
		c[i] = f(add(middle, x[i]))
	}
	// Newton's divided differences, then nested multiplication to powers.
	for j := 1; j < n; j++ {
		for i := n - 1; i >= j; i-- {
			c[i] = over(sub(c[i], c[i-1]), sub(x[i], x[i-j]))
		}
	}
	p := []number{c[n-1]}
	for i := n - 2; i >= 0; i-- {
		p = append(timesLinear(p, x[i]), p[len(p)-1])
		p[0] = add(p[0], c[i])
	}
	return p
}

// timesLinear returns all but the leading coefficient of p(x)*(x - r).
func timesLinear(p []number, r number) []number {
	q := make([]number, len(p))
	for i := range p {
		q[i] = new(big.Float).Neg(product(r, p[i]))
		if i > 0 {
			q[i] = add(q[i], p[i-1])
		}
	}
	return q
}

// shift returns the coefficients of p(x + s).
func shift(p []number, s number) []number {
	q := []number{p[len(p)-1]}
	for i := len(p) - 2; i >= 0; i-- {
		q = append(timesLinear(q, new(big.Float).Neg(s)), q[len(q)-1])
		q[0] = add(q[0], p[i])
	}
	return q
}

// fitRatio returns the coefficients of a rational function P/Q, with Q(0) = 1, of the
// degrees m and n that equals f at m+n+1 points of (0, end): they are the Chebyshev
// nodes in (x - k)/(x + k), k being a scale on which f changes.
func fitRatio(m, n int, end, k float64, f func(number) number) (p, q []number) {
	count := m + n + 1
	rows := make([][]number, count)
	last := (end - k) / (end + k)
	for i := range rows {
		_, cos := bigSincos(3.14159265358979 * (float64(i) + 0.5) / float64(count)) // any close node will do
		c, _ := cos.Float64()
		t := -1 + (last+1)*(1+c)/2
		x := newNumber(ratioPrecision, float64(float32(k*(1+t)/(1-t))))
		y := new(big.Float).SetPrec(ratioPrecision).Set(f(new(big.Float).SetPrec(precision).Set(x)))
		power := integer(ratioPrecision, 1)
		powers := []number{power}
		for range max(m, n) {
			power = product(power, x)
			powers = append(powers, power)
		}
		row := append([]number(nil), powers[:m+1]...)
		for _, w := range powers[1 : n+1] {
			row = append(row, new(big.Float).Neg(product(y, w)))
		}
		rows[i] = append(row, y)
	}
	c := solve(rows)
	return c[:m+1], append([]number{integer(ratioPrecision, 1)}, c[m+1:]...)
}

// ratioPrecision leaves room for what elimination loses.
const ratioPrecision = 400

// solve solves a linear system by Gauss's elimination; each row ends with its right
// side.
func solve(rows [][]number) []number {
	n := len(rows)
	for i := range n {
		for j := i + 1; j < n; j++ { // the largest pivot
			if new(big.Float).Abs(rows[j][i]).Cmp(new(big.Float).Abs(rows[i][i])) > 0 {
				rows[i], rows[j] = rows[j], rows[i]
			}
		}
		for j := range n {
			if j == i {
				continue
			}
			ratio := over(rows[j][i], rows[i][i])
			for k := i; k <= n; k++ {
				rows[j][k] = sub(rows[j][k], product(ratio, rows[i][k]))
			}
		}
	}
	x := make([]number, n)
	for i := range x {
		x[i] = over(rows[i][n], rows[i][i])
	}
	return x
}
