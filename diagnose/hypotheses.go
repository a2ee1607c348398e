package diagnose

// hypotheses lists the faults that a stage may have, given what is recorded.
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
	return append(list, r.permutations(stage, c)...)
}
