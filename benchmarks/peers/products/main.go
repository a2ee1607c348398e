// Command products times matrix products of Samebits beside those of OpenBLAS, BLIS and
// oneDNN, interleaved in one process, and prints medians of the ratios of their times.
//
//	go run ./products -type f32 -threads 2 -shapes 1024x1024x1024,1x3072x1024
//
// A shape is MxNxK. Ours packs B within the time, unless -packed says that it was packed
// beforehand, as weights are.
package main

import (
	"flag"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/samebits/samebits/benchmarks"
	"github.com/samebits/samebits/benchmarks/peers"
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"golang.org/x/sys/unix"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

const square = "256x256x256,512x512x512,1024x1024x1024,2048x2048x2048"

var (
	shapes  = flag.String("shapes", square, "products, MxNxK")
	model   = flag.String("model", "", "instead: the shapes of a transformer's weights at these M, such as 1,8,128")
	typ     = flag.String("type", "f32", "f32 or f64")
	threads = flag.Int("threads", 1, "of everyone")
	rounds  = flag.Int("rounds", 15, "in each of which all multiply in turn")
	turn    = flag.Duration("turn", 20*time.Millisecond, "the least time of a turn")
	packed  = flag.Bool("packed", false, "B of ours is packed beforehand")
	trans   = flag.Bool("trans", false, "B is stored transposed, N x K")
	only    = flag.String("only", "", "peers to run, with commas between them; all if empty")
	stored  = flag.String("stored", "", "weights of ours are packed beforehand and stored as bf16 or f16")
	slow    = flag.Bool("gonum", false, "run gonum too, on one thread")
)

func main() {
	log.SetFlags(0)
	flag.Parse()
	// Libraries of OpenMP have threads for each of the threads that call them. Where a goroutine comes to rest and goes on in another thread, their
	// threads and that one often sit on one processor, and take turns at it.
	runtime.LockOSThread()
	if *typ == "f64" {
		run[float64]()
	} else {
		run[float32]()
	}
}

func run[T reduce.Float]() {
	all, err := peers.Products[T]()
	if err != nil {
		log.Fatal(err)
	}
	if *slow {
		all = append(all, peers.Product[T]{Name: "gonum", Multiply: gonumProduct[T]})
	}
	fmt.Printf("type=%s threads=%d trans=%v packed=%v kernel=%v\n", *typ, *threads, *trans, *packed, kernel.Active())
	var logs []float64
	for _, s := range strings.Split(list(), ",") {
		var m, n, k int
		if _, err := fmt.Sscanf(s, "%dx%dx%d", &m, &n, &k); err != nil {
			log.Fatalf("shape %q: want MxNxK", s)
		}
		logs = append(logs, math.Log(compare(all, m, n, k)))
	}
	mean := 0.0
	for _, l := range logs {
		mean += l / float64(len(logs))
	}
	fmt.Printf("geometric mean of the ratios to the fastest: %.3f\n", math.Exp(mean))
}

func list() string {
	if *model == "" {
		return *shapes
	}
	var all []string
	for _, m := range strings.Split(*model, ",") {
		for _, w := range []string{"1024x4096", "3072x1024", "1024x1024", "50257x1024"} {
			all = append(all, m+"x"+w)
		}
	}
	return strings.Join(all, ",")
}

// A contender multiplies once.
type contender struct {
	name  string
	run   func()
	times int
	took  []float64 // seconds for once, a round each
}

// count sets how often is enough for a turn, by the least time of a few calls: one that is late, as the threads of who came before spin or
// its own sleep, would make turns short, and what holds everyone up now and then would miss them.
func (c *contender) count() {
	time.Sleep(rest())
	warmUp(c.run)
	least := *turn
	for begin, n := now(), 0; n < 5 && (n == 0 || now()-begin < *turn); n++ {
		start := now()
		c.run()
		least = min(least, now()-start)
	}
	c.times = int(math.Ceil(float64(*turn) / float64(max(least, 1))))
}

// compare prints how the contenders do and returns the ratio of the fastest peer's time to
// ours.
func compare[T reduce.Float](all []peers.Product[T], m, n, k int) float64 {
	a, b, c := benchmarks.Random[T](m*k, 1), benchmarks.Random[T](k*n, 2), make([]T, m*n)
	contenders := []*contender{{name: "samebits", run: ours(a, b, c, m, n, k)}}
	for _, p := range all {
		if (p.Rows == 0 || m <= p.Rows) && (*only == "" || slices.Contains(strings.Split(*only, ","), p.Name)) {
			contenders = append(contenders, &contender{name: p.Name, run: func() { p.Multiply(*threads, *trans, m, n, k, a, b, c) }})
		}
	}
	peak := &contender{name: "peak"}
	peakOps := 0.0
	contenders = append(contenders, peak)
	peak.run = func() { peakOps = peakAll[T]() }
	micro, microOps := microkernel[T]()
	contenders = append(contenders, micro)
	for _, c := range contenders {
		c.count()
	}
	order := rand.New(rand.NewPCG(uint64(n), uint64(k)))
	for range *rounds {
		// Whoever comes after those that do not read B finds less of it in L3, which other tenants share.
		for _, i := range order.Perm(len(contenders)) {
			c := contenders[i]
			time.Sleep(rest())
			warmUp(c.run)
			start := now()
			for range c.times {
				c.run()
			}
			c.took = append(c.took, (now()-start).Seconds()/float64(c.times))
		}
	}
	flops := 2 * float64(m) * float64(n) * float64(k)
	us := contenders[0]
	speed := flops / median(us.took) * 1e-9
	fmt.Printf("%-16s peak %.0f %8.1f GFLOP/s %5.2f of it %6.1f GB/s of B, microkernel %.2f |", fmt.Sprintf("%dx%dx%d", m, n, k), peakOps/median(peak.took)*1e-9, speed,
		median(ratios(peak.took, us.took))*flops/peakOps, float64(k*n*size[T]())/median(us.took)*1e-9, median(ratios(peak.took, micro.took))*microOps*float64(*threads)/peakOps)
	best := math.Inf(1)
	for _, c := range contenders[1 : len(contenders)-2] {
		r := median(ratios(c.took, us.took))
		best = min(best, r)
		fmt.Printf(" %s %.1f (%.2f)", c.name, flops/median(c.took)*1e-9, r)
	}
	fmt.Printf(" | %.3f\n", best)
	return best
}

// now is the time of the clock on the wall, or where one thread works what the process has used of the
// processor: that other work goes first for a while then does not count.
func now() time.Duration {
	if *threads > 1 {
		return time.Duration(time.Now().UnixNano())
	}
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		log.Fatal(err)
	}
	return time.Duration(t.Nano())
}

// rest is how long all wait before a turn, so that the processors are theirs: threads of OpenBLAS spin for
// 146 ms after a product, those of BLIS and oneDNN for some 20 (as measured by the process's clock).
func rest() time.Duration {
	if *threads > 1 {
		return 200 * time.Millisecond
	}
	return 2 * time.Millisecond
}

// warmUp runs once or, with several threads, for 10 ms: after a rest a processor may take milliseconds to wake up, which the first call
// of who waits for it has behind it, but not that of who goes on without.
func warmUp(run func()) {
	run()
	for start := time.Now(); *threads > 1 && time.Since(start) < 10*time.Millisecond; {
		run()
	}
}

func size[T reduce.Float]() int { return map[bool]int{false: 4, true: 8}[kernel.Is64[T]()] }

// ratios returns the ratios of the times in each round.
func ratios(x, y []float64) []float64 {
	r := make([]float64, len(x))
	for i := range x {
		r[i] = x[i] / y[i]
	}
	return r
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}

// ours returns our product.
func ours[T reduce.Float](a, b, c []T, m, n, k int) func() {
	ma, mb, mc := gemm.Dense(m, k, a), gemm.Dense(k, n, b), gemm.Dense(m, n, c)
	if *trans {
		mb = gemm.Dense(n, k, b)
	}
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	if b, ok := any(mb).(gemm.Matrix[float32]); ok && *stored != "" {
		w, err := gemm.PackStored(reduce.Pairwise, *threads, map[string]gemm.Stored{"bf16": gemm.BFloat16, "f16": gemm.Float16}[*stored], halves(b), *trans, gemm.Whole(k, reduce.Pairwise))
		check(err)
		backend, err := gemm.NewNative[float32](reduce.Pairwise, *threads)
		check(err)
		x, y := any(ma).(gemm.Matrix[float32]), any(mc).(gemm.Matrix[float32])
		return func() { check(backend.Mul(x, w, y)) }
	}
	if !*packed {
		o := gemm.Options{Order: reduce.Pairwise, Threads: *threads}
		return func() { check(gemm.Gemm(o, false, *trans, 1, ma, mb, 0, mc)) }
	}
	backend, err := gemm.NewNative[T](reduce.Pairwise, *threads)
	check(err)
	w, err := backend.Pack(mb, *trans, gemm.Whole(k, reduce.Pairwise))
	check(err)
	return func() { check(backend.Mul(ma, w, mc)) }
}

// microkernel evaluates a block of eight leaves for a tile whose factors L1 holds, on
// one thread, and returns the operations.
func microkernel[T reduce.Float]() (*contender, float64) {
	tile := kernel.MicroTile[T]()
	program := []uint64{kernel.Leaf(32, 0), kernel.Leaf(32, 1), kernel.Leaf(32, 0), kernel.Leaf(32, 2), kernel.Leaf(32, 0), kernel.Leaf(32, 1), kernel.Leaf(32, 0), kernel.Leaf(32, 3)}
	stack := make([]T, 5*tile.Size())
	s := kernel.Stack[T]{Own: stack[:tile.Size()], Hot: stack[tile.Size():]}
	a, b := make([]T, 256*tile.Rows), kernel.Factors[T]{Data: make([]T, 256*tile.Cols), Stride: tile.Cols}
	return &contender{name: "microkernel", run: func() { kernel.Micro(tile, s, a, b, program) }}, float64(2 * 256 * tile.Size())
}

// halves returns the matrix in numbers of 16 bits: their upper halves.
func halves(b gemm.Matrix[float32]) gemm.StoredMatrix {
	h := gemm.StoredMatrix{Rows: b.Rows, Cols: b.Cols, Stride: b.Stride, Data: make([]uint16, len(b.Data))}
	for i, v := range b.Data {
		h.Data[i] = uint16(math.Float32bits(v) >> 16)
		if *stored == "f16" {
			h.Data[i] &= 0xbbff // small enough to be finite, as float16
		}
	}
	return h
}

// peakAll runs the speed of light on all threads and returns the operations.
func peakAll[T reduce.Float]() float64 {
	ops := make([]int, *threads)
	var wait sync.WaitGroup
	for i := range ops {
		wait.Go(func() { ops[i] = peers.Peak[T](1 << 20) })
	}
	wait.Wait()
	total := 0.0
	for _, n := range ops {
		total += float64(n)
	}
	return total
}

func gonumProduct[T reduce.Float](_ int, trans bool, m, n, k int, a, b, c []T) {
	op, ldb := blas.NoTrans, n
	if trans {
		op, ldb = blas.Trans, k
	}
	switch a := any(a).(type) {
	case []float32:
		gonum.Implementation{}.Sgemm(blas.NoTrans, op, m, n, k, 1, a, k, any(b).([]float32), ldb, 0, any(c).([]float32), n)
	case []float64:
		gonum.Implementation{}.Dgemm(blas.NoTrans, op, m, n, k, 1, a, k, any(b).([]float64), ldb, 0, any(c).([]float64), n)
	}
}
