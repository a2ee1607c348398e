package gemm

import "sync"

// vectors are buffers of one size, one for each of some goroutines. They are made when the first is
// asked for, all together, so that it is no matter how many goroutines ask at once.
type vectors[T Float] struct {
	mu          sync.Mutex
	all         []T
	count, size int
	free        []int // numbers of buffers
	made        bool
}

// prepare lays down the number and the size.
func (v *vectors[T]) prepare(threads, size int) {
	v.count, v.size, v.made = max(1, threads), size, false
}

// vector is one of them, of any value.
type vector[T Float] struct {
	data []T
	of   *vectors[T]
	at   int
}

func (v *vectors[T]) take() vector[T] {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.made {
		v.made, v.free = true, v.free[:0]
		grow(&v.all, v.count*v.size)
		for i := range v.count {
			v.free = append(v.free, i)
		}
	}
	last := len(v.free) - 1
	at := v.free[last]
	v.free = v.free[:last]
	return vector[T]{v.all[at*v.size:][:v.size], v, at}
}

func (v vector[T]) give() {
	v.of.mu.Lock()
	v.of.free = append(v.of.free, v.at)
	v.of.mu.Unlock()
}

// rowAndColumn returns row i of op(A) and column j of op(B), in the vector where they do not lie so.
func (v vector[T]) rowAndColumn(a leftOperand[T], i int, b rightOperand[T], j int) (x, y []T) {
	k := a.cols()
	x, y = a.row(i, v.data[:k]), v.data[k:2*k]
	b.column(j, y)
	return x, y
}

func (v *vectors[T]) bytes() int { return cap(v.all)*sizeOf[T]() + 8*cap(v.free) }
