// Command samebits shows which floating-point results are the same bits, which
// are not, and how far each is from the truth.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"syscall"

	"github.com/alecthomas/kong"
)

// The exit statuses.
const (
	exitSuccess = 0
	exitFinding = 1 // bits differ that should not, or a fault was found
	exitBadUse  = 2 // bad use or bad input
	// Ended by a signal: 128 and its number, as shells have it.
	exitInterrupted = 130
	exitTerminated  = 143
)

// errFinding ends a command that did its work and found something: its report
// says what.
var errFinding = errors.New("finding")

// cli is the command line.
type cli struct {
	Compare  compareCmd  `cmd:"" help:"Run a transformer in every order and at every tensor-parallel size; compare the logits bit for bit and against arbitrary precision."`
	Logits   logitsCmd   `cmd:"" help:"Write the logits of a sequence, or every stage of the run, to a safetensors file."`
	Generate generateCmd `cmd:"" help:"Continue a text by a model, greedily or by sampling: the same tokens everywhere."`
	Diagnose diagnoseCmd `cmd:"" help:"Say of traces whether they show rounding, reduced precision or a fault, and at which stage."`
	Sum      sumCmd      `cmd:"" help:"Sum numbers from files or standard input."`
	Dot      dotCmd      `cmd:"" help:"Form the dot product of two files of numbers."`
	Bench    benchCmd    `cmd:"" help:"Measure accuracy against speed of sums, dot products or matrix products in every order; write tables and plots."`
	Reveal   revealCmd   `cmd:"" help:"Reveal the summation tree that one of our orders, another implementation or a command of yours really uses."`
	Version  versionCmd  `cmd:"" help:"Print the version of samebits and of its contract of bits."`
}

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	os.Exit(run(context.Background(), os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// run runs the command line and returns the exit status.
func run(ctx context.Context, args []string, s streams) (status int) {
	type exit int // what kong wants to exit with, after printing help
	defer func() {
		if p := recover(); p != nil {
			code, ok := p.(exit)
			if !ok {
				panic(p)
			}
			status = int(code)
		}
	}()
	ctx, done := context.WithCancel(ctx)
	defer done()
	working := ctx // what the command works under
	parser, err := kong.New(new(cli),
		kong.Name("samebits"),
		kong.Description("Numerics whose results are the same bits everywhere."),
		kong.Writers(s.out, s.err),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.BindSingletonProvider(func() context.Context {
			working = untilSignal(ctx)
			return working
		}),
		kong.Bind(s),
		kong.KindMapper(reflect.String, kong.MapperFunc(asTyped)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		panic(err) // the struct tags of cli are wrong
	}
	command, err := parser.Parse(args)
	if err == nil {
		err = command.Run()
	}
	switch {
	case err == nil:
		return exitSuccess
	case errors.Is(err, errFinding):
		return exitFinding
	}
	var by endedBy
	if errors.As(context.Cause(working), &by) {
		fmt.Fprintf(s.err, "samebits: %v\n", by)
		if by.Signal == os.Interrupt {
			return exitInterrupted
		}
		return exitTerminated
	}
	fmt.Fprintf(s.err, "samebits: %s\n", printable(err.Error()))
	return exitBadUse
}

// endedBy says which signal ended a command.
type endedBy struct{ os.Signal }

func (e endedBy) Error() string { return "ended by a signal: " + e.String() }

// untilSignal returns a context that ends with ctx or at the first signal to end, which is its cause, and which it keeps
// from ending the process. A second one ends that. A command that asks for no context ends at the first, whatever it waits for.
func untilSignal(ctx context.Context) context.Context {
	ctx, end := context.WithCancelCause(ctx)
	came := make(chan os.Signal, 1)
	signal.Notify(came, os.Interrupt, syscall.SIGTERM)
	go func() {
		defer signal.Stop(came)
		select {
		case s := <-came:
			end(endedBy{s})
		case <-ctx.Done():
			end(nil)
		}
	}()
	return ctx
}

// asTyped takes a string with all its bytes. Kong itself turns those that are no UTF-8, which names of files may have,
// into others.
func asTyped(c *kong.DecodeContext, target reflect.Value) error {
	t, err := c.Scan.PopValue("string")
	if err == nil {
		target.SetString(t.String())
	}
	return err
}
