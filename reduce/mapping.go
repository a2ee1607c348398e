package reduce

import "math"

// mapping is what is done to the elements of a vector before they are summed. Its
// zero value does nothing.
type mapping[T Float] struct {
	kind mappingKind
	a, b T
}

type mappingKind uint8

const (
	identity mappingKind = iota
	absolute             // |x|
	centred              // x - a
	scaled               // (x*a)*b
)

// apply replaces the elements of x.
func (f mapping[T]) apply(x []T) {
	switch f.kind {
	case absolute:
		for i, v := range x {
			x[i] = unsigned(v)
		}
	case centred:
		for i, v := range x {
			x[i] = v - f.a
		}
	case scaled:
		for i, v := range x {
			x[i] = T(T(v*f.a) * f.b)
		}
	}
}

// unsigned is |x|, which has no sign even where x is -0.
func unsigned[T Float](x T) T { return T(math.Abs(float64(x))) }
