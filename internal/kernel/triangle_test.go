package kernel

import (
	"math/rand/v2"
	"testing"
)

// Every backend, all numbers of rows, any numbers: by the definition, in T, and nothing else is written.
func TestTriangle(t *testing.T) {
	t.Run("float32", testTriangle[float32])
	t.Run("float64", testTriangle[float64])
}

func testTriangle[T Float](t *testing.T) {
	for _, backend := range Backends() {
		defer Use(backend)()
		rng := rand.New(rand.NewPCG(8, uint64(backend)))
		for call := range 2000 {
			const n = 2 * TriangleRows
			a, x := numbersFor[T](rng, n*n, call%2 == 0), numbersFor[T](rng, 2*n, call%2 == 0)
			tr := Triangle[T]{Rows: 1 + rng.IntN(TriangleRows), Row: n, Column: 1, Step: 1 + rng.IntN(2), Unit: rng.IntN(2) == 0}
			first, origin := 1, 2*n+3
			if rng.IntN(2) == 0 {
				tr.Row, tr.Column = tr.Column, tr.Row
			}
			if rng.IntN(2) == 0 {
				tr.Row, tr.Column, tr.Step, first, origin = -tr.Row, -tr.Column, -tr.Step, 2*n-2, n*n-2*n-3
			}
			tr.A, tr.X = &a[origin], &x[first]
			copy(tr.Short[:], numbersFor[T](rng, TriangleRows, call%3 == 0))
			tr.Nodes = numbersFor[T](rng, rng.IntN(4)*TriangleRows, call%3 == 0)
			solve := rng.IntN(2) == 0
			want := triangleByHand(&tr, x, first, solve)
			if solve {
				tr.Solve()
			} else {
				tr.Multiply()
			}
			for i, w := range want {
				if Bits(w) != Bits(x[i]) {
					t.Fatalf("%v, call %d: %v, not %v, element %d from %d by %d, %d rows, solve %t", Active(), call, x[i], w, i, first, tr.Step, tr.Rows, solve)
				}
			}
		}
	}
}

// triangleByHand returns what x is to become.
func triangleByHand[T Float](t *Triangle[T], x []T, first int, solve bool) []T {
	old, want := append([]T(nil), x...), append([]T(nil), x...)
	for r := range t.Rows {
		s, d := t.Short[r], *After(t.A, r*(t.Row+t.Column))
		for i := range r {
			v := old[first+i*t.Step]
			if solve {
				v = want[first+i*t.Step]
			}
			s = FMA(*After(t.A, r*t.Row+i*t.Column), v, s)
		}
		at := first + r*t.Step
		if t.Unit {
			d = 1
		}
		if !solve {
			s = FMA(d, old[at], s)
		}
		for k := len(t.Nodes) - TriangleRows; k >= 0; k -= TriangleRows {
			s = t.Nodes[k+r] + s
		}
		if want[at] = Canonical(s + 0); solve {
			want[at] = Canonical((old[at] - (s + 0)) / d)
		}
	}
	return want
}
