package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// widens are the kernels that widen stored numbers.
var widens = []struct {
	name string
	load func(t target, d reg, m mem)
}{
	{"BFloat16", target.loadBfloat16},
	{"Float16", target.loadFloat16},
}

// widenVectors is how many vectors a step takes.
const widenVectors = 4

// emitWiden prints the kernel that widens n steps of widenVectors vectors, n > 0:
//
//	dst[i] = float32(x[i]), exactly
func emitWiden(t target, name string, load func(t target, d reg, m mem)) {
	t.setWidth(f32)
	t.prologue("widen"+name, []string{"dst", "x", "n"}, 0, 0)
	t.label("step")
	half := t.vectorBytes() / 2
	for off := 0; off < widenVectors*half; off += line {
		t.prefetch(at("x", ahead+off))
	}
	for v := range widenVectors {
		load(t, reg(v), at("x", v*half))
	}
	for v := range widenVectors {
		t.store(at("dst", v*t.vectorBytes()), reg(v))
	}
	t.addImm("x", widenVectors*half)
	t.addImm("dst", widenVectors*t.vectorBytes())
	t.countDown("n", "step")
	t.epilogue()
}

// writeWidens writes the kernels, their declarations and the choice among them.
func writeWidens(root string) {
	folder := filepath.Join(root, "internal/kernel")
	const signature = "\nfunc widen(of Storage, dst []float32, x []uint16) int {\n"
	for arch, targets := range map[string][]target{"amd64": {&amd64{bytes: 64}, &amd64{bytes: 32}}, "arm64": {&arm64{}}} {
		var choice, declarations strings.Builder
		for _, t := range targets {
			for _, k := range widens {
				emitWiden(t, k.name, k.load)
				name, step := "widen"+k.name+t.suffix(), widenVectors*t.vectorBytes()/f32.lane()
				fmt.Fprintf(&declarations, "\n//go:noescape\nfunc %s(dst *float32, x *uint16, n int)\n", name)
				fmt.Fprintf(&choice, "\tcase active == %s && of == %s && n >= %d:\n\t\t%s(d, p, n/%d)\n\t\treturn n / %d * %d\n", t.suffix(), k.name, step, name, step, step, step)
			}
			write(filepath.Join(folder, "widen_"+strings.ToLower(t.suffix())+"_"+arch+".s"), header+"\n"+t.output())
		}
		write(filepath.Join(folder, "widen_"+arch+".go"), goHeader("!purego", "kernel")+"\nimport \"unsafe\"\n"+signature+
			"\td, p, n := unsafe.SliceData(dst), unsafe.SliceData(x), len(x)\n\tswitch {\n"+choice.String()+"\t}\n\treturn 0\n}\n"+declarations.String())
	}
	write(filepath.Join(folder, "widen_other.go"), goHeader("purego || !(amd64 || arm64)", "kernel")+signature+"\treturn 0\n}\n")
}
