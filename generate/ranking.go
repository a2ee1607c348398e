package generate

import (
	"cmp"
	"slices"
)

// candidate is a token that may be chosen.
type candidate struct {
	logit, weight float64
	id            int32
}

// before tells whether c comes before d: by a larger logit, of equals by a lower id.
func (c candidate) before(d candidate) bool {
	return c.logit > d.logit || c.logit == d.logit && c.id < d.id
}

// ranking puts candidates in order as far as is asked for, by heap sort: all but the
// last `sorted` are a heap whose root comes before the others; those last are in
// order, from the end backwards.
type ranking struct {
	candidates []candidate
	sorted     int
}

func (r *ranking) heapify() {
	for i := len(r.candidates)/2 - 1; i >= 0; i-- {
		r.sink(i)
	}
}

// sink moves candidate i of the heap down to its place.
func (r *ranking) sink(i int) {
	heap := r.candidates[:len(r.candidates)-r.sorted]
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && heap[child+1].before(heap[child]) {
			child++
		}
		if heap[i].before(heap[child]) {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}

// at returns the i-th candidate in order.
func (r *ranking) at(i int) candidate {
	for r.sorted <= i {
		end := len(r.candidates) - 1 - r.sorted
		r.candidates[0], r.candidates[end] = r.candidates[end], r.candidates[0]
		r.sorted++
		r.sink(0)
	}
	return r.candidates[len(r.candidates)-1-i]
}

// walk adds the weights in order until the sum is enough, and returns the candidate
// that made it so, or the last one of a weight above zero, and the sum.
//
// The sum need not reach the Pairwise sum of all weights, since both are rounded.
// Having been reached once, it is exceeded by u*sum for no u <= 1 - 2^-53: the first
// weight is 1, so sum >= 1, and sum*2^-53 is more than half an ulp below sum, or all
// of the ulp below it where sum is a power of two.
func (r *ranking) walk(enough func(sum float64) bool) (id int32, sum float64) {
	for i := range r.candidates {
		c := r.at(i)
		if c.weight == 0 {
			break
		}
		sum += c.weight
		if id = c.id; enough(sum) {
			break
		}
	}
	return id, sum
}

// top returns the first k candidates in order, by ascending id again.
func top(candidates []candidate, k int) []candidate {
	r := ranking{candidates, 0}
	r.heapify()
	r.at(k - 1)
	first := candidates[len(candidates)-k:]
	slices.SortFunc(first, func(a, b candidate) int { return cmp.Compare(a.id, b.id) })
	return first
}
