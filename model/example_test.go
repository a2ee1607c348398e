package model_test

import (
	"context"
	"fmt"
	"log"
	"slices"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/reduce"
)

// Logits on one and on five ranks, compared bit by bit.
func Example() {
	checkpoint, err := model.Load("testdata/gpt2")
	if err != nil {
		log.Fatal(err)
	}
	backend, err := gemm.NewNative[float32](reduce.Pairwise, 2)
	if err != nil {
		log.Fatal(err)
	}
	var results [][]float32
	for _, ranks := range []int{1, 5} {
		m, err := model.New(checkpoint, model.Options[float32]{Backend: backend, Ranks: ranks})
		if err != nil {
			log.Fatal(err)
		}
		logits, err := m.Logits(context.Background(), []int{43, 48, 82})
		if err != nil {
			log.Fatal(err)
		}
		results = append(results, logits.Data)
	}
	fmt.Println(len(results[0]), "logits, the same:", slices.Equal(results[0], results[1]))
	// Output: 288 logits, the same: true
}

// A prompt, and then the most likely token by token.
func ExampleSession() {
	checkpoint, err := model.Load("testdata/gpt2")
	if err != nil {
		log.Fatal(err)
	}
	backend, err := gemm.NewNative[float64](reduce.DoubleDouble, 1)
	if err != nil {
		log.Fatal(err)
	}
	m, err := model.New(checkpoint, model.Options[float64]{Backend: backend, Ranks: 2})
	if err != nil {
		log.Fatal(err)
	}
	s := m.NewSession()
	for ids := []int{43, 48, 82}; s.Tokens() < 6; {
		logits, err := s.Forward(context.Background(), ids, nil)
		if err != nil {
			log.Fatal(err)
		}
		last := logits.Row(logits.Rows - 1)
		ids = []int{slices.Index(last, slices.Max(last))}
		fmt.Println(ids)
	}
	// Output:
	// [27]
	// [9]
	// [9]
	// [45]
}
