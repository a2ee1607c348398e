package trace

import (
	"fmt"
	"math"
	"slices"
)

// Side tells which of two traces has a stage.
type Side int

// The sides of a comparison.
const (
	Both Side = iota
	OnlyA
	OnlyB
)

// Difference is how one stage differs between traces a and b.
type Difference struct {
	Stage string
	In    Side // the fields below are for Both

	// Same: all values have the same bits.
	Same bool
	// Max is the largest |a - b|. Between equal infinities and between NaNs it is
	// 0; between any other two values that are not both finite it is +Inf.
	Max float64
	// Index is where Max is, the first place of several, by the dimensions of a; A
	// and B are the values there. Where bits differ and Max is 0 it is the first
	// such place (+0 and -0, two NaNs). It is nil if Same.
	Index []int
	A, B  float64
}

// Compare compares the stages of a and b, as bits and as numbers: those of a in
// its order, then those that only b has. Shapes may differ by leading dimensions
// of 1; any other difference of shapes is an error that names the stage. Stages
// are all that is compared: whether the ids agree is another question.
func Compare(a, b *Trace) ([]Difference, error) {
	inB := byName(b)
	var differences []Difference
	for _, stageA := range a.Stages {
		stageB, ok := inB[stageA.Name]
		if !ok {
			differences = append(differences, Difference{Stage: stageA.Name, In: OnlyA})
			continue
		}
		if !slices.Equal(dropBatch(stageA.Shape, 0), dropBatch(stageB.Shape, 0)) {
			return nil, fmt.Errorf("stage %q: shapes %v and %v differ", stageA.Name, stageA.Shape, stageB.Shape)
		}
		differences = append(differences, compareStage(stageA, stageB))
	}
	inA := byName(a)
	for _, stageB := range b.Stages {
		if _, ok := inA[stageB.Name]; !ok {
			differences = append(differences, Difference{Stage: stageB.Name, In: OnlyB})
		}
	}
	return differences, nil
}

func byName(t *Trace) map[string]Stage {
	m := make(map[string]Stage, len(t.Stages))
	for _, s := range t.Stages {
		m[s.Name] = s
	}
	return m
}

func compareStage(a, b Stage) Difference {
	at := -1
	largest := 0.0
	for i, x := range a.Values {
		y := b.Values[i]
		if math.Float64bits(x) == math.Float64bits(y) {
			continue
		}
		if d := distance(x, y); at < 0 || d > largest {
			at, largest = i, d
		}
	}
	if at < 0 {
		return Difference{Stage: a.Name, Same: true}
	}
	return Difference{Stage: a.Name, Max: largest, Index: Unravel(at, a.Shape), A: a.Values[at], B: b.Values[at]}
}

// distance is |x - y|, never NaN.
func distance(x, y float64) float64 {
	switch {
	case x == y || x != x && y != y:
		return 0
	case x != x || y != y:
		return math.Inf(1)
	default:
		return math.Abs(x - y)
	}
}

// Unravel returns the index, by dimensions, of element i in row-major order.
func Unravel(i int, shape []int) []int {
	index := make([]int, len(shape))
	for d := len(shape) - 1; d >= 0; d-- {
		index[d] = i % shape[d]
		i /= shape[d]
	}
	return index
}
