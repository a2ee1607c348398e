package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/big"
	"time"

	"github.com/samebits/samebits/internal/spec"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/reference"
	"github.com/samebits/samebits/tp"
)

// execute runs the whole comparison.
func (p *plan) execute(ctx context.Context, bar *progress) (*report, error) {
	defer bar.stop()
	truth, err := p.reference(ctx, bar)
	if err != nil {
		return nil, err
	}
	r := &report{
		Version: version, Spec: spec.Version, Model: p.name, Config: p.checkpoint.Config, Prompt: p.prompt, IDs: p.ids,
		Digits: p.digits, Fault: string(p.fault), Runs: p.runs, Threads: p.threads, TP: p.ranks,
		BaseTP: p.base(), BaseThreads: p.baseThreads(), FaultTP: p.parallel(),
	}
	if p.over != nil {
		r.MPI = p.over.ranks
	}
	for _, dtype := range p.dtypes {
		if dtype == "f32" {
			err = measure[float32](ctx, p, dtype, truth, bar, r)
		} else {
			err = measure[float64](ctx, p, dtype, truth, bar, r)
		}
		if err != nil {
			return nil, err
		}
	}
	if p.dtypes[0] == "f32" {
		r.Arrival, err = measureArrival[float32](ctx, p, bar)
	} else {
		r.Arrival, err = measureArrival[float64](ctx, p, bar)
	}
	if err != nil {
		return nil, err
	}
	r.finish()
	return r, nil
}

// truth is the run in arbitrary precision.
type truth struct {
	names  []string // stages in execution order
	stages map[string][]*big.Float
	took   time.Duration
}

func (p *plan) reference(ctx context.Context, bar *progress) (*truth, error) {
	bar.describe("reference")
	g, err := reference.Load(p.files)
	if err != nil {
		return nil, err
	}
	t := &truth{stages: map[string][]*big.Float{}}
	begin, seen := time.Now(), 0
	_, err = g.Logits(ctx, p.ids, reference.Options{
		Digits: p.digits, Threads: p.baseThreads(),
		Progress: func(done, total int) {
			now := done * stepReference / total
			bar.add(now - seen)
			seen = now
		},
		Record: func(stage string, _ []int, values []*big.Float) {
			t.names = append(t.names, stage)
			t.stages[stage] = values
		},
	})
	t.took = time.Since(begin)
	return t, err
}

// measure adds the rows, the path and the faults of one arithmetic to the report.
func measure[T model.Float](ctx context.Context, p *plan, dtype string, t *truth, bar *progress, r *report) error {
	for _, c := range p.contenders {
		if !c.applies(dtype) {
			continue
		}
		bar.describe(dtype + " " + c.name)
		row, err := measureRow[T](ctx, p, c, t, bar)
		if err != nil {
			return fmt.Errorf("%s %s: %w", dtype, c.name, err)
		}
		row.DType = dtype
		r.Rows = append(r.Rows, row)
	}
	path, err := measurePath[T](ctx, p, tp.NoFault, t, bar)
	if err != nil {
		return err
	}
	path.DType = dtype
	r.Paths = append(r.Paths, path)
	if p.fault != tp.NoFault {
		if path, err = measurePath[T](ctx, p, p.fault, t, bar); err != nil {
			return err
		}
		path.DType = dtype
		r.Paths = append(r.Paths, path)
	}
	for _, f := range p.faults() {
		bar.describe(dtype + " fault " + string(f))
		row, err := measureFault[T](ctx, p, f, t, bar)
		if err != nil {
			return fmt.Errorf("%s fault %s: %w", dtype, f, err)
		}
		row.DType = dtype
		r.Faults = append(r.Faults, row)
	}
	return nil
}

// session is one configuration of the model, to be run any number of times.
type session[T model.Float] struct {
	model *model.Model[T]
	ids   []int
	bar   *progress
}

func newRun[T model.Float](p *plan, c contender, ranks, threads int, fault tp.Fault, bar *progress) (session[T], error) {
	b, err := backend[T](c, threads)
	if err != nil {
		return session[T]{}, err
	}
	m, err := model.New(p.checkpoint, model.Options[T]{Backend: b, Ranks: ranks, Fault: fault, Deadline: p.deadline})
	return session[T]{m, p.ids, bar}, err
}

// once runs the model and returns the logits, row by row.
func (r session[T]) once(ctx context.Context) ([]T, time.Duration, error) {
	begin := time.Now()
	logits, err := r.model.Logits(ctx, r.ids)
	r.bar.add(1)
	return logits.Data, time.Since(begin), err
}

// measureRow runs one contender: several times, with each number of threads, at
// each tensor-parallel size.
func measureRow[T model.Float](ctx context.Context, p *plan, c contender, t *truth, bar *progress) (row, error) {
	out := row{Order: c.name, Promises: c.promises()}
	base, err := newRun[T](p, c, p.base(), p.baseThreads(), p.fault, bar)
	if err != nil {
		return out, err
	}
	runs, threads, sizes := digests{}, digests{}, digests{}
	away := func(logits []T) {
		abs, ulps := distance(logits, t.stages["logits"])
		out.AbsError, out.UlpError = max(out.AbsError, abs), max(out.UlpError, ulps)
	}
	fastest := time.Duration(math.MaxInt64)
	for range p.runs {
		logits, took, err := base.once(ctx)
		if err != nil {
			return out, err
		}
		if d := digest(logits); !runs[d] {
			runs.add(d)
			away(logits)
			out.Digest = cmp.Or(out.Digest, d)
		}
		fastest = min(fastest, took)
	}
	threads.add(out.Digest)
	sizes.add(out.Digest)
	vary := func(ranks, threads int, into digests) error {
		r, err := newRun[T](p, c, ranks, threads, p.fault, bar)
		if err != nil {
			return err
		}
		logits, _, err := r.once(ctx)
		if err != nil {
			return err
		}
		into.add(digest(logits))
		away(logits)
		return nil
	}
	for _, n := range p.threads {
		if n != p.baseThreads() {
			if err := vary(p.base(), n, threads); err != nil {
				return out, err
			}
		}
	}
	for _, n := range p.ranks {
		if n != p.base() && !(p.fault != tp.NoFault && n == 1) { // a fault of TP is none at 1
			if err := vary(n, p.baseThreads(), sizes); err != nil {
				return out, err
			}
		}
	}
	if p.over != nil {
		logits := p.over.logits[mpiKey[T](c)].([]T)
		out.MPIDigest = digest(logits)
		out.MPITokensPerSecond = number(float64(len(p.ids)) / p.over.took[mpiKey[T](c)].Seconds())
		sizes.add(out.MPIDigest)
		away(logits)
	}
	out.DistinctRuns, out.DistinctThreads, out.DistinctTP = len(runs), len(threads), len(sizes)
	out.TokensPerSecond = number(float64(len(p.ids)) / fastest.Seconds())
	return out, nil
}

// pathOrder is the order in which the path of the error and the faults are shown.
var pathOrder = contender{name: "pairwise", order: reduce.Pairwise}

// pathRecorder measures each stage's distance from the truth as it is recorded.
type pathRecorder[T model.Float] struct {
	truth *truth
	path  *path
}

func (r pathRecorder[T]) Record(stage string, _ []int, values []T) {
	want, ok := r.truth.stages[stage]
	if !ok {
		return
	}
	worst, size := 0.0, 0.0
	for i, v := range values {
		if want[i] == nil { // masked
			continue
		}
		worst = max(worst, reference.AbsError(v, want[i]))
		magnitude, _ := want[i].Float64()
		size = max(size, math.Abs(magnitude))
	}
	r.path.Stages = append(r.path.Stages, pathStage{stage, number(worst), number(size)})
}

// measurePath runs the model once at the size at which faults show and measures
// every stage.
func measurePath[T model.Float](ctx context.Context, p *plan, fault tp.Fault, t *truth, bar *progress) (path, error) {
	out := path{Order: pathOrder.name, Fault: string(fault), TP: p.parallel()}
	r, err := newRun[T](p, pathOrder, p.parallel(), p.baseThreads(), fault, bar)
	if err != nil {
		return out, err
	}
	_, err = r.model.Trace(ctx, p.ids, pathRecorder[T]{t, &out})
	bar.add(1)
	return out, err
}

// measureFault runs the model with a fault, several times.
func measureFault[T model.Float](ctx context.Context, p *plan, fault tp.Fault, t *truth, bar *progress) (faultRow, error) {
	out := faultRow{Fault: string(fault), TP: p.parallel()}
	r, err := newRun[T](p, pathOrder, p.parallel(), p.baseThreads(), fault, bar)
	if err != nil {
		return out, err
	}
	distinct := digests{}
	for range p.runs {
		logits, _, err := r.once(ctx)
		if err != nil {
			return out, err
		}
		distinct.add(digest(logits))
		abs, _ := distance(logits, t.stages["logits"])
		if len(distinct) == 1 {
			out.LeastError = abs
		}
		out.LeastError, out.AbsError = min(out.LeastError, abs), max(out.AbsError, abs)
	}
	out.DistinctRuns = len(distinct)
	return out, nil
}

// measureArrival runs the order Arrival many times and counts the different results. The
// interleaving is that of goroutines which really run at the same time. Where it
// never varied, Shuffled with as many seeds shows the spread, as a simulation.
func measureArrival[T model.Float](ctx context.Context, p *plan, bar *progress) (*arrivalReport, error) {
	if p.arrivalRuns == 0 {
		return nil, nil
	}
	bar.describe("arrival")
	out := &arrivalReport{DType: p.dtypes[0], Runs: p.arrivalRuns, Threads: max(2, p.baseThreads()), TP: p.ranks[0]}
	r, err := newRun[T](p, contender{order: reduce.Arrival}, out.TP, out.Threads, tp.NoFault, bar)
	if err != nil {
		return nil, err
	}
	distinct, spread := digests{}, spread[T]{}
	for range p.arrivalRuns {
		logits, _, err := r.once(ctx)
		if err != nil {
			return nil, err
		}
		distinct.add(digest(logits))
		spread.add(logits)
	}
	out.Distinct, out.Spread = len(distinct), number(spread.widest())
	if out.Distinct > 1 || out.Runs == 1 {
		return out, nil
	}
	return out, simulate[T](ctx, p, out)
}

// simulate fills in what Shuffled gives with one seed a run.
func simulate[T model.Float](ctx context.Context, p *plan, out *arrivalReport) error {
	distinct, spread := digests{}, spread[T]{}
	for i := range p.arrivalRuns {
		r, err := newRun[T](p, contender{order: reduce.Shuffled(p.seed + uint64(i))}, out.TP, out.Threads, tp.NoFault, nil)
		if err != nil {
			return err
		}
		logits, _, err := r.once(ctx)
		if err != nil {
			return err
		}
		distinct.add(digest(logits))
		spread.add(logits)
	}
	out.SimulatedDistinct, out.SimulatedSpread = len(distinct), number(spread.widest())
	return nil
}
