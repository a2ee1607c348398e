package tp

import "context"

// Alone returns the rank of a group of one, which exchanges nothing: all that a collective
// gives is its own. It may run one function after another.
func Alone() *Rank {
	g := newGroup(DefaultDeadline, nil)
	g.cancel = func(cause error) { g.failed = cause }
	box := newMailbox(1)
	g.peers = []peer{box}
	return &Rank{group: g, box: box}
}

// RunAlone runs f on a rank that is Alone, here, and returns what Run would, without its
// cost: it starts and allocates nothing.
func RunAlone(ctx context.Context, r *Rank, f func(ctx context.Context, r *Rank) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.group.failed = nil
	r.group.run(ctx, r, f)
	if r.group.failed == nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return r.group.failed
}
