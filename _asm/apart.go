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
// memory; so all lines of x of a stretch are prefetched before those of y, while the stretch that is prefetchStretches before it is at work.
const (
	places            = 4
	stretch           = 1024 // bytes
	stretchOfTwo      = 512  // of each of two arrays
	prefetchStretches = 2    // half of the places
)

// stretchOf returns the bytes of a stretch in one array, or in each of two.
func stretchOf(two bool) int {
	if two {
		return stretchOfTwo
	}
	return stretch
}

// eachPlace prints the loops over rows, places and turns, q of them.
func eachPlace(t target, two bool, row func()) {
	length := stretchOf(two)
	t.move("t", "apart")
	t.shl("t", 2) // places
	t.addImm("t", -length)
	if two {
		t.move("u", "apart")
		t.shl("u", 1) // prefetchStretches
	} else {
		t.loadAhead("u", ofStream)
	}
	t.addImm("apart", -length)
	t.label("turn")
	t.moveImm("s", places)
	t.label("place")
	if two {
		eachRowOfTwo(t, length, row)
	} else {
		t.moveImm("i", length/rowIn)
		t.label("row")
		t.strew(t.capture(row), t.capture(func() {
			for off := 0; off < rowIn; off += line {
				t.prefetchFrom("x", "u", off)
			}
		}))
		t.addImm("x", rowIn)
		t.countDown("i", "row")
	}
	t.addReg("x", "apart")
	if two {
		t.addReg("y", "apart")
		t.ifBit("s", 0, false, "same")
		t.move("z", "u")
		t.moveImm("u", length)
		t.subReg("u", "z")
		t.label("same")
	}
	t.countDown("s", "place")
	t.subReg("x", "t")
	if two {
		t.subReg("y", "t")
	}
	t.countDown("q", "turn")
}

// eachRowOfTwo prints the loop over the rows of a stretch of two arrays. u is how far the stretch is that is prefetched: half of the places further, or from the
// latter half of them the next of the first half. The first half of the rows prefetches lines of x, and the other those of y.
func eachRowOfTwo(t target, length int, row func()) {
	const lines = 2 * rowIn / line
	t.move("p", "x")
	t.addReg("p", "u")
	t.moveImm("c", 2)
	t.label("half")
	t.moveImm("i", length/2/rowIn)
	t.label("row")
	t.strew(t.capture(row), t.capture(func() {
		for i := range lines {
			t.prefetch(at("p", i*line))
		}
	}))
	t.addImm("x", rowIn)
	t.addImm("y", rowIn)
	t.addImm("p", lines*line)
	t.countDown("i", "row")
	t.move("p", "y")
	t.addReg("p", "u")
	t.addImm("p", -length/2)
	t.countDown("c", "half")
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

// narrowApart tells whether terms of several streams are taken by kernels of AVX2 alone: of rounded products, whose sums in vectors of 64 bytes are soon done and
// then wait for lines in the order in which they load them, of x and y alternately. That takes up to 1.2 times as long on a Zen 4 processor.
func narrowApart(of term) bool { return of == roundedProduct }

// writeApart writes the kernels, their declarations and what calls them.
func writeApart(out string) {
	folder := filepath.Join(out, "internal/kernel")
	var declarations, cases, watch, sum strings.Builder
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
			k.apart = true
			suffix := a.suffix()
			if narrowApart(e.term) {
				suffix = "AVX2"
			}
			if suffix == a.suffix() {
				k.emit()
				declarations.WriteString(k.declaration())
			}
			to, args := &watch, "x, y, apart, anchor"
			if e.what == summed {
				to, args = &sum, "x, y, apart"
			}
			fmt.Fprintf(to, "\tcase key(%s)<<4 | key(%s):\n\t\treturn %s%s(%s)\n", a.suffix(), goTerms[e.term], k.name(), suffix, args)
		}
		write(filepath.Join(folder, "apart_"+strings.ToLower(a.suffix())+"_amd64.s"), header+"\n"+a.constants()+a.output())
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
