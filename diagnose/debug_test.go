package diagnose

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestDebug(t *testing.T) {
	want := os.Getenv("CASE")
	if want == "" {
		t.Skip("no CASE")
	}
	all := slices.DeleteFunc(readGrid(t).cases(), func(c testCase) bool { return !c.applies() || !strings.Contains(c.String(), want) })
	for _, c := range all[:min(len(all), 1)] {
		r := c.newRun()
		tr := c.trace(r)
		rep, err := Replay(tr, r.checkpoint(), "")
		fmt.Println(c, err)
		if err != nil {
			continue
		}
		fmt.Println(rep.Verdict, rep.Sentence)
		for _, h := range rep.Hints {
			fmt.Printf("   hint %s %s complete=%v %.3g -> %.3g\n", h.Cause, h.Text, h.Complete, float64(h.Before), float64(h.After))
		}
		for _, s := range rep.Stages {
			fmt.Printf("%-26s %-16s err %.2e bound %.2e frac %.3g stat %.3g %s", s.Name, s.Verdict, float64(s.Error), float64(s.Bound), float64(s.Fraction), float64(s.Statistical), s.Reason)
			for _, x := range s.Tests {
				if x.Failed || os.Getenv("ALL") != "" {
					fmt.Printf(" [%s %.2e/%.2e]", x.Name, float64(x.Effect), float64(x.Limit))
				}
			}
			fmt.Println()
		}
	}
}
