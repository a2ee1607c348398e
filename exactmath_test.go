package samebits_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// exactMath lists what code that makes promised bits may take from package math:
// operations that IEEE 754 defines exactly, the manipulation of representations,
// and constants. All else there has an assembly of its own on some architecture.
var exactMath = set(
	"Sqrt", "FMA", // correctly rounded
	"Abs", "Ceil", "Copysign", "Floor", "Frexp", "Ldexp", "RoundToEven", "Trunc", // exact; Ldexp rounds subnormals once
	"Inf", "IsInf", "IsNaN", "NaN", "Signbit",
	"Float32bits", "Float32frombits", "Float64bits", "Float64frombits",
	"Ln2", "MaxFloat32", "MaxFloat64", "MaxInt", "MaxInt32", "MaxInt64", "MaxUint16", "MaxUint32", "MaxUint64", "Pi",
	"SmallestNonzeroFloat32", "SmallestNonzeroFloat64", "Sqrt2",
)

func set(names ...string) map[string]bool {
	s := map[string]bool{}
	for _, n := range names {
		s[n] = true
	}
	return s
}

// inexactMath returns where the file uses package math for more than exactMath. The
// neighbours math/rand and math/cmplx are forbidden whole.
func inexactMath(fset *token.FileSet, f *ast.File) []string {
	var found []string
	report := func(at token.Pos, what string) {
		found = append(found, fmt.Sprintf("%v: %s", fset.Position(at), what))
	}
	name := ""
	for _, spec := range f.Imports {
		switch p, _ := strconv.Unquote(spec.Path.Value); p {
		case "math/rand", "math/rand/v2", "math/cmplx":
			report(spec.Pos(), "import of "+p)
		case "math":
			name = "math"
			if spec.Name != nil {
				name = spec.Name.Name
			}
		}
	}
	if name == "." {
		report(f.Pos(), "dot import of math")
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && name != "" {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == name && !exactMath[s.Sel.Name] {
				report(s.Pos(), "math."+s.Sel.Name)
			}
		}
		return true
	})
	return found
}

func TestOnlyExactMath(t *testing.T) {
	fset := token.NewFileSet()
	checked := 0
	for _, f := range sources(t, fset) {
		if f.folder == "internal/atomicfile" {
			continue // names temporary files at random
		}
		if _, layer := place(f.folder); layer < production {
			require.Empty(t, inexactMath(fset, f.File))
			checked++
		}
	}
	require.Greater(t, checked, 30, "production files")
}

func TestOnlyExactMathSeesFaults(t *testing.T) {
	for _, text := range []string{
		`package p; import "math"; var x = math.Exp(1)`,
		`package p; import m "math"; var x = m.Sqrt(m.Pow(2, 3))`,
		`package p; import "math"; var f = math.Max`,
		`package p; import . "math"; var x = Exp(1)`,
		`package p; import "math/rand/v2"; var x = rand.Float64()`,
	} {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, "fault.go", text, 0)
		require.NoError(t, err)
		require.Len(t, inexactMath(fset, f), 1, text)
	}
}
