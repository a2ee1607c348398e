package diagnose

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/trace"
	"github.com/stretchr/testify/require"
)

func TestTry(t *testing.T) {
	root := "/work/shared/"
	files, _ := filepath.Glob(root + "traces/*/*.safetensors")
	for _, f := range files {
		tr, err := trace.Read(f)
		require.NoError(t, err)
		c, err := model.Load(root + "models/" + tr.Model)
		require.NoError(t, err)
		rep, err := Replay(tr, c, f)
		require.NoError(t, err)
		fmt.Println("=====", f[len(root):], rep.Verdict, rep.Sentence)
		for _, h := range rep.Hints {
			fmt.Printf("   hint %s %s complete=%v %.3g -> %.3g\n", h.Cause, h.Text, h.Complete, float64(h.Before), float64(h.After))
		}

		n := 0
		for _, s := range rep.Stages {
			bad := s.Verdict == Fault || s.Verdict == ReducedPrecision
			if bad {
				n++
			}
			if (bad && n < 6) || os.Getenv("ALL") != "" {
				fmt.Printf("%-28s %-16s err %.2e bound %.2e frac %.3g stat %.3g", s.Name, s.Verdict, float64(s.Error), float64(s.Bound), float64(s.Fraction), float64(s.Statistical))
				for _, x := range s.Tests {
					if x.Failed || os.Getenv("ALL") != "" {
						fmt.Printf(" [%s %.2e/%.2e]", x.Name, float64(x.Effect), float64(x.Limit))
					}
				}
				fmt.Println()
			}
		}
	}
}
