package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/samebits/samebits/tp"
)

type compareCmd struct {
	source
	Orders  string        `default:"all" placeholder:"LIST" help:"Orders to compare, with commas between them, and gonum for gonum's BLAS."`
	TP      string        `name:"tp" placeholder:"LIST" help:"Tensor-parallel sizes, each 1 to the number of heads. Default: 1,2,3,4,5,8, as far as the model has heads. mpi stands for the ranks of mpirun, and alone for 1,mpi."`
	Threads string        `default:"1,2" placeholder:"LIST" help:"Goroutines that each rank multiplies with."`
	DType   string        `name:"dtype" default:"f32,f64" help:"Arithmetics to run in."`
	Digits  int           `default:"40" help:"Digits of the arbitrary-precision reference, 20 to 1000."`
	Runs    int           `default:"5" help:"Runs of each order."`
	Arrival int           `name:"arrival-runs" default:"20" help:"Runs of the order arrival, to see whether it varies."`
	Seed    uint64        `default:"1" help:"Seed of the order shuffled."`
	Fault   string        `placeholder:"NAME" help:"Make every run wrong: qkv-contiguous-shard, bias-every-rank or allreduce-race. Runs then begin at the first TP size above 1."`
	Wait    time.Duration `name:"deadline" default:"1m" help:"How long a rank waits for another, which may be computing or reading weights."`
	SVG     string        `name:"svg" placeholder:"FILE" help:"Plot the path of the error through the layers."`
	JSON    bool          `help:"Print JSON."`
}

// Run runs the comparison and reports it. Bits that differ although the order
// promises that they do not are a finding.
//
// Over MPI every process is a rank, and runs this. They end when the runs over MPI have;
// rank 0 alone goes on to all else.
func (c *compareCmd) Run(ctx context.Context, s streams) error {
	if _, over := splitMPI(c.TP); over {
		r, err := openRanks(ctx, c.Wait)
		if err != nil {
			return fmt.Errorf("--tp %s: %w", c.TP, err)
		}
		var over *overMPI
		plan, err := c.check()
		if err == nil {
			over, err = plan.runOverMPI(ctx, r)
		}
		if err = r.close(err); err != nil || r.ID() != 0 {
			return err
		}
		plan.over = over
		return c.report(ctx, s, plan)
	}
	plan, err := c.check()
	if err != nil {
		return err
	}
	return c.report(ctx, s, plan)
}

// check loads the model and checks the flags.
func (c *compareCmd) check() (*plan, error) {
	in, err := c.load()
	if err != nil {
		return nil, err
	}
	if c.SVG != "" {
		if err := checkOutput("--svg", c.SVG); err != nil {
			return nil, err
		}
	}
	return c.plan(in)
}

func (c *compareCmd) report(ctx context.Context, s streams, plan *plan) error {
	report, err := plan.execute(ctx, newProgress(s.err, plan.steps()))
	if err != nil {
		return err
	}
	if c.JSON {
		err = writeJSON(s.out, report)
	} else {
		err = printReport(s.out, report)
	}
	if err == nil && c.SVG != "" {
		err = writePlot(c.SVG, report)
	}
	if err == nil && len(report.Broken) > 0 {
		err = errFinding
	}
	return err
}

// plan is a comparison whose flags have been checked.
type plan struct {
	input
	contenders  []contender
	dtypes      []string
	ranks       []int
	threads     []int
	digits      int
	runs        int
	arrivalRuns int
	seed        uint64
	fault       tp.Fault
	deadline    time.Duration
	over        *overMPI // what was run over MPI, or nil
}

func (c *compareCmd) plan(in input) (*plan, error) {
	p := &plan{input: in, digits: c.Digits, runs: c.Runs, arrivalRuns: c.Arrival, seed: c.Seed, deadline: c.Wait}
	var err error
	if p.fault, err = parseFault(c.Fault, in.checkpoint); err != nil {
		return nil, err
	}
	if p.contenders, err = parseContenders(c.Orders, c.Seed); err != nil {
		return nil, err
	}
	if p.ranks, err = c.sizes(in.checkpoint.Config.Heads); err != nil {
		return nil, err
	}
	if p.threads, err = parseInts("--threads", c.Threads); err != nil {
		return nil, err
	}
	for _, n := range p.threads {
		if err := checkThreads(n); err != nil {
			return nil, err
		}
	}
	for _, d := range strings.Split(c.DType, ",") {
		if d = strings.TrimSpace(d); d != "f32" && d != "f64" {
			return nil, fmt.Errorf("--dtype %q: want f32, f64 or f32,f64", d)
		}
		if !slices.Contains(p.dtypes, d) {
			p.dtypes = append(p.dtypes, d)
		}
	}
	if c.Orders == "all" {
		p.contenders = slices.DeleteFunc(p.contenders, func(c contender) bool { return !slices.ContainsFunc(p.dtypes, c.applies) })
	}
	for _, contender := range p.contenders {
		if !slices.ContainsFunc(p.dtypes, contender.applies) {
			return nil, fmt.Errorf("--orders %s applies to float32 only: want --dtype f32 with it", contender.name)
		}
	}
	if c.Digits < 20 || c.Digits > 1000 {
		return nil, fmt.Errorf("--digits %d: want 20 to 1000", c.Digits)
	}
	if c.Wait <= 0 {
		return nil, fmt.Errorf("--deadline %v: want more than 0", c.Wait)
	}
	if c.Runs < 1 || c.Arrival < 0 {
		return nil, fmt.Errorf("--runs %d, --arrival-runs %d: want 1 or more, 0 or more", c.Runs, c.Arrival)
	}
	if p.fault != tp.NoFault && p.base() == 1 {
		return nil, fmt.Errorf("--fault %s: a fault of tensor parallelism needs a --tp size of 2 or more", p.fault)
	}
	return p, nil
}

// sizes returns the tensor-parallel sizes. Those of the default list that the
// model has too few heads for are left out.
func (c *compareCmd) sizes(heads int) ([]int, error) {
	if c.TP == "" {
		return slices.DeleteFunc([]int{1, 2, 3, 4, 5, 8}, func(n int) bool { return n > heads }), nil
	}
	list, _ := splitMPI(c.TP)
	ranks, err := parseInts("--tp", list)
	if err != nil {
		return nil, err
	}
	for _, n := range ranks {
		if n < 1 || n > heads {
			return nil, fmt.Errorf("--tp %d: want 1 to the number of heads, %d", n, heads)
		}
	}
	return ranks, nil
}

// base is the tensor-parallel size of the runs that are repeated and measured: the
// first of the list or, with a fault, the first at which it shows.
func (p *plan) base() int {
	if p.fault == tp.NoFault {
		return p.ranks[0]
	}
	return p.parallel()
}

// parallel is the first size above 1, or 1 if there is none.
func (p *plan) parallel() int {
	for _, n := range p.ranks {
		if n > 1 {
			return n
		}
	}
	return 1
}

// baseThreads is the number of threads of the runs that are repeated.
func (p *plan) baseThreads() int { return slices.Max(p.threads) }

// faults lists what the table of faults compares: rounding, and the fault asked
// for or else all that the model can have.
func (p *plan) faults() []tp.Fault {
	if p.parallel() == 1 {
		return nil
	}
	if p.fault != tp.NoFault {
		return []tp.Fault{tp.NoFault, p.fault}
	}
	return append([]tp.Fault{tp.NoFault}, p.checkpoint.Faults()...)
}

// stepReference is how many steps of progress the reference counts.
const stepReference = 40

// steps returns the number of steps of progress: runs, and the reference.
func (p *plan) steps() int {
	perRow := p.runs + len(p.threads) - 1 + len(p.ranks) - 1
	steps := stepReference
	for _, d := range p.dtypes {
		for _, c := range p.contenders {
			if c.applies(d) {
				steps += perRow
			}
		}
		steps += len(p.faults()) * p.runs
		steps += 1 // the path
		if p.fault != tp.NoFault {
			steps++
		}
	}
	return steps + p.arrivalRuns
}
