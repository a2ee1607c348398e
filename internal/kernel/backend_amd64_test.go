//go:build !purego

package kernel

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A backend is not offered where one of the instructions is missing that its kernels use: GODEBUG hides them from a
// process, which prints what is left.
func TestBackendsNeedTheirInstructions(t *testing.T) {
	const printing = "SAMEBITS_TEST_BACKENDS"
	if os.Getenv(printing) != "" {
		for _, b := range Backends() {
			t.Log("backend:", b)
		}
		t.Log("entries:", hasEntries)
		return
	}
	self, err := os.Executable()
	require.NoError(t, err)
	without := func(feature string) string {
		c := exec.Command(self, "-test.run", "^"+t.Name()+"$", "-test.v")
		c.Env = append(os.Environ(), printing+"=1", "SAMEBITS_KERNEL=portable")
		if feature != "" {
			c.Env = append(c.Env, "GODEBUG=cpu."+feature+"=off")
		}
		out, err := c.CombinedOutput()
		require.NoError(t, err, string(out))
		require.Contains(t, string(out), "backend: portable")
		return string(out)
	}
	for _, b := range Backends() { // the process sees what this one does
		require.Contains(t, without(""), "backend: "+b.String())
	}
	for _, feature := range strings.Fields("avx2 fma f16c bmi1 bmi2 lzcnt") {
		require.NotContains(t, without(feature), "backend: avx", feature)
	}
	for _, feature := range strings.Fields("avx512f avx512bw avx512dq avx512vl") {
		require.NotContains(t, without(feature), "backend: avx512", feature)
	}
	for _, feature := range strings.Fields("avx512ifma avx512vbmi avx512vbmi2") {
		require.NotContains(t, without(feature), "entries: true", feature)
	}
}
