package gemm

import "sync"

// Workspace is scratch that its owner keeps from product to product: set it in Options, or give
// it to a backend by Native.With. With it, products in the orders Sequential, Pairwise and
// Widened allocate nothing once it has grown to their size, also after a garbage
// collection; all other orders allocate a few objects a product, however large that is.
// Without one, products share a pool that the garbage collector empties.
//
// It grows to what the largest product needs and no further than this, in elements of the
// arithmetic, K being the terms: for the rows of A and, unless they were packed beforehand, the
// columns of B 4 Mi each, or as much as twelve tiles of rows and one of columns have if that is more; for each
// goroutine the factors of a block of terms for one tile of columns (256 terms, or all of K if
// there is a single tile of rows), and log2(K) sums for each element of the tiles at work.
//
// The zero value is ready. It serves one product at a time: one that finds it at work takes
// scratch from the pool. It never changes the bits.
type Workspace struct {
	mu    sync.Mutex
	tiles [4]scratch // *tiles[S, T], by S and T
}

// scratch is what a Workspace holds.
type scratch interface{ bytes() int }

// Bytes returns the memory that the workspace holds. It waits for a product at work.
func (w *Workspace) Bytes() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, t := range w.tiles {
		if t != nil {
			n += t.bytes()
		}
	}
	return n
}

// Reset lets go of the memory. It waits for a product at work.
func (w *Workspace) Reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.tiles[:])
}

// tilesFrom returns what evaluates products, with the workspace's scratch or that of an earlier
// product.
func tilesFrom[S, T Float](w *Workspace) *tiles[S, T] {
	if w == nil || !w.mu.TryLock() {
		return newTiles[S, T]()
	}
	place := &w.tiles[indexOfTiles[S, T]()]
	t, ok := (*place).(*tiles[S, T])
	if !ok {
		t = makeTiles[S, T]()
		*place = t
	}
	t.owner = w
	return t
}

func (t *tiles[S, T]) bytes() int {
	n := cap(t.rows) + cap(t.columns)
	for _, s := range t.workers {
		n += cap(s)
	}
	return n*sizeOf[S]() + 8*cap(t.words)
}
