package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/samebits/samebits/diagnose"
	"github.com/samebits/samebits/internal/plural"
)

// printDiagnosis prints a diagnosis: the stages first and the verdict last, where a
// terminal ends.
func printDiagnosis(w io.Writer, r *diagnose.Report, all bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "samebits %s, SPEC.md version %d\n", version, r.Spec)
	for _, run := range r.Runs {
		fmt.Fprintf(&b, "trace     %s: %s\n", printable(run.File), printable(describeRun(run)))
	}
	if len(r.Stages) > 0 {
		printStages(&b, r, all)
	}
	if len(r.Hints) > 0 {
		fmt.Fprintf(&b, "\nWhat explains %s:\n", printable(r.Hints[0].Stage))
		for _, h := range r.Hints {
			fmt.Fprintf(&b, "- %s  (%s: a value uses %s of its bound, without this %s)\n", printable(h.Text), h.How, diagnose.Share(h.After), diagnose.Share(h.Before))
		}
	}
	if len(r.Notes) > 0 {
		fmt.Fprintf(&b, "\nNotes:\n")
		for _, n := range r.Notes {
			fmt.Fprintf(&b, "- %s\n", printable(string(n)))
		}
	}
	fmt.Fprintf(&b, "\n%s: %s\n", strings.ToUpper(string(r.Verdict)), printable(r.Sentence))
	_, err := io.WriteString(w, b.String())
	return err
}

func describeRun(run diagnose.Run) string {
	var words []string
	for _, word := range []string{run.Model, run.DType, run.Device} {
		if word != "" {
			words = append(words, word)
		}
	}
	if run.TP > 0 {
		words = append(words, fmt.Sprintf("TP %d", run.TP))
	}
	return strings.Join(append(words, plural.Of(run.Tokens, "token")), ", ")
}

// fewStages are printed whole.
const fewStages = 60

// printStages prints the table of stages. Of many, those that are like the ones before
// are left out, unless all are asked for.
func printStages(b *strings.Builder, r *diagnose.Report, all bool) {
	pairs := r.Stages[0].Pair != nil
	header := []any{"stage", "verdict", "error", "bound", "share"}
	if pairs {
		header = []any{"stage", "verdict", "equal", "≤ 1 ulp", "most ulps", "largest abs", "largest rel", "1 - cosine", "growth", "bound", "share"}
	}
	t := newTable(header...)
	left := 0
	skip := func() {
		if left > 0 {
			t.AppendRow(table.Row{fmt.Sprintf("[%d within rounding]", left)})
		}
		left = 0
	}
	for i, s := range r.Stages {
		plain := s.Verdict == diagnose.WithinRounding || s.Verdict == diagnose.Exact || s.Verdict == diagnose.SameBits
		if !all && len(r.Stages) > fewStages && plain && i > 0 && i < len(r.Stages)-1 {
			left++
			continue
		}
		skip()
		t.AppendRow(stageRow(s, pairs))
	}
	skip()
	title := "Stages: the error of each from its own recorded inputs, and what rounding allows"
	if pairs {
		title = "Stages: how the traces differ, and the share of what rounding allows that is not inherited"
	}
	render(b, title, t)
}

func stageRow(s diagnose.Stage, pairs bool) table.Row {
	verdict := string(s.Verdict)
	if s.Precision != "" {
		verdict += " (" + s.Precision + ")"
	}
	name, bound, used := printable(s.Name), "", ""
	if s.Bound != 0 {
		bound, used = diagnose.Size(s.Bound), diagnose.Share(s.Fraction)
	}
	if !pairs || s.Pair == nil {
		return table.Row{name, verdict, diagnose.Size(s.Error), bound, used}
	}
	p := s.Pair
	if p.Same {
		return table.Row{name, verdict, "100 %", "", "", "0"}
	}
	equal, close, n, most := 0, 0, 0, diagnose.Number(0)
	for _, u := range p.ULPs {
		n, most = n+u.Count, max(most, u.UpTo)
		if u.UpTo == 0 {
			equal += u.Count
		}
		if u.UpTo <= 1 {
			close += u.Count
		}
	}
	percent := func(k int) string { return fmt.Sprintf("%.0f %%", math.Floor(100*float64(k)/float64(max(1, n)))) }
	top := fmt.Sprintf("≤ %.4g", float64(most))
	if math.IsInf(float64(most), 1) {
		top = "> 4096"
	}
	growth := ""
	if p.Growth != 0 {
		growth = fmt.Sprintf("%.2g", float64(p.Growth))
	}
	return table.Row{name, verdict, percent(equal), percent(close), top, diagnose.Size(p.MaxAbs), diagnose.Size(p.MaxRel), diagnose.Size(max(0, 1-p.Cosine)), growth, bound, used}
}
