package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// The exponential of float64 has its operations in the order of SPEC.md, section 9, each rounded
// on its own: the results have the bits of the steps there. The kernel stops ahead of the first
// group with an argument that is not within the bound of these steps.

// Constants of ExpSteps, by their place.
const (
	expPerUnit = iota // entries of the table to a unit
	expRounder
	expLn2Hi
	expLn2Lo
	expHalf
	expSixth
	expTwentyFourth
	exp120th
	exp720th
	expBound
	exp64Constants
)

// emitExp64 prints
//
//	func mapExp64(dst, x *float64, n int, p *uint64, q *float64) (done int)
//
// q being the table, of pairs h and l.
func emitExp64(a *amd64) {
	a.prologue("mapExp64", []string{"dst", "x", "n", "p", "q"}, 8, 0)
	a.line("XORQ R10, R10")
	a.label("loop")
	a.line("LEAQ %d(R10), R11", a.group())
	a.line("CMPQ R11, CX")
	a.line("JGT end")
	var streams [][]string
	var results [2]reg
	for i := range 2 {
		k := &mapping{amd64: a, off: a.bytes * i}
		for r := reg(a.bytes/4) - 1; r >= 0; r-- {
			k.free = append(k.free, r+reg(a.bytes/4*i))
		}
		x := k.alloc()
		k.line("VMOVUPD %d(SI)(R10*8), %s", k.off, k.v(x))
		k.within(x)
		streams = append(streams, a.capture(func() { results[i] = k.exp64(x, i+1) }))
	}
	a.play(streams...)
	for i, r := range results {
		a.line("VMOVUPD %s, %d(DI)(R10*8)", a.v(r), a.bytes*i)
	}
	a.line("MOVQ R11, R10")
	a.line("JMP loop")
	a.label("end")
	a.line("MOVQ R10, done+40(FP)")
	a.epilogue()
}

// within jumps to the end unless the magnitudes of all elements are below the bound.
func (k *mapping) within(x reg) {
	t := k.alloc()
	k.with("VANDPD", "Abs64", 0, x, t)
	const less = 17
	if k.bytes == 64 {
		k.line("VCMPPD.BCST $%d, %s, %s, K3", less, k.place("ExpSteps", expBound), k.v(t))
		k.line("KMOVB K3, AX")
	} else {
		k.line("VCMPPD $%d, %s, %s, %s", less, k.place("ExpSteps", expBound), k.v(t), k.v(t))
		k.line("VMOVMSKPD %s, AX", k.v(t))
	}
	k.line("CMPL AX, $%d", 1<<(k.bytes/8)-1)
	k.line("JNE end")
	k.release(t)
}

// exp64 returns e^x and overwrites x; the mask register is free.
func (k *mapping) exp64(x reg, mask int) reg {
	t, n, u := k.alloc(), k.alloc(), k.alloc()
	k.with("VMULPD", "ExpSteps", expPerUnit, x, t)
	k.with("VADDPD", "ExpSteps", expRounder, t, t)
	k.with("VSUBPD", "ExpSteps", expRounder, t, n)
	k.with("VMULPD", "ExpSteps", expLn2Hi, n, u)
	k.op("VSUBPD", u, x, x)
	k.with("VMULPD", "ExpSteps", expLn2Lo, n, n)
	k.op("VSUBPD", n, x, x) // r

	index, h, l := n, k.alloc(), u
	k.line("VPSLLQ $57, %s, %s", k.v(t), k.v(index)) // twice the lower 7 bits
	k.line("VPSRLQ $56, %s, %s", k.v(index), k.v(index))
	k.gather(h, 0, index, mask)
	k.gather(l, 8, index, mask)
	k.line("VPSRLQ $7, %s, %s", k.v(t), k.v(t))
	k.line("VPSLLQ $52, %s, %s", k.v(t), k.v(t))
	k.op("VPADDQ", h, t, h) // s
	k.release(t, index)

	z := k.square(x)
	a, b := k.alloc(), k.alloc()
	k.with("VMULPD", "ExpSteps", exp120th, x, b)
	k.with("VADDPD", "ExpSteps", expTwentyFourth, b, b)
	k.with("VMULPD", "ExpSteps", exp720th, z, a)
	k.op("VADDPD", a, b, b)
	k.op("VMULPD", z, b, b)
	k.with("VMULPD", "ExpSteps", expSixth, x, a)
	k.with("VADDPD", "ExpSteps", expHalf, a, a)
	k.op("VADDPD", b, a, a)
	k.op("VMULPD", z, a, a) // r^2*quotient(r)
	k.op("VMULPD", x, l, b)
	k.op("VADDPD", b, l, l)
	k.op("VADDPD", l, a, a)
	k.op("VADDPD", a, x, x)
	k.op("VMULPD", h, x, x)
	k.op("VADDPD", x, h, h)
	return h
}

// gather loads the elements of the table at the indices, in units of 8 bytes, and so many bytes on.
func (k *mapping) gather(d reg, off int, index reg, mask int) {
	if k.bytes == 64 {
		k.line("KXNORB K%d, K%d, K%d", mask, mask, mask)
		k.line("VGATHERQPD %d(R9)(%s*8), K%d, %s", off, k.v(index), mask, k.v(d))
		return
	}
	all := k.alloc()
	k.line("VPCMPEQD %s, %s, %s", k.v(all), k.v(all), k.v(all))
	k.line("VGATHERQPD %s, %d(R9)(%s*8), %s", k.v(all), off, k.v(index), k.v(d))
	k.release(all)
}

// writeExp64 writes the kernels, their declarations and the choice among them.
func writeExp64(out string) {
	folder := filepath.Join(out, "internal/kernel")
	const signature = "mapExp64(c *Constants, table *float64, dst, x []float64) int"
	var declarations, choice strings.Builder
	for _, a := range []*amd64{{bytes: 64}, {bytes: 32}} {
		a.setWidth(f64)
		emitExp64(a)
		fmt.Fprintf(&declarations, "\n//go:noescape\nfunc mapExp64%s(dst, x *float64, n int, p *uint64, q *float64) (done int)\n", a.suffix())
		fmt.Fprintf(&choice, "\tcase %s:\n\t\treturn mapExp64%s(unsafe.SliceData(dst), unsafe.SliceData(x), len(x), &c[0][0], table)\n", a.suffix(), a.suffix())
		write(filepath.Join(folder, "exp64_"+strings.ToLower(a.suffix())+"_amd64.s"), header+"\n"+a.output())
	}
	write(filepath.Join(folder, "exp64_amd64.go"), goHeader("!purego", "kernel")+"\nimport \"unsafe\"\n\nfunc "+signature+
		" {\n\tswitch active {\n"+choice.String()+"\t}\n\treturn 0\n}\n"+declarations.String())
	write(filepath.Join(folder, "exp64_other.go"), goHeader("purego || !amd64", "kernel")+"\nfunc "+signature+" { return 0 }\n")
}
