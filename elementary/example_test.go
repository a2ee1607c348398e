package elementary_test

import (
	"fmt"

	"github.com/samebits/samebits/elementary"
)

// The bits below are the same on every architecture.
func Example() {
	x := []float32{-1, 0.5, 3}
	elementary.GELUSlice(x, x)
	fmt.Printf("%x\n", x)
	fmt.Printf("%x\n", elementary.Exp(1.0))
	// Output:
	// [-0x1.44ed0cp-03 0x1.62075ep-02 0x1.7f7b4cp+01]
	// 0x1.5bf0a8b145769p+01
}
