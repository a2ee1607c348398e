package safetensors

import "slices"

// DType names the type of a tensor's elements, as the header does.
type DType string

// The element types of the format that fill whole bytes.
const (
	BOOL    DType = "BOOL"
	U8      DType = "U8"
	I8      DType = "I8"
	F8_E5M2 DType = "F8_E5M2"
	F8_E4M3 DType = "F8_E4M3"
	F8_E8M0 DType = "F8_E8M0"
	I16     DType = "I16"
	U16     DType = "U16"
	F16     DType = "F16"
	BF16    DType = "BF16"
	I32     DType = "I32"
	U32     DType = "U32"
	F32     DType = "F32"
	C64     DType = "C64"
	F64     DType = "F64"
	I64     DType = "I64"
	U64     DType = "U64"
)

// dtypes lists the types by alignment, in the order in which tensor.rs declares
// them; a file holds its tensors from the last of these to the first.
var dtypes = []DType{
	BOOL, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0,
	I16, U16, F16, BF16,
	I32, U32, F32,
	C64, F64, I64, U64,
}

// Size is the number of bytes of one element, or 0 if d is not a known type.
func (d DType) Size() int {
	switch i := d.rank(); {
	case i < 0:
		return 0
	case i < slices.Index(dtypes, I16):
		return 1
	case i < slices.Index(dtypes, I32):
		return 2
	case i < slices.Index(dtypes, C64):
		return 4
	default:
		return 8
	}
}

// rank is the place of d in dtypes, or -1.
func (d DType) rank() int { return slices.Index(dtypes, d) }
