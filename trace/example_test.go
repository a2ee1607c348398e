package trace_test

import (
	"fmt"

	"github.com/samebits/samebits/trace"
)

func ExampleCompare() {
	var first, second trace.Recorder[float32]
	first.Record("embed", []int{1, 2}, []float32{1, 2})
	first.Record("logits", []int{1, 2}, []float32{3, 4})
	second.Record("embed", []int{1, 2}, []float32{1, 2})
	second.Record("logits", []int{1, 2}, []float32{3, 4.25})

	differences, err := trace.Compare(first.Trace(), second.Trace())
	if err != nil {
		panic(err)
	}
	for _, d := range differences {
		fmt.Println(d.Stage, d.Same, d.Max, d.Index)
	}
	// Output:
	// embed true 0 []
	// logits false 0.25 [0 1]
}
