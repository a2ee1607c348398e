package kernel

import (
	"math/bits"
	"unsafe"
)

// Terms says what the terms of a sum over x (and y) are.
type Terms uint8

const (
	Plain          Terms = iota // x[i]
	Absolute                    // |x[i]|
	Product                     // x[i]*y[i], rounded once
	RoundedProduct              // x[i]*y[i], rounded to their own type, where Product would be more than that
)

// Lanes returns the number of lanes of a canonical sum over T: 128 bytes of them.
func Lanes[T Float]() int {
	if Is64[T]() {
		return 16
	}
	return 32
}

// Tree is the canonical lane sum of the terms, evaluated in S, which is T or
// float64. It returns the join of the lanes' sums and, where dst is not nil, writes
// them there; lanes without a term are left alone. There is at least one term. y is
// nil but for Product, and then as long as x.
//
//	element i belongs to lane i mod L, row i / L
//	lane sum = growing tree over the lane's rows, joined by +
//	result   = growing tree over the lanes
//
// With whole rows, a power of two of them, dst is a full node of the growing tree.
func Tree[S, T Float](of Terms, dst []S, x, y []T) S {
	n := len(x)
	if n < Lanes[T]() || active == Portable {
		return treePortable(of, dst, x, y)
	}
	d, p, q := unsafe.Pointer(unsafe.SliceData(dst)), unsafe.Pointer(unsafe.SliceData(x)), unsafe.Pointer(unsafe.SliceData(y))
	switch {
	case !(Is64[S]() && !Is64[T]()) && isFar[T](of, n):
		return S(treeApart(of, As[T](dst), x, y))
	case Is64[T]():
		return S(treeF64(of, (*float64)(d), (*float64)(p), (*float64)(q), n))
	case Is64[S]():
		return S(treeWide(of, (*float64)(d), (*float32)(p), (*float32)(q), n))
	}
	return S(treeF32(of, (*float32)(d), (*float32)(p), (*float32)(q), n))
}

func treePortable[S, T Float](of Terms, dst []S, x, y []T) S {
	if dst == nil && len(x) < Lanes[T]() {
		return shortTree[S](of, x, y)
	}
	var buffer [32]S
	sums := buffer[:Lanes[T]()]
	present := TreeLanes(of, sums, x, y)
	copy(dst, sums[:present])
	return JoinLanes(sums[:present])
}

// TreeLanes is Tree in Go with len(dst) lanes, without the join, and returns how
// many lanes are present.
func TreeLanes[S, T Float](of Terms, dst []S, x, y []T) int {
	lanes := len(dst)
	return treeRows(of, dst, x, y, (len(x)+lanes-1)/lanes)
}

// maxLanes bounds the buffers of one row.
const maxLanes = 128

// treeRows writes to dst the node over the given number of rows from the first,
// and returns how many lanes are present: all, but where there is one ragged row
// alone.
//
//	node(rows) = one row: its terms
//	             more:    m = largest power of two below rows; node(first m) + node(rest)
//
// with an absent lane passed over.
func treeRows[S, T Float](of Terms, dst []S, x, y []T, rows int) int {
	lanes := len(dst)
	switch {
	case rows == 8 && len(x) >= 8*lanes:
		eightRows(of, dst, x, y)
		return lanes
	case rows == 1:
		n := min(lanes, len(x))
		Row(of, dst[:n], x, y)
		return n
	}
	m := 1 << (bits.Len(uint(rows-1)) - 1)
	var buffer [maxLanes]S
	right := buffer[:lanes]
	treeRows(of, dst, x, y, m)
	restX, restY := rest(x, y, m*lanes)
	present := treeRows(of, right, restX, restY, rows-m)
	AddPlain(dst[:present], right)
	return lanes
}

// rest returns x and y from index n on, y where there is one.
func rest[T Float](x, y []T, n int) (restX, restY []T) {
	if y != nil {
		y = y[n:]
	}
	return x[n:], y
}

// AddPlain joins two node values: left[i] = left[i] + right[i].
func AddPlain[T Float](left, right []T) {
	right = right[:len(left)]
	if len(left) > maxLanes && HasRows() {
		EachOf(RowPlus, len(left), &left[0], &left[0], &right[0], nil, nil)
		return
	}
	for i := range left {
		left[i] += right[i]
	}
}

// Row writes the terms of one row to dst.
func Row[S, T Float](of Terms, dst []S, x, y []T) {
	x = x[:len(dst)]
	switch of {
	case Plain:
		for i, v := range x {
			dst[i] = S(v)
		}
	case Absolute:
		for i, v := range x {
			dst[i] = S(Abs(v))
		}
	case Product:
		y = y[:len(dst)]
		for i, v := range x {
			dst[i] = S(S(v) * S(y[i]))
		}
	}
}

// eightRows writes to dst the node over eight whole rows.
func eightRows[S, T Float](of Terms, dst []S, x, y []T) {
	n := len(dst)
	r0, r1, r2, r3 := x[:n], x[n:2*n], x[2*n:3*n], x[3*n:4*n]
	r4, r5, r6, r7 := x[4*n:5*n], x[5*n:6*n], x[6*n:7*n], x[7*n:8*n]
	switch of {
	case Plain:
		for i := range dst {
			dst[i] = ((S(r0[i]) + S(r1[i])) + (S(r2[i]) + S(r3[i]))) + ((S(r4[i]) + S(r5[i])) + (S(r6[i]) + S(r7[i])))
		}
	case Absolute:
		for i := range dst {
			dst[i] = ((S(Abs(r0[i])) + S(Abs(r1[i]))) + (S(Abs(r2[i])) + S(Abs(r3[i])))) +
				((S(Abs(r4[i])) + S(Abs(r5[i]))) + (S(Abs(r6[i])) + S(Abs(r7[i]))))
		}
	case Product:
		s0, s1, s2, s3 := y[:n], y[n:2*n], y[2*n:3*n], y[3*n:4*n]
		s4, s5, s6, s7 := y[4*n:5*n], y[5*n:6*n], y[6*n:7*n], y[7*n:8*n]
		for i := range dst {
			dst[i] = ((S(S(r0[i])*S(s0[i])) + S(S(r1[i])*S(s1[i]))) + (S(S(r2[i])*S(s2[i])) + S(S(r3[i])*S(s3[i])))) +
				((S(S(r4[i])*S(s4[i])) + S(S(r5[i])*S(s5[i]))) + (S(S(r6[i])*S(s6[i])) + S(S(r7[i])*S(s7[i]))))
		}
	}
}

// JoinLanes reduces the lane sums, in lane order, by the growing tree. It
// overwrites v, which is not empty.
func JoinLanes[T Float](v []T) T {
	for n := len(v); n > 1; n = (n + 1) / 2 {
		for i := range n / 2 {
			v[i] = v[2*i] + v[2*i+1]
		}
		if n%2 == 1 {
			v[n/2] = v[n-1]
		}
	}
	return v[0]
}
