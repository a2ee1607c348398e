package kernel

import (
	"fmt"
	"os"
	"sort"
	"syscall"
	"testing"
	"unsafe"
)

func cpuNow() int64 {
	var t syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, 2, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano()
}

func TestZZ(t *testing.T) {
	if os.Getenv("ZZ") == "" {
		t.Skip()
	}
	tile := MicroTile[float32]()
	type cfg struct {
		name    string
		program []uint64
		k       int
		run     func()
		took    []float64
	}
	tree := func(leaves, leaf int) (p []uint64) {
		for i := range leaves {
			nodes := 0
			for n := i + 1; n%2 == 0; n /= 2 {
				nodes++
			}
			p = append(p, Leaf(leaf, nodes))
		}
		return p
	}
	var all []*cfg
	for _, c := range []*cfg{
		{name: "one leaf of 128", program: []uint64{Leaf(128, 0)}},
		{name: "one leaf of 256", program: []uint64{Leaf(256, 0)}},
		{name: "one leaf of 512", program: []uint64{Leaf(512, 0)}},
		{name: "4x32", program: tree(4, 32)},
		{name: "8x32", program: tree(8, 32)},
		{name: "16x32", program: tree(16, 32)},
		{name: "8x32 nojoin", program: []uint64{Leaf(32, 0), Leaf(32, 0), Leaf(32, 0), Leaf(32, 0), Leaf(32, 0), Leaf(32, 0), Leaf(32, 0), Leaf(32, 0)}},
	} {
		for _, w := range c.program {
			c.k += int(uint32(w))
		}
		x, y, stack := make([]float32, c.k*tile.Rows), make([]float32, c.k*tile.Cols), make([]float32, 19*tile.Size())
		f := Factors[float32]{Data: y, Stride: tile.Cols, Ahead: 512}
		s := Stack[float32]{Own: stack[:tile.Size()], Hot: stack[tile.Size():]}
		if c.name == "8x32 nojoin" {
			s.Own = stack[:9*tile.Size()]
		}
		c.run = func() { Micro(tile, s, x, f, c.program) }
		all = append(all, c)
	}
	for range 300 {
		for _, c := range all {
			n := 400000 / (c.k * 12) * 1
			start := cpuNow()
			for range n {
				c.run()
			}
			c.took = append(c.took, float64(cpuNow()-start)/float64(n))
		}
	}
	for _, c := range all {
		sort.Float64s(c.took)
		g := func(t float64) float64 { return float64(2*c.k*tile.Size()) / t }
		fmt.Printf("%-16s median %.1f best %.1f GFLOP/s  %.0f ns\n", c.name, g(c.took[len(c.took)/2]), g(c.took[0]), c.took[len(c.took)/2])
	}
}
