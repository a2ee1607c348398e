package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/samebits/samebits/benchmarks"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// productTerms are the numbers of terms that errors of products are measured on.
var productTerms = []int{128, 1024, 4096}

// productReport is what bench --op gemm measured, here or elsewhere.
type productReport struct {
	Version string `json:"version,omitempty"`
	*benchmarks.ProductReport
}

// runProducts measures products, or reads what was measured, and reports.
func (c *benchCmd) runProducts(ctx context.Context, s streams) error {
	r, err := c.products(ctx, s)
	if err != nil {
		return err
	}
	if c.JSON {
		err = writeJSON(s.out, r)
	} else {
		err = printProducts(s.out, r)
	}
	if err == nil && c.Out != "" {
		err = writeProducts(c.Out, r)
	}
	return err
}

func (c *benchCmd) products(ctx context.Context, s streams) (*productReport, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.From != "" {
		return readProducts(c.From)
	}
	if c.Type == "f32" {
		return measureProducts[float32](ctx, c, s)
	}
	return measureProducts[float64](ctx, c, s)
}

func measureProducts[T reduce.Float](ctx context.Context, c *benchCmd, s streams) (*productReport, error) {
	if err := checkThreads(c.Threads); err != nil {
		return nil, err
	}
	sizes, err := c.parseSizes("128,512,1024", 8192, "rows and columns")
	if err != nil {
		return nil, err
	}
	contenders, err := selectProducts(benchmarks.ProductContenders[T](c.Seed, c.Threads), c.Orders)
	if err != nil {
		return nil, fmt.Errorf("--orders with --op gemm and --type %s: %w", c.Type, err)
	}
	o := benchmarks.ProductOptions{Terms: productTerms, Sizes: sizes, Time: c.Time, Trials: c.Trials, Rounds: c.Rounds, Threads: c.Threads, Seed: c.Seed}
	bar := newProgress(s.err, benchmarks.ProductSteps[T](o, len(contenders)))
	defer bar.stop()
	bar.describe("products")
	r, err := benchmarks.MeasureProducts(ctx, contenders, o, func() { bar.add(1) })
	return &productReport{version, r}, err
}

// selectProducts is benchmarks.Select of products.
func selectProducts[T reduce.Float](all []benchmarks.ProductContender[T], list string) ([]benchmarks.ProductContender[T], error) {
	var named []benchmarks.Contender[T]
	for _, c := range all {
		named = append(named, benchmarks.Contender[T]{Name: c.Name})
	}
	chosen, err := benchmarks.Select(named, list)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(c benchmarks.ProductContender[T]) bool {
		return !slices.ContainsFunc(chosen, func(n benchmarks.Contender[T]) bool { return n.Name == c.Name })
	}), nil
}

// readProducts reads a report that --json printed.
func readProducts(name string) (*productReport, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("--from: %w", err)
	}
	var r productReport
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("--from %s: %w", name, err)
	}
	return &r, checkProducts(name, r.ProductReport)
}

// checkProducts returns an error unless a report that was read is whole.
func checkProducts(name string, r *benchmarks.ProductReport) error {
	if r == nil || r.Op != "gemm" || dtypeNames[r.Type] == "" || len(r.Contenders) == 0 || len(r.Terms) == 0 || len(r.Conditions) == 0 {
		return fmt.Errorf("--from %s: want what bench --op gemm --json prints: op gemm, a type, terms, conditions and contenders", name)
	}
	for _, c := range r.Contenders {
		whole := len(c.Ulps) == len(r.Terms) && len(c.Speeds) == len(r.Contenders[0].Speeds) && len(c.Speeds) > 0
		for _, ulps := range c.Ulps {
			whole = whole && len(ulps) == len(r.Conditions)
		}
		for i, s := range c.Speeds {
			whole = whole && s.N == r.Contenders[0].Speeds[i].N && s.GFlops > 0 && s.Median > 0
		}
		if !whole {
			return fmt.Errorf("--from %s: contender %q: want errors for %d numbers of terms at %s, and speeds at the sizes of the first", name, c.Order, len(r.Terms), plural.Of(len(r.Conditions), "condition number"))
		}
	}
	return nil
}

// printProducts prints the table: errors at the largest number of terms, and speed.
func printProducts(w io.Writer, r *productReport) error {
	var b strings.Builder
	last := len(r.Terms) - 1
	fmt.Fprintf(&b, "samebits %s, SPEC.md version %d, %s, %s: matrix products, %s, threads: %d\n", version, r.Spec, r.Go, r.Target, dtypeNames[r.Type], r.Threads)
	header := []any{"order"}
	for _, c := range r.Conditions {
		header = append(header, power(c))
	}
	t := newTable(header...)
	for _, c := range r.Contenders {
		cells := table.Row{c.Order}
		for _, v := range c.Ulps[last] {
			cells = append(cells, inUlps(v))
		}
		t.AppendRow(cells)
	}
	render(&b, fmt.Sprintf("Accuracy: the largest error of %s of %s in units in the last place, by condition number", plural.Of(r.Trials, "element"), plural.Of(r.Terms[last], "term")), t)

	header = []any{"order", "ulps"}
	for _, s := range r.Contenders[0].Speeds {
		header = append(header, "n = "+thousands(s.N), "")
	}
	t = newTable(header...)
	for _, c := range r.Contenders {
		cells := table.Row{c.Order, inUlps(c.Worst)}
		for _, s := range c.Speeds {
			cells = append(cells, fmt.Sprintf("%.2f", float64(s.GFlops)), fmt.Sprintf("%.3f", float64(s.Related)))
		}
		t.AppendRow(cells)
	}
	render(&b, fmt.Sprintf("Accuracy against speed: the largest error up to condition number %s and %s terms; GFLOP/s of n x n by n x n, the best of %s, and as a part of pairwise (or of the first)",
		power(r.Moderate), thousands(slices.Max(r.Terms)), plural.Of(r.Rounds, "round")), t)
	_, err := io.WriteString(w, b.String())
	return err
}

// inUlps formats an error.
func inUlps(n number) string {
	switch f := float64(n); {
	case f > 1e300:
		return "not finite"
	case f < 1000:
		return fmt.Sprintf("%.2f", f)
	default:
		return fmt.Sprintf("%.0e", f)
	}
}

// writeProducts writes the tables and the plots to the folder.
func writeProducts(dir string, r *productReport) error {
	return writeFiles(filepath.Join(dir, "gemm-"+r.Type+"-"), r, []reportFile[productReport]{
		{"errors.csv", writeProductErrors},
		{"speed.csv", writeProductSpeeds},
		{"errors.svg", plotProductErrors},
		{"tradeoff.svg", plotProductTradeoff},
	})
}

func writeProductErrors(name string, r *productReport) error {
	lines := [][]string{{"op", "type", "order", "terms", "trials", "condition", "ulps"}}
	for _, c := range r.Contenders {
		for i, terms := range r.Terms {
			for j, v := range c.Ulps[i] {
				lines = append(lines, []string{r.Op, r.Type, c.Order, strconv.Itoa(terms), strconv.Itoa(r.Trials), shortest(r.Conditions[j]), shortest(v)})
			}
		}
	}
	return writeCSV(name, lines)
}

func writeProductSpeeds(name string, r *productReport) error {
	lines := [][]string{{"op", "type", "order", "threads", "rounds", "n", "gflop_per_second", "median_gflop_per_second", "ratio", "worst_ulps"}}
	for _, c := range r.Contenders {
		for _, s := range c.Speeds {
			lines = append(lines, []string{r.Op, r.Type, c.Order, strconv.Itoa(r.Threads), strconv.Itoa(r.Rounds), strconv.Itoa(s.N),
				shortest(s.GFlops), shortest(s.Median), shortest(s.Related), shortest(c.Worst)})
		}
	}
	return writeCSV(name, lines)
}

// The range in which errors are drawn; what is beyond is drawn at its ends.
const leastUlps, mostUlps = 0.25, 1e12

func drawn(v number) float64 { return min(max(float64(v), leastUlps), mostUlps) }

// plotProductErrors plots errors against condition numbers.
func plotProductErrors(name string, r *productReport) error {
	last := len(r.Terms) - 1
	h := headings{fmt.Sprintf("Accuracy: %s matrix products, %s", dtypeNames[r.Type], plural.Of(r.Terms[last], "term")),
		fmt.Sprintf("largest error of %s, in units in the last place", plural.Of(r.Trials, "element"))}
	p := newBenchPlot("condition number")
	var names []lineName
	beyond := false
	for _, c := range r.Contenders {
		var xy plotter.XYs
		for j, v := range c.Ulps[last] {
			beyond = beyond || float64(v) > mostUlps
			xy = append(xy, plotter.XY{X: float64(r.Conditions[j]), Y: drawn(v)})
		}
		if err := addLine(p, c.Order, xy); err != nil {
			return err
		}
		names = append(names, lineName{c.Order, xy[len(xy)-1]})
	}
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, decades{}
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, decades{}
	p.X.Min, p.X.Max = 1, float64(slices.Max(r.Conditions))
	p.Y.Min, p.Y.Max = leastUlps, mostUlps
	if beyond {
		h.y += fmt.Sprintf("; what is beyond %s at the top", power(mostUlps))
	}
	return savePlot(name, p, h, names)
}

// plotProductTradeoff plots the largest error against the speed at the largest size.
func plotProductTradeoff(name string, r *productReport) error {
	last := len(r.Contenders[0].Speeds) - 1
	h := headings{fmt.Sprintf("Accuracy against speed: %s matrix products, threads: %d", dtypeNames[r.Type], r.Threads),
		fmt.Sprintf("largest error up to condition number %s and %s terms, in units in the last place", power(r.Moderate), thousands(slices.Max(r.Terms)))}
	p := newBenchPlot(fmt.Sprintf("GFLOP/s at n = %s", thousands(r.Contenders[0].Speeds[last].N)))
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plainDecades{[]int{1, 2, 5}}
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, decades{}
	var points namedPoints
	var speeds, errors axisRange
	for _, c := range r.Contenders {
		at := plotter.XY{X: float64(c.Speeds[last].GFlops), Y: drawn(c.Worst)}
		points = append(points, namedPoint{c.Order, at})
		speeds.add(at.X)
		errors.add(at.Y)
	}
	p.Add(points)
	speeds.set(&p.X, 2)
	errors.set(&p.Y, 4)
	return savePlot(name, p, h, nil)
}
