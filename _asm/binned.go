package main

import (
	"fmt"
	"strings"
)

// binned is the microkernels of binned sums of float32, of the tile of compensated ones. With p =
// RN(a*b) for each of n terms and the anchors M and m at u, 1.5 * 2^23 of a unit each,
//
//	largest:  dst = max(dst, bits of abs(p))
//	rounded:  t = p + M; h += bits of t; p = p - (t - M); l += bits of (p + m)
//
// for all elements of the tile, in words of 32 bits that begin at 0. p + M is the multiple of the
// unit nearest to p, on the anchor: see extract. h and l, and M and m, lie tile after tile.
type binned struct {
	compensated
	rounded bool
}

func emitBinned(t target) (declarations string) {
	for _, rounded := range []bool{false, true} {
		k := &binned{compensated{target: t, w: f32}, rounded}
		t.setWidth(f32)
		k.rows, k.columns = k.tile()
		for r := t.registers() - 1; r >= 0; r-- {
			k.free = append(k.free, reg(r))
		}
		k.emit()
		declarations += fmt.Sprintf("\n//go:noescape\nfunc %s%s(%s)\n", k.name(), k.suffix(), k.parameters())
	}
	return declarations
}

func (k *binned) name() string {
	if k.rounded {
		return "tileRounded"
	}
	return "tileLargest"
}

func (k *binned) parameters() string {
	if k.rounded {
		return "dst *uint32, x, y *float32, n int, u *float32"
	}
	return "dst *uint32, x, y *float32, n int"
}

func (k *binned) emit() {
	args := []string{"dst", "x", "y", "n"}
	if k.rounded {
		args = append(args, "u")
	}
	k.prologue(k.name(), args, 0, 0)
	k.h = k.allocTile()
	if k.rounded {
		k.l = k.allocTile()
	} else {
		k.l = k.h
	}
	for range k.columns {
		k.b = append(k.b, k.alloc())
	}
	k.a = k.alloc()
	if !k.rounded {
		k.hold(k.alloc(), absMask)
	}
	k.each(func(h, l reg, _ int) {
		k.zero(h)
		k.zero(l)
	})
	k.label("term")
	k.term()
	k.countDown("n", "term")
	k.each(func(h, l reg, off int) {
		k.store(at("dst", off), h)
		if k.rounded {
			k.store(at("dst", k.tileBytes()+off), l)
		}
	})
	k.epilogue()
}

// term takes the next term of all elements.
func (k *binned) term() {
	for c, b := range k.b {
		k.load(b, at("y", c*k.vectorBytes()))
	}
	for r := range k.rows {
		k.broadcast(k.a, at("x", r*k.w.lane()))
		for c, b := range k.b {
			k.step(k.h[r][c], k.l[r][c], b, r*k.rowBytes()+c*k.vectorBytes())
		}
	}
	k.addImm("x", k.rows*k.w.lane())
	k.addImm("y", k.rowBytes())
}

// step takes the products of a and b, off being the place of the elements in a tile.
func (k *binned) step(h, l, b reg, off int) {
	p, q := k.free[0], k.free[1]
	k.mul(p, k.a, b)
	if !k.rounded {
		k.abs(p, p)
		k.maxWord(h, p)
		return
	}
	upper, lower := at("u", off), at("u", k.tileBytes()+off)
	k.addMem(q, p, upper)
	k.addInt(h, q)
	k.subMem(q, q, upper)
	k.sub(p, p, q)
	k.addMem(p, p, lower)
	k.addInt(l, p)
}

// binnedDispatch writes the functions that call them.
func binnedDispatch(text *strings.Builder, backends []string) {
	for _, k := range []binned{{rounded: false}, {rounded: true}} {
		fmt.Fprintf(text, "\nfunc %s(%s) {\n", k.name(), k.parameters())
		args := "dst, x, y, n"
		if k.rounded {
			args += ", u"
		}
		for _, backend := range backends {
			fmt.Fprintf(text, "\tif active == %s {\n\t\t%s%s(%s)\n\t\treturn\n\t}\n", backend, k.name(), backend, args)
		}
		fmt.Fprintf(text, "\tpanic(noKernel)\n}\n")
	}
}
