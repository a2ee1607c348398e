package gemm

import "sync"

// Workspace is scratch that its owner keeps from product to product: set it in Options, or give
// it to a backend by Native.With. With it, products allocate nothing once it has grown to their
// size, also after a garbage collection, in every order but Arrival, whose parts are as large as
// C for each goroutine, and but for elements of Exact that only math/big decides: of alpha or beta
// other than 1 and 0, where what is exact has more than some 140 bits. Without a workspace, products
// share pools that the garbage collector empties.
//
// It grows to what the largest product needs and no further than this, in elements of the
// arithmetic, for a product of M x K by K x N:
//
//   - Sequential, Pairwise, Widened, and Exact of float32: for the rows of A and, unless they were
//     packed beforehand, the columns of B 4 Mi each, or as much as twelve tiles of rows and one of
//     columns have if that is more; for each goroutine the factors of a block of terms for one tile
//     of columns (128 terms, with AVX-512 on processors of AMD 1024, or all of K if there is a single
//     tile of rows), and log2(K) sums for each element of the tiles at work, of eight panels where
//     the rows of a task are more than 1.1 MiB. What is 1 MiB or more is rounded up to huge pages
//     (2 MiB), and begins at one.
//   - Pairwise of one row, with AVX2 or AVX-512, by weights that were not packed beforehand. Stored
//     transposed: twice K, and for each goroutine 4*K, or 64 KiB if that is more, and log2(K) sums
//     for each of 64 columns. Stored as they are: K, and for each goroutine log2(K) sums for each
//     column, of at most 256 KiB of columns; of 2 MiB of weights or more in rows of up to 64 KiB,
//     several goroutines have a sum for each column in 64 parts of the terms besides, or in 4 for
//     each of them if that is more.
//   - Kahan, Neumaier, DoubleDouble, Binned, and Exact of float64: for each goroutine K terms of 48
//     rows and of one panel of at most 32 columns, and 2*log2(K) numbers for each element of a tile.
//   - Exact: M + N float64 and as many int32, and a panel of stored weights for each goroutine.
//     A Partial of float32 in Exact takes, in float64, A and 2^18 terms of B, or those of one panel.
//   - Shuffled: copies of A and, unless it was packed beforehand, B, and K integers.
//
// Elements that are evaluated one by one take K terms of a row and of a column for each goroutine.
//
// The zero value is ready. It serves one product at a time: one that finds it at work takes
// scratch from the pools. It never changes the bits.
type Workspace struct {
	mu    sync.Mutex
	tiles [4]scratch // *tiles[S, T], by S and T

	others sync.Mutex // those of Exact hold both locks
	other  [kinds][2]scratch
}

// scratch is what a Workspace holds.
type scratch interface{ bytes() int }

// kind is what scratch beside that of tiles is for.
type kind int

const (
	forFolds    kind = iota // *folds[T]
	forExact                // *certifier[T]
	forShuffled             // *shuffled[T]
	kinds
)

// kindPools hold scratch that belongs to no workspace.
var kindPools [kinds][2]sync.Pool

// Bytes returns the memory that the workspace holds. It waits for a product at work.
func (w *Workspace) Bytes() int {
	w.others.Lock()
	defer w.others.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, s := range w.tiles {
		if s != nil {
			n += s.bytes()
		}
	}
	for _, pair := range w.other {
		for _, s := range pair {
			if s != nil {
				n += s.bytes()
			}
		}
	}
	return n
}

// Reset lets go of the memory. It waits for a product at work.
func (w *Workspace) Reset() {
	w.others.Lock()
	defer w.others.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.tiles[:])
	clear(w.other[:])
}

// lend returns scratch of that kind: the workspace's, which is then its owner, or that of an
// earlier product, or fresh.
func lend[T Float, S scratch](w *Workspace, k kind, fresh func() S) (s S, owner *Workspace) {
	if w == nil || !w.others.TryLock() {
		if s, ok := kindPools[k][poolOf[T]()].Get().(S); ok {
			return s, nil
		}
		return fresh(), nil
	}
	place := &w.other[k][poolOf[T]()]
	s, ok := (*place).(S)
	if !ok {
		s = fresh()
		*place = s
	}
	return s, w
}

// takeBack ends the loan.
func takeBack[T Float](s scratch, owner *Workspace, k kind) {
	if owner != nil {
		owner.others.Unlock()
		return
	}
	kindPools[k][poolOf[T]()].Put(s)
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
	for _, w := range t.workers {
		n += cap(w.scratch) + cap(w.row)
	}
	return n*sizeOf[S]() + 8*(cap(t.words)+cap(t.setWords)) + 4*cap(t.packing) + t.byParts.bytes()
}
