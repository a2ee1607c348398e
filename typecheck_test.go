package samebits_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// listed is a package as go list describes it.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// checker type-checks the module's packages from their sources, and takes all
// others from the build cache.
type checker struct {
	fset  *token.FileSet
	info  *types.Info
	files []*ast.File
	own   map[string]*types.Package
	other types.Importer
}

func (c *checker) Import(name string) (*types.Package, error) {
	if p := c.own[name]; p != nil {
		return p, nil
	}
	return c.other.Import(name)
}

func (c *checker) check(name string, files []*ast.File) error {
	p, err := (&types.Config{Importer: c}).Check(name, c.fset, files, c.info)
	c.own[name], c.files = p, append(c.files, files...)
	return err
}

// load type-checks the packages of those patterns and what they need.
func load(t *testing.T, patterns ...string) *checker {
	t.Helper()
	list := exec.Command("go", append([]string{"list", "-deps", "-export", "-json=ImportPath,Dir,Export,GoFiles"}, patterns...)...)
	list.Stderr = os.Stderr
	out, err := list.Output()
	require.NoError(t, err)
	exports := map[string]string{}
	fset := token.NewFileSet()
	c := &checker{fset: fset, own: map[string]*types.Package{}, info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
	}}
	c.other = importer.ForCompiler(fset, "gc", func(name string) (io.ReadCloser, error) { return os.Open(exports[name]) })
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); { // dependencies come first
		var p listed
		require.NoError(t, d.Decode(&p))
		exports[p.ImportPath] = p.Export
		if !strings.HasPrefix(p.ImportPath, module+"/") {
			continue
		}
		var files []*ast.File
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			files = append(files, file)
		}
		require.NoError(t, c.check(p.ImportPath, files))
	}
	return c
}
