package main

import (
	"fmt"
	"strings"
)

// The tree over memory that is far from the processor, read as several interleaved streams: a run of four rows of each. Each place
// where a stream is read is a node of its own, of which the pages that follow are read. table has three numbers for each of m places, of
// which the kernel reads n pages: where in x (and y) it begins, the top of a stack of nodes, and how many pages were pushed on it, as on a
// binary counter's. The kernel moves on the latter two.
//
// One program of loads serves all places: with others for each, and with longer runs, processors do not follow as well.
const (
	treeApartRows  = 4 // of a run
	treeApartRuns  = page / rowIn / treeApartRows
	treeApartMost  = 4  // places
	treeApartPlace = 24 // bytes of the table
)

// hasTreeApart tells whether there are such kernels.
func hasTreeApart(t target) bool { return t.vectorBytes() >= 32 }

// treeApartAhead is how far ahead in bytes a stream is prefetched: sums gain if lines are prefetched beside being loaded.
func (k *tree) treeApartAhead() int {
	if k.products() {
		return 64
	}
	return 0
}

// emitTreeApart prints the function and returns its declaration in Go.
func emitTreeApart(t target, w width, of term) string {
	if w == wide || !hasTreeApart(t) {
		return ""
	}
	k := newTree(t, w, of, false)
	k.apart = true
	k.rows = treeApartRows
	k.slots = 0
	slots := treeApartRuns * k.value // bytes of those of a place
	k.enterUnread(k.name(), []string{"x", "y", "table", "m", "n"}, 0, treeApartMost*slots)
	k.alignFrame()
	if k.byMultiplier() {
		k.hold(k.alloc(), one)
	}
	k.loadArg("x", "x")
	if k.products() {
		k.loadArg("y", "y")
	}
	k.loadArg("n", "n")
	k.address("dst", at(frame, k.slots+slots))
	k.label("page")
	k.address("z", at(frame, k.slots))
	k.label("run")
	k.move("t", "z")
	k.loadArg("e", "table")
	k.loadArg("i", "m")
	k.label("place")
	k.loadScalar("p", at("e", 0))
	if k.products() {
		k.move("q", "p")
		k.addReg("q", "y")
	}
	k.addReg("p", "x")
	k.asking = true
	k.abreast(func(c int) { k.keepNode("t", 0, c, k.node("p", "q", 0, k.rows, c)) })
	k.asking = false
	k.addImm("t", slots)
	k.addImm("e", treeApartPlace)
	k.countDown("i", "place")
	k.step("x", k.rows)
	if k.products() {
		k.step("y", k.rows)
	}
	k.addImm("z", k.value)
	k.ifEqual("z", "dst", "ran")
	k.jump("run")
	k.label("ran")
	k.pushPages(slots)
	k.countDown("n", "page")
	k.modeRead()
	k.leave()
	_, elements := k.types()
	return fmt.Sprintf("\n//go:noescape\nfunc %s%s(x, y *%s, table *place, m, n int)\n", k.name(), k.suffix(), elements)
}

// keepNode is keep, and releases the value.
func (k *tree) keepNode(base string, off, c int, v value) {
	k.keep(base, off, c, v)
	k.release(v...)
}

// pushPages joins the slots of each place, and pushes their node.
func (k *tree) pushPages(slots int) {
	k.address("t", at(frame, k.slots))
	k.loadArg("e", "table")
	k.loadArg("i", "m")
	k.label("push")
	k.loadScalar("s", at("e", 8))
	for c := range k.columns {
		k.keepNode("s", 0, c, k.slotNode("t", 0, treeApartRuns, c))
	}
	k.addImm("s", k.value)
	k.loadScalar("u", at("e", 16))
	k.addImm("u", 1)
	k.storeScalar(at("e", 16), "u")
	k.label("carry")
	k.ifBit("u", 0, true, "carried")
	k.addImm("s", -k.value)
	for c := range k.columns {
		a := k.fetch("s", -k.value, c)
		k.join(a, k.fetch("s", 0, c))
		k.keepNode("s", -k.value, c, a)
	}
	k.shr("u", 1)
	k.jump("carry")
	k.label("carried")
	k.storeScalar(at("e", 8), "s")
	k.addImm("t", slots)
	k.addImm("e", treeApartPlace)
	k.countDown("i", "push")
}

// treeApartDispatch writes the function that calls the kernel.
func treeApartDispatch(text *strings.Builder, w width, backends []string) {
	_, elements := (&tree{w: w}).types()
	fmt.Fprintf(text, "\nfunc treeApart%v(of Terms, x, y *%s, table *place, m, n int) {\n", w, elements)
	fmt.Fprint(text, "\tswitch key(active)<<4 | key(of) {\n")
	for _, backend := range backends {
		for _, of := range treeTerms(w, false) {
			if k := (&tree{w: w, term: of, apart: true}); backend != "NEON" {
				fmt.Fprintf(text, "\tcase key(%s)<<4 | key(%s):\n\t\t%s%s(x, y, table, m, n)\n", backend, goTerms[of], k.name(), backend)
			}
		}
	}
	fmt.Fprint(text, "\tdefault:\n\t\tpanic(noKernel)\n\t}\n}\n")
}
