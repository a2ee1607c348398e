package kernel

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// binnedTile draws the factors of a tile, whose products are finite.
func binnedTile(rng *rand.Rand, n int, value func(*rand.Rand) float64) (a, b []float32) {
	t := FoldTile[float32]()
	a, b = make([]float32, n*t.Rows), make([]float32, n*t.Cols)
	for _, x := range [][]float32{a, b} {
		for i := range x {
			x[i] = float32(value(rng))
		}
	}
	return a, b
}

// checkBinned compares the sums of a tile with the definition: the largest product decides the
// unit; each product is divided by it, which is exact, and rounded to an integer.
func checkBinned(a, b []float32, fold int, sum func(s *BinnedTile, fold int, a, b []float32)) error {
	t := FoldTile[float32]()
	var s BinnedTile
	sum(&s, fold, a, b)
	for i := range t.Size() {
		var terms []float32
		largest := float32(0)
		for k := range len(a) / t.Rows {
			terms = append(terms, a[k*t.Rows+i/t.Cols]*b[k*t.Cols+i%t.Cols])
			largest = max(largest, Abs(terms[k])) // NaN, if there is one
		}
		v, ok := s.Value(i)
		if ok != (largest <= map[int]float32{2: 0x1p110, 3: 0x1p123}[fold]) {
			return fmt.Errorf("element %d, largest %g: %v", i, largest, ok)
		}
		if !ok {
			continue
		}
		total, exponent := new(big.Int), gridByDefinition(fold, largest)
		for _, v := range terms {
			total.Add(total, big.NewInt(int64(math.RoundToEven(math.Ldexp(float64(v), -exponent)))))
		}
		exact := new(big.Float).SetInt(total)
		want, _ := exact.SetMantExp(exact, exponent).Float32()
		if v != want {
			return fmt.Errorf("element %d of %d terms, unit 2^%d: got %x, want %x", i, len(terms), exponent, v, want)
		}
	}
	return nil
}

// gridByDefinition is the exponent of q[J-fold+1], J being the least index from fold-1 on with
// largest <= q[J+1]/2, q[k] = 2^(13k-149).
func gridByDefinition(fold int, largest float32) int {
	top := fold - 1
	for float64(largest) > math.Ldexp(1, 13*(top+1)-150) {
		top++
	}
	return 13*(top-fold+1) - 149
}

var binnedValues = []func(*rand.Rand) float64{
	foldValues["spread"], foldValues["ties"], nasty[float64],
	func(rng *rand.Rand) float64 { return math.Ldexp(rng.Float64()-0.5, rng.IntN(110)-55) },
	func(rng *rand.Rand) float64 { return math.Ldexp(float64(rng.IntN(5)-2), 13*rng.IntN(5)-70) }, // ties of grids
	func(*rand.Rand) float64 { return 0x1.8p50 },                                                  // of one sign: sums near 2^31 a block
	func(rng *rand.Rand) float64 { return math.Ldexp(1, 60+rng.IntN(4)) },                         // beside what is too large
}

func TestBinnedTile(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(61, 62))
		for _, value := range binnedValues {
			for _, n := range []int{1, 31, 200, binnedTerms + 60} {
				for _, fold := range []int{2, 3} {
					a, b := binnedTile(rng, n, value)
					require.NoError(t, checkBinned(a, b, fold, (*BinnedTile).Sum))
				}
			}
		}
	})
}

func TestBinnedTileCheckSeesFaults(t *testing.T) {
	rng := rand.New(rand.NewPCG(63, 64))
	tile := FoldTile[float32]()
	a, b := binnedTile(rng, 40, binnedValues[0])
	for name, fault := range map[string]func(s *BinnedTile, fold int, a, b []float32){
		"a term left out": func(s *BinnedTile, fold int, a, b []float32) { s.Sum(fold, a[tile.Rows:], b[tile.Cols:]) },
		"one more bin":    func(s *BinnedTile, fold int, a, b []float32) { s.Sum(fold+1, a, b) },
		"elements exchanged": func(s *BinnedTile, fold int, a, b []float32) {
			s.Sum(fold, a, b)
			s.sums[0], s.sums[1] = s.sums[1], s.sums[0]
		},
		"another tie": func(s *BinnedTile, fold int, a, b []float32) {
			s.Sum(fold, a, b)
			for i := range s.sums {
				s.sums[i]++
			}
		},
	} {
		require.Error(t, checkBinned(a, b, 2, fault), name)
	}
	a[0] = float32(math.NaN())
	require.Error(t, checkBinned(a, b, 3, func(s *BinnedTile, fold int, a, b []float32) {
		s.Sum(fold, a, b)
		s.exponents[0] = 0
	}), "a NaN overlooked")
}

func BenchmarkBinnedTile(b *testing.B) {
	t := FoldTile[float32]()
	var s BinnedTile
	x, y := make([]float32, 512*t.Rows), make([]float32, 512*t.Cols)
	for b.Loop() {
		s.Sum(3, x, y)
	}
	b.ReportMetric(float64(2*512*t.Size())*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
}

// SumOnGrid sums what RoundedSum does, of every number of terms, up to blocks full of the largest that a grid takes, and none that are larger or not finite.
func TestSumOnGrid(t *testing.T) {
	for _, b := range Backends() {
		if b == Portable {
			continue // it has none
		}
		t.Run(b.String(), func(t *testing.T) {
			defer Use(b)()
			for _, fold := range []int{2, 3} {
				for _, of := range []Terms{Plain, RoundedProduct} {
					testSumOnGrid(t, fold, of)
				}
			}
		})
	}
}

func testSumOnGrid(t *testing.T, fold int, of Terms) {
	const exponent = -150 + 1 + 13*8 // one of SingleGrid
	rng := rand.New(rand.NewPCG(51, uint64(fold)))
	end := math.Ldexp(1, exponent+13*fold-1)
	numbers := func(n int, kind int) (x, y []float32) {
		x, y = make([]float32, n), make([]float32, n)
		for i := range x {
			v := (rng.Float64()*2 - 1) * (1 - 0x1p-22)
			switch kind {
			case 1:
				v = 1 - 0x1p-21
			case 2:
				v = -1
			case 3:
				v = math.Ldexp(v, -rng.IntN(50))
			}
			x[i], y[i] = float32(v*end), 1
			if i%3 == 0 {
				x[i], y[i] = x[i]/2, 2
			}
			if of == Plain {
				x[i], y[i] = float32(v*end), 0
			}
		}
		return x, y
	}
	for n := 1; n < 40000; n += 1 + n/300*(n/2) {
		for kind := range 4 {
			x, y := numbers(n, kind)
			sum, _, ok := SumOnGrid(fold, exponent, of, x, y, 0)
			require.True(t, ok, "fold %d, %d terms, kind %d", fold, n, kind)
			require.Equal(t, RoundedSum(of, Anchor(exponent), x, y), sum, "fold %d, %d terms, kind %d", fold, n, kind)
			for _, odd := range []float64{1 + 0x1p-23, -1 - 0x1p-23, 2, -3, 0x1p60, math.NaN(), math.Inf(1), math.Inf(-1)} {
				i := rng.IntN(n)
				before := x[i]
				x[i] = float32(odd * end)
				_, _, ok = SumOnGrid(fold, exponent, of, x, y, 0)
				require.False(t, ok, "fold %d, %v among %d terms", fold, odd, n)
				x[i] = before
			}
		}
	}
}

// SumFewOnGrid rounds what RoundedSum sums on the grid that the largest has, of every number of terms, fold and exponent; its refusals are those that it names.
func TestSumFewOnGrid(t *testing.T) {
	for _, b := range Backends() {
		if b < AVX2 {
			continue // they have none
		}
		t.Run(b.String(), func(t *testing.T) {
			defer Use(b)()
			for _, of := range []Terms{Plain, RoundedProduct} {
				for n := 1; n <= MaxFewOnGrid; n++ {
					require.NoError(t, checkFewOnGrid(of, n, SumFewOnGrid))
				}
				require.Error(t, checkFewOnGrid(of, 100, func(fold int, of Terms, x, y []float32) (float32, bool) {
					return SumFewOnGrid(fold%3+2, of, x, y)
				}), "another fold")
				require.Error(t, checkFewOnGrid(of, 100, func(fold int, of Terms, x, y []float32) (float32, bool) {
					return SumFewOnGrid(fold, of, x[:99], y)
				}), "a term left out")
			}
		})
	}
}

func checkFewOnGrid(of Terms, n int, sum func(fold int, of Terms, x, y []float32) (float32, bool)) error {
	rng := rand.New(rand.NewPCG(61, uint64(n)))
	x, y := make([]float32, n), make([]float32, n)
	for base := -149; base <= 128; base += 1 + rng.IntN(9) {
		for fold := 2; fold <= 4; fold++ {
			for i := range x {
				x[i], y[i] = float32(math.Ldexp(rng.Float64()*2-1, base-rng.IntN(3)*rng.IntN(20))), float32(rng.Float64())
				if base%3 == 0 { // middles, and largest
					x[i], y[i] = float32(math.Ldexp(float64(1-2*rng.IntN(2)), base-rng.IntN(3)*rng.IntN(20)-1)), 1
				}
			}
			odd := rng.IntN(40)
			if odd < 3 {
				x[rng.IntN(n)] = []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}[odd]
			}
			v, ok := sum(fold, of, x, y)
			most := largestPortable(of, x, y)
			if most >= 0xff<<23 || most == 0 {
				if ok {
					return fmt.Errorf("%d terms from 2^%d, the largest %x: %v", n, base, most, v)
				}
				continue
			}
			exponent := SingleGrid(fold, most)
			units := RoundedSum(of, Anchor(exponent), x, y)
			if want := RoundSingle(units, exponent); ok != (units != 0) || ok && Bits(want) != Bits(v) {
				return fmt.Errorf("%d terms from 2^%d in fold %d: %v %v, want %v", n, base, fold, v, ok, want)
			}
		}
	}
	return nil
}
