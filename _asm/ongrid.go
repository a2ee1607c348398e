package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// onGrid is the program of the sum of terms of float32, or of rounded products, each rounded to a multiple of a unit: of one pass with AVX-512. With
// an upper anchor M and a lower m, 1.5 * 2^23 of a unit each, every term x has
//
//	t = x + M; s += bits of t; t = (M + m) - t; t = x + t; r += bits of t
//
// t is M and the multiple of the upper unit that is nearest to x; then m less that multiple, which is exact where it has no more than 24 bits; and then
// m and the rounding of what x has besides. left gathers the bits in which x + M differs from M.
//
// The words s and r of 32 bits begin at what takes the anchors away again, -n M and -n m for n terms of a lane, and become
// 64 bits before n is more than onGridMost: see internal/kernel/binned.go. The ragged vector is filled up with zeros.
type onGrid struct {
	*amd64
	term term
}

const (
	onGridMost    = 240 // whole vectors of a block
	onGridAbreast = 4
	onGridAhead   = 1024 // bytes, in the second cache

	gridX     reg = 0 // and the next: terms
	gridT     reg = 4
	gridLeft  reg = 15
	gridM     reg = 11
	gridLower reg = 10
	gridBoth  reg = 9
	gridOne   reg = 8
	gridS     reg = 13
	gridR     reg = 12
	gridSum   reg = 14
)

func (k *onGrid) name() string { return "onGrid" + k.term.String() + "F32" }

func (k *onGrid) signature() string {
	return "(x, y *float32, n int, upper, lower uint64, step int) (sum int64, left uint64)"
}

func (k *onGrid) emit() {
	k.enterProbingFor(k.name(), []string{"x", "y", "n", "upper", "lower", "step"}, 16, "x", "y", "n")
	k.line("MOVQ %s, R8", k.arg("upper"))
	k.line("MOVQ %s, R9", k.arg("lower"))
	k.line("VPBROADCASTD R8, Z%d", gridM)
	k.line("VPBROADCASTD R9, Z%d", gridLower)
	k.broadcastFrom(gridOne, "onGridOne<>(SB)")
	k.add(gridBoth, gridM, gridLower)
	k.line("VPXOR X%[1]d, X%[1]d, X%[1]d", gridLeft)
	k.line("VPXOR X%[1]d, X%[1]d, X%[1]d", gridSum)
	k.line("DECQ CX")
	k.line("MOVQ CX, R10")
	k.line("SHRQ $4, R10") // whole vectors before the last, which has 1 to 16
	k.line("ANDL $15, CX")
	k.line("MOVL $2, AX")
	k.line("SHLL CX, AX")
	k.line("DECL AX")
	k.line("KMOVW AX, K1")
	k.label("block")
	k.line("MOVL $%d, R11", onGridMost)
	k.line("CMPQ R10, R11")
	k.line("CMOVQLT R10, R11")
	k.line("XORL AX, AX")
	k.line("SUBQ R11, R10")
	k.line("SETEQ AX") // the last vector is of the last block
	k.line("ADDL R11, AX")
	k.line("NEGL AX")
	k.line("MOVL AX, BX")
	k.line("IMULL R8, AX")
	k.line("IMULL R9, BX")
	k.line("VPBROADCASTD AX, Z%d", gridS)
	k.line("VPBROADCASTD BX, Z%d", gridR)
	k.line("MOVL R11, AX")
	k.line("ANDL $%d, AX", onGridAbreast-1)
	k.line("SHRL $2, R11")
	k.line("JEQ singles")
	k.label("row")
	var streams [][]string
	for i := range reg(onGridAbreast) {
		streams = append(streams, k.capture(func() { k.vector(i, 64*int(i), "") }))
	}
	k.play(streams...)
	k.advance(64 * onGridAbreast)
	k.line("DECL R11")
	k.line("JNE row")
	k.label("singles")
	k.line("TESTL AX, AX")
	k.line("JEQ through")
	k.label("single")
	k.vector(0, 0, "")
	k.advance(64)
	k.line("DECL AX")
	k.line("JNE single")
	k.label("through")
	k.line("TESTQ R10, R10")
	k.line("JEQ last")
	k.flush()
	k.line("JNE out")
	k.line("JMP block")
	k.label("last")
	k.vector(0, 0, "K1, ")
	k.flush()
	k.label("out")
	k.line("KMOVW K2, AX")
	k.line("MOVQ AX, left+56(FP)")
	for i, bytes := range []int{64, 32, 16} {
		k.upper(gridT+reg(i), gridSum, bytes)
		k.line("VPADDQ Y%d, Y%d, Y%[2]d", gridT+reg(i), gridSum)
	}
	k.line("VMOVQ X%d, sum+48(FP)", gridSum)
	k.leaveProbed()
}

func (k *onGrid) advance(bytes int) {
	k.line("ADDQ $%d, SI", bytes)
	if k.term != plain {
		k.line("ADDQ $%d, DX", bytes)
	}
}

// vector takes the terms at that place, those of the mask.
func (k *onGrid) vector(i reg, off int, mask string) {
	x, t := gridX+i, gridT+i
	zeros := ""
	if mask != "" {
		zeros = ".Z"
	}
	if k.term != plain && mask == "" { // from memory, that of products waits otherwise
		k.line("PREFETCHT1 %d(SI)", off+onGridAhead)
		k.line("PREFETCHT1 %d(DX)", off+onGridAhead)
	}
	k.line("VMOVUPS%s %d(SI), %sZ%d", zeros, off, mask, x)
	if k.term != plain {
		k.line("VMULPS%s %d(DX), Z%d, %sZ%d", zeros, off, x, mask, x)
	}
	k.add(t, x, gridM)
	k.line("VPADDD Z%d, Z%d, Z%[2]d", t, gridS)
	k.line("VPTERNLOGD $0xf6, Z%d, Z%d, Z%d", t, gridM, gridLeft)
	k.line("VFNMADD213PS Z%d, Z%d, Z%d", gridBoth, gridOne, t)
	k.add(t, x, t)
	k.line("VPADDD Z%d, Z%d, Z%[2]d", t, gridR)
}

// flush adds the words to the sums of 64 bits, and leaves in K2 which lanes have left the binade of M, and the flags of that.
func (k *onGrid) flush() {
	const a, b, c, d = gridT, gridT + 1, gridT + 2, gridT + 3
	k.line("VPTESTMD.BCST onGridExponents<>(SB), Z%d, K2", gridLeft)
	k.line("VMOVQ %s, X%d", k.arg("step"), gridX)
	k.line("VPSLLQ $32, Z%d, Z%d", gridS, a)
	k.line("VPSLLQ $32, Z%d, Z%d", gridR, c)
	k.line("VPSRAQ $32, Z%d, Z%d", gridS, b)
	k.line("VPSRAQ $32, Z%d, Z%d", gridR, d)
	k.line("VPSRAQ $32, Z%d, Z%[1]d", a)
	k.line("VPSRAQ $32, Z%d, Z%[1]d", c)
	k.line("VPADDQ Z%d, Z%d, Z%[2]d", b, a)
	k.line("VPADDQ Z%d, Z%d, Z%[2]d", d, c)
	k.line("VPSLLQ X%d, Z%d, Z%[2]d", gridX, a)
	k.line("VPADDQ Z%d, Z%d, Z%[2]d", c, gridSum)
	k.line("VPADDQ Z%d, Z%d, Z%[2]d", a, gridSum)
	k.line("KORTESTW K2, K2")
}

// writeOnGrid writes the kernels and their declarations.
func writeOnGrid(out string) {
	folder := filepath.Join(out, "internal/kernel")
	a := &amd64{bytes: 64}
	a.setWidth(f32)
	declarations, none := goHeader("!purego", "kernel"), goHeader("purego || !amd64", "kernel")
	for _, of := range []term{plain, roundedProduct} {
		k := &onGrid{amd64: a, term: of}
		k.emit()
		declaration := fmt.Sprintf("func %s%s%s", k.name(), a.suffix(), k.signature())
		declarations += "\n//go:noescape\n" + declaration + "\n"
		none += "\n" + declaration + " {\n\tpanic(noKernel)\n}\n"
	}
	narrow := &amd64{bytes: 32}
	narrow.setWidth(f32)
	for _, of := range []term{plain, roundedProduct} {
		k, short := &fewOnGrid{certain{amd64: a, term: of}}, &shortOnGrid{fewOnGrid{certain{amd64: narrow, term: of}}}
		k.emit()
		short.emit()
		for _, declaration := range []string{k.declaration(), short.declaration()} {
			declarations += "\n//go:noescape\n" + declaration + "\n"
			none += "\n" + declaration + " {\n\tpanic(noKernel)\n}\n"
		}
	}
	var data printer
	for _, c := range []struct {
		name string
		word uint32
	}{{"onGridOne", 0x3f800000}, {"onGridExponents", 0xff800000}} {
		fmt.Fprintf(&data.text, "DATA %s<>+0(SB)/4, $0x%08x\nGLOBL %s<>(SB), RODATA|NOPTR, $4\n", c.name, c.word, c.name)
	}
	write(filepath.Join(folder, "ongrid_"+strings.ToLower(a.suffix())+"_amd64.s"), header+"\n"+data.source()+probeData()+a.output())
	write(filepath.Join(folder, "ongrid_avx2_amd64.s"), header+"\n"+shortOnGridData()+probeData()+narrow.output())
	write(filepath.Join(folder, "ongrid_amd64.go"), declarations)
	write(filepath.Join(folder, "ongrid_other.go"), none)
}
