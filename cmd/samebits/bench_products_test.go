package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// benchProducts runs bench --op gemm with little to measure.
func benchProducts(t *testing.T, args ...string) (stdout string) {
	t.Helper()
	return benchQuickly(t, append([]string{"--op", "gemm", "--sizes", "16,8"}, args...)...)
}

func TestBenchOfProductsMeasuresEveryOrder(t *testing.T) {
	for _, dtype := range []string{"f32", "f64"} {
		var r productReport
		require.NoError(t, json.Unmarshal([]byte(benchProducts(t, "--type", dtype, "--json")), &r))
		require.NoError(t, checkProducts("", r.ProductReport))
		require.Equal(t, version, r.Version)
		worst := map[string]number{}
		for _, c := range r.Contenders {
			worst[c.Order] = c.Worst
			require.Equal(t, []int{8, 16}, []int{c.Speeds[0].N, c.Speeds[1].N})
			for i, ulps := range c.Ulps {
				for j, v := range ulps {
					if c.Order == "exact" {
						require.LessOrEqual(t, float64(v), 0.5, "%d terms, condition %v", r.Terms[i], r.Conditions[j])
					}
					if r.Conditions[j] <= r.Moderate {
						require.LessOrEqual(t, v, c.Worst)
					}
				}
			}
		}
		require.Greater(t, float64(worst["sequential"]), 10.0, "the measure must see that it errs")
		require.Greater(t, float64(worst["gonum"]), 10.0)
		require.Less(t, float64(worst["double-double"]), 1.0)
		_, widened := worst["widened"]
		require.Equal(t, dtype == "f32", widened)
	}
}

func TestBenchOfProductsWritesTablesAndPlots(t *testing.T) {
	dir := t.TempDir()
	measured := filepath.Join(dir, "measured.json")
	text := benchProducts(t, "--type", "f32", "--orders", "pairwise,exact,gonum", "--json")
	require.NoError(t, os.WriteFile(measured, []byte(text), 0o666))
	table := benchQuickly(t, "--op", "gemm", "--from", measured, "--out", dir)
	for _, part := range []string{"exact ", "gonum ", "n = 16", "GFLOP/s", "1e16"} {
		require.Contains(t, table, part)
	}
	for file, lines := range map[string]int{"gemm-f32-errors.csv": 1 + 3*3*7, "gemm-f32-speed.csv": 1 + 3*2} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		require.NoError(t, err)
		require.Equal(t, lines, strings.Count(string(data), "\n"), file)
	}
	atTop := false
	for _, plot := range []string{"errors", "tradeoff"} {
		texts := svgTexts(t, filepath.Join(dir, "gemm-f32-"+plot+".svg"))
		for _, order := range []string{"pairwise", "exact", "gonum"} {
			require.Contains(t, texts, order)
		}
		for _, x := range texts {
			atTop = atTop || strings.Contains(x, "beyond 1e12 at the top")
		}
	}
	require.True(t, atTop, "pairwise errs by more than the plot holds")
}

func TestBenchOfProductsRefusesBadUse(t *testing.T) {
	bad := func(text string) string { return write(t, "bad.json", text) }
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"--op", "gemm", "--sizes", "8193"}, []string{"--sizes 8193", "1 to 8192"}},
		{[]string{"--op", "gemm", "--orders", "gonum-compensated"}, []string{"--orders", `"gonum-compensated"`, "pairwise"}},
		{[]string{"--op", "gemm", "--threads", "0"}, []string{"--threads 0"}},
		{[]string{"--op", "gemm", "--rounds", "0"}, []string{"--rounds 0"}},
		{[]string{"--from", "x"}, []string{"--from x", "--op gemm"}},
		{[]string{"--op", "gemm", "--from", filepath.Join(t.TempDir(), "none")}, []string{"--from", "none"}},
		{[]string{"--op", "gemm", "--from", bad("{")}, []string{"--from", "bad.json"}},
		{[]string{"--op", "gemm", "--from", bad(`{"op":"sum"}`)}, []string{"--from", "want what bench --op gemm --json prints"}},
		{[]string{"--op", "gemm", "--from", bad(`{"op":"gemm","type":"f32","terms":[8],"conditions":[1],"contenders":[{"order":"a","ulps":[[1,2]],"speed":[{"n":1,"gflop_per_second":1,"median_gflop_per_second":1}]}]}`)},
			[]string{`contender "a"`, "1 condition number"}},
	} {
		status, stdout, stderr := samebits(t, "", append([]string{"bench"}, c.args...)...)
		require.Equal(t, exitBadUse, status, "%v", c.args)
		require.Empty(t, stdout)
		for _, part := range c.want {
			require.Contains(t, stderr, part, "%v", c.args)
		}
	}
}
