package main

import (
	"fmt"
	"math"

	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/model"
)

// report is what compare found out. Its JSON field names are stable.
type report struct {
	Version     string         `json:"version"`
	Spec        int            `json:"spec"`
	Model       string         `json:"model"`
	Config      model.Config   `json:"config"`
	Prompt      string         `json:"prompt,omitempty"`
	IDs         []int          `json:"ids"`
	Digits      int            `json:"digits"`
	Fault       string         `json:"fault,omitempty"`
	Runs        int            `json:"runs"`
	Threads     []int          `json:"threads"`
	TP          []int          `json:"tp"`
	MPI         int            `json:"mpi,omitempty"` // ranks over MPI
	BaseTP      int            `json:"base_tp"`
	BaseThreads int            `json:"base_threads"`
	FaultTP     int            `json:"fault_tp"`
	Rows        []row          `json:"rows"`
	Paths       []path         `json:"paths"`
	Faults      []faultRow     `json:"faults"`
	Arrival     *arrivalReport `json:"arrival,omitempty"`
	Broken      []string       `json:"broken"` // promises that did not hold, and results that are not finite
}

// row is one order in one arithmetic.
type row struct {
	DType           string   `json:"dtype"`
	Order           string   `json:"order"`
	Promises        promises `json:"promises"`
	DistinctRuns    int      `json:"distinct_runs"`
	DistinctThreads int      `json:"distinct_threads"`
	DistinctTP      int      `json:"distinct_tp"`
	Digest          string   `json:"digest"`
	AbsError        number   `json:"abs_error"`
	UlpError        number   `json:"ulp_error"`
	TokensPerSecond number   `json:"tokens_per_second"`
	Cost            number   `json:"cost"` // time relative to the fastest order of the arithmetic

	// Over MPI.
	MPIDigest          string `json:"mpi_digest,omitempty"`
	MPITokensPerSecond number `json:"mpi_tokens_per_second,omitempty"`
}

// path is the distance of every stage from the truth, in one run.
type path struct {
	DType  string      `json:"dtype"`
	Order  string      `json:"order"`
	Fault  string      `json:"fault,omitempty"`
	TP     int         `json:"tp"`
	Stages []pathStage `json:"stages"`
}

type pathStage struct {
	Name     string `json:"name"`
	AbsError number `json:"abs_error"`
	Largest  number `json:"largest"` // magnitude in the stage
}

// error returns the error of a stage.
func (p path) error(stage string) number {
	for _, s := range p.Stages {
		if s.Name == stage {
			return s.AbsError
		}
	}
	return 0
}

// faultRow is what a fault does to the logits, over several runs.
type faultRow struct {
	DType        string `json:"dtype"`
	Fault        string `json:"fault"`
	TP           int    `json:"tp"`
	DistinctRuns int    `json:"distinct_runs"`
	LeastError   number `json:"least_error"`
	AbsError     number `json:"abs_error"`
}

// arrivalReport is how much the order Arrival varied and, if it did not, how much
// a simulation of it does.
type arrivalReport struct {
	DType             string `json:"dtype"`
	Runs              int    `json:"runs"`
	Threads           int    `json:"threads"`
	TP                int    `json:"tp"`
	Distinct          int    `json:"distinct"`
	Spread            number `json:"spread"`
	SimulatedDistinct int    `json:"simulated_distinct,omitempty"`
	SimulatedSpread   number `json:"simulated_spread,omitempty"`
}

// finish derives the costs, and the promises that were broken.
func (r *report) finish() {
	fastest := map[string]number{}
	for _, row := range r.Rows {
		fastest[row.DType] = max(fastest[row.DType], row.TokensPerSecond)
	}
	r.Broken, r.Rows = []string{}, append([]row{}, r.Rows...)
	for i := range r.Rows {
		row := &r.Rows[i]
		if math.IsInf(float64(row.AbsError), 0) {
			r.Broken = append(r.Broken, fmt.Sprintf("%s %s: some logits are not finite", row.DType, row.Order))
		}
		row.Cost = fastest[row.DType] / row.TokensPerSecond
		for _, p := range []struct {
			promised bool
			distinct int
			over     string
		}{
			{row.Promises.Runs, row.DistinctRuns, "runs"},
			{row.Promises.Threads, row.DistinctThreads, "threads"},
			{row.Promises.TP, row.DistinctTP, "TP sizes"},
		} {
			if p.promised && p.distinct != 1 {
				r.Broken = append(r.Broken, fmt.Sprintf("%s %s: %s over %s, 1 promised", row.DType, row.Order, plural.Of(p.distinct, "different result"), p.over))
			}
		}
	}
}

// row returns the row of an order and an arithmetic, or nil.
func (r *report) row(dtype, order string) *row {
	for i := range r.Rows {
		if r.Rows[i].DType == dtype && r.Rows[i].Order == order {
			return &r.Rows[i]
		}
	}
	return nil
}
