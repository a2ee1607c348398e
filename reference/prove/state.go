package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/samebits/samebits/internal/spec"
)

// chunk is what was found for the arguments of a chunk.
type chunk struct {
	Digest   string   `json:"digest"`
	Wrong    int      `json:"wrong"`
	Hard     int      `json:"hard"` // arguments that needed many digits
	Examples []string `json:"examples,omitempty"`
}

// state holds the chunks of all runs that are finished.
type state struct {
	Version int                      `json:"version"` // of SPEC.md
	Runs    map[string]map[int]chunk `json:"runs"`
	file    string
}

// load reads a state, or begins a new one where there is no such file. What was found for
// another version of SPEC.md says nothing about this one.
func load(file string) (*state, error) {
	s := &state{Version: spec.Version, Runs: map[string]map[int]chunk{}, file: file}
	if file == "" {
		return s, nil
	}
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	s.Version = 0
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("prove: %s: %w", file, err)
	}
	if s.Version != spec.Version {
		return nil, fmt.Errorf("prove: %s: the state is of version %d of SPEC.md, this is version %d: name another file", file, s.Version, spec.Version)
	}
	if s.Runs == nil {
		s.Runs = map[string]map[int]chunk{}
	}
	return s, nil
}

func (s *state) has(key string, i int) bool { _, ok := s.Runs[key][i]; return ok }

// put adds a chunk and writes the file.
func (s *state) put(key string, i int, c chunk) error {
	if s.Runs[key] == nil {
		s.Runs[key] = map[int]chunk{}
	}
	s.Runs[key][i] = c
	if s.file == "" {
		return nil
	}
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.file+".new", b, 0o644); err != nil {
		return err
	}
	return os.Rename(s.file+".new", s.file)
}
