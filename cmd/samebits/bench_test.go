package main

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot/vg"
)

// benchQuickly runs bench with little to measure.
func benchQuickly(t *testing.T, args ...string) (stdout string) {
	t.Helper()
	args = append([]string{"bench", "--time", "20ms", "--rounds", "2", "--trials", "1", "--sizes", "300,100"}, args...)
	status, stdout, stderr := samebits(t, "", args...)
	require.Equal(t, exitSuccess, status, stderr)
	require.Empty(t, stderr, "progress is for terminals")
	return stdout
}

func benchJSON(t *testing.T, args ...string) benchReport {
	t.Helper()
	var r benchReport
	require.NoError(t, json.Unmarshal([]byte(benchQuickly(t, append(args, "--json")...)), &r))
	return r
}

func TestBenchMeasuresEveryOrder(t *testing.T) {
	for _, c := range []struct {
		op, dtype string
		rivals    int
		last      number
	}{{"sum", "f64", 3, 1e300}, {"sum", "f32", 1, 1e60}, {"dot", "f64", 2, 1e300}, {"dot", "f32", 2, 1e60}} {
		r := benchJSON(t, "--op", c.op, "--type", c.dtype)
		orders := len(reduce.Orders(1))
		if c.dtype == "f64" {
			orders-- // Widened
		}
		require.Len(t, r.Contenders, orders+c.rivals)
		require.Equal(t, number(1), r.Conditions[0])
		require.Equal(t, c.last, r.Conditions[len(r.Conditions)-1])
		for _, contender := range r.Contenders {
			require.Len(t, contender.Errors, len(r.Conditions))
			require.Len(t, contender.Speed, 2)
			for i, n := range []int{100, 300} {
				s := contender.Speed[i]
				require.Equal(t, n, s.N)
				require.Greater(t, float64(s.Least), 0.0)
				require.GreaterOrEqual(t, float64(s.Median), float64(s.Least))
				bytes := map[string]float64{"sumf64": 8, "sumf32": 4, "dotf64": 16, "dotf32": 8}[c.op+c.dtype]
				require.InEpsilon(t, bytes/float64(s.Least), float64(s.GBytesS), 1e-12)
			}
			if contender.Order == "exact" {
				require.Equal(t, c.last, contender.Endures)
			}
			if contender.Order == "sequential" {
				require.Less(t, float64(contender.Endures), 1e10, "the table must see that it fails")
			}
		}
	}
}

func TestBenchJSONFieldNames(t *testing.T) {
	var r map[string]any
	require.NoError(t, json.Unmarshal([]byte(benchQuickly(t, "--orders", "gonum,exact", "--json")), &r))
	keys := func(m map[string]any) (names []string) {
		for k := range m {
			names = append(names, k)
		}
		return names
	}
	require.ElementsMatch(t, []string{"version", "spec", "go", "target", "op", "type", "seed", "threads", "rounds", "terms", "trials", "limit", "conditions", "contenders"}, keys(r))
	exact := r["contenders"].([]any)[0].(map[string]any)
	require.ElementsMatch(t, []string{"order", "errors", "endures", "speed"}, keys(exact))
	require.Equal(t, "exact", exact["order"])
	require.ElementsMatch(t, []string{"n", "ns_per_element", "median_ns_per_element", "spread", "gb_per_second"}, keys(exact["speed"].([]any)[0].(map[string]any)))
}

func TestBenchErrorsDependOnTheSeedAlone(t *testing.T) {
	errors := func(seed, threads string) [][]number {
		var all [][]number
		for _, c := range benchJSON(t, "--seed", seed, "--threads", threads, "--orders", "sequential,pairwise,exact,gonum").Contenders {
			all = append(all, c.Errors)
		}
		return all
	}
	one := errors("1", "1")
	require.Equal(t, one, errors("1", "2"))
	require.NotEqual(t, one, errors("2", "1"))
}

func TestBenchTables(t *testing.T) {
	lines := strings.Split(benchQuickly(t), "\n")
	width := 0
	for _, line := range lines { // each table is a rectangle
		if runes := len([]rune(line)); strings.HasPrefix(line, "┌") {
			width = runes
		} else if strings.HasPrefix(line, "│") {
			require.Equal(t, width, runes, line)
		}
	}
	out := strings.Join(lines, "\n")
	for _, part := range []string{"exact ", "gonum-compensated ", "1e300", ">= 1e300", "lost", "n = 300", "GB/s"} {
		require.Contains(t, out, part)
	}
}

func TestBenchWritesTablesAndPlots(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	r := benchJSON(t, "--op", "dot", "--type", "f32", "--out", dir)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	require.Equal(t, []string{"dot-f32-errors.csv", "dot-f32-errors.svg", "dot-f32-speed.csv", "dot-f32-throughput.svg", "dot-f32-tradeoff.svg"}, names)

	read := func(name string) [][]string {
		f, err := os.Open(filepath.Join(dir, name))
		require.NoError(t, err)
		defer f.Close()
		lines, err := csv.NewReader(f).ReadAll()
		require.NoError(t, err)
		return lines[1:]
	}
	errors, speeds := read("dot-f32-errors.csv"), read("dot-f32-speed.csv")
	require.Len(t, errors, len(r.Contenders)*len(r.Conditions))
	require.Len(t, speeds, len(r.Contenders)*2)
	for i, c := range r.Contenders {
		for j, e := range c.Errors {
			line := errors[i*len(r.Conditions)+j]
			require.Equal(t, []string{"dot", "f32", c.Order, "1000", "1"}, line[:5])
			requireNumber(t, r.Conditions[j], line[5])
			requireNumber(t, e, line[6])
		}
		for j, s := range c.Speed {
			line := speeds[2*i+j]
			require.Equal(t, []string{"dot", "f32", c.Order, "1", "2", strconv.Itoa(s.N)}, line[:6])
			for k, want := range []number{s.Least, s.Median, s.Spread, s.GBytesS} {
				requireNumber(t, want, line[6+k])
			}
		}
	}
	for _, plot := range []string{"errors", "throughput", "tradeoff"} {
		texts := svgTexts(t, filepath.Join(dir, "dot-f32-"+plot+".svg"))
		for _, c := range r.Contenders {
			require.Contains(t, texts, c.Order, "%s: every order is named", plot)
		}
	}
}

// requireNumber demands that the text reads back as the same number.
func requireNumber(t *testing.T, want number, text string) {
	t.Helper()
	got, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	require.Equal(t, math.Float64bits(float64(want)), math.Float64bits(got))
}

// svgTexts returns the texts of an SVG file, which must be well-formed.
func svgTexts(t *testing.T, name string) (texts []string) {
	t.Helper()
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	d := xml.NewDecoder(f)
	for {
		token, err := d.Token()
		if err == io.EOF {
			return texts
		}
		require.NoError(t, err)
		if text, ok := token.(xml.CharData); ok {
			texts = append(texts, strings.TrimSpace(string(text)))
		}
	}
}

// Overflowing results and errors of zero have a place in tables and plots.
func TestBenchReportsWhatIsNotFinite(t *testing.T) {
	inf := number(math.Inf(1))
	r := &benchReport{Op: "sum", Type: "f64", Limit: 1e-8, Contenders: []benchContender{
		{Order: "overflows", Speed: []benchSpeed{{N: 1, Least: 1, GBytesS: 8}}},
		{Order: "perfect", Endures: 1e300, Speed: []benchSpeed{{N: 1, Least: 1, GBytesS: 8}}},
	}}
	for _, c := range shown["f64"] {
		r.Conditions = append(r.Conditions, c)
		r.Contenders[0].Errors = append(r.Contenders[0].Errors, inf)
		r.Contenders[1].Errors = append(r.Contenders[1].Errors, 0)
	}
	var b strings.Builder
	require.NoError(t, printBench(&b, r))
	require.Contains(t, b.String(), "not finite")
	require.Contains(t, b.String(), "none")
	dir := t.TempDir()
	require.NoError(t, writeBench(dir, r))
	for _, plot := range []string{"errors", "throughput", "tradeoff"} {
		name := filepath.Join(dir, "sum-f64-"+plot+".svg")
		require.Contains(t, svgTexts(t, name), "perfect")
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NotContains(t, string(data), "NaN")
		require.NotContains(t, string(data), "Inf")
	}
}

func TestFoldedAxis(t *testing.T) {
	s := foldedLog{1e60}
	for x, want := range map[float64]float64{1: 0, 1e30: 0.45, 1e60: 0.9, 1e180: 0.95, 1e300: 1} {
		require.InDelta(t, want, s.Normalize(1, 1e300, x), 1e-12)
	}
}

func TestLabelsThatOverlapAreSeen(t *testing.T) {
	box := func(x, y vg.Length) vg.Rectangle {
		return vg.Rectangle{Min: vg.Point{X: x, Y: y}, Max: vg.Point{X: x + 10, Y: y + 10}}
	}
	require.True(t, overlaps(box(0, 0), []vg.Rectangle{box(30, 30), box(9, 9)}))
	require.False(t, overlaps(box(0, 0), []vg.Rectangle{box(10, 0), box(0, 11)}))
}

func TestBenchRefusesBadFlags(t *testing.T) {
	file := write(t, "file", "")
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"--op", "product"}, []string{"--op", `"product"`, "sum"}},
		{[]string{"--type", "f16"}, []string{"--type", `"f16"`, "f32"}},
		{[]string{"--orders", "sideways"}, []string{"--orders", `"sideways"`, "pairwise", "gonum-compensated"}},
		{[]string{"--orders", "widened"}, []string{"--type f64", `"widened"`}},
		{[]string{"--orders", "gonum", "--type", "f32"}, []string{"--type f32", `"gonum"`}},
		{[]string{"--sizes", "ten"}, []string{"--sizes", `"ten"`}},
		{[]string{"--sizes", "10,0"}, []string{"--sizes 0", "1 to 268435456"}},
		{[]string{"--sizes", "268435457"}, []string{"--sizes 268435457"}},
		{[]string{"--time", "0s"}, []string{"--time 0s"}},
		{[]string{"--time", "soon"}, []string{"--time", "soon"}},
		{[]string{"--rounds", "0"}, []string{"--rounds 0", "1 to 1000"}},
		{[]string{"--trials", "1001"}, []string{"--trials 1001", "1 to 1000"}},
		{[]string{"--threads", "0"}, []string{"--threads 0"}},
		{[]string{"--out", filepath.Join(file, "x")}, []string{"--out", file}},
	} {
		status, stdout, stderr := samebits(t, "", append([]string{"bench"}, c.args...)...)
		require.Equal(t, exitBadUse, status, "%v", c.args)
		require.Empty(t, stdout)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
		for _, part := range c.want {
			require.Contains(t, stderr, part, "%v", c.args)
		}
	}
	if _, err := os.Stat("/proc/self"); err == nil { // a folder in which nobody may write
		status, stdout, stderr := samebits(t, "", "bench", "--out", "/proc")
		require.Equal(t, exitBadUse, status)
		require.Empty(t, stdout, "known before anything is measured")
		require.Contains(t, stderr, "--out: cannot create a file in folder /proc: ")
	}
	status, stdout, _ := samebits(t, "", "bench", "--help")
	require.Equal(t, exitSuccess, status)
	require.Contains(t, stdout, "median_ns_per_element", "the help documents the JSON fields")
}
