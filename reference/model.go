package reference

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"math/bits"
	"runtime"
	"slices"
)

// guardDigits is how many digits the forward pass carries beyond Options.Digits,
// for errors to grow into on their way through the layers.
const guardDigits = 16

// Options says how a forward pass is to be computed.
type Options struct {
	// Digits is the wanted number of correct decimal digits, at least 1. Every
	// number is carried with 16 more.
	Digits int

	// Threads bounds the goroutines that compute at a time; 0 means GOMAXPROCS.
	// The result does not depend on it.
	Threads int

	// Progress, if not nil, is called after every stage with the number of stages
	// done, and of all of them.
	Progress func(done, total int)

	// Record, if not nil, receives every stage as it is done, under the names and
	// shapes of a trace: embed; layers.i. with attn_norm; attn.q, attn.k and attn.v
	// [tokens,heads,head], of the families that have them also attn.q_norm,
	// attn.k_norm, attn.q_rope and attn.k_rope; attn.scores, scaled, and attn.probs
	// [heads,tokens,tokens]; attn.context, attn.out, attn_residual, mlp_norm,
	// mlp.gate where there is one, mlp.up, mlp.act (what enters the down
	// projection), mlp.down, output; final_norm; logits. A score that the mask
	// hides, minus infinity in a trace, is nil, and its probability 0. The values
	// are shared with the computation: they may be kept but not changed.
	Record func(stage string, shape []int, values []*big.Float)
}

func (o Options) check() error {
	if o.Digits < 1 {
		return fmt.Errorf("reference: Digits is %d, not at least 1", o.Digits)
	}
	if o.Threads < 0 {
		return fmt.Errorf("reference: Threads is %d, not at least 0", o.Threads)
	}
	return nil
}

// stages is the number of stages of a pass.
func (m *Model) stages() int {
	layer := 14
	if m.normsQK {
		layer += 2
	}
	if m.Rotary != nil {
		layer += 2
	}
	if m.gated {
		layer++
	}
	return 3 + layer*len(m.blocks)
}

// Logits returns the logits [tokens][vocabulary] of a sequence of token ids.
//
// Each dot product, mean and variance is summed exactly over operands of
// Digits+16 digits, counted from the largest of its row, and rounded once to as
// many; weights enter exactly as stored, and the decimal constants of the model
// (the epsilon of config.json, 0.044715 in gelu_new), sqrt(2/pi) and the angles of
// rotary embeddings, powers of their theta, are their mathematical values. What the layers do to errors of 10^-(Digits+16) is not
// bounded here: compare runs of different Digits to see it.
//
// It needs a 64-bit platform, and says so on others.
//
// The cost at 40 digits is about 80 ns a parameter and token, and 40 us an
// activation, on one thread. No ids, an id outside the vocabulary, more ids than
// positions, and bad options are errors; so is the end of ctx, which is honoured
// within a stage.
func (m *Model) Logits(ctx context.Context, ids []int, o Options) ([][]*big.Float, error) {
	if bits.UintSize < 64 {
		return nil, errNarrow
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	if err := m.checkIDs(ids); err != nil {
		return nil, err
	}
	p := newPass(ctx, m, o)
	x := p.stage("embed", p.embed(ids))
	for i, b := range m.blocks {
		x = p.block(fmt.Sprintf("layers.%d.", i), b, x)
	}
	x = p.stage("final_norm", p.norm(x, m.final))
	logits := p.stage("logits", p.linear(x, m.head))
	if p.err != nil {
		return nil, p.err
	}
	return logits, nil
}

// errNarrow is about github.com/ericlagergren/decimal: with an int of 32 bits its
// SetFloat64(0.3) is 4.8e-8, and Exp and Sqrt return NaN.
var errNarrow = errors.New("reference: arbitrary precision needs a 64-bit platform: the decimal library computes wrongly where int has 32 bits")

func (m *Model) checkIDs(ids []int) error {
	if len(ids) < 1 || len(ids) > m.Positions {
		return fmt.Errorf("reference: %d ids; the model takes 1 to %d", len(ids), m.Positions)
	}
	for i, id := range ids {
		if id < 0 || id >= m.Vocabulary {
			return fmt.Errorf("reference: ids[%d] is %d, not within 0 to %d", i, id, m.Vocabulary-1)
		}
	}
	return nil
}

// pass is one forward pass. After an error its methods do nothing, and what
// they return is of no use.
type pass struct {
	ctx    context.Context
	err    error
	model  *Model
	o      Options
	digits int  // of every number
	prec   uint // the same in bits
	done   int  // stages
	c      constants
}

func newPass(ctx context.Context, m *Model, o Options) *pass {
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	digits := o.Digits + guardDigits
	return &pass{ctx: ctx, model: m, o: o, digits: digits, prec: Bits(digits), c: newConstants(m.config, digits)}
}

// block is one transformer layer: attention, then the MLP, each normalised
// before and added to what it came from. Where they are parallel both read the
// layer's input.
func (p *pass) block(name string, b block, x tensor) tensor {
	h := p.stage(name+"attn_norm", p.norm(x, b.attnNorm))
	h = p.attention(name+"attn.", b, h)
	h = p.stage(name+"attn.out", p.linear(h, b.attnOut))
	y := p.stage(name+"attn_residual", p.add(x, h))

	h = y
	if p.model.Parallel {
		h = x
	}
	h = p.stage(name+"mlp_norm", p.norm(h, b.mlpNorm))
	h = p.stage(name+"mlp.act", p.mlp(name+"mlp.", b, h))
	h = p.stage(name+"mlp.down", p.linear(h, b.down))
	return p.stage(name+"output", p.add(y, h))
}

// mlp returns what enters the down projection.
func (p *pass) mlp(name string, b block, h tensor) tensor {
	if !p.model.gated {
		return p.activate(p.stage(name+"up", p.linear(h, b.up)))
	}
	gate := p.stage(name+"gate", p.linear(h, b.gate))
	up := p.stage(name+"up", p.linear(h, b.up))
	return p.multiply(p.activate(gate), up)
}

// stage reports x, whose shape is [rows, columns] unless another is given.
func (p *pass) stage(name string, x tensor, shape ...int) tensor {
	if p.err != nil {
		return x
	}
	if shape == nil {
		shape = []int{len(x), len(x[0])}
	}
	if p.o.Record != nil {
		p.o.Record(name, shape, slices.Concat(x...))
	}
	p.done++
	if p.o.Progress != nil {
		p.o.Progress(p.done, p.model.stages())
	}
	return x
}
