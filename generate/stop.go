package generate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// StopTokens returns the tokens that end a sequence of the model in the folder fsys:
// eos_token_id, a number or a list, of generation_config.json, or where that is
// missing or says nothing, of config.json. There may be none.
func StopTokens(fsys fs.FS) ([]int, error) {
	for _, name := range []string{"generation_config.json", "config.json"} {
		ids, err := endTokens(fsys, name)
		if err != nil || ids != nil {
			return ids, err
		}
	}
	return nil, nil
}

// endTokens reads eos_token_id of one file: nil if it is null or missing.
func endTokens(fsys fs.FS, name string) ([]int, error) {
	data, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var config struct {
		End json.RawMessage `json:"eos_token_id"`
	}
	if err := json.Unmarshal(data, &config); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(config.End) == 0 || string(config.End) == "null" {
		return nil, nil
	}
	var one int
	if json.Unmarshal(config.End, &one) == nil {
		return []int{one}, nil
	}
	var several []*int // null would count as 0
	err = json.Unmarshal(config.End, &several)
	if err != nil || slices.Contains(several, nil) {
		return nil, fmt.Errorf("%s: eos_token_id is %s: want a token's id or a list of them", name, config.End)
	}
	ids := make([]int, len(several))
	for i, id := range several {
		ids[i] = *id
	}
	return ids, nil
}
