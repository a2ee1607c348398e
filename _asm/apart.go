package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Kernels of long sums read terms as several interleaved streams: a stretch of each, then the next of each, and so on. The argument apart is how many bytes
// the place of a stream is from the next. They prefetch within each, by which a stretch ends with the beginning of the next one of its place prefetched. Why
// there are several: see internal/kernel/apart.go.
//
// Of products there are as many places of both arrays. Two arrays may be so far apart that a line of the one and that of the other are in the same bank of the
// memory (256 MiB or a multiple of that on a Zen 4 processor). So a line of x is prefetched two or more runs, in the order in which these are read, before the line
// of y that it is multiplied by: of the lines that are asked for alternately, those of y are of another place, or of another turn, than those of x. Where there are
// registers for it, x is loaded a run before y, too.
const (
	places  = 4
	stretch = 1024 // bytes
)

// runs says how much of each of two arrays is read in a place at a time, and how many runs before it is x is prefetched, and y. A turn is a run of each place.
type runs struct{ bytes, x, y int }

var (
	longRuns  = runs{512, 3, 1} // x of one in 16 registers
	shortRuns = runs{256, 5, 1} // in 8, or none
)

// eachPlace prints the loops over rows, places and turns, q of them, of one array.
func eachPlace(t target, row func()) {
	t.move("t", "apart")
	t.shl("t", 2) // places
	t.addImm("t", -stretch)
	t.loadAhead("u", ofStream)
	t.addImm("apart", -stretch)
	t.label("turn")
	t.moveImm("s", places)
	t.label("place")
	t.moveImm("i", stretch/rowIn)
	t.label("row")
	t.strew(t.capture(row), t.capture(func() {
		for off := 0; off < rowIn; off += line {
			t.prefetchFrom("x", "u", off)
		}
	}))
	t.addImm("x", rowIn)
	t.countDown("i", "row")
	t.addReg("x", "apart")
	t.countDown("s", "place")
	t.subReg("x", "t")
	t.countDown("q", "turn")
}

// at is what lies at off in a run of an array, so many runs after the first of the turn at hand. t is three times apart.
func (r runs) at(base string, run, off int) mem {
	m := at(base, run/places*r.bytes+off)
	switch run % places {
	case 1, 2:
		m.index, m.scale = "apart", run%places
	case 3:
		m.index, m.scale = "t", 1
	}
	return m
}

// ask prefetches what is to be while that run is at work.
func (r runs) ask(t target, run int) {
	for off := 0; off < r.bytes; off += line {
		t.prefetch(r.at("x", run+r.x, off))
		t.prefetch(r.at("y", run+r.y, off))
	}
}

// each prints the loop over turns, q of them. run prints what is done with the run of a place.
func (r runs) each(t target, run func(place int)) {
	t.move("t", "apart")
	t.shl("t", 1)
	t.addReg("t", "apart")
	t.label("turn")
	for place := range places {
		t.strew(t.capture(func() { run(place) }), t.capture(func() { r.ask(t, place) }))
	}
	t.addImm("x", r.bytes)
	t.addImm("y", r.bytes)
	t.countDown("q", "turn")
}

// apartModes are those of the kernels that cut terms of float64 into 2 to 4 slices so, and apartExtracts the kernels of certificates.
var (
	apartModes    = []mode{whole, dropped}
	apartExtracts = []struct {
		what extraction
		w    width
		term term
	}{{watched, f64, plain}, {watched, f64, product}, {watched, f64, roundedProduct}, {summed, wide, plain}, {summed, wide, product}}
)

// The terms of a block in each place: of internal/kernel.MaxSliced, and of a certificate.
const (
	slicedPart    = 512
	certifiedPart = 1024 // of products half
)

// narrowApart tells whether products are taken in vectors of 32 bytes also where there are longer ones. Loaded in halves of lines, in 32 registers, x of a run before
// y, they take as long as in vectors of 64 bytes or less, wherever the arrays lie, on a Zen 4 processor. (So do those of float32 of onGrid.)
func narrowApart(w width, of term) bool { return w == f64 && of != plain }

// writeApart writes the kernels, their declarations and what calls them.
func writeApart(out string) {
	folder := filepath.Join(out, "internal/kernel")
	var declarations, cases, watch, sum strings.Builder
	narrow := &amd64{bytes: 32, many: true, once: true}
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
		for _, e := range apartExtracts {
			k := newExtract(a, e.w, e.term, e.what)
			if a.bytes == 64 && narrowApart(e.w, e.term) {
				k = newExtract(narrow, e.w, e.term, e.what)
			}
			k.apart = true
			k.emit()
			declarations.WriteString(k.declaration())
			to, args := &watch, "x, y, apart, anchor"
			if e.what == summed {
				to, args = &sum, "x, y, apart"
			}
			fmt.Fprintf(to, "\tcase key(%s)<<4 | key(%s):\n\t\treturn %s%s(%s)\n", a.suffix(), goTerms[e.term], k.name(), a.suffix(), args)
		}
		text := a.output()
		if a.bytes == 64 {
			text += narrow.output()
		}
		write(filepath.Join(folder, "apart_"+strings.ToLower(a.suffix())+"_amd64.s"), header+"\n"+a.constants()+text)
	}
	const (
		cut     = "\nfunc apartF64(m Mode, bins int, d *uint64, x *float64, apart int, a *uint64) bool {\n"
		watched = "\nfunc watchedApartF64(of Terms, x, y *float64, apart int, anchor *uint64) (high uint64, low float64, most uint64) {\n"
		summed  = "\nfunc summedApartWide(of Terms, x, y *float32, apart int) (sum float64, most uint64) {\n"
		other   = "\tpanic(noKernel)\n}\n"
		choice  = "\tswitch key(active)<<4 | key(of) {\n"
	)
	write(filepath.Join(folder, "apart_amd64.go"), goHeader("!purego", "kernel")+declarations.String()+
		cut+"\tswitch sliceKey(active, m, Plain, bins) {\n"+cases.String()+"\tdefault:\n\t\treturn false\n\t}\n\treturn true\n}\n"+
		watched+choice+watch.String()+"\t}\n"+other+summed+choice+sum.String()+"\t}\n"+other)
	write(filepath.Join(folder, "apart_other.go"), goHeader("purego || !amd64", "kernel")+cut+"\treturn false\n}\n"+watched+other+summed+other)
}
