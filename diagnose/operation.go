package diagnose

// operation replays a stage from its inputs.
type operation interface{ replay() *estimate }

// The operations that are not structures of their own.
type (
	scoresOp struct {
		attention
		q, k tensor
	}
	softmaxOp struct {
		scores  tensor
		a       arithmetic
		bridged bool
	}
	contextOp struct {
		attention
		probs, v tensor
	}
	actOp struct {
		fn function
		x  tensor
		up *tensor // nil: not gated
		a  arithmetic
	}
	addOp struct {
		terms []tensor
		names []string
		a     arithmetic
	}
)

func (o scoresOp) replay() *estimate { return o.scores(o.q, o.k) }

func (o softmaxOp) replay() *estimate { return softmax(o.scores, o.a, o.bridged) }

func (o contextOp) replay() *estimate { return o.context(o.probs, o.v) }

func (o actOp) replay() *estimate { return act(o.fn, o.x, o.up, o.a) }

func (o addOp) replay() *estimate { return add(o.a, o.terms...) }

// with returns the operation in another arithmetic.
func with(op operation, a arithmetic) operation {
	switch o := op.(type) {
	case linear:
		o.a = a
		return o
	case norm:
		o.a = a
		return o
	case rope:
		o.a = a
		return o
	case scoresOp:
		o.a = a
		return o
	case softmaxOp:
		o.a = a
		return o
	case contextOp:
		o.a = a
		return o
	case actOp:
		o.a = a
		return o
	case addOp:
		o.a = a
		return o
	}
	return op
}
