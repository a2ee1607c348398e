package samebits_test

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// Go may evaluate x*y + z as one fused multiply-add, and does on arm64, s390x,
// riscv64, ppc64le, loong64 and with GOAMD64=v3: across statements, too, and after
// inlining. An explicit conversion, float64(x*y) + z, forbids it. The tests here
// follow every product that is not converted to where it goes, and demand that it
// is never added or subtracted, nor stored in a field, where they lose sight of it.

// harmless lists the functions that may add unconverted products, and why.
var harmless = map[string]string{
	"kernel.FMA":            "the product of two float32 is exact in float64",
	"kernel.TwoProd":        "the product of two float32 is exact in float64",
	"kernel.AddOdd":         "its argument, where a product, is one of two float32 in float64",
	"kernel.chainsNearest":  "float32 rounds the sum the same, or it is done anew",
	"kernel.chain4Fused":    "is to be fused, and not used unless it is",
	"kernel.chains2x4Fused": "is to be fused, and not used unless it is",
	"elementary.fraction":   "a factor is a power of two, and nothing underflows",
	"gemm.special":          "a factor is 0, 1, -1, an infinity or a NaN",
}

// fusion follows products through the packages that it is shown.
type fusion struct {
	fset    *token.FileSet
	info    *types.Info
	product map[types.Object]bool // variables and functions that may hold or return an unconverted product
	changed bool
}

// origin returns the declared object behind one of a generic type or function.
func origin(o types.Object) types.Object {
	switch o := o.(type) {
	case *types.Func:
		return o.Origin()
	case *types.Var:
		return o.Origin()
	}
	return o
}

// object returns what the expression names: a variable, a function, or the variable
// whose element it is; nil if nothing.
func (f *fusion) object(e ast.Expr) types.Object {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if o := f.info.ObjectOf(e); o != nil {
			return origin(o)
		}
	case *ast.SelectorExpr:
		return f.object(e.Sel)
	case *ast.IndexExpr:
		return f.object(e.X)
	case *ast.IndexListExpr:
		return f.object(e.X)
	case *ast.StarExpr:
		return f.object(e.X)
	}
	return nil
}

// isFloat tells whether e is a number that is rounded at run time: a float that is
// no constant. All type parameters with arithmetic are floats here.
func (f *fusion) isFloat(e ast.Expr) bool {
	tv := f.info.Types[e]
	if tv.Value != nil || tv.Type == nil {
		return false
	}
	if _, generic := tv.Type.(*types.TypeParam); generic {
		return true
	}
	basic, ok := tv.Type.Underlying().(*types.Basic)
	return ok && basic.Info()&types.IsFloat != 0
}

// unrounded tells whether e may be a product that has not been converted.
func (f *fusion) unrounded(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.UnaryExpr:
		return f.unrounded(e.X)
	case *ast.BinaryExpr:
		return e.Op == token.MUL && f.isFloat(e) && !f.doubles(e.X) && !f.doubles(e.Y)
	case *ast.CallExpr:
		return !f.info.Types[e.Fun].IsType() && f.product[f.object(e.Fun)]
	default:
		return f.isFloat(e) && f.product[f.object(e)]
	}
}

// doubles tells whether e is a constant power of two, 2 or more: a product by it is
// exact, and fusing it changes nothing, unless it overflows.
func (f *fusion) doubles(e ast.Expr) bool {
	v := f.info.Types[e].Value
	if v == nil {
		return false
	}
	x, _ := constant.Float64Val(constant.ToFloat(v))
	fraction, _ := math.Frexp(x)
	return x >= 2 && fraction == 0.5
}

// flow notes that the value of e may go to o.
func (f *fusion) flow(o types.Object, e ast.Expr) {
	if o != nil && !f.product[o] && f.unrounded(e) {
		f.product[o], f.changed = true, true
	}
}

// follow notes where products go in the node, which function fn contains.
func (f *fusion) follow(fn types.Object, n ast.Node) {
	switch n := n.(type) {
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			o := f.object(left)
			if n.Tok == token.MUL_ASSIGN && f.isFloat(left) && o != nil && !f.product[o] {
				f.product[o], f.changed = true, true
			}
			f.flow(o, n.Rhs[min(i, len(n.Rhs)-1)])
		}
	case *ast.ReturnStmt:
		for _, e := range n.Results {
			f.flow(fn, e)
		}
	case *ast.CallExpr:
		if callee, ok := f.object(n.Fun).(*types.Func); ok {
			for i, e := range n.Args {
				if params := callee.Signature().Params(); params.Len() > 0 {
					f.flow(params.At(min(i, params.Len()-1)), e)
				}
			}
		}
	}
}

// misused returns where the node adds, subtracts or stores unconverted products.
func (f *fusion) misused(n ast.Node) (at []token.Pos) {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		if (n.Op == token.ADD || n.Op == token.SUB) && f.isFloat(n) && (f.unrounded(n.X) || f.unrounded(n.Y)) {
			at = append(at, n.OpPos)
		}
	case *ast.AssignStmt:
		if (n.Tok == token.ADD_ASSIGN || n.Tok == token.SUB_ASSIGN) && f.isFloat(n.Lhs[0]) && (f.unrounded(n.Lhs[0]) || f.unrounded(n.Rhs[0])) {
			at = append(at, n.TokPos)
		}
		for i, left := range n.Lhs {
			if _, field := ast.Unparen(left).(*ast.SelectorExpr); field && f.unrounded(n.Rhs[min(i, len(n.Rhs)-1)]) {
				at = append(at, n.TokPos)
			}
		}
	case *ast.CompositeLit:
		for _, e := range n.Elts {
			if pair, keyed := e.(*ast.KeyValueExpr); keyed {
				e = pair.Value
			}
			if f.unrounded(e) {
				at = append(at, e.Pos())
			}
		}
	}
	return at
}

// each calls visit for every node of every function.
func (f *fusion) each(files []*ast.File, visit func(fn types.Object, n ast.Node)) {
	for _, file := range files {
		for _, d := range file.Decls {
			var fn types.Object
			if decl, ok := d.(*ast.FuncDecl); ok {
				fn = f.info.Defs[decl.Name]
			}
			ast.Inspect(d, func(n ast.Node) bool { visit(fn, n); return true })
		}
	}
}

// unfused returns, by function, where products are added that Go may fuse.
func (f *fusion) unfused(files []*ast.File) map[string][]string {
	for f.changed = true; f.changed; {
		f.changed = false
		f.each(files, f.follow)
	}
	found := map[string][]string{}
	f.each(files, func(fn types.Object, n ast.Node) {
		for _, at := range f.misused(n) {
			name := "package variable"
			if fn != nil {
				name = fn.Pkg().Name() + "." + fn.Name()
			}
			found[name] = append(found[name], f.fset.Position(at).String())
		}
	})
	return found
}

func (c *checker) unfused() map[string][]string {
	f := &fusion{fset: c.fset, info: c.info, product: map[types.Object]bool{}}
	return f.unfused(c.files)
}

// bitPackages are the packages that make promised bits.
func bitPackages(t *testing.T) (patterns []string) {
	for folder := range importGraph(t) {
		if _, layer := place(folder); layer >= 0 && layer < production {
			patterns = append(patterns, "./"+folder)
		}
	}
	return patterns
}

func TestNoProductIsFused(t *testing.T) {
	found := load(t, bitPackages(t)...).unfused()
	for name := range harmless {
		require.Contains(t, found, name, "no longer needs to be listed as harmless")
		delete(found, name)
	}
	require.Empty(t, found, "write float64(x*y) + z, or list the function as harmless and say why")
}

func TestFusionSeesFaults(t *testing.T) {
	const right = `
func right(x, y, z float64) float64 { p := x*y; q := float64(p) + z; q += float64(x*y); return q - 2*float64(3) }
func whole(i, j, k int) int { return i*j + k }`
	faults := []string{
		`func f(x, y, z float64) float64 { return x*y + z }`,
		`func f(x, y, z float32) float32 { return z - (-(x*y)) }`,
		`func f[T float32 | float64](x, y, z T) T { return x*y + z }`,
		`func f(x, y, z float64) float64 { z += x*y; return z }`,
		`func f(x, y, z float64) float64 { p := x*y; q := p; return q + z }`,
		`func f(x, y, z float64) float64 { x *= y; return x + z }`,
		`func g(x, y float64) float64 { return x*y }; func f(x, y, z float64) float64 { return g(x, y) + z }`,
		`func g(x, y float64) float64 { return x + y }; func f(x, y, z float64) float64 { return g(x*y, z) }`,
		`type s struct{ h, l float64 }; func f(x, y, z float64) s { return s{h: x*y, l: z} }`,
		`type s struct{ h float64 }; func f(x, y float64) (a s) { a.h = x*y; return a }`,
		`func f(x []float64, y, z float64) float64 { x[0] = x[0]*y; return x[0] + z }`,
	}
	for i, fault := range append(faults, "") {
		c := load(t)
		file, err := parser.ParseFile(c.fset, "fault.go", "package fault\n"+right+"\n"+fault, 0)
		require.NoError(t, err)
		require.NoError(t, c.check(fmt.Sprintf("fault%d", i), []*ast.File{file}))
		want := min(len(fault), 1)
		require.Len(t, c.unfused(), want, fault)
	}
}
