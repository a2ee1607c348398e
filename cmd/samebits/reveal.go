package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/atomicfile"
	"github.com/samebits/samebits/internal/jsonfloat"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/internal/spec"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/reveal"
)

type revealCmd struct {
	Order *string `xor:"subject" placeholder:"NAME" help:"One of our orders, as samebits computes it: sequential, pairwise (the default), kahan, neumaier, double-double, widened, binned, exact, shuffled or arrival."`
	Impl  *string `xor:"subject" placeholder:"NAME" help:"Another implementation: gonum (floats.Sum, Dot and Gemm of gonum's BLAS)."`
	Exec  *string `xor:"subject" placeholder:"COMMAND" help:"A command for the shell (sh -c, on Windows cmd /C) that reads one decimal number a line and prints their sum, with enough digits to read it back (17 for f64). It runs once for each of some n*log2(n)/2 + 100 sums, none of which overflows."`

	Op      string        `default:"sum" help:"What to reveal: ${enum}. A gemm is of 2 x n by n x 3 matrices." enum:"sum,dot,gemm"`
	Type    string        `default:"f64" help:"Type of the numbers: ${enum}." enum:"f32,f64"`
	N       int           `short:"n" default:"64" help:"Number of terms."`
	Seed    uint64        `default:"1" help:"Seed of the order shuffled."`
	Timeout time.Duration `default:"10s" help:"How long the command of --exec may take for one sum."`
	SVG     string        `name:"svg" placeholder:"FILE" help:"Draw the tree to this SVG file."`
	JSON    bool          `help:"Print JSON."`
}

// revealReport is what reveal reports. Tree is null where no tree explains the probes.
type revealReport struct {
	Subject     string        `json:"subject"`
	Op          string        `json:"op"`
	Type        string        `json:"type"`
	Terms       int           `json:"terms"`
	Calls       int           `json:"calls"`
	Plain       bool          `json:"plain"`
	Cause       string        `json:"cause,omitempty"`
	Explanation string        `json:"explanation,omitempty"`
	Tree        *treeReport   `json:"tree"`
	Variants    []treeReport  `json:"variants,omitempty"`
	Example     *revealSample `json:"example,omitempty"`
	Spec        int           `json:"spec"`
}

// treeReport is a tree, and where in memory or in the product it is used.
type treeReport struct {
	Description string   `json:"description"`
	Newick      string   `json:"newick"`
	Depth       int      `json:"depth"`
	Roundings   int      `json:"roundings"`
	PlusZero    bool     `json:"plus_zero"`
	At          [][2]int `json:"at,omitempty"`
	tree        *reveal.Tree
}

// revealSample is data on which the function does not give what was expected.
type revealSample struct {
	X        []number `json:"x"`
	Y        []number `json:"y,omitempty"`
	Got      number   `json:"got"`
	Want     number   `json:"want"`
	Expected string   `json:"expected"`
}

// Run reveals the tree.
func (c *revealCmd) Run(ctx context.Context, s streams) error {
	if c.SVG != "" {
		if err := checkOutput("--svg", c.SVG); err != nil {
			return err
		}
	}
	if c.Type == "f32" {
		return revealAs[float32](ctx, c, s)
	}
	return revealAs[float64](ctx, c, s)
}

func revealAs[T kernel.Float](ctx context.Context, c *revealCmd, s streams) error {
	f, err := functions[T](ctx, c)
	if err != nil {
		return err
	}
	f.ctx, f.progress = ctx, newProgress(s.err, 0)
	tree, err := f.reveal(c)
	f.progress.stop()
	var why *reveal.NotPlain
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case f.failed != nil:
		return f.failed
	case err != nil && !errors.As(err, &why):
		return err
	}
	r := revealReport{Subject: f.name, Op: c.Op, Type: c.Type, Terms: c.N, Calls: f.calls, Plain: err == nil, Spec: spec.Version}
	r.fill(tree, why)
	if err := r.draw(c.SVG); err != nil {
		return err
	}
	if c.JSON {
		err = writeJSON(s.out, r)
	} else {
		err = r.write(s.out)
	}
	if err == nil && !r.Plain {
		return errFinding
	}
	return err
}

// subject is the implementation under test; what is nil it does not have. The first
// failure makes all further results NaN, which ends the search.
type subject[T kernel.Float] struct {
	name     string
	sum      func(x []T) (T, error)
	dot      func(x, y []T) T
	gemm     func(m, n, k int, a, b, c []T)
	external bool
	ctx      context.Context
	failed   error
	calls    int
	progress *progress
}

// functions returns the implementation that the flags name.
func functions[T kernel.Float](ctx context.Context, c *revealCmd) (*subject[T], error) {
	switch {
	case c.Exec != nil: // also if it is empty, as a variable of a shell may be
		if c.Op != "sum" {
			return nil, fmt.Errorf("--exec reads the terms of a sum: want --op sum, not %s", c.Op)
		}
		if c.Timeout <= 0 {
			return nil, fmt.Errorf("--timeout %v: want more than 0", c.Timeout)
		}
		return &subject[T]{name: *c.Exec, external: true, sum: func(x []T) (T, error) { return execSum(ctx, *c.Exec, c.Timeout, x) }}, nil
	case c.Impl != nil && *c.Impl == "gonum":
		return gonumSubject[T](c.Op)
	case c.Impl != nil:
		return nil, fmt.Errorf("--impl %q: want gonum", *c.Impl)
	}
	name := "pairwise"
	if c.Order != nil {
		name = *c.Order
	}
	order, err := reduction{Order: name, Seed: c.Seed}.order(reduce.Check[T])
	return &subject[T]{
		name: order.String(),
		sum:  func(x []T) (T, error) { return reduce.Sum(order, x), nil },
		dot:  func(x, y []T) T { return reduce.Dot(order, x, y) },
		gemm: func(m, n, k int, a, b, c []T) {
			o := gemm.Options{Order: order}
			if err := gemm.Gemm(o, false, false, 1, gemm.Dense(m, k, a), gemm.Dense(k, n, b), 0, gemm.Dense(m, n, c)); err != nil {
				panic(err) // the shapes are ours
			}
		},
	}, err
}

// reveal reveals the operation that the flags name.
func (f *subject[T]) reveal(c *revealCmd) (*reveal.Tree, error) {
	var o []reveal.Option
	if f.external {
		o = append(o, reveal.IgnoreAddresses(), reveal.IgnoreOverflow())
	}
	switch c.Op {
	case "dot":
		return reveal.Dot(func(x, y []T) T { f.step(); return f.dot(x, y) }, c.N, o...)
	case "gemm":
		return reveal.Gemm(func(m, n, k int, a, b, c []T) { f.step(); f.gemm(m, n, k, a, b, c) }, 2, 3, c.N, o...)
	}
	return reveal.Sum(f.one, c.N, o...)
}

// step counts a call.
func (f *subject[T]) step() {
	f.calls++
	if f.external || f.calls%1000 == 0 {
		f.progress.describe(fmt.Sprintf("call %d", f.calls))
	}
}

// one is one sum.
func (f *subject[T]) one(x []T) T {
	if f.failed != nil || f.ctx.Err() != nil {
		return kernel.NaN[T]()
	}
	f.step()
	var sum T
	sum, f.failed = f.sum(x)
	return sum
}

// fill adds the tree, or what is known instead of it.
func (r *revealReport) fill(tree *reveal.Tree, why *reveal.NotPlain) {
	if why == nil {
		r.Tree = reportTree(tree, nil)
		return
	}
	r.Cause, r.Explanation, r.Tree = string(why.Cause), why.Cause.Explanation(), reportTree(why.Tree, nil)
	for _, v := range why.Variants {
		t := reportTree(v.Tree, v.At)
		if t == nil {
			t = &treeReport{Description: "no tree explains the probes", At: v.At}
		}
		r.Variants = append(r.Variants, *t)
	}
	if x := why.Example; x != nil {
		r.Example = &revealSample{jsonfloat.Numbers(x.X), jsonfloat.Numbers(x.Y), number(x.Got), number(x.Want), x.Expected}
	}
}

func reportTree(t *reveal.Tree, at [][2]int) *treeReport {
	if t == nil {
		return nil
	}
	return &treeReport{t.Describe(), t.String(), t.Depth(), t.Roundings(), t.PlusZero, at, t}
}

// title names what was revealed.
func (r *revealReport) title() string {
	return fmt.Sprintf("%s: %s of %s, %s", printable(r.Subject), r.Op, plural.Of(r.Terms, "term"), r.Type)
}

// draw draws the tree to the file of that name, if there is one: of several the first.
func (r *revealReport) draw(name string) error {
	if name == "" {
		return nil
	}
	if r.Tree == nil {
		return fmt.Errorf("--svg %s: no tree explains the probes (%s): nothing to draw", name, r.Cause)
	}
	title := r.title()
	if !r.Plain {
		title += " (not a plain tree: " + r.Cause + ")"
	}
	return atomicfile.Write(name, func(w io.Writer) error { return r.Tree.tree.WriteSVG(w, title) })
}

// write writes the report as text.
func (r *revealReport) write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", r.title())
	if !r.Plain {
		fmt.Fprintf(&b, "NOT A PLAIN SUMMATION TREE: %s: %s\n", r.Cause, r.Explanation)
	}
	if x := r.Example; x != nil {
		fmt.Fprintf(&b, "Example: it gives %v, and %s %v (the data: --json)\n", x.Got, x.Expected, x.Want)
	}
	trees := r.Variants
	if len(trees) == 0 && r.Tree != nil {
		trees = []treeReport{*r.Tree}
	}
	for _, t := range trees {
		t.write(&b, r)
	}
	fmt.Fprintf(&b, "%s\n", plural.Of(r.Calls, "call"))
	_, err := io.WriteString(w, b.String())
	return err
}

func (t treeReport) write(b *strings.Builder, r *revealReport) {
	b.WriteString("\n")
	switch {
	case t.At != nil && r.Cause == string(reveal.AddressDependent):
		fmt.Fprintf(b, "where the data begin %s elements past a multiple of 64 bytes:\n", listPlaces(t.At, r.Op == "sum"))
	case t.At != nil:
		fmt.Fprintf(b, "elements %s:\n", listPlaces(t.At, false))
	case r.Cause == string(reveal.Widened):
		fmt.Fprintf(b, "evaluated in float64:\n")
	case r.Cause != "":
		fmt.Fprintf(b, "what the masks alone suggest:\n")
	}
	fmt.Fprintf(b, "%s\n", t.Description)
	if t.tree == nil {
		return
	}
	fmt.Fprintf(b, "depth %d, at most %d roundings a term\n", t.Depth, t.Roundings)
	_ = t.tree.WriteText(b) // a Builder does not fail
}

// listPlaces lists pairs, or their first numbers alone, and of many only some.
func listPlaces(at [][2]int, firstOnly bool) string {
	var list []string
	for _, p := range at[:min(len(at), 8)] {
		if firstOnly {
			list = append(list, fmt.Sprint(p[0]))
		} else {
			list = append(list, fmt.Sprintf("(%d,%d)", p[0], p[1]))
		}
	}
	if len(at) > 8 {
		list = append(list, fmt.Sprintf("and %d more", len(at)-8))
	}
	return strings.Join(list, ", ")
}
