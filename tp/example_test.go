package tp_test

import (
	"context"
	"fmt"
	"sync"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
)

// A product of 96 terms, three leaves of the tree, on one to three ranks.
func Example() {
	const k = 96
	x, w := gemm.NewMatrix[float32](1, k), gemm.NewMatrix[float32](k, 1)
	for i := range k {
		x.Data[i], w.Data[i] = 1/float32(i+1), float32(i%7)-2.9
	}
	backend, err := gemm.NewNative[float32](reduce.Pairwise, 1)
	if err != nil {
		panic(err)
	}
	for size := 1; size <= 3; size++ {
		err := tp.Run(context.Background(), size, func(ctx context.Context, r *tp.Rank) error {
			s := tp.CutAligned(k, reduce.DefaultLeaf, size, r.ID())
			place := gemm.Contraction{K: k, From: s.Lo, Leaf: reduce.DefaultLeaf}
			layer, err := tp.NewRowParallel(backend, w.View(s.Lo, s.Hi, 0, 1), false, place, nil, tp.NoFault)
			if err != nil {
				return err
			}
			y, err := layer.Forward(ctx, r, x.View(0, 1, s.Lo, s.Hi))
			if err == nil && r.ID() == 0 {
				fmt.Printf("%d ranks: %x\n", size, y.Data[0])
			}
			return err
		})
		if err != nil {
			panic(err)
		}
	}
	// Output:
	// 1 ranks: -0x1.b183ccp+01
	// 2 ranks: -0x1.b183ccp+01
	// 3 ranks: -0x1.b183ccp+01
}

// Two ranks of a World, which elsewhere are processes: here pipes connect them.
func ExampleWorld() {
	var wait sync.WaitGroup
	for _, end := range tp.Pipes(2) {
		wait.Go(func() {
			world, err := tp.NewWorld(context.Background(), end, tp.DefaultDeadline)
			if err != nil {
				panic(err)
			}
			defer world.Close()
			x := []float64{0x1p60, 1}
			if world.ID() == 1 {
				x = []float64{-0x1p60, 2}
			}
			err = world.Run(context.Background(), func(ctx context.Context, r *tp.Rank) error {
				if err := tp.Agree(ctx, r, tp.Fact{Name: "order", Value: "exact"}); err != nil {
					return err
				}
				return tp.AllReduce(ctx, r, reduce.Exact, x)
			})
			if world.ID() == 0 {
				fmt.Println(x, err)
			}
		})
	}
	wait.Wait()
	// Output: [0 3] <nil>
}

func ExampleAllReduce() {
	err := tp.Run(context.Background(), 4, func(ctx context.Context, r *tp.Rank) error {
		x := []float64{1e16 * float64(1-r.ID()%2*2), 1} // 1e16 and -1e16 by turns
		x[0] += 2 * float64(r.ID())
		if err := tp.AllReduce(ctx, r, reduce.Exact, x); err != nil {
			return err
		}
		if r.ID() == 3 {
			fmt.Println(x)
		}
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output: [12 4]
}

func ExampleCut() {
	for rank := range 3 {
		fmt.Println(tp.Cut(8, 3, rank))
	}
	// Output:
	// [0,2)
	// [2,5)
	// [5,8)
}
