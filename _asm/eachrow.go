package main

import "math/bits"

// rowIn is the number of bytes of a row in memory, whatever the type.
const rowIn = 128

// eachRow prints the loop over the rows of x, and of y where there are two: whole prints what
// is done with a row, last what is done with the vector of so many bytes whose bytes in the
// ragged row begin at off. Where that has no elements, it is left out.
func eachRow(t target, w width, two bool, whole func(), bytes int, last func(off int)) {
	lanes := rowIn / w.element()
	t.move("i", "n")
	t.shr("i", bits.Len(uint(lanes))-1)
	t.ifZero("i", "last")
	t.label("row")
	whole()
	t.addImm("x", rowIn)
	if two {
		t.addImm("y", rowIn)
	}
	t.countDown("i", "row")
	t.label("last")
	t.andImm("n", lanes-1)
	t.ifZero("n", "end")
	t.shl("n", bits.Len(uint(w.element()))-1)
	t.beginTail("x", "n", 0, false)
	if two {
		t.beginTail("y", "n", rowIn, false)
	}
	for off := 0; off < rowIn; off += bytes {
		if off > 0 {
			t.ifAtMost("n", off, "end")
		}
		last(off)
	}
	t.label("end")
}
