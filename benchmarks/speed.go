package benchmarks

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/samebits/samebits/reduce"
)

// Random returns n numbers between -1 and 1 that depend on n and the seed alone:
// the data of all timings.
func Random[T reduce.Float](n int, seed uint64) []T {
	rng := rand.New(rand.NewPCG(seed, 2))
	x := make([]T, n)
	for i := range x {
		x[i] = T(2*rng.Float64() - 1)
	}
	return x
}

// Timing is how long one evaluation took, over several rounds, in nanoseconds. The
// least is what to compare: other work on the machine only ever adds.
type Timing struct {
	Least, Median float64
}

// Spread returns by what part of the least the median exceeds it.
func (t Timing) Spread() float64 { return t.Median/t.Least - 1 }

// Alternate times the contenders of T on the data, all in turn in each of the
// rounds, so that a change of the machine's speed meets all alike. It takes about
// the budget, if every evaluation is short against its share of it, and a warming
// up before. After each contender's turn it calls done: rounds+1 times for each.
func Alternate[T reduce.Float](ctx context.Context, contenders []Contender[T], x, y []T, budget time.Duration, rounds int, done func()) ([]Timing, error) {
	turn := budget / time.Duration(len(contenders)*(rounds+1))
	times, samples := make([]int, len(contenders)), make([][]float64, len(contenders))
	for i, c := range contenders {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		times[i] = fill(turn, func(times int) { c.Repeat(x, y, times) })
		done()
	}
	for range rounds {
		for i, c := range contenders {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			took := elapsed(func() { c.Repeat(x, y, times[i]) })
			samples[i] = append(samples[i], float64(took.Nanoseconds())/float64(times[i]))
			done()
		}
	}
	timings := make([]Timing, len(contenders))
	for i, s := range samples {
		slices.Sort(s)
		timings[i] = Timing{Least: s[0], Median: s[len(s)/2]}
	}
	return timings, nil
}

// fill returns how often f can be repeated in a turn of that length: from once to a
// thousand million times.
func fill(turn time.Duration, f func(times int)) int {
	times := 1
	for {
		took := elapsed(func() { f(times) })
		fit := float64(times) * float64(turn) / float64(took)
		if fit <= 2*float64(times) || times == 1e9 {
			return int(min(max(1, fit), 1e9))
		}
		// Short measurements mislead: take it for no more than tenfold.
		times = int(min(10*float64(times), math.Ceil(fit/2), 1e9))
	}
}

// elapsed returns how long f took, at least a nanosecond: some clocks are coarse.
func elapsed(f func()) time.Duration {
	begin := time.Now()
	f()
	return max(time.Since(begin), 1)
}
