package diagnose

import "slices"

// hypotheses lists the faults that a stage may have, given what is recorded of it, or
// nothing (c is nil).
func (r *replayer) hypotheses(stage string, op operation, c *comparison) []hypothesis {
	var list []hypothesis
	switch o := op.(type) {
	case linear:
		list = r.linearFaults(stage, o, c)
	case norm:
		list = r.normFaults(stage, o, c)
	case rope:
		list = r.ropeFaults(stage, o, c)
	case scoresOp:
		list = r.scoresFaults(stage, o, c)
	case softmaxOp:
		list = r.softmaxFaults(o, c)
	case contextOp:
		list = r.contextFaults(o)
	case actOp:
		list = r.actFaults(stage, o)
	case addOp:
		list = r.addFaults(stage, o, c)
	}
	if c == nil {
		return list
	}
	list = append(list, r.permutations(stage, c)...)
	return append(list, r.bridgedFaults(stage)...)
}

// mostBridged is the number of missing stages up to which they are searched for faults.
const mostBridged = 8

// bridgedFaults are the faults of the stages that the trace lacks between a stage and
// its recorded inputs: each is replayed with the fault, and what follows without.
func (r *replayer) bridgedFaults(stage string) []hypothesis {
	_, missing := r.from(stage)
	if len(missing) > mostBridged {
		return nil
	}
	var list []hypothesis
	for _, b := range missing {
		op, err := r.operation(b)
		if err != nil {
			continue
		}
		for _, h := range r.hypotheses(b, op, nil) {
			faulty := h.replay
			h.text += " (in " + b + ", which is not recorded)"
			h.replay = func() *estimate { return r.after(map[string]*estimate{b: faulty()}, stage) }
			list = append(list, h)
		}
	}
	return append(list, r.turnedFaults(missing, stage)...)
}

// turnedFaults are those of the rotations of queries and of keys together.
func (r *replayer) turnedFaults(missing []string, stage string) []hypothesis {
	layer, _ := split(stage)
	q, k := layer+"attn.q_rope", layer+"attn.k_rope"
	if !slices.Contains(missing, q) || !slices.Contains(missing, k) {
		return nil
	}
	opQ, err := r.operation(q)
	if err != nil {
		return nil
	}
	opK, err := r.operation(k)
	if err != nil {
		return nil
	}
	var list []hypothesis
	keys := map[string]hypothesis{}
	for _, h := range r.hypotheses(k, opK, nil) {
		keys[h.text] = h
	}
	for _, h := range r.hypotheses(q, opQ, nil) {
		other, ok := keys[h.text]
		if !ok {
			continue
		}
		queries := h.replay
		h.text += " (in " + q + " and " + k + ", which are not recorded)"
		h.replay = func() *estimate {
			return r.after(map[string]*estimate{q: queries(), k: other.replay()}, stage)
		}
		list = append(list, h)
	}
	return list
}

// after replays a stage with other values of missing ones.
func (r *replayer) after(missing map[string]*estimate, stage string) *estimate {
	other := *r
	other.bridged = map[string]tensor{}
	for name, value := range missing {
		if value == nil {
			return nil
		}
		t := value.asInput()
		t.rows = r.rows(name)
		t.cols = len(t.x) / t.rows
		other.bridged[name] = t
	}
	op, err := other.operation(stage)
	if err != nil {
		return nil
	}
	return op.replay()
}
