package elementary

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// fusedInstruction matches the scalar fused multiply-adds of arm64.
var fusedInstruction = regexp.MustCompile(`(?m)\(([^()\n]*\.go:\d+)\)\s+FN?M(ADD|SUB)[SD]\b.*`)

// TestNothingIsFused compiles the package for arm64, where Go fuses every x*y+z whose
// product is not converted, and looks for fused instructions.
func TestNothingIsFused(t *testing.T) {
	if runtime.GOARCH != "amd64" || testing.Short() {
		t.Skip("the check is the same from anywhere: go test on amd64 does it")
	}
	require.Empty(t, fused(t, "."))

	fault := filepath.Join(t.TempDir(), "fault.go")
	require.NoError(t, os.WriteFile(fault, []byte("package fault\n\nfunc F(x, y, z float64) float64 { return x*y + z }\n"), 0o644))
	require.Len(t, fused(t, fault), 1)
}

func fused(t *testing.T, what string) []string {
	t.Helper()
	build := exec.Command("go", "build", "-gcflags=-S", what)
	build.Env = append(os.Environ(), "GOARCH=arm64", "GOOS=linux", "CGO_ENABLED=0")
	listing, err := build.CombinedOutput()
	require.NoError(t, err, "%s", listing)
	require.Contains(t, string(listing), "STEXT", "no assembly listing")
	return fusedInstruction.FindAllString(string(listing), -1)
}
