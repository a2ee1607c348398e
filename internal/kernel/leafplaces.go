package kernel

import "unsafe"

// setPlaces is how many places of a matrix LeafPlaces reads as interleaved streams. Of what L3 holds one stream comes faster, by a fifth to a third.
// Of its 32 MiB on a Zen 4, which other tenants of the host use, too, a goroutine may find some there or nothing, and then be two to four times
// as slow. Two go through half of a matrix each.
const (
	setPlaces      = 4
	placesPaced    = 2 << 20  // bytes of the matrix from which on it is seen what is faster;
	placesFrom     = 20 << 20 // from so many on LeafPlaces is, for one goroutine,
	placesTogether = 32 << 20 // and for several
)

// InPlaces tells whether LeafPlaces is better than LeafSums for a matrix of so many bytes, and so many goroutines, or whether that
// depends on what L3 holds of it.
func InPlaces(bytes, goroutines int) (places, depends bool) {
	from := placesFrom
	if goroutines > 1 {
		from = placesTogether
	}
	return bytes >= from, bytes >= placesPaced && bytes < from
}

// LeafPlaces is LeafSums for columns from memory, which it reads as several interleaved streams, as memory brings more at once
// of several than of one. That the next call takes the columns after these is a matter of speed alone.
func LeafPlaces[T Float](dst, x, b []T, stride, cols, sets int) {
	lanes := setLanes[T]()
	terms := sets * lanes * AlongLeaf
	_, _, _ = dst[cols*sets*lanes-1], x[terms-1], b[(cols-1)*stride+terms-1]
	column := stride * (setBytes / lanes / AlongLeaf)
	apart, factors, next, step, columns := pairOfSets(sets, column)
	places := setPlaces
	for cols%(columns*places) != 0 {
		places--
	}
	pairs, groups := sets*setBytes/step, cols/columns/places
	place, placeSums := groups*columns*column, groups*columns*sets*setSums
	back, backSums := -(places-1)*place, -(places-1)*placeSums
	gap, gapSums := columns*column-pairs*step, columns*sets*setSums-pairs*step/AlongLeaf
	p, q, r := unsafe.Pointer(&dst[0]), unsafe.Pointer(&x[0]), unsafe.Pointer(&b[0])
	if Is64[T]() {
		leafPlacesF64((*float64)(p), (*float64)(q), (*float64)(r), apart, factors, next, step, places, place, placeSums, back, backSums, gap, gapSums, pairs, groups, -back)
	} else {
		leafPlacesF32((*float32)(p), (*float32)(q), (*float32)(r), apart, factors, next, step, places, place, placeSums, back, backSums, gap, gapSums, pairs, groups, -back)
	}
}
