// Command prove runs a float32 function of package elementary over all 2^32 arguments
// and compares every result with the true value, from an oracle that shares no code
// with the function: that of package reference, in arbitrary precision.
//
//	go run ./reference/prove -f Exp,Tanh     # a minute or two each on two processors
//	go run ./reference/prove -f all -state prove.json
//	SAMEBITS_KERNEL=avx2 go run ./reference/prove -f Exp -digest
//
// It prints a digest of all results, which is the same for any implementation that
// rounds correctly: SHA-256 over the digests of 256 chunks in the order of the
// arguments' bits, each SHA-256 over its 2^24 results as 4 bytes, little-endian. With
// -digest nothing is proved and the digest alone is computed, in seconds. The exit
// status is 1 if a result is wrong.
package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/samebits/samebits/internal/kernel"
)

const (
	chunks    = 256
	chunkSize = 1 << 32 / chunks
)

func main() {
	log.SetFlags(0)
	names := flag.String("f", "all", "functions, separated by commas")
	file := flag.String("state", "", "a file to keep finished chunks in, and to resume from")
	scalar := flag.Bool("scalar", false, "prove the scalar forms, not the slice forms")
	digestOnly := flag.Bool("digest", false, "compute the digest without proving anything")
	limit := flag.Duration("for", 0, "stop after this time, to be resumed from the state")
	only := flag.String("only", "", "prove these chunks only, by the upper 8 bits of the argument: 35-43,b5-c3")
	workers := flag.Int("workers", 2, "chunks at a time")
	flag.Parse()

	var end time.Time
	if *limit > 0 {
		end = time.Now().Add(*limit)
	}
	var chosen []*function
	for _, f := range functions {
		if *names == "all" || slices.Contains(strings.Split(*names, ","), f.name) {
			chosen = append(chosen, f)
		}
	}
	if len(chosen) == 0 || *names != "all" && len(chosen) != len(strings.Split(*names, ",")) {
		log.Fatalf("prove: -f %s: want names out of %v", *names, known())
	}
	s, err := load(*file)
	if err != nil {
		log.Fatal(err)
	}
	part, err := parseChunks(*only)
	if err != nil {
		log.Fatal(err)
	}
	bad := 0
	for _, f := range chosen {
		r := &run{function: f, scalar: *scalar, digestOnly: *digestOnly, end: end, state: s, part: part}
		if !r.all(*workers) {
			log.Printf("%s: out of time after %d of %d chunks; run again to go on", f.name, r.done(), chunks)
			os.Exit(3)
		}
		fmt.Println(r.report())
		bad += r.wrong()
	}
	if bad > 0 {
		os.Exit(1)
	}
}

// parseChunks reads ranges of hexadecimal numbers; all where there are none.
func parseChunks(text string) (part []int, err error) {
	if text == "" {
		text = "0-ff"
	}
	for _, r := range strings.Split(text, ",") {
		from, to, ranged := strings.Cut(r, "-")
		if !ranged {
			to = from
		}
		first, err1 := strconv.ParseUint(from, 16, 8)
		last, err2 := strconv.ParseUint(to, 16, 8)
		if err1 != nil || err2 != nil || first > last {
			return nil, fmt.Errorf("prove: -only %s: want ranges of two hexadecimal digits, as 35-43,b5-c3", text)
		}
		for i := first; i <= last; i++ {
			part = append(part, int(i))
		}
	}
	return part, nil
}

func known() (names []string) {
	for _, f := range functions {
		names = append(names, f.name)
	}
	return names
}

// run is the proof of one function.
type run struct {
	*function
	scalar, digestOnly bool
	end                time.Time
	part               []int // the chunks to do
	*state
	mu sync.Mutex
}

// key tells apart what is proved: the state may hold several runs.
func (r *run) key() string {
	form := "slice"
	if r.scalar {
		form = "scalar"
	}
	if r.digestOnly {
		form += "/digest"
	}
	return fmt.Sprintf("%s/%s/%v", r.name, form, kernel.Active())
}

// all proves the chunks that are not yet done. It returns false if time runs out.
func (r *run) all(workers int) bool {
	begin := time.Now()
	queue := make(chan int)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for i := range queue {
				c := r.chunk(i)
				r.mu.Lock()
				if err := r.put(r.key(), i, c); err != nil {
					log.Fatal(err)
				}
				n := r.done()
				r.mu.Unlock()
				if progress() {
					fmt.Fprintf(os.Stderr, "\r%s: %d of %d chunks, %v ", r.key(), n, chunks, time.Since(begin).Round(time.Second))
				}
			}
		})
	}
	complete := true
	for _, i := range r.part {
		if r.state.has(r.key(), i) {
			continue
		}
		if !r.end.IsZero() && time.Now().After(r.end) {
			complete = false
			break
		}
		queue <- i
	}
	close(queue)
	group.Wait()
	if progress() {
		fmt.Fprintln(os.Stderr)
	}
	return complete
}

// progress tells whether standard error is a terminal.
func progress() bool {
	info, err := os.Stderr.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (r *run) done() int { return len(r.Runs[r.key()]) }

func (r *run) wrong() (n int) {
	for _, c := range r.Runs[r.key()] {
		n += c.Wrong
	}
	return n
}

// report is a line on what was found, and some lines of examples.
func (r *run) report() string {
	d := sha256.New()
	var hard int
	var examples []string
	for i := range chunks {
		c := r.Runs[r.key()][i]
		b, _ := hex.DecodeString(c.Digest)
		d.Write(b)
		hard += c.Hard
		examples = append(examples, c.Examples...)
	}
	text := fmt.Sprintf("%s %x wrong=%d hard=%d", r.key(), d.Sum(nil), r.wrong(), hard)
	if r.done() < chunks {
		text = fmt.Sprintf("%s: %d of %d chunks, wrong=%d hard=%d", r.key(), r.done(), chunks, r.wrong(), hard)
	}
	if len(examples) > 0 {
		text += "\n\t" + strings.Join(examples, "\n\t")
	}
	return text
}

// chunk evaluates the function for the arguments of a chunk and judges the results.
func (r *run) chunk(i int) chunk {
	const piece = 1 << 16
	x, y := make([]float32, piece), make([]float32, piece)
	raw := make([]byte, 4*piece)
	d := sha256.New()
	var c chunk
	j := judge{function: r.function, chunk: &c}
	for first := int64(i) * chunkSize; first < int64(i+1)*chunkSize; first += piece {
		for k := range x {
			x[k] = math.Float32frombits(uint32(first) + uint32(k))
		}
		if r.scalar {
			for k, v := range x {
				y[k] = r.one(v)
			}
		} else {
			r.slice(y, x)
		}
		for k, v := range y {
			binary.LittleEndian.PutUint32(raw[4*k:], math.Float32bits(v))
		}
		d.Write(raw)
		if !r.digestOnly {
			j.piece(x, y)
		}
	}
	c.Digest = hex.EncodeToString(d.Sum(nil))
	return c
}
