package reference_test

import (
	"fmt"

	"github.com/samebits/samebits/reference"
)

// Ten times 0.1 is not 1 to a loop of additions; how far off is it?
func Example() {
	tenths := []float64{.1, .1, .1, .1, .1, .1, .1, .1, .1, .1}
	computed := 0.0
	for _, x := range tenths {
		computed += x
	}
	truth, err := reference.ExactSum(tenths)
	if err != nil {
		panic(err)
	}
	fmt.Println("computed:", computed)
	fmt.Println("exact:   ", truth.Text('g', 60))
	fmt.Println("rounded: ", reference.RoundTo[float64](truth))
	fmt.Printf("distance: %.2f ulp\n", reference.Ulps(computed, truth))
	// Output:
	// computed: 0.9999999999999999
	// exact:    1.000000000000000055511151231257827021181583404541015625
	// rounded:  1
	// distance: 0.75 ulp
}
