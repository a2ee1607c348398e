package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/trace"
)

// check returns an error unless the trace can be one of the model.
func check(t *trace.Trace, c model.Config) error {
	if len(t.IDs) == 0 {
		return fmt.Errorf("diagnose: the trace has no ids: want a tensor ids, I64 [tokens], of the tokens that went in")
	}
	if n := len(t.IDs); n > c.Context {
		return fmt.Errorf("diagnose: ids has %s: the model's context is %d", plural.Of(n, "token"), c.Context)
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
	seen := map[string]bool{}
	for _, s := range t.Stages {
		if seen[s.Name] {
			return fmt.Errorf("diagnose: stage %s is there twice", s.Name)
		}
		seen[s.Name] = true
		name := s.Name
		if whole, rank, ok := trace.SplitRank(name); ok {
			name = whole
			if !rowParallel(whole) || t.TP > 0 && rank >= t.TP {
				return fmt.Errorf("diagnose: stage %.60q: want attn.out or mlp.down of one of %s", s.Name, plural.Of(t.TP, "rank"))
			}
		}
		if !slices.Contains(known, name) {
			return unknown(s.Name, c)
		}
		want := shape(name, len(t.IDs), c)
		if !slices.Equal(s.Shape, want) && !padded(s, want) {
			return fmt.Errorf("diagnose: stage %s has shape %v: of %s and this %s it is %v", s.Name, s.Shape, plural.Of(len(t.IDs), "token"), c.Family, want)
		}
		if n := product(s.Shape); n != len(s.Values) {
			return fmt.Errorf("diagnose: stage %s has shape %v and %s: want %d", s.Name, s.Shape, plural.Of(len(s.Values), "value"), n)
		}
	}
	if len(t.Stages) == 0 {
		return fmt.Errorf("diagnose: the trace has no stages: want some of %s", strings.Join(layerNames(c), ", "))
	}
	return nil
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// rowParallel tells whether an all-reduce makes the stage.
func rowParallel(stage string) bool {
	_, name := split(stage)
	return name == "attn.out" || name == "mlp.down"
}

// padded tells of logits whether they have more columns than the vocabulary.
func padded(s trace.Stage, want []int) bool {
	return s.Name == "logits" && len(s.Shape) == 2 && s.Shape[0] == want[0] && s.Shape[1] > want[1]
}

// unknown says of a stage why it is none of the model's.
func unknown(stage string, c model.Config) error {
	return fmt.Errorf("diagnose: unknown stage %.60q: this %s of %s has %s", stage, c.Family, plural.Of(c.Layers, "layer"), strings.Join(layerNames(c), ", "))
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
