package tokenizer

// bpe merges the bytes of a word to tokens.
type bpe struct {
	bytes  [256]int32
	merges map[pair]merge
	words  map[string]int32 // tokens that are words as a whole; nil unless merges are to be ignored for them
}

// pair is two tokens side by side, by their ids.
type pair struct{ left, right int32 }

// merge is what a pair becomes. The lowest rank merges first.
type merge struct{ rank, id int32 }

// symbol is a token on the way: a node of a list that shrinks as neighbours merge.
type symbol struct{ id, prev, next int32 }

const (
	none   = -1 // no neighbour
	merged = -1 // the id of a symbol that its left neighbour has taken in
)

// merger holds the ids found so far, and room to work in.
type merger struct {
	*bpe
	ids     []int
	symbols []symbol
	queue   minHeap
}

// add appends the tokens of one word:
//
//	tokens = bytes of the word
//	while some neighbours are a pair of the merges:
//		merge the pair of lowest rank, of equals the leftmost
//
// The queue holds the pairs by rank and place. A pair that is gone when its turn
// comes is passed over. A word of n bytes merges n-1 times at most, and each merge
// offers two new pairs: O(n log n).
func (m *merger) add(word string) {
	if id, ok := m.words[word]; ok {
		m.ids = append(m.ids, int(id))
		return
	}
	m.begin(word)
	for len(m.queue) > 0 {
		rank, at := m.queue.pop()
		m.merge(rank, at)
	}
	for at := int32(0); at != none; at = m.symbols[at].next {
		m.ids = append(m.ids, int(m.symbols[at].id))
	}
}

// begin lists the bytes of a word, which is not empty, and queues its pairs.
func (m *merger) begin(word string) {
	m.symbols, m.queue = m.symbols[:0], m.queue[:0]
	for i := range len(word) {
		m.symbols = append(m.symbols, symbol{m.bytes[word[i]], int32(i) - 1, int32(i) + 1})
	}
	m.symbols[len(word)-1].next = none
	for i := range len(word) {
		m.offer(int32(i))
	}
}

// offer queues the pair of the symbol and its right neighbour, if it merges.
func (m *merger) offer(at int32) {
	left := m.symbols[at]
	if left.next == none {
		return
	}
	if to, ok := m.merges[pair{left.id, m.symbols[left.next].id}]; ok {
		m.queue.push(to.rank, at)
	}
}

// merge joins the symbol to its right neighbour if that pair still has the rank.
func (m *merger) merge(rank, at int32) {
	left := &m.symbols[at]
	if left.id == merged || left.next == none {
		return
	}
	right := &m.symbols[left.next]
	to, ok := m.merges[pair{left.id, right.id}]
	if !ok || to.rank != rank {
		return
	}
	left.id, left.next, right.id = to.id, right.next, merged
	if left.next != none {
		m.symbols[left.next].prev = at
	}
	m.offer(at)
	if left.prev != none {
		m.offer(left.prev)
	}
}

// minHeap is a binary heap of pairs, each rank<<32 | place. (container/heap would
// allocate for every one of them.)
type minHeap []uint64

func (h *minHeap) push(rank, at int32) {
	*h = append(*h, uint64(rank)<<32|uint64(at))
	q := *h
	for i := len(q) - 1; i > 0 && q[i] < q[(i-1)/2]; i = (i - 1) / 2 {
		q[i], q[(i-1)/2] = q[(i-1)/2], q[i]
	}
}

func (h *minHeap) pop() (rank, at int32) {
	q := *h
	top, last := q[0], len(q)-1
	q[0] = q[last]
	q = q[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child+1 < len(q) && q[child+1] < q[child] {
			child++
		}
		if child >= len(q) || q[i] <= q[child] {
			break
		}
		q[i], q[child] = q[child], q[i]
		i = child
	}
	*h = q
	return int32(top >> 32), int32(top & (1<<32 - 1))
}
