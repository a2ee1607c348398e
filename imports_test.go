package samebits_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/samebits/samebits"

// layers is the import graph of CONTRIBUTING.md. An entry is a folder with all
// below it, unless those have entries of their own. A package may import its own
// entry's packages and those of the layers before its own.
var layers = [][]string{
	{"internal/spec", "internal/parallel", "internal/pages", "internal/fpmode", "internal/atomicfile", "internal/plural", "tokenizer"},
	{"internal/kernel"},
	{"reduce", "internal/safetensors"},
	{"elementary", "internal/numfile"},
	{"gemm"},
	{"tp", "blas"},
	{"model"},
	{"generate"},
	// Observers: what stands above must not know them.
	{"internal/golden", "internal/jsonfloat", "trace", "reference", "reveal"},
	{"diagnose", "fuzz"},
	{"benchmarks"},
	{"cmd"},
}

// production is the number of layers whose results are promised bits.
const production = 8

// place returns the entry that holds the package in that folder, and its layer; -1
// if there is none.
func place(folder string) (entry string, layer int) {
	layer = -1
	for i, entries := range layers {
		for _, e := range entries {
			if (folder == e || strings.HasPrefix(folder, e+"/")) && len(e) > len(entry) {
				entry, layer = e, i
			}
		}
	}
	return entry, layer
}

// violations returns the imports, by folder, that the layers forbid.
func violations(imports map[string][]string) []string {
	var found []string
	for _, from := range slices.Sorted(maps.Keys(imports)) {
		entry, layer := place(from)
		if layer < 0 {
			found = append(found, fmt.Sprintf("%s has no place in the import graph: see layers", from))
			continue
		}
		for _, to := range imports[from] {
			if below, lower := place(to); below != entry && lower >= layer {
				found = append(found, fmt.Sprintf("%s imports %s: want layers before its own only", from, to))
			}
		}
	}
	return found
}

// source is a parsed file of the module, tests excluded.
type source struct {
	name   string // from the root of the module
	folder string
	*ast.File
}

// sources parses all files of the module but tests, testdata, nested modules and
// folders that the go command skips. The root's own doc.go is left out.
func sources(t *testing.T, fset *token.FileSet) []source {
	t.Helper()
	var files []source
	root := os.DirFS(".")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		base := path.Base(name)
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (base == "testdata" || base[0] == '.' || base[0] == '_' || exists(root, name+"/go.mod")):
			return fs.SkipDir
		case d.IsDir() || path.Dir(name) == "." || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		files = append(files, source{name, path.Dir(name), f})
		return err
	})
	require.NoError(t, err)
	return files
}

func exists(root fs.FS, name string) bool {
	_, err := fs.Stat(root, name)
	return err == nil
}

// importGraph returns the folders that each folder of the module imports.
func importGraph(t *testing.T) map[string][]string {
	t.Helper()
	graph := map[string][]string{}
	for _, f := range sources(t, token.NewFileSet()) {
		graph[f.folder] = append(graph[f.folder], ownImports(f.File)...)
	}
	return graph
}

// ownImports returns the folders of this module that the file imports.
func ownImports(f *ast.File) []string {
	var folders []string
	for _, spec := range f.Imports {
		name, _ := strconv.Unquote(spec.Path.Value) // the parser has seen that it is a string
		if folder, own := strings.CutPrefix(name, module+"/"); own {
			folders = append(folders, folder)
		}
	}
	return folders
}

func TestImportsFlowOneWay(t *testing.T) {
	graph := importGraph(t)
	require.Contains(t, graph["model"], "tp", "the graph was not read")
	require.Empty(t, violations(graph))
}

func TestImportGraphSeesFaults(t *testing.T) {
	for _, edge := range [][2]string{
		{"internal/kernel", "reduce"}, {"reduce", "gemm"}, {"gemm", "tp"}, {"gemm", "reference"}, {"model", "trace"},
		{"model/bytes24", "cmd/samebits"}, {"internal/parallel", "internal/spec"}, {"tp", "internal/golden"},
	} {
		graph := importGraph(t)
		graph[edge[0]] = append(graph[edge[0]], edge[1])
		require.Len(t, violations(graph), 1, "%v", edge)
	}
	require.Len(t, violations(map[string][]string{"unheard/of": nil}), 1)
}
