package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/samebits/samebits/benchmarks"
	"github.com/samebits/samebits/internal/atomicfile"
	"github.com/samebits/samebits/internal/jsonfloat"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/internal/spec"
	"github.com/samebits/samebits/reduce"
)

type benchCmd struct {
	Op      string        `default:"sum" enum:"sum,dot,gemm" help:"What to measure: ${enum}."`
	Type    string        `default:"f64" enum:"f32,f64" help:"Type of the numbers: ${enum}."`
	Orders  string        `default:"all" placeholder:"LIST" help:"Orders to measure, with commas between them, gonum for gonum's own, and gonum-compensated for its compensated sum."`
	Sizes   string        `placeholder:"LIST" help:"Numbers of elements to time, each 1 to 2^28: 100,1000,10000,100000,1000000 where none are given. Of gemm, n of products of n x n, each 1 to 8192: 128,512,1024."`
	Time    time.Duration `default:"15s" help:"Time to spend on timing."`
	Trials  int           `default:"5" help:"Results at each condition number, of which the largest error counts."`
	Rounds  int           `default:"9" help:"Rounds in which all take turns; the least time counts, and the spread is by how much the median exceeds it."`
	Threads int           `default:"1" help:"Goroutines of the orders that can share a sum; gonum has one."`
	Seed    uint64        `default:"1" help:"Seed of the data and of the order shuffled."`
	Out     string        `placeholder:"DIR" help:"Folder to write to: OP-TYPE-errors.csv and OP-TYPE-speed.csv, and the plots OP-TYPE-errors.svg, OP-TYPE-throughput.svg (not of gemm) and OP-TYPE-tradeoff.svg."`
	From    string        `placeholder:"FILE" help:"With --op gemm: report what --json printed to FILE, or the peers' program did, and measure nothing."`
	JSON    bool          `help:"Print JSON: op, type, seed, threads, rounds, terms, trials, conditions, limit (the relative error that leaves half the digits), and for each of contenders its order, errors (the largest relative one at each condition number), endures (the largest condition number with errors within limit) and speed (n, ns_per_element, median_ns_per_element, spread, gb_per_second). Of gemm: op, type, seed, threads, rounds, trials, terms, conditions, moderate (the condition number up to which errors are set against speed), and for each of contenders its order, ulps (the largest error in units in the last place for each of terms at each condition number), worst_ulps (of those up to moderate) and speed (n, gflop_per_second, median_gflop_per_second, ratio to pairwise, or to the first)."`
}

// benchTerms is the number of terms that errors are measured on.
const benchTerms = 1000

// benchReport is what bench measured. Its JSON field names are stable.
type benchReport struct {
	Version    string           `json:"version"`
	Spec       int              `json:"spec"`
	Go         string           `json:"go"`
	Target     string           `json:"target"`
	Op         string           `json:"op"`
	Type       string           `json:"type"`
	Seed       uint64           `json:"seed"`
	Threads    int              `json:"threads"`
	Rounds     int              `json:"rounds"`
	Terms      int              `json:"terms"`
	Trials     int              `json:"trials"`
	Limit      number           `json:"limit"`
	Conditions []number         `json:"conditions"`
	Contenders []benchContender `json:"contenders"`
}

type benchContender struct {
	Order   string       `json:"order"`
	Errors  []number     `json:"errors"`
	Endures number       `json:"endures"`
	Speed   []benchSpeed `json:"speed"`
}

// benchSpeed is the time at one size: the least and the median of the rounds.
type benchSpeed struct {
	N       int    `json:"n"`
	Least   number `json:"ns_per_element"`
	Median  number `json:"median_ns_per_element"`
	Spread  number `json:"spread"`
	GBytesS number `json:"gb_per_second"`
}

// Run measures and reports.
func (c *benchCmd) Run(ctx context.Context, s streams) error {
	if c.Op == "gemm" {
		return c.runProducts(ctx, s)
	}
	if c.From != "" {
		return fmt.Errorf("--from %s with --op %s: want --op gemm", c.From, c.Op)
	}
	if c.Type == "f32" {
		return runBench[float32](ctx, c, s)
	}
	return runBench[float64](ctx, c, s)
}

func runBench[T reduce.Float](ctx context.Context, c *benchCmd, s streams) error {
	b, err := newBench[T](c)
	if err != nil {
		return err
	}
	r, err := b.execute(ctx, newProgress(s.err, b.steps()))
	if err != nil {
		return err
	}
	if c.JSON {
		err = writeJSON(s.out, r)
	} else {
		err = printBench(s.out, r)
	}
	if err == nil && c.Out != "" {
		err = writeBench(c.Out, r)
	}
	return err
}

// bench is a measurement whose flags have been checked.
type bench[T reduce.Float] struct {
	*benchCmd
	op         benchmarks.Op
	contenders []benchmarks.Contender[T]
	conditions []float64
	sizes      []int
}

func newBench[T reduce.Float](c *benchCmd) (*bench[T], error) {
	b := &bench[T]{benchCmd: c, op: benchmarks.Op(c.Op), conditions: benchmarks.Conditions[T]()}
	if err := checkThreads(c.Threads); err != nil {
		return nil, err
	}
	var err error
	if b.contenders, err = benchmarks.Select(benchmarks.Contenders[T](b.op, c.Seed, c.Threads), c.Orders); err != nil {
		return nil, fmt.Errorf("--orders with --op %s and --type %s: %w", c.Op, c.Type, err)
	}
	if b.sizes, err = c.parseSizes("100,1000,10000,100000,1000000", 1<<28, "elements"); err != nil {
		return nil, err
	}
	return b, c.check()
}

// parseSizes returns the sizes in ascending order, each once.
func (c *benchCmd) parseSizes(fallback string, most int, what string) ([]int, error) {
	if c.Sizes != "" {
		fallback = c.Sizes
	}
	sizes, err := parseInts("--sizes", fallback)
	if err != nil {
		return nil, err
	}
	for _, n := range sizes {
		if n < 1 || n > most {
			return nil, fmt.Errorf("--sizes %d: want 1 to %d %s", n, most, what)
		}
	}
	slices.Sort(sizes)
	return slices.Compact(sizes), nil
}

// check checks the flags that all operations share, and makes the folder.
func (c *benchCmd) check() error {
	if c.Time <= 0 || c.Time > time.Hour {
		return fmt.Errorf("--time %v: want more than 0s, at most 1h", c.Time)
	}
	for _, count := range []struct {
		flag string
		n    int
	}{{"--trials", c.Trials}, {"--rounds", c.Rounds}} {
		if count.n < 1 || count.n > 1000 {
			return fmt.Errorf("%s %d: want 1 to 1000", count.flag, count.n)
		}
	}
	if c.Out != "" {
		if err := os.MkdirAll(c.Out, 0o777); err != nil {
			return fmt.Errorf("--out: %w", err)
		}
		if err := atomicfile.Check(filepath.Join(c.Out, "plot.svg")); err != nil {
			return fmt.Errorf("--out: %w", err)
		}
	}
	return nil
}

// steps returns the number of steps of progress: trials and turns.
func (b *bench[T]) steps() int {
	return len(b.conditions)*b.Trials + len(b.sizes)*len(b.contenders)*(b.Rounds+1)
}

func (b *bench[T]) execute(ctx context.Context, bar *progress) (*benchReport, error) {
	defer bar.stop()
	r := &benchReport{
		Version: version, Spec: spec.Version, Go: runtime.Version(), Target: runtime.GOOS + "/" + runtime.GOARCH,
		Op: b.Op, Type: b.Type, Seed: b.Seed, Threads: b.Threads, Rounds: b.Rounds,
		Terms: benchTerms, Trials: b.Trials, Limit: number(benchmarks.HalfTheDigits[T]()), Conditions: jsonfloat.Numbers(b.conditions),
	}
	bar.describe("errors")
	errors, err := benchmarks.Errors(ctx, b.op, b.contenders, b.conditions, benchTerms, b.Trials, b.Seed, func() { bar.add(1) })
	if err != nil {
		return nil, err
	}
	for i, c := range b.contenders {
		endures := benchmarks.Endures(b.conditions, errors[i], benchmarks.HalfTheDigits[T]())
		r.Contenders = append(r.Contenders, benchContender{Order: c.Name, Errors: jsonfloat.Numbers(errors[i]), Endures: number(endures)})
	}
	for _, n := range b.sizes {
		bar.describe(plural.Of(n, "element"))
		if err := b.time(ctx, n, bar, r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// time adds the times of all contenders at one size to the report.
func (b *bench[T]) time(ctx context.Context, n int, bar *progress, r *benchReport) error {
	x, y := benchmarks.Random[T](n, b.Seed), []T(nil)
	if b.op == benchmarks.Dot {
		y = benchmarks.Random[T](n, b.Seed+1)
	}
	timings, err := benchmarks.Alternate(ctx, b.contenders, x, y, b.Time/time.Duration(len(b.sizes)), b.Rounds, func() { bar.add(1) })
	if err != nil {
		return err
	}
	for i, t := range timings {
		least := t.Least / float64(n)
		r.Contenders[i].Speed = append(r.Contenders[i].Speed, benchSpeed{
			N: n, Least: number(least), Median: number(t.Median / float64(n)), Spread: number(t.Spread()),
			GBytesS: number(float64(benchmarks.Bytes[T](b.op)) / least),
		})
	}
	return nil
}

// writeBench writes the tables and the plots to the folder.
func writeBench(dir string, r *benchReport) error {
	return writeFiles(filepath.Join(dir, r.Op+"-"+r.Type+"-"), r, []reportFile[benchReport]{
		{"errors.csv", writeErrorsCSV},
		{"speed.csv", writeSpeedCSV},
		{"errors.svg", plotErrors},
		{"throughput.svg", plotThroughput},
		{"tradeoff.svg", plotTradeoff},
	})
}

// reportFile is a file of a report R: the end of its name, and how it is written.
type reportFile[R any] struct {
	name  string
	write func(name string, r *R) error
}

// writeFiles writes the files of a report. It stops at the first error.
func writeFiles[R any](prefix string, r *R, files []reportFile[R]) error {
	for _, f := range files {
		if err := f.write(prefix+f.name, r); err != nil {
			return err
		}
	}
	return nil
}
