package main

import (
	"fmt"
	"strings"
)

// columns is a loop over the terms of so many columns of a panel, as many as the float64
// microkernel's tile has, s bytes from one term to the next. Panels of float32 are
// widened. It writes them to dst, one term after the other, or the sums of their squares.
type columns struct {
	target
	w       width
	squares bool
}

func emitColumns(t target, w width, squares bool) string {
	k := &columns{t, w, squares}
	t.setWidth(w)
	k.emit()
	_, elements := (&tree{w: w}).types()
	return fmt.Sprintf("\n//go:noescape\nfunc %s%s(dst *float64, x *%s, n, s int)\n", k.name(), k.suffix(), elements)
}

func (k *columns) name() string {
	if k.squares {
		return fmt.Sprintf("squares%v", k.w)
	}
	return "widenColumns"
}

func (k *columns) emit() {
	_, columns := tile(k.target)
	lane := k.vectorBytes() * k.w.element() / k.w.lane()
	k.prologue(k.name(), []string{"dst", "x", "n", "s"}, 0, 0)
	for c := range columns {
		k.zero(reg(columns + c))
	}
	k.ifZero("n", "end")
	k.label("term")
	for c := range columns {
		k.fetch(reg(c), at("x", c*lane))
		if k.squares {
			k.fmadd(reg(columns+c), reg(c), reg(c))
		} else {
			k.store(at("dst", c*k.vectorBytes()), reg(c))
		}
	}
	if !k.squares {
		k.addImm("dst", columns*k.vectorBytes())
	}
	k.addReg("x", "s")
	k.countDown("n", "term")
	k.label("end")
	for c := range columns {
		if k.squares {
			k.store(at("dst", c*k.vectorBytes()), reg(columns+c))
		}
	}
	k.epilogue()
}

func (k *columns) fetch(d reg, m mem) {
	if k.w == wide {
		k.loadWide(d, m)
	} else {
		k.load(d, m)
	}
}

// columnsDispatch writes the function that calls a loop over columns.
func columnsDispatch(text *strings.Builder, k columns, backends []string) {
	_, elements := (&tree{w: k.w}).types()
	fmt.Fprintf(text, "\nfunc %s(dst *float64, x *%s, n, stride int) {\n", k.name(), elements)
	if backends == nil {
		fmt.Fprintf(text, "\tpanic(noKernel)\n}\n")
		return
	}
	fmt.Fprintf(text, "\tswitch active {\n")
	for _, backend := range backends {
		fmt.Fprintf(text, "\tcase %s:\n\t\t%s%s(dst, x, n, stride)\n", backend, k.name(), backend)
	}
	fmt.Fprintf(text, "\tdefault:\n\t\tpanic(noKernel)\n\t}\n}\n")
}
