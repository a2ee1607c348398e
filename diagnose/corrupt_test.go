package diagnose

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// defect is a fault, or a loss of precision, of one stage in one layer, or in all.
type defect struct {
	name, where string
	layer       int // or everyLayer
	strength    float64
}

const everyLayer = -1

// in tells whether the defect is in that layer, such as "layers.0.".
func (d defect) in(layer string) bool {
	return layer == fmt.Sprintf("layers.%d.", d.layer) || layer != "" && d.layer == everyLayer
}

// corrupt damages the values of a stage.
func (r *run) corrupt(stage string, y []float64) {
	cols := len(y) / len(r.ids)
	rng := rand.New(rand.NewPCG(r.seed, 3))
	garble := func(inside func(row, col int) bool) {
		for i := range y {
			noise := rng.NormFloat64()
			if inside(i/cols, i%cols) {
				y[i] = r.r(y[i] * (1 + r.defect.strength*noise))
			}
		}
	}
	switch {
	case r.is("head-garbled", stage):
		garble(func(_, col int) bool { return col/r.size == r.heads-2 })
	case r.is("rank-garbled", stage):
		garble(func(_, col int) bool { return col >= cols/r.tp && col < 2*cols/r.tp })
	case r.is("row-garbled", stage):
		garble(func(row, _ int) bool { return row == len(r.ids)/2 })
	case r.is("element", stage), r.is("nan", stage), r.is("infinity", stage):
		i := r.element(stage, y, rng)
		switch r.defect.name {
		case "nan":
			y[i] = math.NaN()
		case "infinity":
			y[i] = math.Inf(1)
		default:
			y[i] = r.r(y[i] * (1 + r.defect.strength))
		}
	case r.is("bf16-stored", stage):
		for i, v := range y {
			y[i] = toBF16(v)
		}
	}
}

// element chooses a value that is not small for its stage. Of a stage without one it panics.
func (r *run) element(stage string, y []float64, rng *rand.Rand) int {
	var sizes []float64
	for _, v := range y {
		if v-v == 0 {
			sizes = append(sizes, math.Abs(v))
		}
	}
	slices.Sort(sizes)
	if len(sizes) == 0 || sizes[len(sizes)-1] == 0 {
		panic("diagnose: no value of stage " + stage + " is finite and not zero")
	}
	middle := sizes[len(sizes)/2]
	for {
		i := rng.IntN(len(y))
		if v := math.Abs(y[i]); v >= middle && v > 0 && !math.IsInf(v, 0) {
			return i
		}
	}
}
