package main

import (
	"path/filepath"
	"strings"
)

// Products of which few may be near the largest (see internal/kernel/near.go) are taken by groups of 32 in two kernels. The first is largest, leaves the largest
// magnitudes in the lanes of each group in the frame, and compares them all with what is so far below the largest. The second is split, of groups with
// a mark and of what is left behind the last group.
const (
	nearGroup  = 2 * rowIn // bytes of each array
	nearGroups = 64        // a word of marks
	nearBits   = 99        // binary places below the largest
)

// eachGroup takes the groups: all, or those with marks.
func (k *extract) eachGroup() {
	a := k.target.(*amd64)
	a.line("MOVQ SI, R8")
	a.line("MOVQ DX, R9")
	if k.what == largest {
		k.noteGroups(a)
	} else {
		a.line("TESTQ BX, BX")
		a.line("JEQ rest")
		a.label("group")
		a.line("TZCNTQ BX, AX")
		a.line("SHLQ $8, AX")
		a.line("LEAQ (R8)(AX*1), SI")
		a.line("LEAQ (R9)(AX*1), DX")
		a.line("BLSRQ BX, BX")
		k.group()
		a.line("TESTQ BX, BX")
		a.line("JNE group")
		a.label("rest")
	}
	a.line("MOVQ CX, AX")
	a.line("ANDQ $-%d, AX", nearGroup/8)
	a.line("LEAQ (R8)(AX*8), SI")
	a.line("LEAQ (R9)(AX*8), DX")
	a.line("ANDQ $%d, CX", nearGroup/8-1)
}

// group takes the rows of a group.
func (k *extract) group() {
	for range nearGroup / rowIn {
		k.wholeRow()
		k.addImm("x", rowIn)
		k.addImm("y", rowIn)
	}
}

// noteGroups takes all groups and leaves their largest in the frame.
func (k *extract) noteGroups(a *amd64) {
	all, free := k.max, k.free
	k.max = []reg{k.alloc(), k.alloc()}
	a.line("MOVQ R14, R11")
	a.line("MOVQ CX, R10")
	a.line("SHRQ $5, R10")
	a.line("JEQ rest")
	a.label("group")
	for _, r := range k.max {
		k.zero(r)
	}
	k.group()
	k.maxWord(k.max[0], k.max[1])
	k.store(at("s", 0), k.max[0])
	k.maxWord(all[0], k.max[0])
	a.line("ADDQ $64, R11")
	a.line("DECQ R10")
	a.line("JNE group")
	a.label("rest")
	k.max, k.free = all, free
}

// mark sets the marks by the largest, which is in the lowest lane of r. (Of what is that small all groups are marked.)
func (k *extract) mark(r reg) {
	a := k.target.(*amd64)
	a.line("XORL BX, BX")
	a.line("VMOVQ X%d, AX", r)
	a.line("MOVQ $%d, R12", nearBits<<52)
	a.line("SUBQ R12, AX")
	a.line("CMOVQCS BX, AX")
	a.line("VPBROADCASTQ AX, Z%d", r)
	a.line("SUBQ R14, R11")
	a.line("JEQ marked")
	a.label("mark") // from the last on
	a.line("VPCMPUQ $2, -64(R14)(R11*1), Z%d, K1", r)
	a.line("KMOVB K1, AX")
	a.line("NEGL AX")
	a.line("ADCQ BX, BX")
	a.line("SUBQ $64, R11")
	a.line("JNE mark")
	a.label("marked")
	a.line("MOVQ BX, marks+32(FP)")
}

// writeNear writes the kernels and their declarations.
func writeNear(out string) {
	folder := filepath.Join(out, "internal/kernel")
	a := &amd64{bytes: 64}
	declarations, none := goHeader("!purego", "kernel"), goHeader("purego || !amd64", "kernel")
	for _, k := range []struct {
		term term
		what extraction
	}{{roundedProduct, largest}, {roundedProduct, split}, {product, split}} {
		k := newExtract(a, f64, k.term, k.what)
		k.near = true
		k.emit()
		declarations += k.declaration()
		none += "\nfunc " + k.name() + a.suffix() + k.signature() + " {\n\tpanic(noKernel)\n}\n"
	}
	write(filepath.Join(folder, "near_"+strings.ToLower(a.suffix())+"_amd64.s"), header+"\n"+a.constants()+a.output())
	write(filepath.Join(folder, "near_amd64.go"), declarations)
	write(filepath.Join(folder, "near_other.go"), none)
}
