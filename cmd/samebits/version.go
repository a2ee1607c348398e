package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/spec"
)

// version is the version of this program, between releases that of the next one.
const version = "0.1.0"

type versionCmd struct {
	JSON bool `help:"Print JSON."`
}

type versionReport struct {
	Version string `json:"version"`
	Spec    int    `json:"spec"`
	Go      string `json:"go"`
	Target  string `json:"target"`
	// Kernel is the backend of the vector kernels in use, Kernels those that this
	// processor runs.
	Kernel  string   `json:"kernel"`
	Kernels []string `json:"kernels"`
	Commit  string   `json:"commit,omitempty"`
}

// Run prints the versions.
func (c *versionCmd) Run(s streams) error {
	r := versionReport{version, spec.Version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, kernel.Active().String(), nil, commit()}
	for _, b := range kernel.Backends() {
		r.Kernels = append(r.Kernels, b.String())
	}
	if c.JSON {
		return writeJSON(s.out, r)
	}
	_, err := fmt.Fprintf(s.out, "samebits %s, SPEC.md version %d, %s, %s, %s kernels\n", r.Version, r.Spec, r.Go, r.Target, r.Kernel)
	return err
}

func commit() string {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return ""
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return ""
}
