package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// hardFactors draws two factors whose products and sums need an emulator's care.
var hardFactors = map[string]func(rng *rand.Rand) (x, y float32){
	"plain": func(rng *rand.Rand) (x, y float32) { return rng.Float32() - 0.5, rng.Float32() - 0.5 },
	"midpoint": func(rng *rand.Rand) (x, y float32) {
		return float32(rng.IntN(8193) - 4096), float32(rng.IntN(8193) - 4096)
	},
	"almost midpoint": func(rng *rand.Rand) (x, y float32) {
		if rng.IntN(3) == 0 { // what float64 loses beside the others
			return float32(math.Ldexp(rng.Float64()-0.5, -20-rng.IntN(30))), 0x1p-20
		}
		return float32(4096 + rng.IntN(4096)), float32(4096 + rng.IntN(4096))
	},
	"subnormal": func(rng *rand.Rand) (x, y float32) {
		return float32(math.Ldexp(rng.Float64()-0.5, -60-rng.IntN(20))), float32(math.Ldexp(rng.Float64()-0.5, -60-rng.IntN(20)))
	},
	"subnormal factor": func(rng *rand.Rand) (x, y float32) {
		return math.Float32frombits(rng.Uint32()&0x807fffff | uint32(rng.IntN(3))<<23), float32(math.Ldexp(rng.Float64()-0.5, 2-rng.IntN(20)))
	},
	"vanishing": func(rng *rand.Rand) (x, y float32) {
		return float32(math.Ldexp(rng.Float64()-0.5, -80-rng.IntN(68))), float32(math.Ldexp(rng.Float64()-0.5, -80-rng.IntN(68)))
	},
	"overflow": func(rng *rand.Rand) (x, y float32) {
		return float32(math.Ldexp(rng.Float64()-0.5, 63+rng.IntN(2))), float32(math.Ldexp(rng.Float64()-0.5, 63+rng.IntN(3)))
	},
	"large beside small": func(rng *rand.Rand) (x, y float32) {
		return float32(math.Ldexp(rng.Float64()-0.5, 40+rng.IntN(20))), float32(math.Ldexp(rng.Float64()-0.5, rng.IntN(50)-90))
	},
	"large columns": func(rng *rand.Rand) (x, y float32) {
		return float32(math.Ldexp(rng.Float64()-0.5, 40)), float32(math.Ldexp(rng.Float64()-0.5, 88))
	},
	"midpoint of subnormals": func(rng *rand.Rand) (x, y float32) { // beside hardSum's
		s := 40 * (rng.IntN(3) - 1)
		return float32(math.Ldexp(1+0x1p-23, -75+s)), float32(math.Ldexp(1-0x1p-23, -75-s))
	},
	"not finite": func(rng *rand.Rand) (x, y float32) {
		x, y = rng.Float32(), rng.Float32()
		switch rng.IntN(200) {
		case 0:
			x = float32(math.Inf(1))
		case 1:
			y = float32(math.Inf(-1))
		case 2:
			x = math.Float32frombits(0xffc12345)
		}
		return x, y
	},
}

// hardSum draws what a chain goes on from.
func hardSum(rng *rand.Rand) float32 {
	switch rng.IntN(40) {
	case 0:
		return float32(math.Inf(1))
	case 1:
		return float32(math.NaN())
	}
	switch rng.IntN(6) {
	case 0:
		return float32(math.Copysign(0, -1))
	case 1:
		return float32(math.Ldexp(1-2*rng.Float64(), 126+rng.IntN(2)))
	case 2:
		return math.Float32frombits(rng.Uint32() & 0x80ffffff)
	}
	return 0
}

// The emulator's chains are those of FMA: by math/big, where numbers are finite.
func TestEmulatedChains(t *testing.T) {
	exact := func(x, y, z float32) float32 {
		if IsFinite(x) && IsFinite(y) && IsFinite(z) && x != 0 && y != 0 {
			return exactFMA(x, y, z)
		}
		return FMA(x, y, z)
	}
	for name, draw := range hardFactors {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(91, 92))
			for _, tile := range []Tile{{1, 4}, {2, 4}, {1, 16}, {3, 16}, {2, 13}} {
				for _, terms := range []int{1, 3, 32, 45} {
					for zeros := range 3 { // now and then, all the last columns, and a row
						a, b, c := make([]float32, terms*tile.Rows), make([]float32, terms*tile.Cols), make([]float32, tile.Size())
						for i := range b {
							b[i], a[i%len(a)] = 0, 0
							x, y := draw(rng)
							if zeros == 0 || zeros == 1 && rng.IntN(9) > 0 || zeros == 2 && i%tile.Cols < tile.Cols/2 {
								b[i] = y
							}
							if k := i % len(a); zeros != 1 || rng.IntN(9) > 0 && k%tile.Rows != 1 {
								a[k] = x
							}
						}
						for i := range c {
							if zeros != 2 || terms == 3 {
								c[i] = hardSum(rng)
							}
						}
						want := make([]float32, len(c))
						for i := range c {
							want[i] = c[i]
							for k := range terms {
								want[i] = exact(a[k*tile.Rows+i/tile.Cols], b[k*tile.Cols+i%tile.Cols], want[i])
							}
						}
						new(emulator).chains(tile, c, a, b)
						for i := range c {
							require.Equal(t, Bits(Canonical(want[i])), Bits(Canonical(c[i])), "%v, %d terms, element %d", tile, terms, i)
						}
					}
				}
			}
		})
	}
}
