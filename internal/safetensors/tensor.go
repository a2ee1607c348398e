package safetensors

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
)

// Tensor is a named array: its elements in row-major order, little-endian. A
// shape without dimensions is a scalar, one element.
type Tensor struct {
	Name  string
	DType DType
	Shape []int
	Data  []byte
}

// Elements is the number of elements that the shape asks for. It panics if a
// dimension is negative or the number overflows, which a tensor of a File never
// does.
func (t Tensor) Elements() int {
	n, err := elements(t.Shape)
	if err != nil {
		panic("safetensors: " + err.Error())
	}
	return n
}

// FromFloats makes a tensor of v: F32 or F64, every bit kept. It panics if the
// shape does not ask for len(v) elements. Shape is kept, v is copied.
func FromFloats[T kernel.Float](name string, shape []int, v []T) Tensor {
	dtype := F32
	if kernel.Is64[T]() {
		dtype = F64
	}
	return fromSlice(name, dtype, shape, len(v), v)
}

// FromInts makes an I64 tensor of v, under the conditions of FromFloats.
func FromInts(name string, shape []int, v []int) Tensor {
	wide := make([]int64, len(v))
	for i, x := range v {
		wide[i] = int64(x)
	}
	return fromSlice(name, I64, shape, len(v), wide)
}

func fromSlice(name string, dtype DType, shape []int, n int, v any) Tensor {
	data, err := binary.Append(make([]byte, 0, n*dtype.Size()), binary.LittleEndian, v)
	if err != nil {
		panic("safetensors: " + err.Error())
	}
	t := Tensor{Name: name, DType: dtype, Shape: shape, Data: data}
	if t.Elements() != n {
		panic(fmt.Sprintf("safetensors: tensor %q: shape %v asks for %s, given %d", name, shape, plural.Of(t.Elements(), "element"), n))
	}
	return t
}

// check tells what keeps t from being written.
func (t Tensor) check() error {
	size, err := t.size()
	if err != nil {
		return err
	}
	if size != len(t.Data) {
		return fmt.Errorf("shape %v of %s needs %s of data, given %d", t.Shape, t.DType, plural.Of(size, "byte"), len(t.Data))
	}
	return nil
}

// size is the number of bytes that the dtype and the shape ask for.
func (t Tensor) size() (int, error) {
	if t.DType.Size() == 0 {
		return 0, fmt.Errorf("unknown dtype %q: known are %v", t.DType, dtypes)
	}
	n, err := elements(t.Shape)
	if err != nil {
		return 0, err
	}
	size, ok := product(n, t.DType.Size())
	if !ok {
		return 0, fmt.Errorf("shape %v of %s overflows: its bytes cannot be counted", t.Shape, t.DType)
	}
	return size, nil
}

func elements(shape []int) (int, error) {
	n, ok := 1, true
	for i, d := range shape {
		if d < 0 {
			return 0, fmt.Errorf("shape %v: dimension %d is negative", shape, i)
		}
		if n, ok = product(n, d); !ok {
			return 0, fmt.Errorf("shape %v overflows: its elements cannot be counted", shape)
		}
	}
	return n, nil
}

// product returns a*b for a, b >= 0, or false if it is no int.
func product(a, b int) (int, bool) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	p := int(lo)
	return p, hi == 0 && p >= 0 && uint64(p) == lo
}

// errorf is an error about t.
func (t Tensor) errorf(format string, args ...any) error {
	return fmt.Errorf("tensor %q: "+format, append([]any{t.Name}, args...)...)
}
