package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// packKernels are the kernels of pack and their arguments.
var packKernels = []struct{ name, parameters, arguments string }{
	{"gather", "dst, x *%[1]s, s, n, t int", "dst, x, s, n, t"},
	{"gather16", "dst, x *%[1]s, s, n, t int", "dst, x, s, n, t"},
	{"copyRows", "dst, x *%[1]s, s, n, t int", "dst, x, s, n, t"},
	{"finish", "dst, x *%[1]s, s, n, t int, p *%[1]s", "dst, x, s, n, t, p"},
	{"finishAdd", "dst, x *%[1]s, s, n, t int, p *%[1]s", "dst, x, s, n, t, p"},
}

// writeTiles writes the functions that choose a kernel of products by the active backend
// and the tile.
func writeTiles(root string) {
	folder := filepath.Join(root, "internal/kernel")
	imports := "\nimport \"unsafe\"\n"
	for arch, targets := range map[string][]target{"amd64": {&amd64{bytes: 64}, &amd64{bytes: 32}}, "arm64": {&arm64{}}} {
		write(filepath.Join(folder, "tiles_"+arch+".go"), goHeader("!purego", "kernel")+imports+tileDispatch(targets))
	}
	write(filepath.Join(folder, "tiles_other.go"), goHeader("purego || !(amd64 || arm64)", "kernel")+imports+tileDispatch(nil))
}

func tileDispatch(targets []target) string {
	var text strings.Builder
	for _, w := range []width{f64, f32} {
		microDispatch(&text, w, targets)
		text.WriteString(towerDispatch(w, targets))
		text.WriteString(halvesDispatch(w, targets))
		text.WriteString(gatherTileDispatch(w, targets))
		text.WriteString(alongDispatch(w, targets))
		text.WriteString(leafSumsDispatch(w, targets))
		text.WriteString(leafPlacesDispatch(w, targets))
		text.WriteString(joinSetsDispatch(w, targets))
		text.WriteString(sweepDispatch(w, targets))
		text.WriteString(besideDispatch(w, targets))
		for _, k := range packKernels {
			packDispatch(&text, k.name, k.parameters, k.arguments, w, targets)
		}
	}
	narrowDispatch(&text, targets)
	return text.String()
}

// microDispatch writes the function that calls the microkernel of a tile. It returns false
// where there is none.
func microDispatch(text *strings.Builder, w width, targets []target) {
	element := (&micro{w: w}).elements()
	fmt.Fprintf(text, "\nfunc micro%v(tile Tile, of Storage, dst, x *%s, y unsafe.Pointer, s, q int, p *uint64, n, t, e int, u *%s) bool {\n", w, element, element)
	if targets == nil {
		fmt.Fprintf(text, "\treturn false\n}\n")
		return
	}
	fmt.Fprintf(text, "\tswitch tileKey(active, tile, of) {\n")
	for _, t := range targets {
		for _, k := range micros(t, w) {
			factors, stored := element, "Working"
			if k.stored != working {
				factors, stored = "uint16", map[storage]string{bfloat16: "BFloat16", float16: "Float16"}[k.stored]
			}
			if k.spread {
				stored += "|spread"
			}
			if k.runs {
				stored += "|runs"
			}
			if k.across {
				stored += "|across"
			}
			if k.joins {
				stored += "|summed"
			}
			if k.matrix {
				stored += "|strided"
			}
			fmt.Fprintf(text, "\tcase key(%s)<<24 | key(%s)<<16 | %d<<8 | %d:\n", t.suffix(), stored, k.rows, k.columns*t.vectorBytes()/w.lane())
			fmt.Fprintf(text, "\t\t%s%s(dst, x, (*%s)(y), s, q, p, n, t, e, u)\n", k.name(), t.suffix(), factors)
		}
	}
	fmt.Fprintf(text, "\tdefault:\n\t\treturn false\n\t}\n\treturn true\n}\n")
}

func packDispatch(text *strings.Builder, name, parameters, arguments string, w width, targets []target) {
	fmt.Fprintf(text, "\nfunc %s%v(%s) {\n", name, w, fmt.Sprintf(parameters, (&pack{w: w}).elements()))
	for _, t := range targets {
		fmt.Fprintf(text, "\tif active == %s {\n\t\t%s%v%s(%s)\n\t\treturn\n\t}\n", t.suffix(), name, w, t.suffix(), arguments)
	}
	fmt.Fprintf(text, "\tpanic(noKernel)\n}\n")
}
