package reference

import (
	"math/big"
	"slices"
)

// attention is causal multi-head attention over h. Groups of heads of queries share
// one of keys and values: head i that of number i / (heads / heads of keys).
func (p *pass) attention(name string, b block, h tensor) tensor {
	tokens, heads, shared, size := len(h), p.model.Heads, p.model.KVHeads, p.model.Head
	q := p.stage(name+"q", p.linear(h, b.q), tokens, heads, size)
	k := p.stage(name+"k", p.linear(h, b.k), tokens, shared, size)
	v := p.stage(name+"v", p.linear(h, b.v), tokens, shared, size)
	if p.model.normsQK {
		q = p.stage(name+"q_norm", p.rmsNorm(q, b.qNorm.gain), tokens, heads, size)
		k = p.stage(name+"k_norm", p.rmsNorm(k, b.kNorm.gain), tokens, shared, size)
	}
	if p.model.Rotary != nil {
		turns := p.turns(tokens)
		q = p.stage(name+"q_rope", p.rotate(q, turns), tokens, heads, size)
		k = p.stage(name+"k_rope", p.rotate(k, turns), tokens, shared, size)
	}
	scores := p.stage(name+"scores", p.scores(q, k, b.window), heads, tokens, tokens)
	probs := p.stage(name+"probs", p.softmax(scores), heads, tokens, tokens)
	return p.stage(name+"context", p.context(probs, v))
}

// split gives the heads of x as integers, at h*tokens + t: the rows of all
// tokens of head 0 come first.
func (p *pass) split(x tensor) []vector {
	tokens, size := len(x), p.model.Head
	v := make([]vector, len(x[0])/size*tokens)
	p.each(len(v), func(_ *scratch, i int) {
		h, t := i/tokens, i%tokens
		v[i].setBig(x[t][h*size:(h+1)*size], p.prec)
	})
	return v
}

// keyHead is the head of keys that a head of queries meets.
func (p *pass) keyHead(h int) int { return h * p.model.KVHeads / p.model.Heads }

// oldest is the first key that token t sees: a window of w ends with its own.
func oldest(t, w int) int {
	if w == 0 {
		return 0
	}
	return max(0, t-w+1)
}

// scores is q . k / sqrt(head) for every head and pair of tokens, row h*tokens + t
// holding those of token t in head h. Keys after t are nil, and those before its
// window.
func (p *pass) scores(q, k tensor, window int) tensor {
	tokens := len(q)
	queries, keys := p.split(q), p.split(k)
	scores := newTensor(len(queries), tokens)
	p.each(len(scores), func(s *scratch, i int) {
		h, t := i/tokens, i%tokens
		for u := oldest(t, window); u <= t; u++ {
			scores[i][u] = float(p.prec).Quo(s.dot(&queries[i], &keys[p.keyHead(h)*tokens+u]), p.c.rootHead)
		}
	})
	return scores
}

// softmax is exp(x - m) / sum(exp(x - m)) over the keys that are not masked, m
// being the greatest.
func (p *pass) softmax(scores tensor) tensor {
	tokens := len(scores[0])
	probs := newTensor(len(scores), tokens)
	p.each(len(scores), func(s *scratch, i int) {
		from := slices.IndexFunc(scores[i], func(x *big.Float) bool { return x != nil })
		to := i%tokens + 1
		m := maximum(scores[i][from:to])
		for u := range probs[i] {
			if from <= u && u < to {
				probs[i][u] = Exp(float(p.prec).Sub(scores[i][u], m), p.digits)
			} else {
				probs[i][u] = float(p.prec)
			}
		}
		s.v.setBig(probs[i][from:to], p.prec)
		sum := s.sum(&s.v)
		for _, x := range probs[i][from:to] {
			x.Quo(x, sum)
		}
	})
	return probs
}

func maximum(x []*big.Float) *big.Float {
	m := x[0]
	for _, y := range x[1:] {
		if y.Cmp(m) > 0 {
			m = y
		}
	}
	return m
}

// context is probs . v, each head writing its own columns.
func (p *pass) context(probs, v tensor) tensor {
	tokens, size := len(v), p.model.Head
	y := newTensor(tokens, p.model.Heads*size)
	p.each(len(probs), func(s *scratch, i int) {
		h, t := i/tokens, i%tokens
		s.v.setBig(probs[i][:t+1], p.prec)
		column := make([]*big.Float, t+1)
		for j := range size {
			for u := range column {
				column[u] = v[u][p.keyHead(h)*size+j]
			}
			s.w.setBig(column, p.prec)
			y[t][h*size+j] = float(p.prec).Set(s.dot(&s.v, &s.w))
		}
	})
	return y
}
