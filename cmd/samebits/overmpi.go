package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/tp"
	"github.com/samebits/samebits/tp/mpi"
)

// mpiWord stands in the list of --tp for the ranks that mpirun started.
const mpiWord = "mpi"

// splitMPI takes the word mpi out of a list of sizes, which without others is 1.
func splitMPI(list string) (sizes string, overMPI bool) {
	fields := strings.Split(list, ",")
	rest := slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return strings.TrimSpace(f) == mpiWord })
	if len(rest) == len(fields) {
		return list, false
	}
	if len(rest) == 0 {
		return "1", true
	}
	return strings.Join(rest, ","), true
}

// ranks are the processes that mpirun started, this one among them.
type ranks struct {
	*tp.World
	comm *mpi.Comm
}

func openRanks(ctx context.Context, deadline time.Duration) (*ranks, error) {
	comm, err := mpi.Open(deadline)
	if err != nil {
		return nil, err
	}
	world, err := tp.NewWorld(ctx, comm, deadline)
	if err != nil {
		return nil, comm.Close(err)
	}
	return &ranks{world, comm}, nil
}

// close ends MPI. The others hear of an error, which it returns.
func (r *ranks) close(err error) error {
	if err != nil {
		r.Fail(err)
	}
	r.Close()
	return r.comm.Close(err)
}

// overMPI are the results of the runs over MPI.
type overMPI struct {
	ranks  int
	logits map[string]any           // []T by mpiKey
	took   map[string]time.Duration // the fastest run, by mpiKey
}

// mpiKey names the runs of a contender in T.
func mpiKey[T model.Float](c contender) string {
	var x T
	return fmt.Sprintf("%T %s", x, c.name)
}

// runOverMPI runs every contender on the ranks: all of them do, at the same time.
func (p *plan) runOverMPI(ctx context.Context, r *ranks) (*overMPI, error) {
	out := &overMPI{r.Size(), map[string]any{}, map[string]time.Duration{}}
	for _, dtype := range p.dtypes {
		for _, c := range p.contenders {
			if !c.applies(dtype) {
				continue
			}
			run := contenderOverMPI[float64]
			if dtype == "f32" {
				run = contenderOverMPI[float32]
			}
			if err := run(ctx, p, c, r, out); err != nil {
				return nil, fmt.Errorf("%s %s over MPI: %w", dtype, c.name, err)
			}
		}
	}
	return out, nil
}

// contenderOverMPI runs one of them, as often as is asked for. Where the same bits are
// promised, it is an error if ranks or runs differ.
func contenderOverMPI[T model.Float](ctx context.Context, p *plan, c contender, r *ranks, out *overMPI) error {
	b, err := backend[T](c, p.baseThreads())
	if err != nil {
		return err
	}
	m, err := model.New(p.checkpoint, model.Options[T]{Backend: b, World: r.World, Fault: p.fault})
	if err != nil {
		return err
	}
	session, key, first := session[T]{m, p.ids, nil}, mpiKey[T](c), ""
	for range p.runs {
		logits, took, err := session.once(ctx)
		if err != nil {
			return err
		}
		d := digest(logits)
		if first == "" {
			first, out.logits[key], out.took[key] = d, logits, took
		}
		out.took[key] = min(out.took[key], took)
		if !c.promises().Runs {
			continue
		}
		if d != first {
			return fmt.Errorf("digest of the logits %s after %s: the runs differ", d, first)
		}
		if err := r.Run(ctx, func(ctx context.Context, rank *tp.Rank) error {
			return tp.Agree(ctx, rank, tp.Fact{Name: "digest of the logits", Value: d})
		}); err != nil {
			return err
		}
	}
	return nil
}
