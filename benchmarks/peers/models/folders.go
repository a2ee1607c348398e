package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/model/bytes24"
)

// Hugging Face's gpt2-medium: its shape, and that of its numbers at the beginning of training.
const (
	mediumConfig = `{"model_type": "gpt2", "n_layer": 24, "n_embd": 1024, "n_head": 16, "n_positions": 1024,
"vocab_size": 50257, "layer_norm_epsilon": 1e-05, "activation_function": "gelu_new", "tie_word_embeddings": true}`
	deviation = 0.02
)

// storages are the types in which a folder's weights are stored; the numbers are the same.
var storages = []string{"f32", "bf16"}

// makeFolders writes the folders NAME-f32 and NAME-bf16 below dir, unless they are there.
func makeFolders(dir, name string) error {
	for _, storage := range storages {
		folder := filepath.Join(dir, name+"-"+storage)
		if _, err := os.Stat(filepath.Join(folder, "model.safetensors")); err == nil {
			continue
		}
		config, tensors, err := contents(name)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, "config.json"), config, 0o666); err != nil {
			return err
		}
		if storage == "f32" {
			for i := range tensors {
				tensors[i] = widened(tensors[i])
			}
		}
		if err := safetensors.Write(filepath.Join(folder, "model.safetensors"), nil, tensors); err != nil {
			return err
		}
	}
	return nil
}

// contents returns what is in the folder of that name, the weights as bfloat16.
func contents(name string) (config []byte, tensors []safetensors.Tensor, err error) {
	if name == "medium" {
		return []byte(mediumConfig), mediumTensors(), nil
	}
	if config, err = bytes24.FS().(interface{ ReadFile(string) ([]byte, error) }).ReadFile("config.json"); err != nil {
		return nil, nil, err
	}
	all, err := safetensors.OpenFolder(bytes24.FS(), "model.safetensors")
	if err != nil {
		return nil, nil, err
	}
	for _, tensor := range all.Names() {
		t, _, err := all.Tensor(tensor)
		if err != nil {
			return nil, nil, err
		}
		tensors = append(tensors, t)
	}
	return config, tensors, nil
}

func mediumTensors() (all []safetensors.Tensor) {
	var c struct{ N_layer, N_embd, N_positions, Vocab_size int }
	if err := json.Unmarshal([]byte(mediumConfig), &c); err != nil {
		panic(err)
	}
	rng := rand.New(rand.NewPCG(24, 1024))
	add := func(name string, mean float64, shape ...int) {
		all = append(all, random(rng, "transformer."+name, mean, shape))
	}
	linear := func(name string, in, out int) {
		add(name+".weight", 0, in, out)
		add(name+".bias", 0, out)
	}
	norm := func(name string) {
		add(name+".weight", 1, c.N_embd)
		add(name+".bias", 0, c.N_embd)
	}
	d := c.N_embd
	add("wte.weight", 0, c.Vocab_size, d)
	add("wpe.weight", 0, c.N_positions, d)
	for i := range c.N_layer {
		h := fmt.Sprintf("h.%d.", i)
		norm(h + "ln_1")
		linear(h+"attn.c_attn", d, 3*d)
		linear(h+"attn.c_proj", d, d)
		norm(h + "ln_2")
		linear(h+"mlp.c_fc", d, 4*d)
		linear(h+"mlp.c_proj", 4*d, d)
	}
	norm("ln_f")
	return all
}

// random returns a tensor of numbers uniform about the mean, in bfloat16.
func random(rng *rand.Rand, name string, mean float64, shape []int) safetensors.Tensor {
	n := 1
	for _, s := range shape {
		n *= s
	}
	data := make([]byte, 2*n)
	for i := range n {
		b := math.Float32bits(float32(mean + deviation*math.Sqrt(3)*(2*rng.Float64()-1)))
		data[2*i], data[2*i+1] = byte(b>>16), byte(b>>24)
	}
	return safetensors.Tensor{Name: name, DType: safetensors.BF16, Shape: shape, Data: data}
}

// widened returns a tensor of bfloat16 as float32.
func widened(t safetensors.Tensor) safetensors.Tensor {
	x, err := safetensors.Floats[float32](t)
	if err != nil {
		panic(err)
	}
	return safetensors.FromFloats(t.Name, t.Shape, x)
}
