package reference

import "math/big"

// attention is causal multi-head attention over the fused projection qkv, each
// of whose rows is the token's query, key and value, one block of all heads
// after the other.
func (p *pass) attention(name string, qkv tensor) tensor {
	tokens, heads, width := len(qkv), p.model.Heads, p.model.Width
	q, k, v := make(tensor, tokens), make(tensor, tokens), make(tensor, tokens)
	for t, row := range qkv {
		q[t], k[t], v[t] = row[:width], row[width:2*width], row[2*width:]
	}
	p.stage(name+"q", q, tokens, heads, width/heads)
	p.stage(name+"k", k, tokens, heads, width/heads)
	p.stage(name+"v", v, tokens, heads, width/heads)
	scores := p.stage(name+"scores", p.scores(q, k), heads, tokens, tokens)
	probs := p.stage(name+"probs", p.softmax(scores), heads, tokens, tokens)
	return p.stage(name+"context", p.context(probs, v))
}

// split gives the heads of x as integers, at h*tokens + t: the rows of all
// tokens of head 0 come first.
func (p *pass) split(x tensor) []vector {
	tokens, head := len(x), p.model.Width/p.model.Heads
	v := make([]vector, p.model.Heads*tokens)
	p.each(len(v), func(_ *scratch, i int) {
		h, t := i/tokens, i%tokens
		v[i].setBig(x[t][h*head:(h+1)*head], p.prec)
	})
	return v
}

// scores is q . k / sqrt(head) for every head and pair of tokens, row h*tokens + t
// holding those of token t in head h. Keys after t are nil.
func (p *pass) scores(q, k tensor) tensor {
	tokens := len(q)
	queries, keys := p.split(q), p.split(k)
	scores := newTensor(len(queries), tokens)
	p.each(len(scores), func(s *scratch, i int) {
		h, t := i/tokens, i%tokens
		for u := range t + 1 {
			scores[i][u] = float(p.prec).Quo(s.dot(&queries[i], &keys[h*tokens+u]), p.c.rootHead)
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
		seen := i%tokens + 1
		m := maximum(scores[i][:seen])
		for u, x := range scores[i][:seen] {
			probs[i][u] = Exp(float(p.prec).Sub(x, m), p.digits)
		}
		s.v.setBig(probs[i][:seen], p.prec)
		sum := s.sum(&s.v)
		for _, x := range probs[i][:seen] {
			x.Quo(x, sum)
		}
		for u := seen; u < tokens; u++ {
			probs[i][u] = float(p.prec)
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
	tokens, head := len(v), p.model.Width/p.model.Heads
	y := newTensor(tokens, p.model.Width)
	p.each(len(probs), func(s *scratch, i int) {
		h, t := i/tokens, i%tokens
		s.v.setBig(probs[i][:t+1], p.prec)
		column := make([]*big.Float, t+1)
		for j := h * head; j < (h+1)*head; j++ {
			for u := range column {
				column[u] = v[u][j]
			}
			s.w.setBig(column, p.prec)
			y[t][j] = float(p.prec).Set(s.dot(&s.v, &s.w))
		}
	})
	return y
}
