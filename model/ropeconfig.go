package model

// names are the fields in which a family keeps what the others keep elsewhere.
type names struct {
	theta   string  // "rope_theta" where empty
	share   string  // of a head that turns; always all of it where empty
	missing float64 // the share where no field gives one; 0 means all
}

// rope reads rotary embeddings in either dialect of config.json: all in
// rope_parameters, or rope_theta and the share outside and the rest in rope_scaling.
func (f *fields) rope(headSize int, n names) *RoPE {
	if n.theta == "" {
		n.theta = "rope_theta"
	}
	if n.missing == 0 {
		n.missing = 1
	}
	in := f.inner("rope_scaling")
	if f.has("rope_parameters") {
		if f.has("rope_scaling") {
			f.failf("both rope_parameters and rope_scaling: want one")
		}
		in = f.inner("rope_parameters")
		f.agree(in, n.theta, "rope_theta")
		f.agree(in, n.share, "partial_rotary_factor")
		f.perLayer(in)
	}
	r := &RoPE{Theta: in.numberOr("rope_theta", f.numberOr(n.theta, f.numberOr("rope_theta", 10000)))}
	share := n.missing
	if n.share != "" {
		share = in.numberOr("partial_rotary_factor", f.numberOr(n.share, f.numberOr("partial_rotary_factor", n.missing)))
	} else if in.numberOr("partial_rotary_factor", 1) != 1 {
		in.failf("partial_rotary_factor is %s: this family turns whole heads", in.text("partial_rotary_factor"))
	}
	if !(share > 0 && share <= 1) {
		f.failf("rotary embeddings of %v of a head: want more than 0, at most 1", share)
		return nil
	}
	r.Size = int(float64(headSize) * share)
	in.scaling(r)
	return r
}

// agree fails where both dialects give a number, and not the same.
func (f *fields) agree(in *fields, outer, inner string) {
	if outer != "" && f.has(outer) && in.has(inner) && f.numberOr(outer, 0) != in.numberOr(inner, 0) {
		f.failf("%s is %s and rope_parameters gives %s: want one", outer, f.text(outer), in.text(inner))
	}
}

// perLayer fails where there are parameters for each type of layer.
func (f *fields) perLayer(in *fields) {
	for _, name := range []string{"full_attention", "sliding_attention"} {
		if in.has(name) {
			in.failf("%s: rotary embeddings that differ from layer to layer are not supported", name)
		}
	}
}

// scaling reads the type of scaling and what belongs to it.
func (f *fields) scaling(r *RoPE) {
	r.Scaling = f.textOr("rope_type", f.textOr("type", "default"))
	switch r.Scaling {
	case "default":
	case "linear":
		r.Factor = f.numberOr("factor", 0)
	case "llama3":
		r.Factor = f.numberOr("factor", 0)
		r.Low, r.High = f.numberOr("low_freq_factor", 0), f.numberOr("high_freq_factor", 0)
		r.Original = f.size("original_max_position_embeddings")
	default:
		f.failf("unknown rope type %.40q: want default, linear or llama3", r.Scaling)
	}
}
