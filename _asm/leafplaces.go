package main

import (
	"fmt"
	"strings"
)

// leafPlaces is leafSums for columns from memory, which are taken from several streams of their matrix, interleaved, as memory brings more at once of several
// than of one: a pair of sets of each place, where a stream is, then the next pair. From a place to the next it is py bytes, and pd of sums; from the last
// to the first back and backd. Each place has m groups of n pairs, and over is the way from its end to where the next call begins in it.
//
// Memory is prefetched into L1 one pair ahead, in the next place, and into L2 in the same place: the next pair once, and the
// one after it twice, as such a prefetch is dropped when there are too many.
type leafPlaces struct{ *leafSums }

var leafPlacesArgs = []string{"dst", "x", "y", "d", "xd", "dd", "step", "places", "py", "pd", "back", "backd", "yg", "dg", "n", "m", "over"}

func (k leafPlaces) name() string { return fmt.Sprintf("leafPlaces%v", k.w) }

// parameters are those of the function in Go.
func (k leafPlaces) parameters() string {
	return fmt.Sprintf("dst, x, y *%s, %s int", (&pack{w: k.w}).elements(), strings.Join(leafPlacesArgs[3:], ", "))
}

func emitLeafPlaces(t target, w width) string {
	if !hasLeafSums(t) {
		return ""
	}
	t.setWidth(w)
	k := leafPlaces{newLeafSums(t, w)}
	k.ask = k.askInPlaces
	k.enter(k.name(), leafPlacesArgs, 0, 0)
	k.loadArg("dst", "dst")
	k.loadArg("y", "y")
	k.loadArg("q", "dd")
	k.loadArg("p", "py")
	k.loadArg("s", "d")
	k.loadArg("k", "m")
	k.label("group")
	k.loadArg("x", "x")
	k.loadArg("e", "xd")
	k.addReg("e", "x")
	k.loadArg("n", "n")
	k.label("pair")
	k.loadArg("i", "places")
	k.label("place")
	k.move("u", "y")
	k.addReg("u", "s")
	k.next()
	k.sum()
	k.countOut("i", "turn")
	k.addReg("y", "p")
	k.addArg("dst", "pd")
	k.jump("place")
	k.label("turn")
	k.addArg("y", "back")
	k.addArg("dst", "backd")
	k.loadArg("c", "step")
	k.addReg("y", "c")
	k.addReg("x", "c")
	k.addReg("e", "c")
	k.shr("c", 5)
	k.addReg("dst", "c")
	k.countDown("n", "pair")
	k.addArg("y", "yg")
	k.addArg("dst", "dg")
	k.countDown("k", "group")
	k.epilogue()
	return fmt.Sprintf("\n//go:noescape\nfunc %s%s(%s)\n", k.name(), t.suffix(), k.parameters())
}

// addArg adds an argument, by c.
func (k leafPlaces) addArg(r, arg string) {
	k.loadArg("c", arg)
	k.addReg(r, "c")
}

// next sets t to how far it is to the next pair in the same place, and z to the pair that comes after this one.
func (k leafPlaces) next() {
	k.loadArg("t", "step")
	k.ifAtMost("n", 1, "last")
	k.jump("where")
	k.label("last")
	k.addArg("t", "yg")
	k.ifAtMost("k", 1, "over")
	k.jump("where")
	k.label("over")
	k.addArg("t", "over")
	k.label("where")
	k.move("z", "y")
	k.ifAtMost("i", 1, "back")
	k.addReg("z", "p")
	k.jump("go")
	k.label("back")
	k.addArg("z", "back")
	k.addReg("z", "t")
	k.label("go")
}

// askInPlaces prefetches in a slot.
func (k leafPlaces) askInPlaces(slot int) {
	here, next := at("y", slot*line), at("z", slot*line)
	if here.off >= setBytes {
		here.base, here.off = "u", here.off-setBytes
		next = mem{"z", here.off, "s", 1}
	}
	for _, pairs := range []int{0, 1, 2, 2} {
		m := mem{here.base, here.off, "t", pairs}
		k.s.add(float64(slot)+.95, 0, func(reg, []reg) {
			if pairs == 0 {
				k.prefetch(next)
			} else {
				k.prefetchSecond(m)
			}
		})
	}
}

// leafPlacesDispatch writes the function that calls it.
func leafPlacesDispatch(w width, targets []target) string {
	k := leafPlaces{&leafSums{w: w}}
	text := fmt.Sprintf("\nfunc leafPlaces%v(%s) {\n", w, k.parameters())
	for _, t := range targets {
		if hasLeafSums(t) {
			text += fmt.Sprintf("\tif active == %s {\n\t\t%s%s(%s)\n\t\treturn\n\t}\n", t.suffix(), k.name(), t.suffix(), strings.Join(leafPlacesArgs, ", "))
		}
	}
	return text + "\tpanic(noKernel)\n}\n"
}
