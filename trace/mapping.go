package trace

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/samebits/samebits/internal/safetensors"
)

// Mapping renames the tensors of another program's trace to the names of stages. A
// nil Mapping changes nothing.
//
// It is a JSON object from their names to ours, or to null, which leaves a tensor
// out. A word in braces stands for a number without leading zeros, the same on both
// sides:
//
//	{
//	  "input_ids": "ids",
//	  "transformer.wte_plus_wpe": "embed",
//	  "transformer.h.{i}.attn.c_proj": "layers.{i}.attn.out",
//	  "tp{r}/h.{i}.mlp.c_proj": "layers.{i}.mlp.down.rank.{r}",
//	  "transformer.h.{i}.attn.bias": null
//	}
//
// Names that no rule matches stay as they are.
type Mapping struct{ rules []rule }

// rule renames what pattern matches.
type rule struct {
	theirs, ours string
	drop         bool
	pattern      *regexp.Regexp // with a group for each number, named as in theirs
}

// placeholder is a word in braces.
var placeholder = regexp.MustCompile(`\{([A-Za-z]+)\}`)

// ReadMapping is ParseMapping of the file at path, which its errors name.
func ReadMapping(path string) (*Mapping, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m, err := ParseMapping(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// ParseMapping parses a mapping. It is an error if a name stands on the left twice,
// or a word in braces twice in a name, or only on the right.
func ParseMapping(data []byte) (*Mapping, error) {
	const want = `want a JSON object such as {"h.{i}.attn.c_proj": "layers.{i}.attn.out"}`
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("mapping of names: " + want)
	}
	m := new(Mapping)
	for d.More() {
		theirs, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("mapping of names: %w: %s", err, want)
		}
		var ours *string
		if err := d.Decode(&ours); err != nil {
			return nil, fmt.Errorf("mapping of %q: %w: want a name of ours or null", theirs, err)
		}
		if err := m.add(theirs.(string), ours); err != nil { // a key is a string
			return nil, err
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("mapping of names: %w: %s", err, want)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("mapping of names: more follows the object")
	}
	return m, nil
}

// add appends a rule.
func (m *Mapping) add(theirs string, ours *string) error {
	if slices.ContainsFunc(m.rules, func(r rule) bool { return r.theirs == theirs }) {
		return fmt.Errorf("mapping of %q: it is there twice", theirs)
	}
	r := rule{theirs: theirs, drop: ours == nil}
	var words []string
	expression, rest := "^", theirs
	for {
		at := placeholder.FindStringSubmatchIndex(rest)
		if at == nil {
			break
		}
		word := rest[at[2]:at[3]]
		if slices.Contains(words, word) {
			return fmt.Errorf("mapping of %q: {%s} is there twice", theirs, word)
		}
		words = append(words, word)
		expression += regexp.QuoteMeta(rest[:at[0]]) + "(?P<" + word + ">0|[1-9][0-9]*)"
		rest = rest[at[1]:]
	}
	r.pattern = regexp.MustCompile(expression + regexp.QuoteMeta(rest) + "$")
	if !r.drop {
		r.ours = *ours
		if r.ours == "" {
			return fmt.Errorf("mapping of %q: an empty name: want a name of ours or null", theirs)
		}
		for _, match := range placeholder.FindAllStringSubmatch(r.ours, -1) {
			if !slices.Contains(words, match[1]) {
				return fmt.Errorf("mapping of %q to %q: {%s} has no number on the left", theirs, r.ours, match[1])
			}
		}
	}
	m.rules = append(m.rules, r)
	return nil
}

// rename returns our name for theirs, and whether the tensor is kept. Where two rules
// match, that is an error, unless one of them is the name itself.
func (m *Mapping) rename(theirs string) (ours string, keep bool, err error) {
	var found *rule
	for i := range m.rules {
		r := &m.rules[i]
		switch {
		case r.theirs == theirs:
			return r.ours, !r.drop, nil
		case !r.pattern.MatchString(theirs):
		case found != nil:
			return "", false, fmt.Errorf("tensor %q matches two names of the mapping, %q and %q", theirs, found.theirs, r.theirs)
		default:
			found = r
		}
	}
	if found == nil {
		return theirs, true, nil
	}
	ours = found.ours
	numbers := found.pattern.FindStringSubmatch(theirs)
	for i, word := range found.pattern.SubexpNames() {
		if word != "" {
			ours = strings.ReplaceAll(ours, "{"+word+"}", numbers[i])
		}
	}
	return ours, !found.drop, nil
}

// tensors returns the tensors that are kept, renamed.
func (m *Mapping) tensors(tensors []safetensors.Tensor) ([]safetensors.Tensor, error) {
	if m == nil {
		return tensors, nil
	}
	var kept []safetensors.Tensor
	theirs := map[string]string{}
	for _, t := range tensors {
		ours, keep, err := m.rename(t.Name)
		if err != nil {
			return nil, err
		}
		if !keep {
			continue
		}
		if other, ok := theirs[ours]; ok {
			return nil, fmt.Errorf("tensors %q and %q are both mapped to %q", other, t.Name, ours)
		}
		theirs[ours], t.Name = t.Name, ours
		kept = append(kept, t)
	}
	return kept, nil
}

// names returns the names that are kept, renamed.
func (m *Mapping) names(all []string) ([]string, error) {
	if m == nil {
		return all, nil
	}
	var kept []string
	for _, name := range all {
		ours, keep, err := m.rename(name)
		if err != nil {
			return nil, err
		}
		if keep {
			kept = append(kept, ours)
		}
	}
	return kept, nil
}
