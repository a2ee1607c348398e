// Command orders measures matrix products in every order beside those of gonum, OpenBLAS,
// BLIS and oneDNN: the largest errors in units in the last place, and the speed, in turn in
// one process. It prints what samebits bench --op gemm --json prints, which samebits bench
// --op gemm --from FILE makes into tables, CSV and plots.
//
//	go run ./orders -type f32 -threads 2 -sizes 512,1024 >gemm.json
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/samebits/samebits/benchmarks"
	"github.com/samebits/samebits/benchmarks/peers"
	"github.com/samebits/samebits/reduce"
)

var (
	typ     = flag.String("type", "f32", "f32 or f64")
	threads = flag.Int("threads", 1, "of everyone but gonum, which uses all processors")
	sizes   = flag.String("sizes", "128,512,1024", "n of products of n x n")
	budget  = flag.Duration("time", 30*time.Second, "time to spend on timing, about")
	rounds  = flag.Int("rounds", 9, "in each of which all multiply in turn")
	trials  = flag.Int("trials", 5, "elements at each condition number")
	skip    = flag.String("skip", "", "contenders to leave out, with commas between them")
)

func main() {
	log.SetFlags(0)
	flag.Parse()
	if *typ == "f64" {
		run[float64]()
	} else {
		run[float32]()
	}
}

func run[T reduce.Float]() {
	o := benchmarks.ProductOptions{Terms: []int{128, 1024, 4096}, Time: *budget, Trials: *trials, Rounds: *rounds, Threads: *threads, Seed: 1}
	for _, size := range strings.Split(*sizes, ",") {
		n, err := strconv.Atoi(size)
		if err != nil || n < 1 {
			log.Fatalf("-sizes %q: want numbers above 0 with commas between them", *sizes)
		}
		o.Sizes = append(o.Sizes, n)
	}
	r, err := benchmarks.MeasureProducts(context.Background(), contenders[T](), o, func() {})
	if err != nil {
		log.Fatal(err)
	}
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		log.Fatal(err)
	}
}

// contenders are ours, gonum and the peers' GEMM.
func contenders[T reduce.Float]() (all []benchmarks.ProductContender[T]) {
	products, err := peers.Products[T]()
	if err != nil {
		log.Fatal(err)
	}
	named := benchmarks.ProductContenders[T](1, *threads)
	for _, p := range products {
		if p.Rows == 0 { // others are for one row alone
			named = append(named, benchmarks.ProductContender[T]{Name: p.Name, Multiply: func(m, n, k int, a, b, c []T) {
				p.Multiply(*threads, false, m, n, k, a, b, c)
			}})
		}
	}
	out := "," + *skip + ","
	for _, c := range named {
		if !strings.Contains(out, ","+c.Name+",") {
			all = append(all, c)
		}
	}
	return all
}
