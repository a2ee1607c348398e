package safetensors

import (
	"encoding/binary"
	"math"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/x448/float16"
)

// Floats returns the elements of t as T. Nothing is ever rounded: F16, BF16 and
// F32 widen exactly, and F64 becomes float32 only if every element is one; the
// error names the first that is not. Any other dtype is an error too.
//
// NaNs keep their sign and the leading bits of their payload on every
// architecture, and all their bits where the format does not change; a signalling
// F16 NaN becomes quiet.
func Floats[T kernel.Float](t Tensor) ([]T, error) {
	if err := t.check(); err != nil {
		return nil, t.errorf("%w", err)
	}
	if err := t.CheckFloats(); err != nil {
		return nil, err
	}
	out := make([]T, t.Elements())
	return out, ReadFloats(t, 0, out)
}

// CheckFloats returns an error unless the dtype is one that Floats reads.
func (t Tensor) CheckFloats() error {
	switch t.DType {
	case F16, BF16, F32, F64:
		return nil
	}
	return t.errorf("dtype is %s: floats are F16, BF16, F32 or F64", t.DType)
}

// ReadFloats sets dst to the elements of a tensor of a File from index from on, as
// Floats converts them. It reads no others. It panics where there are fewer.
func ReadFloats[T kernel.Float](t Tensor, from int, dst []T) error {
	size := t.DType.Size()
	data := t.Data[from*size : (from+len(dst))*size]
	le := binary.LittleEndian
	switch t.DType {
	case F64:
		return fromF64(t, data, from, dst)
	case F32:
		for i := range dst {
			dst[i] = widen[T](le.Uint32(data[4*i:]))
		}
	case BF16: // the upper half of a float32
		for i := range dst {
			dst[i] = widen[T](uint32(le.Uint16(data[2*i:])) << 16)
		}
	case F16:
		for i := range dst {
			dst[i] = widen[T](math.Float32bits(float16.Frombits(le.Uint16(data[2*i:])).Float32()))
		}
	default:
		return t.CheckFloats()
	}
	return nil
}

// Ints returns the elements of an I64 or I32 tensor. Any other dtype is an error,
// and so is an element that the machine's int does not hold.
func Ints(t Tensor) ([]int, error) {
	if err := t.check(); err != nil {
		return nil, t.errorf("%w", err)
	}
	le := binary.LittleEndian
	switch t.DType {
	case I64:
		return fromI64(t, func(i int) int64 { return int64(le.Uint64(t.Data[8*i:])) })
	case I32:
		return fromI64(t, func(i int) int64 { return int64(int32(le.Uint32(t.Data[4*i:]))) })
	}
	return nil, t.errorf("dtype is %s: integers are I32 or I64", t.DType)
}

// fromI64 converts the integers at(0), at(1), ...
func fromI64(t Tensor, at func(int) int64) ([]int, error) {
	out := make([]int, t.Elements())
	for i := range out {
		x := at(i)
		out[i] = int(x)
		if int64(out[i]) != x {
			return nil, t.errorf("element %d is %d: this machine's integers are too short", i, x)
		}
	}
	return out, nil
}

func fromF64[T kernel.Float](t Tensor, data []byte, from int, dst []T) error {
	for i := range dst {
		b := binary.LittleEndian.Uint64(data[8*i:])
		x, exact := narrow[T](b)
		if !exact {
			return t.errorf("element %d is %v: no float32 equals it, read it as float64", from+i, math.Float64frombits(b))
		}
		dst[i] = x
	}
	return nil
}

// A conversion instruction makes a NaN quiet, and some (RISC-V's) drop its sign
// and payload as well. Moving the fields keeps all, and can be undone.
const (
	exponent32 = 0xff << 23
	exponent64 = 0x7ff << 52
	fraction32 = 1<<23 - 1
	dropped    = 1<<29 - 1 // the part of a float64's fraction that float32 lacks
)

// widen returns the T equal to the float32 with the given bits.
func widen[T kernel.Float](b uint32) T {
	x := math.Float32frombits(b)
	if x == x || !kernel.Is64[T]() {
		return T(x)
	}
	return T(math.Float64frombits(uint64(b>>31)<<63 | exponent64 | uint64(b&fraction32)<<29))
}

// narrow returns the T equal to the float64 with the given bits, and whether
// there is one.
func narrow[T kernel.Float](b uint64) (T, bool) {
	x := math.Float64frombits(b)
	if x == x || kernel.Is64[T]() {
		return T(x), x != x || float64(T(x)) == x
	}
	// A fraction that keeps all its bits is not zero: the result is a NaN too.
	return T(math.Float32frombits(uint32(b>>63)<<31 | exponent32 | uint32(b>>29)&fraction32)), b&dropped == 0
}
