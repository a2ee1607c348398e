package diagnose

import (
	"fmt"
	"math"
)

// Size writes an error, a bound or a difference for people: 4 digits, or 3 and an
// exponent.
func Size(n Number) string {
	switch f := float64(n); {
	case math.IsNaN(f):
		return "not a number"
	case math.IsInf(f, 0):
		return "unbounded"
	case f == 0:
		return "0"
	case math.Abs(f) >= 0.01 && math.Abs(f) < 10000:
		return fmt.Sprintf("%.4g", f)
	default:
		return fmt.Sprintf("%.2e", f)
	}
}

// Share writes a share of a bound for people: a percentage up to 1, and how many times
// the bound beyond.
func Share(n Number) string {
	switch f := float64(n); {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return "more than any"
	case f == 0:
		return "0"
	case f < 0.001:
		return "< 0.1 %"
	case f <= 0.095:
		return fmt.Sprintf("%.2g %%", 100*f)
	case f <= 1:
		return fmt.Sprintf("%.0f %%", 100*f)
	case f < 100:
		return fmt.Sprintf("%.3g times", f)
	case f < 1e6:
		return fmt.Sprintf("%.0f times", f)
	default:
		return fmt.Sprintf("%.1e times", f)
	}
}
