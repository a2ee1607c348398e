package numfile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strings"

	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/internal/safetensors"
	"github.com/sbinet/npyio/npy"
)

// npyMagic begins every .npy file. Source of the format:
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
var npyMagic = npy.Magic[:]

// maxNPYHeader bounds the header, whose text takes less than 200 bytes even for
// NumPy's 64 dimensions of small size; a damaged length asks for up to 4 GB.
const maxNPYHeader = 1 << 16

// npyTypes gives the element types that are read, by NumPy's names less the byte
// order. NumPy has no bfloat16: numpy.save stores an array of the type that package
// ml_dtypes adds (JAX's) as V2, two bytes that mean nothing to it.
var npyTypes = map[string]safetensors.DType{
	"f2": safetensors.F16, "f4": safetensors.F32, "f8": safetensors.F64,
	"i4": safetensors.I32, "i8": safetensors.I64,
	"V2": safetensors.BF16, "u2": safetensors.U16,
}

// ReadNPY reads the array in a .npy file, format 1 or 2, up to the end of r: any
// shape, of floats (f2, f4, f8; V2, which is taken for bfloat16) or integers (i4, i8,
// u2). The tensor is called name
// and is row-major and little-endian, whatever the file is. Truncated files,
// bytes after the array and all other element types are errors that name it.
func ReadNPY(r io.Reader, name string) (safetensors.Tensor, error) {
	t, err := readNPY(bufio.NewReader(r))
	if err != nil {
		return t, fmt.Errorf("%s: %w", name, err)
	}
	t.Name = name
	return t, nil
}

func readNPY(r *bufio.Reader) (t safetensors.Tensor, err error) {
	header, err := readHeader(r)
	if err != nil {
		return t, err
	}
	bigEndian := strings.HasPrefix(header.Descr.Type, ">")
	dtype, known := npyTypes[strings.TrimLeft(header.Descr.Type, "<>=|")]
	if !known {
		return t, fmt.Errorf("dtype %q: want f2, f4, f8, V2 (bfloat16), i4, i8 or u2", header.Descr.Type)
	}
	t = safetensors.Tensor{DType: dtype, Shape: header.Descr.Shape}
	if t.Data, err = readData(r, t.Shape, dtype.Size()); err != nil {
		return t, err
	}
	if bigEndian {
		swapBytes(t.Data, dtype.Size())
	}
	if header.Descr.Fortran {
		t.Data = rowMajor(t.Data, t.Shape, dtype.Size())
	}
	return t, nil
}

// readHeader reads what stands before the data. Only this is left to npyio: its
// reader of elements takes a short read for a whole one, so that a truncated file
// gives zeros, and leaves Fortran order as it is.
func readHeader(r *bufio.Reader) (h npy.Header, err error) {
	start, err := r.Peek(12)
	if err != nil {
		return h, errors.New("truncated in its header")
	}
	length := uint32(binary.LittleEndian.Uint16(start[8:]))
	if major := start[6]; major > 1 {
		length = binary.LittleEndian.Uint32(start[8:])
	}
	if length > maxNPYHeader {
		return h, fmt.Errorf("header of %d bytes exceeds the %d allowed", length, maxNPYHeader)
	}
	defer func() {
		if recover() != nil { // npyio slices the text by what it hopes to find
			err = errors.New("malformed or truncated header")
		}
	}()
	reader, err := npy.NewReader(r)
	if err != nil {
		return h, fmt.Errorf("header: %w", err)
	}
	return reader.Header, nil
}

// readData reads the elements of the given size that shape asks for, which must
// be all that is left of r. A false shape costs no memory: the buffer grows with
// what is there.
func readData(r io.Reader, shape []int, size int) ([]byte, error) {
	want := uint64(size)
	for _, d := range shape {
		hi, lo := bits.Mul64(want, uint64(d))
		if d < 0 || hi != 0 || lo > 1<<62 {
			return nil, fmt.Errorf("shape %v: negative or too large", shape)
		}
		want = lo
	}
	data, err := io.ReadAll(io.LimitReader(r, int64(want)+1))
	switch {
	case err != nil:
		return nil, err
	case uint64(len(data)) < want:
		return nil, fmt.Errorf("truncated: %s of data, shape %v needs %d", plural.Of(len(data), "byte"), shape, want)
	case uint64(len(data)) > want:
		return nil, fmt.Errorf("bytes follow the %d that shape %v needs", want, shape)
	}
	return data, nil
}

// swapBytes reverses the bytes of each element.
func swapBytes(data []byte, size int) {
	for element := range slices.Chunk(data, size) {
		slices.Reverse(element)
	}
}

// rowMajor reorders the elements of a Fortran-ordered array, the first index of
// which runs fastest, so that the last does. The index counts up like an
// odometer, at being the place in data of the element that it names.
func rowMajor(data []byte, shape []int, size int) []byte {
	out := make([]byte, 0, len(data))
	index := make([]int, len(shape))
	for at := 0; len(out) < len(data); {
		out = append(out, data[at*size:(at+1)*size]...)
		at = advance(index, shape, at, len(data)/size)
	}
	return out
}

// advance moves index to the next element in row-major order and returns the
// Fortran-order place of it; at is the place of the old one, n the number of
// elements.
func advance(index, shape []int, at, n int) int {
	stride := n
	for i := len(shape) - 1; i >= 0; i-- {
		stride /= shape[i]
		index[i]++
		at += stride
		if index[i] < shape[i] {
			break
		}
		at -= shape[i] * stride
		index[i] = 0
	}
	return at
}
