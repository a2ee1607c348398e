package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/model"
)

// printReport prints the tables of a comparison.
func printReport(w io.Writer, r *report) error {
	var b strings.Builder
	printHead(&b, r)
	for _, dtype := range r.dtypes() {
		printBits(&b, r, dtype)
	}
	printErrors(&b, r)
	printPath(&b, r)
	printFaults(&b, r)
	printArrival(&b, r)
	printVerdict(&b, r)
	_, err := io.WriteString(w, b.String())
	return err
}

var dtypeNames = map[string]string{"f32": "float32", "f64": "float64"}

// dtypes lists the arithmetics of the report.
func (r *report) dtypes() []string {
	var out []string
	for _, p := range r.Paths {
		if p.Fault == "" {
			out = append(out, p.DType)
		}
	}
	return out
}

func printHead(b *strings.Builder, r *report) {
	c := r.Config
	fmt.Fprintf(b, "samebits %s, SPEC.md version %d\n", r.Version, r.Spec)
	fmt.Fprintf(b, "model     %s: %s, %s, width %d, %s, vocabulary %d\n", printable(r.Model), c.Family, plural.Of(c.Layers, "layer"), c.Width, heads(c), c.Vocabulary)
	if r.Prompt != "" {
		fmt.Fprintf(b, "input     %q, %s\n", r.Prompt, plural.Of(len(r.IDs), "token"))
	} else {
		fmt.Fprintf(b, "input     %d token ids\n", len(r.IDs))
	}
	fmt.Fprintf(b, "reference arbitrary precision, %s\n", plural.Of(r.Digits, "digit"))
	if r.Fault != "" {
		fmt.Fprintf(b, "fault     %s, at every TP size above 1\n", r.Fault)
	}
}

// heads tells how many heads there are, and how many of keys where those are fewer.
func heads(c model.Config) string {
	if c.KVHeads == c.Heads {
		return plural.Of(c.Heads, "head")
	}
	return fmt.Sprintf("%s, %d of keys", plural.Of(c.Heads, "head"), c.KVHeads)
}

// newTable returns a table with the header and all columns but the first aligned
// to the right.
func newTable(header ...any) table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	t.AppendHeader(table.Row(header))
	var columns []table.ColumnConfig
	for i := 1; i < len(header); i++ {
		columns = append(columns, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
	return t
}

// render prints a table under its title.
func render(b *strings.Builder, title string, t table.Writer) {
	fmt.Fprintf(b, "\n%s\n%s\n", title, t.Render())
}

// sizes formats the tensor-parallel sizes.
func (r *report) sizes() string {
	if r.MPI > 0 {
		return fmt.Sprintf("%s,mpi(%d)", list(r.TP), r.MPI)
	}
	return list(r.TP)
}

// list formats the values over which results are counted.
func list(values []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(values), " ", ","), "[]")
}

// printBits prints which results are the same bits.
func printBits(b *strings.Builder, r *report, dtype string) {
	t := newTable("order", "promises the same over", plural.Of(r.Runs, "run"), "threads "+list(r.Threads), "TP "+r.sizes(), "digest of the logits", "tokens/s", "cost")
	for _, row := range r.Rows {
		if row.DType == dtype {
			t.AppendRow(table.Row{row.Order, row.Promises, count(row.DistinctRuns, row.Promises.Runs), count(row.DistinctThreads, row.Promises.Threads),
				count(row.DistinctTP, row.Promises.TP), row.Digest[:16], fmt.Sprintf("%.1f", float64(row.TokensPerSecond)), fmt.Sprintf("%.2f", float64(row.Cost))})
		}
	}
	render(b, fmt.Sprintf("%s: how many different results?  (TP %d and %s where not said otherwise)", dtypeNames[dtype], r.BaseTP, plural.Of(r.BaseThreads, "thread")), t)
}

// count marks a number of different results that breaks a promise.
func count(n int, promised bool) string {
	if promised && n != 1 {
		return fmt.Sprintf("%d (!)", n)
	}
	return fmt.Sprint(n)
}

// printErrors prints the distances from the truth, the arithmetics side by side.
func printErrors(b *strings.Builder, r *report) {
	header := []any{"order"}
	for _, d := range r.dtypes() {
		header = append(header, dtypeNames[d]+" error", "in ulps")
	}
	if len(r.dtypes()) == 2 {
		header = append(header, "shrinks by")
	}
	t := newTable(header...)
	seen := map[string]bool{}
	for _, first := range r.Rows {
		if seen[first.Order] {
			continue
		}
		seen[first.Order] = true
		cells := table.Row{first.Order}
		var errors []number
		for _, d := range r.dtypes() {
			row := r.row(d, first.Order)
			if row == nil {
				cells = append(cells, "-", "-")
				continue
			}
			cells = append(cells, size(row.AbsError), ulps(row.UlpError))
			errors = append(errors, row.AbsError)
		}
		if len(r.dtypes()) == 2 {
			cells = append(cells, shrink(errors))
		}
		t.AppendRow(cells)
	}
	render(b, "How far is any logit of these runs from the truth?", t)
}

// printPath prints the error of a few stages of each layer.
func printPath(b *strings.Builder, r *report) {
	stages := []string{"attn.k", "attn.scores", "output"}
	header := []any{"layer"}
	for _, p := range r.Paths {
		for _, s := range stages {
			header = append(header, p.label()+"\n"+s)
		}
	}
	t := newTable(header...)
	line := func(name string, stage func(s string) string) {
		cells := table.Row{name}
		for _, p := range r.Paths {
			for _, s := range stages {
				cells = append(cells, size(p.error(stage(s))))
			}
		}
		t.AppendRow(cells)
	}
	for i := range r.Config.Layers {
		line(fmt.Sprint(i), func(s string) string { return fmt.Sprintf("layers.%d.%s", i, s) })
	}
	cells := table.Row{"logits"}
	for _, p := range r.Paths {
		cells = append(cells, "", "", size(p.error("logits")))
	}
	t.AppendSeparator()
	t.AppendRow(cells)
	render(b, fmt.Sprintf("The path of the error through the layers: the largest distance from the truth  (%s, TP %d)", pathOrder.name, r.FaultTP), t)
}

// label names the path in a plot or a table.
func (p path) label() string {
	if p.Fault == "" {
		return dtypeNames[p.DType]
	}
	return dtypeNames[p.DType] + " " + p.Fault
}

// printFaults prints rounding beside the faults.
func printFaults(b *strings.Builder, r *report) {
	if len(r.Faults) == 0 {
		return
	}
	header := []any{"fault"}
	for _, d := range r.dtypes() {
		header = append(header, dtypeNames[d]+" error", "results")
	}
	if len(r.dtypes()) == 2 {
		header = append(header, "shrinks by")
	}
	t := newTable(header...)
	byFault := map[string][]faultRow{}
	var order []string
	for _, f := range r.Faults {
		if byFault[f.Fault] == nil {
			order = append(order, f.Fault)
		}
		byFault[f.Fault] = append(byFault[f.Fault], f)
	}
	for _, name := range order {
		cells := table.Row{name}
		if name == "" {
			cells[0] = "none: rounding alone"
		}
		var errors []number
		for _, f := range byFault[name] {
			cells = append(cells, size(f.AbsError), f.DistinctRuns)
			errors = append(errors, f.AbsError)
		}
		if len(r.dtypes()) == 2 {
			cells = append(cells, shrink(errors))
		}
		t.AppendRow(cells)
	}
	render(b, fmt.Sprintf("Rounding or a fault?  (%s, TP %d: the largest error of %s, and how many different results they gave)", pathOrder.name, r.FaultTP, plural.Of(r.Runs, "run")), t)
}

// shrink says how much smaller the error is in the wider arithmetic.
func shrink(errors []number) string {
	if len(errors) != 2 || errors[1] == 0 || math.IsInf(float64(errors[0]+errors[1]), 0) {
		return "-"
	}
	wide, narrow := float64(min(errors[0], errors[1])), float64(max(errors[0], errors[1]))
	ratio := narrow / wide
	switch {
	case ratio < 10:
		return fmt.Sprintf("%.2f", ratio)
	}
	return fmt.Sprintf("%.1e", ratio)
}

func size(n number) string {
	switch f := float64(n); {
	case math.IsInf(f, 0) || math.IsNaN(f):
		return "not finite"
	case f >= 0.01 && f < 1000:
		return fmt.Sprintf("%.4f", f)
	default:
		return fmt.Sprintf("%.2e", f)
	}
}

func ulps(n number) string {
	if f := float64(n); f < 1e6 {
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.1e", float64(n))
}

// printArrival prints how much the unordered runs varied.
func printArrival(b *strings.Builder, r *report) {
	a := r.Arrival
	if a == nil {
		return
	}
	fmt.Fprintf(b, "\narrival in %s, TP %d, %s: %s in %s, up to %.2e apart", dtypeNames[a.DType], a.TP, plural.Of(a.Threads, "thread"), plural.Of(a.Distinct, "different result"), plural.Of(a.Runs, "run"), float64(a.Spread))
	fmt.Fprintf(b, " (goroutines that really race).\n")
	if a.SimulatedDistinct > 0 {
		fmt.Fprintf(b, "This machine was too quiet for them to vary. SIMULATION, order shuffled with %s: %s, up to %.2e apart.\n",
			plural.Of(a.Runs, "seed"), plural.Of(a.SimulatedDistinct, "different result"), float64(a.SimulatedSpread))
	}
}

// printVerdict says whether all promises held.
func printVerdict(b *strings.Builder, r *report) {
	if len(r.Broken) == 0 {
		fmt.Fprintf(b, "\nEvery promise held: where the same bits are promised, they were the same.\n")
		return
	}
	fmt.Fprintf(b, "\nPROMISES BROKEN:\n")
	for _, s := range r.Broken {
		fmt.Fprintf(b, "  %s\n", s)
	}
}
