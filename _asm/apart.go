package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Kernels of long sums read terms as several interleaved streams: a stretch of each, then the next of each, and so on. The argument apart is how many bytes
// the place of a stream is from the next. They prefetch within each, by which a stretch ends with the beginning of the next one of its place prefetched. Why
// there are several: see internal/kernel/apart.go.
const (
	places  = 4
	stretch = 1024 // bytes
	turns   = 4    // of a block of internal/kernel.MaxSliced terms
)

// eachPlace prints the loops over rows, places and turns.
func eachPlace(t target, row func()) {
	t.move("t", "apart")
	t.shl("t", 2) // places
	t.addImm("t", -stretch)
	t.addImm("apart", -stretch)
	t.moveImm("q", turns)
	t.label("turn")
	t.moveImm("s", places)
	t.label("place")
	t.moveImm("i", stretch/rowIn)
	t.label("row")
	row()
	t.addImm("x", rowIn)
	t.countDown("i", "row")
	t.addReg("x", "apart")
	t.countDown("s", "place")
	t.subReg("x", "t")
	t.countDown("q", "turn")
}

// apartModes are those of the kernels that cut terms of float64 into 2 to 4 slices so.
var apartModes = []mode{whole, dropped}

// writeApart writes the kernels, their declarations and what calls them.
func writeApart(out string) {
	folder := filepath.Join(out, "internal/kernel")
	var declarations, cases strings.Builder
	for _, a := range []*amd64{{bytes: 64, once: true}, {bytes: 32, once: true}} {
		for _, m := range apartModes {
			for bins := 2; bins <= 4; bins++ {
				k := &slices{target: a, w: f64, term: plain, mode: m, bins: bins, apart: true}
				k.begin()
				k.emit()
				declarations.WriteString(k.declaration())
				fmt.Fprintf(&cases, "\tcase %s:\n\t\t%s%s(d, x, apart, a)\n", goKey(a.suffix(), m, plain, bins), k.name(), a.suffix())
			}
		}
		write(filepath.Join(folder, "apart_"+strings.ToLower(a.suffix())+"_amd64.s"), header+"\n"+a.constants()+a.output())
	}
	const signature = "\nfunc apartF64(m Mode, bins int, d *uint64, x *float64, apart int, a *uint64) bool {\n"
	write(filepath.Join(folder, "apart_amd64.go"), goHeader("!purego", "kernel")+declarations.String()+signature+
		"\tswitch sliceKey(active, m, Plain, bins) {\n"+cases.String()+"\tdefault:\n\t\treturn false\n\t}\n\treturn true\n}\n")
	write(filepath.Join(folder, "apart_other.go"), goHeader("purego || !amd64", "kernel")+signature+"\treturn false\n}\n")
}
