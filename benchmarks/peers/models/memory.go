package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/samebits/samebits/reduce"
)

// measureMemory loads a model, runs the tokens and prints what of the process was in memory
// at most: heap, stacks, code and touched pages of files.
func measureMemory(storage string) error {
	m, err := load(reduce.Pairwise, storage, 1, *threads)
	if err != nil {
		return err
	}
	fmt.Printf("%s-%s: loaded, now %d MB, at most %d MB\n", *name, storage, status("VmRSS:"), status("VmHWM:"))
	c := m.Config()
	ids := tokens(c.Vocabulary)
	if _, err := generate(m, ids); err != nil {
		return err
	}
	info, err := os.Stat(filepath.Join(folder(storage), "model.safetensors"))
	if err != nil {
		return err
	}
	weights := info.Size() >> 20
	cache := int64(4*2*c.Layers*c.KVHeads*c.HeadSize*len(ids)) >> 20
	most := weights + cache + max((weights+cache)/10, 64)
	fmt.Printf("%d tokens: now %d MB, at most %d MB; weights %d MB, keys and values %d MB, allowed %d MB\n",
		len(ids), status("VmRSS:"), status("VmHWM:"), weights, cache, most)
	fmt.Printf("of that %d MB of files; live objects %d MB\n", status("RssFile:"), live()>>20)
	runtime.KeepAlive(m)
	return nil
}

// status returns a number of /proc/self/status, in MB.
func status(field string) (mb int64) {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return -1
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), field); ok {
			fmt.Sscan(rest, &mb)
			return mb >> 10
		}
	}
	return -1
}

// live returns the bytes of objects that are reachable.
func live() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
