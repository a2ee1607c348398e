package kernel

// shortTree joins 1 to 32 terms, each a lane of its own, by the growing tree. Four of them are a node,
//
//	(t[0] + t[1]) + (t[2] + t[3])
//
// and so on, and what is left at the end is one, too.
func shortTree[S, T Float](of Terms, x, y []T) S {
	var nodes [8]S
	n := 0
	if of == Product {
		for ; len(x) >= 4; n++ {
			nodes[n] = (product[S](x[0], y[0]) + product[S](x[1], y[1])) + (product[S](x[2], y[2]) + product[S](x[3], y[3]))
			x, y = x[4:], y[4:]
		}
	} else {
		for ; len(x) >= 4; n++ {
			nodes[n] = (single[S](of, x[0]) + single[S](of, x[1])) + (single[S](of, x[2]) + single[S](of, x[3]))
			x = x[4:]
		}
	}
	if len(x) > 0 {
		nodes[n] = lastTerms[S](of, x, y)
		n++
	}
	return JoinLanes(nodes[:n])
}

// lastTerms joins 1 to 3 terms.
func lastTerms[S, T Float](of Terms, x, y []T) S {
	var t [3]S
	Row(of, t[:len(x)], x, y)
	switch len(x) {
	case 1:
		return t[0]
	case 2:
		return t[0] + t[1]
	}
	return (t[0] + t[1]) + t[2]
}

// product is a term of a dot product.
func product[S, T Float](x, y T) S { return S(S(x) * S(y)) }

// single is a term of a sum.
func single[S, T Float](of Terms, x T) S {
	if of == Absolute {
		return S(Abs(x))
	}
	return S(x)
}
