package blas_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/samebits/samebits/blas"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
	gonum "gonum.org/v1/gonum/blas"
	gonumblas "gonum.org/v1/gonum/blas/gonum"
)

type gonumImplementation = gonumblas.Implementation

// outcome calls the function and returns what it panics with, or "".
func outcome(f reflect.Value, args []reflect.Value) (message string) {
	defer func() {
		if r := recover(); r != nil {
			message = fmt.Sprint(r)
		}
	}()
	f.Call(args)
	return ""
}

// badArguments returns arguments for f, of which some are bad more often than not.
func badArguments(rng *rand.Rand, f reflect.Type) []reflect.Value {
	args := make([]reflect.Value, f.NumIn())
	wrong := rng.IntN(4) == 0
	for i := range args {
		t := f.In(i)
		v := reflect.New(t).Elem()
		switch {
		case t == reflect.TypeFor[gonum.Transpose]():
			v.SetUint(uint64(choose(rng, 'N', 'T', 'C', 'T', 'N', 'C', 'x')))
		case t == reflect.TypeFor[gonum.Uplo]():
			v.SetUint(uint64(choose(rng, 'U', 'L', 'U', 'L', 'U', 'L', 'A')))
		case t == reflect.TypeFor[gonum.Diag]():
			v.SetUint(uint64(choose(rng, 'N', 'U', 'N', 'U', 'N', 'U', 'y')))
		case t == reflect.TypeFor[gonum.Side]():
			v.SetUint(uint64(choose(rng, 'L', 'R', 'L', 'R', 'L', 'R', 'z')))
		case t.Kind() == reflect.Int && wrong:
			v.SetInt(int64(rng.IntN(7) - 2))
		case t.Kind() == reflect.Int:
			v.SetInt(int64(rng.IntN(4) + 1))
		case t.Kind() == reflect.Slice:
			n := rng.IntN(30)
			v.Set(reflect.MakeSlice(t, n, n))
		case v.CanFloat():
			v.SetFloat(float64(rng.IntN(3) - 1))
		}
		args[i] = v
	}
	return args
}

// comparePanics makes random calls of every routine of both libraries and returns how many
// refused their arguments, and the first difference in that.
func comparePanics[T kernel.Float](calls int, ours, theirs *library[T]) (refused map[string]int, err error) {
	refused = map[string]int{}
	a, b := reflect.ValueOf(*ours), reflect.ValueOf(*theirs)
	for i := range a.NumField() {
		name := a.Type().Field(i).Name
		for call := range calls {
			args := badArguments(rand.New(rand.NewPCG(uint64(i), uint64(call))), a.Field(i).Type())
			again := badArguments(rand.New(rand.NewPCG(uint64(i), uint64(call))), a.Field(i).Type())
			got, want := outcome(a.Field(i), args), outcome(b.Field(i), again)
			if got != want {
				return nil, fmt.Errorf("%s%v: panic %q, want %q", name, again, got, want)
			}
			if want != "" {
				refused[want]++
			}
		}
	}
	return refused, nil
}

func TestPanicsAsGonum(t *testing.T) {
	impl := blas.Implementation{Order: reduce.Pairwise}
	refused, err := comparePanics(1500, library64(impl), library64(gonumImplementation{}))
	require.NoError(t, err)
	require.Len(t, refused, 20, "all messages but that of an impossible rotm flag, which no argument brings about: %v", refused)
	_, err = comparePanics(1500, library32(impl), library32(gonumImplementation{}))
	require.NoError(t, err)
}

func TestComparePanicsSeesFaults(t *testing.T) {
	l := library64(blas.Implementation{})
	swap := l.Swap
	l.Swap = func(n int, x []float64, incX int, y []float64, incY int) {
		if n >= 0 {
			swap(n, x, incX, y, incY)
		}
	}
	_, err := comparePanics(500, l, library64(gonumImplementation{}))
	require.Error(t, err)
}

func TestPanicsOfItsOwn(t *testing.T) {
	x := []float64{1}
	for _, f := range []func(){
		func() { blas.Implementation{Threads: -1}.Ddot(1, x, 1, x, 1) },
		func() {
			blas.Implementation{Threads: -1}.Dtrmv(gonum.Upper, gonum.Trans, gonum.Unit, 1, x, 1, x, 1)
		},
	} {
		require.PanicsWithValue(t, "blas: Threads < 0", f)
	}
	widened := blas.Implementation{Order: reduce.Widened}
	for _, f := range []func(){
		func() { widened.Ddot(1, x, 1, x, 1) },
		func() { widened.Dgemv(gonum.NoTrans, 1, 1, 1, x, 1, x, 1, 0, x, 1) },
	} {
		require.PanicsWithValue(t, "blas: order widened applies to float32 only: there is no wider type than float64", f)
	}
}
