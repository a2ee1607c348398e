//go:build !linux

package parallel

// processor is the number of the processor that the thread is on: it is not known.
func processor() int { return -1 }

// stepAside does nothing.
func stepAside() {}

// avoid does nothing.
func avoid(int) {}
