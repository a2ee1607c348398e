// Package bytes24 embeds the demonstration model: a GPT-2 of 24 layers, width 128
// and 8 heads, whose vocabulary is the 256 bytes. It was trained for this project
// on the sources of the Python standard library (PSF licence) and stored in
// bfloat16.
package bytes24

import (
	"cmp"
	"embed"
	"io/fs"
	"sync"

	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/model"
)

//go:embed config.json model.safetensors expected.safetensors
var files embed.FS

// FS returns the folder of the model, as Hugging Face stores it: config.json and
// model.safetensors; and expected.safetensors, which holds logits computed by
// PyTorch in float64 and float32.
func FS() fs.FS { return files }

// Load returns the model.
var Load = sync.OnceValues(func() (*model.Checkpoint, error) { return model.LoadFS(files) })

// Encode returns the token ids of a text: its bytes.
func Encode(text string) []int {
	ids := make([]int, len(text))
	for i := range len(text) {
		ids[i] = int(text[i])
	}
	return ids
}

// Expected is what PyTorch computed for the model.
type Expected struct {
	IDs       []int
	Logits64  []float64 // [len(IDs), 256], float64
	Logits32  []float32 // the same in float32 on a GPU
	Prompt    []int     // of a greedy continuation
	Continued []int     // the tokens that follow the prompt
}

// LoadExpected returns the expected values.
func LoadExpected() (e Expected, err error) {
	data, err := files.ReadFile("expected.safetensors")
	if err != nil {
		return e, err
	}
	f, err := safetensors.Parse("expected.safetensors", data)
	if err != nil {
		return e, err
	}
	ints := func(name string) (v []int) {
		t, tensorErr := f.Tensor(name)
		if err = cmp.Or(err, tensorErr); err == nil {
			v, err = safetensors.Ints(t)
		}
		return v
	}
	e.IDs, e.Prompt, e.Continued = ints("ids"), ints("greedy_prompt"), ints("greedy")
	if err != nil {
		return e, err
	}
	if e.Logits64, err = floats[float64](f, "logits_f64"); err != nil {
		return e, err
	}
	e.Logits32, err = floats[float32](f, "logits_f32_gpu")
	return e, err
}

func floats[T float32 | float64](f *safetensors.File, name string) ([]T, error) {
	t, err := f.Tensor(name)
	if err != nil {
		return nil, err
	}
	return safetensors.Floats[T](t)
}
