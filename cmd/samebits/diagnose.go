package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/samebits/samebits/diagnose"
	"github.com/samebits/samebits/diagnose/page"
	"github.com/samebits/samebits/diagnose/pair"
	"github.com/samebits/samebits/internal/atomicfile"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/model/bytes24"
	"github.com/samebits/samebits/trace"
)

type diagnoseCmd struct {
	Traces  []string `arg:"" name:"trace" help:"Traces: safetensors files, .npz archives, folders of .npy files. The first is what the others are compared with."`
	Model   string   `placeholder:"DIR" help:"Folder of the model that made the traces: each is judged on its own, by replaying its stages. bytes24 is the embedded model."`
	Map     string   `placeholder:"FILE" help:"JSON object from the traces' names of stages to ours, such as {\"h.{i}.attn.c_proj\": \"layers.{i}.attn.out\"}."`
	DType   string   `name:"dtype" placeholder:"NAME" default:"" enum:",f32,f64,bf16,f16" help:"Arithmetic of traces that declare none: f32, f64, bf16 or f16. Default: the narrowest that holds their values."`
	Runs    bool     `help:"The traces are runs of one thing, which should give the same bits."`
	Threads int      `default:"2" help:"Goroutines of a replay; what it says does not depend on them."`
	All     bool     `help:"Print all stages, also the many that are within rounding."`
	JSON    bool     `help:"Print JSON."`
	HTML    string   `name:"html" placeholder:"FILE" help:"Also write the report as one self-contained page."`
}

// Help explains the verdicts.
func (diagnoseCmd) Help() string {
	return `The verdict is one of: same bits, rounding, reduced precision, fault, ill-conditioned, nondeterministic, different inputs, undecided. ` +
		`The exit status is 0 for the first two and 1 for all others.`
}

// Run diagnoses the traces.
func (c *diagnoseCmd) Run(s streams) error {
	if err := checkThreads(c.Threads); err != nil {
		return err
	}
	if c.HTML != "" {
		if err := checkOutput("--html", c.HTML); err != nil {
			return err
		}
	}
	if os.Getenv("GOGC") == "" {
		// Traces are most of the memory and hold no pointers: collecting often costs little.
		defer debug.SetGCPercent(debug.SetGCPercent(25))
	}
	runs, err := c.read()
	if err != nil {
		return err
	}
	report, err := c.diagnose(runs)
	if err != nil {
		return err
	}
	if c.HTML != "" {
		o := page.Options{Command: c.command(), Version: version}
		if err := atomicfile.Write(c.HTML, func(w io.Writer) error { return page.Write(w, report, o) }); err != nil {
			return err
		}
	}
	if c.JSON {
		err = writeJSON(s.out, report)
	} else {
		err = printDiagnosis(s.out, report, c.All)
	}
	if err == nil && report.Verdict != diagnose.SameBits && report.Verdict != diagnose.Rounding {
		return errFinding
	}
	return err
}

// read reads the traces.
func (c *diagnoseCmd) read() ([]pair.Run, error) {
	var names *trace.Mapping
	if c.Map != "" {
		var err error
		if names, err = trace.ReadMapping(c.Map); err != nil {
			return nil, err
		}
	}
	var runs []pair.Run
	for _, file := range c.Traces {
		t, err := trace.ReadMapped(file, names)
		if err != nil {
			return nil, err
		}
		if t.DType == "" {
			t.DType = c.DType
		}
		runs = append(runs, pair.Run{File: file, Trace: t})
	}
	return runs, nil
}

// diagnose judges each trace by the weights, or compares the traces.
func (c *diagnoseCmd) diagnose(runs []pair.Run) (*diagnose.Report, error) {
	switch {
	case c.Model != "" && c.Runs:
		return nil, errors.New("--runs compares traces, and --model judges each on its own: want one of them")
	case c.Model != "":
		return c.replay(runs)
	case len(runs) == 1:
		return nil, errors.New("one trace alone: want --model DIR to replay it by, or another trace to compare it with")
	}
	return pair.Compare(runs, pair.Options{Runs: c.Runs})
}

// replay judges each trace. The report is that of the gravest verdict, the first of
// several; its notes name the others.
func (c *diagnoseCmd) replay(runs []pair.Run) (*diagnose.Report, error) {
	checkpoint, err := c.load()
	if err != nil {
		return nil, err
	}
	defer checkpoint.Close()
	gravity := []diagnose.Verdict{diagnose.SameBits, diagnose.Rounding, diagnose.Undecided, diagnose.ReducedPrecision, diagnose.Fault}
	var reports []*diagnose.Report
	worst := 0
	for i, r := range runs {
		report, err := diagnose.Replay(r.Trace, checkpoint, diagnose.Options{File: r.File, Threads: c.Threads})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.File, err)
		}
		reports = append(reports, report)
		if slices.Index(gravity, report.Verdict) > slices.Index(gravity, reports[worst].Verdict) {
			worst = i
		}
	}
	for i, r := range reports {
		if i != worst {
			reports[worst].Notes = append(reports[worst].Notes, diagnose.Note(runs[i].File+": "+r.Sentence))
		}
	}
	return reports[worst], nil
}

// load loads the model: that of the folder or, where there is none of that name, the
// embedded one.
func (c *diagnoseCmd) load() (*model.Checkpoint, error) {
	if _, err := os.Stat(c.Model); errors.Is(err, fs.ErrNotExist) && c.Model == "bytes24" {
		return bytes24.Load()
	}
	return model.Load(c.Model)
}

// command is the command line again.
func (c *diagnoseCmd) command() string {
	words := append([]string{"samebits", "diagnose"}, c.Traces...)
	for _, flag := range []struct{ name, value string }{{"--model", c.Model}, {"--map", c.Map}, {"--dtype", c.DType}} {
		if flag.value != "" {
			words = append(words, flag.name, flag.value)
		}
	}
	if c.Runs {
		words = append(words, "--runs")
	}
	for i, w := range words {
		if strings.ContainsFunc(w, func(r rune) bool { return !strings.ContainsRune(plain, r) }) {
			words[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

// plain are the characters that no shell takes for anything else.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-"
