package bytes24_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/model/bytes24"
	"github.com/samebits/samebits/reduce"
)

// The most likely next byte of a text.
func Example() {
	checkpoint, err := bytes24.Load()
	if err != nil {
		panic(err)
	}
	backend, err := gemm.NewNative[float32](reduce.Pairwise, 2)
	if err != nil {
		panic(err)
	}
	m, err := model.New(checkpoint, model.Options[float32]{Backend: backend, Ranks: 2})
	if err != nil {
		panic(err)
	}
	text, session := "impor", m.NewSession()
	logits, err := session.Forward(context.Background(), bytes24.Encode(text), nil)
	if err != nil {
		panic(err)
	}
	last := logits.Row(logits.Rows - 1)
	fmt.Printf("%s%c\n", text, slices.Index(last, slices.Max(last)))
	// Output: import
}
