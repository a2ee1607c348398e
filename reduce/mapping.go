package reduce

import "github.com/samebits/samebits/internal/kernel"

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
			x[i] = kernel.Abs(v)
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
