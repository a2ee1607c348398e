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
