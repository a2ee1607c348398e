package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/samebits/samebits/internal/atomicfile"
	"github.com/samebits/samebits/internal/plural"
)

// printBench prints the tables of a measurement.
func printBench(w io.Writer, r *benchReport) error {
	var b strings.Builder
	fmt.Fprintf(&b, "samebits %s, SPEC.md version %d, %s, %s: %s, %s, threads: %d\n",
		r.Version, r.Spec, r.Go, r.Target, opNames[r.Op], dtypeNames[r.Type], r.Threads)
	printBenchErrors(&b, r)
	printBenchSpeed(&b, r)
	_, err := io.WriteString(w, b.String())
	return err
}

var opNames = map[string]string{"sum": "sums", "dot": "dot products"}

// shown are the condition numbers of the table.
var shown = map[string][]number{
	"f32": {1, 1e4, 1e8, 1e12, 1e16, 1e20, 1e60},
	"f64": {1, 1e8, 1e16, 1e24, 1e32, 1e40, 1e300},
}

func printBenchErrors(b *strings.Builder, r *benchReport) {
	header := []any{"order"}
	for _, c := range shown[r.Type] {
		header = append(header, power(c))
	}
	t := newTable(append(header, "half the\ndigits to")...)
	for _, c := range r.Contenders {
		cells := table.Row{c.Order}
		for _, condition := range shown[r.Type] {
			cells = append(cells, relative(c.Errors[slices.Index(r.Conditions, condition)]))
		}
		t.AppendRow(append(cells, endurance(c, r)))
	}
	render(b, fmt.Sprintf("Accuracy: the largest relative error of %d %s of %s, by condition number", r.Trials, opNames[r.Op], plural.Of(r.Terms, "term")), t)
}

// power formats a power of ten.
func power(n number) string {
	if n == 1 {
		return "1"
	}
	return fmt.Sprintf("1e%d", int(math.Round(math.Log10(float64(n)))))
}

// relative formats a relative error; from 1 on, no digit is right.
func relative(n number) string {
	switch f := float64(n); {
	case math.IsInf(f, 0) || math.IsNaN(f):
		return "not finite"
	case f >= 1:
		return "lost"
	default:
		return fmt.Sprintf("%.0e", f)
	}
}

// endurance formats the condition number up to which half the digits are right.
func endurance(c benchContender, r *benchReport) string {
	switch last := r.Conditions[len(r.Conditions)-1]; c.Endures {
	case 0:
		return "none"
	case last:
		return ">= " + power(last)
	}
	return power(c.Endures)
}

func printBenchSpeed(b *strings.Builder, r *benchReport) {
	header := []any{"order"}
	for _, s := range r.Contenders[0].Speed {
		header = append(header, "n = "+thousands(s.N), "")
	}
	t := newTable(append(header, "GB/s")...)
	for _, c := range r.Contenders {
		cells := table.Row{c.Order}
		var last benchSpeed
		for _, last = range c.Speed {
			cells = append(cells, fmt.Sprintf("%.3f", float64(last.Least)), fmt.Sprintf("+%.0f %%", 100*float64(last.Spread)))
		}
		t.AppendRow(append(cells, fmt.Sprintf("%.2f", float64(last.GBytesS))))
	}
	render(b, fmt.Sprintf("Speed: ns an element, the least of %s, and by how much the median exceeds it; GB/s at the last size", plural.Of(r.Rounds, "round")), t)
}

// thousands formats a number with commas.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// writeErrorsCSV writes a line for each order and condition number.
func writeErrorsCSV(name string, r *benchReport) error {
	lines := [][]string{{"op", "type", "order", "terms", "trials", "condition", "relative_error"}}
	for _, c := range r.Contenders {
		for i, e := range c.Errors {
			lines = append(lines, []string{r.Op, r.Type, c.Order, strconv.Itoa(r.Terms), strconv.Itoa(r.Trials), shortest(r.Conditions[i]), shortest(e)})
		}
	}
	return writeCSV(name, lines)
}

// writeSpeedCSV writes a line for each order and size.
func writeSpeedCSV(name string, r *benchReport) error {
	lines := [][]string{{"op", "type", "order", "threads", "rounds", "n", "ns_per_element", "median_ns_per_element", "spread", "gb_per_second"}}
	for _, c := range r.Contenders {
		for _, s := range c.Speed {
			lines = append(lines, []string{r.Op, r.Type, c.Order, strconv.Itoa(r.Threads), strconv.Itoa(r.Rounds), strconv.Itoa(s.N),
				shortest(s.Least), shortest(s.Median), shortest(s.Spread), shortest(s.GBytesS)})
		}
	}
	return writeCSV(name, lines)
}

// shortest formats a number so that it reads back as the same.
func shortest(n number) string { return strconv.FormatFloat(float64(n), 'g', -1, 64) }

func writeCSV(name string, lines [][]string) error {
	return atomicfile.Write(name, func(w io.Writer) error { return csv.NewWriter(w).WriteAll(lines) })
}
