package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/trace"
)

// check returns an error unless the trace can be one of the model.
func check(t *trace.Trace, c model.Config) error {
	if len(t.IDs) == 0 {
		return fmt.Errorf("diagnose: the trace has no ids: want a tensor ids, I64 [tokens], of the tokens that went in")
	}
	if n := len(t.IDs); n > c.Context {
		return fmt.Errorf("diagnose: ids has %d tokens: the model's context is %d", n, c.Context)
	}
	for i, id := range t.IDs {
		if id < 0 || id >= c.Vocabulary {
			return fmt.Errorf("diagnose: ids[%d] is %d: the model's vocabulary is 0 to %d", i, id, c.Vocabulary-1)
		}
	}
	if _, ok := formats[t.DType]; !ok && t.DType != "" {
		return fmt.Errorf("diagnose: the trace's dtype is %.20q: want f32, f64, bf16 or f16", t.DType)
	}
	known := model.StageNames(c)
	for _, s := range t.Stages {
		if !slices.Contains(known, s.Name) {
			return unknown(s.Name, c)
		}
		want := shape(s.Name, len(t.IDs), c)
		if !slices.Equal(s.Shape, want) {
			return fmt.Errorf("diagnose: stage %s has shape %v: of %d tokens and this %s it is %v", s.Name, s.Shape, len(t.IDs), c.Family, want)
		}
	}
	if len(t.Stages) == 0 {
		return fmt.Errorf("diagnose: the trace has no stages: want some of %s", strings.Join(layerNames(c), ", "))
	}
	return nil
}

// unknown says of a stage why it is none of the model's.
func unknown(stage string, c model.Config) error {
	return fmt.Errorf("diagnose: unknown stage %.60q: this %s of %d layers has %s", stage, c.Family, c.Layers, strings.Join(layerNames(c), ", "))
}

// layerNames lists the stages, those of a layer once.
func layerNames(c model.Config) []string {
	if c.Layers > 0 {
		c.Layers = 1
	}
	names := model.StageNames(c)
	for i, n := range names {
		names[i] = strings.Replace(n, "layers.0.", "layers.N.", 1)
	}
	return names
}

// shape is what a stage has by rights.
func shape(stage string, tokens int, c model.Config) []int {
	_, name := split(stage)
	switch name {
	case "attn.q", "attn.q_norm", "attn.q_rope":
		return []int{tokens, c.Heads, c.HeadSize}
	case "attn.k", "attn.v", "attn.k_norm", "attn.k_rope":
		return []int{tokens, c.KVHeads, c.HeadSize}
	case "attn.scores", "attn.probs":
		return []int{c.Heads, tokens, tokens}
	case "attn.context":
		return []int{tokens, c.Heads * c.HeadSize}
	case "mlp.gate", "mlp.up", "mlp.act":
		return []int{tokens, c.Inner}
	case "logits":
		return []int{tokens, c.Vocabulary}
	}
	return []int{tokens, c.Width}
}
