package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/numfile"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/internal/spec"
	"github.com/samebits/samebits/reduce"
)

// reduction holds the flags that sums and dot products share.
type reduction struct {
	Order string `default:"pairwise" help:"Order: ${enum}." enum:"sequential,pairwise,kahan,neumaier,double-double,widened,binned,exact,shuffled,arrival"`
	Type  string `default:"f64" help:"Type of the numbers: ${enum}." enum:"f32,f64"`
	Seed  uint64 `default:"1" help:"Seed of the order shuffled."`
	JSON  bool   `help:"Print JSON."`
}

type sumCmd struct {
	reduction
	Files []string `arg:"" optional:"" help:"Files to sum, one after the other: one number a line, decimal (1e-3) or hexadecimal (0x1.8p-3), empty lines and those that begin with # left out; or .npy. Without any, or as -, standard input."`
}

type dotCmd struct {
	reduction
	X string `arg:"" help:"First file: one number a line, decimal (1e-3) or hexadecimal (0x1.8p-3), empty lines and those that begin with # left out; or .npy; - is standard input."`
	Y string `arg:"" help:"Second file, of as many numbers."`
}

// sumReport is what sum and dot report. Value is a JSON number, or a string where
// that is not finite.
type sumReport struct {
	Value json.RawMessage `json:"value"`
	Hex   string          `json:"hex"`
	Bits  string          `json:"bits"`
	Terms int             `json:"terms"`
	Order string          `json:"order"`
	Type  string          `json:"type"`
	Spec  int             `json:"spec"`
}

// Run sums the files.
func (c *sumCmd) Run(s streams) error {
	if c.Type == "f32" {
		return sumFiles[float32](c.reduction, c.Files, s)
	}
	return sumFiles[float64](c.reduction, c.Files, s)
}

func sumFiles[T kernel.Float](r reduction, files []string, s streams) error {
	order, err := r.order(reduce.Check[T])
	if err != nil {
		return err
	}
	if len(files) == 0 {
		files = []string{"-"}
	}
	var x []T
	for _, name := range files {
		part, err := readNumbers[T](name, s.in)
		if err != nil {
			return err
		}
		x = append(x, part...)
	}
	return reportSum(r, s.out, order, reduce.Sum(order, x), len(x))
}

// Run forms the dot product of the files.
func (c *dotCmd) Run(s streams) error {
	if c.Type == "f32" {
		return dotFiles[float32](c.reduction, c.X, c.Y, s)
	}
	return dotFiles[float64](c.reduction, c.X, c.Y, s)
}

func dotFiles[T kernel.Float](r reduction, xName, yName string, s streams) error {
	order, err := r.order(reduce.Check[T])
	if err != nil {
		return err
	}
	if xName == "-" && yName == "-" {
		return fmt.Errorf("dot: only one of the files can be standard input")
	}
	x, err := readNumbers[T](xName, s.in)
	if err != nil {
		return err
	}
	y, err := readNumbers[T](yName, s.in)
	if err != nil {
		return err
	}
	if len(x) != len(y) {
		return fmt.Errorf("dot: %s has %s and %s has %d: want as many", shownName(xName), plural.Of(len(x), "number"), shownName(yName), len(y))
	}
	return reportSum(r, s.out, order, reduce.Dot(order, x, y), len(x))
}

// order returns the order of the flags, provided that it applies to the type.
func (r reduction) order(check func(reduce.Order) error) (reduce.Order, error) {
	order, err := reduce.ParseOrder(r.Order, r.Seed)
	if err != nil {
		return order, err
	}
	return order, check(order)
}

func readNumbers[T kernel.Float](name string, stdin io.Reader) ([]T, error) {
	if name == "-" {
		return numfile.Read[T](stdin, shownName(name))
	}
	return numfile.ReadFile[T](name)
}

// shownName is what messages call a file.
func shownName(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

func reportSum[T kernel.Float](r reduction, w io.Writer, order reduce.Order, sum T, terms int) error {
	bitSize := 64
	if !kernel.Is64[T]() {
		bitSize = 32
	}
	value := strconv.FormatFloat(float64(sum), 'g', -1, bitSize)
	report := sumReport{
		Hex:   strconv.FormatFloat(float64(sum), 'x', -1, bitSize),
		Bits:  fmt.Sprintf("0x%0*x", bitSize/4, kernel.Bits(sum)),
		Terms: terms, Order: order.String(), Type: r.Type, Spec: spec.Version,
	}
	if !r.JSON {
		_, err := fmt.Fprintf(w, "%s\n%s\n%s\n", value, report.Hex, report.Bits)
		return err
	}
	report.Value = json.RawMessage(value)
	if !kernel.IsFinite(sum) {
		report.Value, _ = number(sum).MarshalJSON()
	}
	return writeJSON(w, report)
}
