package elementary

import (
	"math"
	"runtime"

	"github.com/samebits/samebits/internal/kernel"
)

// A float32 function is evaluated in float64, with an error far below an ulp of
// float32, and rounded once more. That rounding is the correct one unless a midpoint
// of two neighbouring float32 lies between the value and its approximation. Such
// arguments are few: running all 2^32 through an oracle (reference/prove) found them,
// and they are listed in exceptions.go. So every float32 result of a function that has been run is
// the correctly rounded one, by exhaustion.

// function names a float32 function that has a list.
type function uint8

const (
	ofExp function = iota
	ofExp2
	ofExpm1
	ofLog
	ofLog2
	ofLog1p
	ofTanh
	ofSigmoid
	ofErf
	ofSin
	ofCos
	ofRsqrt
	ofCbrt
	ofSiLU
	ofGELU
	ofGELUTanh
	functions
)

// exception is an argument and its correctly rounded result, as bits.
type exception struct{ x, y uint32 }

// near is the distance from a midpoint, in ulps of float64, below which a value may
// have an exception: it must be above the largest error of any function here.
const near = 1 << 10

// keepsNaN is whether every NaN that comes to settle is float32's canonical one once it is converted. On mips64le that
// conversion gives other bits, and loong64 makes NaNs of other bits; where it is not known, each result is looked at, for
// a tenth of the time of a call.
const keepsNaN = runtime.GOARCH == "amd64" || runtime.GOARCH == "386" || runtime.GOARCH == "arm64" || runtime.GOARCH == "s390x" ||
	runtime.GOARCH == "riscv64"

// settle rounds y, the approximation of f(x), correctly. A NaN becomes the canonical one.
func settle(f function, x float32, y float64) float32 {
	if (math.Float64bits(y)+near-1<<28)&(1<<29-1) < 2*near {
		return f.look(x, float32(y))
	}
	if keepsNaN {
		return float32(y)
	}
	return kernel.Canonical(float32(y))
}

// look returns the listed result for x, or y.
func (f function) look(x, y float32) float32 {
	b := math.Float32bits(x)
	for _, e := range exceptions[f] {
		if e.x == b {
			return math.Float32frombits(e.y)
		}
	}
	return y
}
