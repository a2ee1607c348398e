package kernel

import "unsafe"

// Fold says what a compensated microkernel does with a term. Each of its elements is two
// numbers, a sum h and a correction l.
type Fold uint8

const (
	PairsFold    Fold = iota // see PairChain4
	KahanFold                // see KahanChain4: h is the sum, l the correction
	NeumaierFold             // see NeumaierChain4
)

// FoldTile returns the tile of the active backend's compensated microkernels.
func FoldTile[T Float]() Tile {
	if active == Portable {
		return Tile{1, Panel}
	}
	t := [...]Tile{NEON: {3, 6}, AVX2: {2, 8}, AVX512: {6, 16}}[active]
	if !Is64[T]() {
		t.Cols *= 2
	}
	return t
}

// MicroFold is Micro over two numbers for each element: the tile of h, then that of l.
//
//	for each leaf:  h = l = +0; for its k ascending: fold a[k*Rows+i]*b[k*Cols+j] in
//	                as often as it completes a node: (h, l) = AddPair(pop(), (h, l))
//	                push(h, l)
//
// Only PairsFold has nodes to complete.
func MicroFold[T Float](of Fold, t Tile, stack []T, depth int, a, b []T, program []uint64) {
	top := depth * 2 * t.Size()
	switch {
	case active == Portable || t != FoldTile[T]():
		foldPortable(of, t, stack, top, a, b, program)
	case Is64[T]():
		foldF64(of, (*float64)(unsafe.Pointer(&stack[top])), (*float64)(unsafe.Pointer(&a[0])), (*float64)(unsafe.Pointer(&b[0])), &program[0], len(program))
	default:
		foldF32(of, (*float32)(unsafe.Pointer(&stack[top])), (*float32)(unsafe.Pointer(&a[0])), (*float32)(unsafe.Pointer(&b[0])), &program[0], len(program))
	}
}

func foldPortable[T Float](of Fold, t Tile, stack []T, top int, a, b []T, program []uint64) {
	size := t.Size()
	for _, word := range program {
		terms, nodes := int(uint32(word)), int(word>>32)
		h, l := stack[top:top+size], stack[top+size:top+2*size]
		clear(h)
		clear(l)
		if t == (Tile{1, Panel}) {
			foldChain4(of, (*[Panel]T)(h), (*[Panel]T)(l), a[:terms], b[:terms*Panel])
		} else {
			foldTile(of, t, h, l, a, b, terms)
		}
		a, b = a[terms*t.Rows:], b[terms*t.Cols:]
		for range nodes {
			top -= 2 * size
			AddPairs(stack[top:top+size], stack[top+size:top+2*size], stack[top+2*size:top+3*size], stack[top+3*size:top+4*size])
		}
		top += 2 * size
	}
}

func foldChain4[T Float](of Fold, h, l *[Panel]T, a, b []T) {
	switch of {
	case PairsFold:
		PairChain4(h, l, a, b)
	case KahanFold:
		KahanChain4(h, l, a, b)
	case NeumaierFold:
		NeumaierChain4(h, l, a, b)
	}
}

// foldTile is for tiles of other backends.
func foldTile[T Float](of Fold, t Tile, h, l, a, b []T, terms int) {
	for k := range terms {
		for i := range h {
			h[i], l[i] = foldTerm(of, h[i], l[i], a[k*t.Rows+i/t.Cols], b[k*t.Cols+i%t.Cols])
		}
	}
}

// foldTerm folds the product x*y in.
func foldTerm[T Float](of Fold, h, l, x, y T) (T, T) {
	switch of {
	case PairsFold:
		p, q := TwoProd(x, y)
		return AddPair(h, l, p, q)
	case KahanFold:
		return kahan(h, T(x*y)-l)
	default:
		h, e := TwoSum(h, T(x*y))
		return h, l + e
	}
}
