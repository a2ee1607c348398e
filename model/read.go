package model

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/safetensors"
)

// onDisk is a tensor of a checkpoint, whose elements are read where they are wanted.
type onDisk[T Float] struct {
	tensor safetensors.Tensor
	file   string
}

// open returns a tensor that check has seen.
func open[T Float](c *Checkpoint, name string) (onDisk[T], error) {
	t, file, err := c.weights.Tensor(name)
	return onDisk[T]{t, file}, err
}

// Dims returns the shape of a matrix.
func (s onDisk[T]) Dims() (rows, cols int) { return s.tensor.Shape[0], s.tensor.Shape[1] }

// CopyRow reads row i of a matrix.
func (s onDisk[T]) CopyRow(dst []T, i int) error { return s.read(dst, i*len(dst)) }

// halves sets dst to the elements from index from on of a tensor of 16-bit floats, as they
// are stored. It is an error if one is not finite.
func (s onDisk[T]) halves(dst []uint16, from int) error {
	data := s.tensor.Data[2*from:]
	infinite := uint16(0x7f80) // the exponent
	if s.tensor.DType == safetensors.F16 {
		infinite = 0x7c00
	}
	for i := range dst {
		v := binary.LittleEndian.Uint16(data[2*i:])
		if v&infinite == infinite {
			var x [1]T
			return s.read(x[:], from+i)
		}
		dst[i] = v
	}
	return nil
}

// read sets dst to the elements from index from on. It is an error if one is not
// exact in T, or not finite.
func (s onDisk[T]) read(dst []T, from int) error {
	if err := safetensors.ReadFloats(s.tensor, from, dst); err != nil {
		return fmt.Errorf("%s: %w", s.file, err)
	}
	for i, v := range dst {
		if !kernel.IsFinite(v) {
			return fmt.Errorf("%s: tensor %s: element %d is %v: want finite weights", s.file, s.tensor.Name, from+i, v)
		}
	}
	return nil
}

// seldom is a matrix whose rows are read now and then: with a row of a mapped file come the
// pages around it, which may be a megabyte, and they are let go of every few rows.
type seldom[T Float] struct {
	onDisk[T]
	weights *safetensors.Folder
	touched atomic.Int64
}

// touchedRows is as many rows as stay in memory.
const touchedRows = 16

// CopyRow reads row i.
func (s *seldom[T]) CopyRow(dst []T, i int) error {
	err := s.onDisk.CopyRow(dst, i)
	if s.touched.Add(1)%touchedRows == 0 {
		s.weights.Release(s.tensor.Name, 0, len(s.tensor.Data))
	}
	return err
}
