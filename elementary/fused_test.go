package elementary

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fusedInstruction matches the scalar fused multiply-adds of arm64, and where they come from.
var fusedInstruction = regexp.MustCompile(`(?m)\(([^()\n]*\.go):(\d+)\)\s+FN?M(ADD|SUB)[SD]\b.*`)

// TestNothingIsFused compiles the package for arm64, where Go fuses every x*y+z whose
// product is not converted, and looks for fused instructions, but those of math.FMA.
func TestNothingIsFused(t *testing.T) {
	if runtime.GOARCH != "amd64" || testing.Short() {
		t.Skip("the check is the same from anywhere: go test on amd64 does it")
	}
	require.Empty(t, fused(t, "."))

	fault := filepath.Join(t.TempDir(), "fault.go")
	require.NoError(t, os.WriteFile(fault, []byte("package fault\n\nfunc F(x, y, z float64) float64 { return x*y + z }\n"), 0o644))
	require.Len(t, fused(t, fault), 1)
}

func fused(t *testing.T, what string) (list []string) {
	t.Helper()
	build := exec.Command("go", "build", "-gcflags=-S", what)
	build.Env = append(os.Environ(), "GOARCH=arm64", "GOOS=linux", "CGO_ENABLED=0")
	listing, err := build.CombinedOutput()
	require.NoError(t, err, "%s", listing)
	require.Contains(t, string(listing), "STEXT", "no assembly listing")
	for _, m := range fusedInstruction.FindAllStringSubmatch(string(listing), -1) {
		if !strings.Contains(sourceLine(t, m[1], m[2]), "math.FMA(") {
			list = append(list, m[0])
		}
	}
	return list
}

func sourceLine(t *testing.T, file, number string) string {
	t.Helper()
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	n, err := strconv.Atoi(number)
	require.NoError(t, err)
	return strings.Split(string(source), "\n")[n-1]
}
