// Command models times GPT-2 beside PyTorch, on the same weights, in turn in one run, and
// prints medians of the ratios of their times: reading 128 tokens at once, as far as the
// logits of the last, and the tokens after them one by one.
//
//	go run ./models -model medium -threads 2
//	go run ./models -model medium -memory bf16
//
// PyTorch (gpt2.py; Debian's python3-torch) runs in a process for each way in which its idle
// threads may wait, as what is best for prefill is not for decode, and the fastest counts, of
// each step in each round. Its weights are float32 always.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/reduce"
	"golang.org/x/sys/unix"
)

var (
	name        = flag.String("model", "medium", "medium (the shape of gpt2-medium, random numbers) or bytes24")
	threads     = flag.Int("threads", 1, "of everyone")
	rounds      = flag.Int("rounds", 5, "in each of which all run in turn")
	prompt      = flag.Int("prompt", 128, "tokens to read at once")
	limit       = flag.Duration("limit", time.Hour, "no round begins later, counted from the first")
	wait        = flag.Bool("wait", false, "for a line on standard input before each round but the first, which warms up")
	decode      = flag.Int("decode", 16, "tokens after them, one by one")
	only        = flag.String("only", "pairwise-f32,pairwise-bf16,sequential-f32", "of ours: ORDER-STORAGE, and -tpN after it for N ranks of one thread, or -twice for two runs at once of one thread")
	dir         = flag.String("dir", filepath.Join(os.TempDir(), "samebits-models"), "where the folders of weights are made")
	interpreter = flag.String("python", "/usr/bin/python3", "that has PyTorch; empty for none")
	waits       = flag.String("waits", "default,passive", "OMP_WAIT_POLICY of PyTorch's processes, where it has several threads")
	pause       = flag.Duration("pause", 50*time.Millisecond, "between turns: the threads of others wait spinning")
	memory      = flag.String("memory", "", "instead: f32 or bf16, the memory that ours takes")
)

// times are those of the prompt, and of all the tokens after it.
type times struct{ prefill, decode time.Duration }

// contender runs the tokens once.
type contender struct {
	name string
	run  func(ids []int) (times, error)
	m    *model.Model[float32] // of ours
}

func main() {
	log.SetFlags(0)
	flag.Parse()
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	if err := makeFolders(*dir, *name); err != nil {
		return err
	}
	if *memory != "" {
		return measureMemory(*memory)
	}
	var all []contender
	for _, spec := range strings.Split(*only, ",") {
		c, err := ours(spec)
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	if *interpreter != "" {
		ways := strings.Split(*waits, ",")
		if *threads == 1 {
			ways = ways[:1] // there is nothing to wait for
		}
		for _, way := range ways {
			p, err := startPython(*interpreter, folder("f32"), *threads, way)
			if err != nil {
				return err
			}
			defer p.stop()
			if err := compare(p, all[0].m); err != nil {
				return err
			}
			all = append(all, contender{"torch-" + way, func(ids []int) (times, error) { return p.run(*prompt, ids) }, nil})
		}
	}
	return race(all)
}

func folder(storage string) string { return filepath.Join(*dir, *name+"-"+storage) }

// tokens returns the ids to run.
func tokens(vocabulary int) []int {
	ids := make([]int, *prompt+*decode)
	for i := range ids {
		ids[i] = i * i * 31 % vocabulary
	}
	return ids
}

// load returns one of our models.
func load(order reduce.Order, storage string, ranks, threads int) (*model.Model[float32], error) {
	c, err := model.Load(folder(storage))
	if err != nil {
		return nil, err
	}
	backend, err := gemm.NewNative[float32](order, threads)
	if err != nil {
		return nil, err
	}
	return model.New(c, model.Options[float32]{Backend: backend, Ranks: ranks})
}

// ours returns the contender of that description.
func ours(spec string) (c contender, err error) {
	fields := strings.Split(spec, "-")
	ranks, t, run := 1, *threads, generate
	if len(fields) == 3 && fields[2] == "twice" {
		t, run = 1, twice
	} else if len(fields) == 3 {
		if _, err := fmt.Sscanf(fields[2], "tp%d", &ranks); err != nil {
			return c, fmt.Errorf("%s: %w", spec, err)
		}
		t = 1
	}
	if len(fields) < 2 || !slices.Contains(storages, fields[1]) {
		return c, fmt.Errorf("%s: want ORDER-STORAGE, ORDER-STORAGE-tpN or ORDER-STORAGE-twice", spec)
	}
	order, err := reduce.ParseOrder(fields[0], 1)
	if err != nil {
		return c, err
	}
	m, err := load(order, fields[1], ranks, t)
	if err != nil {
		return c, err
	}
	return contender{spec, func(ids []int) (times, error) { return run(m, ids) }, m}, nil
}

// generate runs the tokens through a new session.
func generate(m *model.Model[float32], ids []int) (t times, err error) {
	s, ctx := m.NewSession(), context.Background()
	begin := now(m)
	if _, err = s.Next(ctx, ids[:*prompt]); err != nil {
		return t, err
	}
	middle := now(m)
	for k := *prompt; k < len(ids); k++ {
		if _, err = s.Next(ctx, ids[k:k+1]); err != nil {
			return t, err
		}
	}
	return times{middle - begin, now(m) - middle}, nil
}

// twice runs the tokens through two sessions at once, which share nothing but the weights, each
// on one thread: what the processors can do together.
func twice(m *model.Model[float32], ids []int) (t times, err error) {
	var other times
	var otherErr error
	done := make(chan struct{})
	go func() {
		defer close(done)
		other, otherErr = generate(m, ids)
	}()
	t, err = generate(m, ids)
	<-done
	return times{max(t.prefill, other.prefill), max(t.decode, other.decode)}, errors.Join(err, otherErr)
}

var start = time.Now()

// now returns the time: of one thread that of the clock of the process, which stands still
// while other work has the processor.
func now(m *model.Model[float32]) time.Duration {
	if *threads > 1 || m.Ranks() > 1 {
		return time.Since(start)
	}
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
}

// compare returns an error unless PyTorch and the first of ours compute the same function.
func compare(p *python, m *model.Model[float32]) error {
	ids := tokens(m.Config().Vocabulary)
	theirs, err := p.ask("logits", *prompt, ids)
	if err != nil {
		return err
	}
	s := m.NewSession()
	ours, err := s.Next(context.Background(), ids)
	if err != nil {
		return err
	}
	largest, distance := 0.0, 0.0
	for i, x := range ours {
		largest, distance = max(largest, math.Abs(theirs[i])), max(distance, math.Abs(theirs[i]-float64(x)))
	}
	fmt.Printf("largest logit %.3g, largest distance of PyTorch's from ours %.2g\n", largest, distance)
	if !(distance < 1e-3*largest) {
		return fmt.Errorf("PyTorch runs another model: distance %g", distance)
	}
	return nil
}

// race lets all run in turn and prints the figures.
func race(all []contender) error {
	m, err := model.Load(folder("f32"))
	if err != nil {
		return err
	}
	ids := tokens(m.Config.Vocabulary)
	input := bufio.NewScanner(os.Stdin)
	begin := time.Now()
	measured := make([][]times, len(all))
	for round := range *rounds + 1 {
		if len(measured[0]) > 0 && time.Since(begin) > *limit {
			break
		}
		if *wait && round > 0 {
			fmt.Println("waiting for round", round)
			if !input.Scan() {
				break
			}
		}
		for i, c := range all {
			time.Sleep(*pause)
			t, err := c.run(ids)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if round > 0 { // the first one warms up
				measured[i] = append(measured[i], t)
			}
		}
	}
	if len(measured[0]) == 0 {
		return nil
	}
	report("prefill", all, measured, 1, func(t times) time.Duration { return t.prefill })
	report("decode", all, measured, *decode, func(t times) time.Duration { return t.decode })
	return nil
}

// report prints the median and the least of each contender's times, for each of n tokens, and the
// median over the rounds of the ratios of PyTorch's and of the first contender's time to its own.
func report(what string, all []contender, measured [][]times, n int, of func(times) time.Duration) {
	fmt.Printf("%s, %s, %d threads, %d rounds\n", *name, what, *threads, len(measured[0]))
	for i, c := range all {
		var own, toTorch, toFirst []float64
		for round, t := range measured[i] {
			torch := math.Inf(1)
			for k, other := range all {
				if strings.HasPrefix(other.name, "torch") {
					torch = min(torch, float64(of(measured[k][round])))
				}
			}
			own = append(own, float64(of(t))/float64(n))
			toTorch = append(toTorch, torch/float64(of(t)))
			toFirst = append(toFirst, float64(of(measured[0][round]))/float64(of(t)))
		}
		fmt.Printf("%-22s %10.3f ms, least %.3f   ", c.name, median(own)/1e6, slices.Min(own)/1e6)
		if *interpreter != "" {
			fmt.Printf("%6.2f of PyTorch's speed (%.2f to %.2f)   ", median(toTorch), slices.Min(toTorch), slices.Max(toTorch))
		}
		fmt.Printf("%6.2f of the first's\n", median(toFirst))
	}
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}
