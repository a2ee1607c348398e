package main

import (
	"fmt"
	"math/bits"
)

// joinSets joins the sums that leafSums leaves, of sets of leaves that are whole nodes: halving within a vector, and of as many columns
// at once as it has lanes, by two shuffles and an addition for two vectors. The nodes of sets are joined as micro joins those of leaves,
// with the program p of so many sets, on a stack whose rows are s bytes apart. The sums of a column lie d bytes after those of the one before; there are m
// groups of columns.
type joinSets struct {
	target
	w width
}

func (k joinSets) name() string { return fmt.Sprintf("joinSets%v", k.w) }

func emitJoinSets(t target, w width) string {
	if !hasLeafSums(t) {
		return ""
	}
	t.setWidth(w)
	k := joinSets{t, w}
	args := []string{"dst", "y", "d", "s", "p", "n", "m"}
	k.enter(k.name(), args, 0, 0)
	k.loadArg("t", "d")
	k.loadArg("s", "s")
	k.loadArg("i", "m")
	k.loadArg("y", "y")
	k.label("group")
	k.loadArg("dst", "dst")
	k.loadArg("p", "p")
	k.loadArg("n", "n")
	k.move("x", "y")
	k.label("set")
	acc := k.set()
	k.addImm("x", k.vectorBytes())
	k.loadScalar("c", at("p", 0))
	k.addImm("p", 8)
	k.shr("c", 32)
	k.ifZero("c", "push")
	k.label("join")
	k.subReg("dst", "s")
	k.addMem(acc, acc, at("dst", 0))
	k.countDown("c", "join")
	k.label("push")
	k.store(at("dst", 0), acc)
	k.addReg("dst", "s")
	k.countDown("n", "set")
	k.loadArg("c", "dst")
	k.addImm("c", k.vectorBytes())
	k.storeArg("dst", "c")
	k.move("c", "t")
	k.shl("c", bits.Len(uint(k.vectorBytes()/w.lane()))-1)
	k.addReg("y", "c")
	k.countDown("i", "group")
	k.epilogue()
	return fmt.Sprintf("\n//go:noescape\nfunc %s%s(dst, y *%s, d, s int, p *uint64, n, m int)\n", k.name(), t.suffix(), (&pack{w: w}).elements())
}

// set joins the leaves of a set, for a group of columns.
func (k joinSets) set() reg {
	lanes := k.vectorBytes() / k.w.lane()
	k.move("u", "x")
	v := make([]reg, lanes)
	for i := range v {
		v[i] = reg(i)
		k.load(v[i], at("u", 0))
		k.addReg("u", "t")
	}
	const left, right = 16, 17
	for level := 0; len(v) > 1; level++ {
		for i := range len(v) / 2 {
			if x, y := v[2*i], v[2*i+1]; level < bits.Len(uint(16/k.w.lane()))-1 { // within 16 bytes
				k.neighbours(level, left, right, x, y)
			} else {
				k.pickParts(left, x, y, 0, 2)
				k.pickParts(right, x, y, 1, 3)
			}
			k.add(v[2*i], left, right)
			v[i] = v[2*i]
		}
		v = v[:len(v)/2]
	}
	return v[0]
}

// joinSetsDispatch writes the function that calls it.
func joinSetsDispatch(w width, targets []target) string {
	text := fmt.Sprintf("\nfunc joinSets%v(dst, y *%s, d, s int, p *uint64, n, m int) {\n", w, (&pack{w: w}).elements())
	for _, t := range targets {
		if hasLeafSums(t) {
			text += fmt.Sprintf("\tif active == %s {\n\t\t%s%s(dst, y, d, s, p, n, m)\n\t\treturn\n\t}\n", t.suffix(), joinSets{w: w}.name(), t.suffix())
		}
	}
	return text + "\tpanic(noKernel)\n}\n"
}
