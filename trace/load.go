package trace

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/samebits/samebits/internal/numfile"
	"github.com/samebits/samebits/internal/safetensors"
)

const npySuffix = ".npy"

// load reads all tensors at path, and the metadata where the format has them.
func load(path string) (metadata map[string]string, tensors []safetensors.Tensor, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, nil, err
	case info.IsDir():
		tensors, err = loadFolder(path)
	case strings.HasSuffix(path, ".npz"):
		tensors, err = loadNPZ(path)
	default:
		return loadSafetensors(path)
	}
	return nil, tensors, err
}

func loadSafetensors(path string) (map[string]string, []safetensors.Tensor, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, nil, err
	}
	var tensors []safetensors.Tensor
	for _, name := range f.Names() {
		t, err := f.Tensor(name)
		if err != nil {
			return nil, nil, err
		}
		tensors = append(tensors, t)
	}
	return f.Metadata(), tensors, nil
}

// loadFolder reads the .npy files directly in a folder, and nothing else there.
func loadFolder(path string) ([]safetensors.Tensor, error) {
	files, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var tensors []safetensors.Tensor
	for _, file := range files {
		name, ok := strings.CutSuffix(file.Name(), npySuffix)
		if !ok {
			continue
		}
		t, err := loadNPY(name, func() (io.ReadCloser, error) {
			return os.Open(filepath.Join(path, file.Name()))
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		tensors = append(tensors, t)
	}
	if len(tensors) == 0 {
		return nil, fmt.Errorf("%s: a folder without %s files", path, npySuffix)
	}
	return tensors, nil
}

// loadNPZ reads the arrays of an .npz file, a zip archive of .npy files.
func loadNPZ(path string) ([]safetensors.Tensor, error) {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer archive.Close()
	var tensors []safetensors.Tensor
	for _, file := range archive.File {
		t, err := loadNPY(strings.TrimSuffix(file.Name, npySuffix), file.Open)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		tensors = append(tensors, t)
	}
	return tensors, nil
}

// loadNPY reads the array of the given name from what open opens. A stage of uint16
// holds the bits of bfloat16: no stage is of integers, and tensor.view(torch.uint16)
// and ml_dtypes' view(numpy.uint16) are how bfloat16 comes into NumPy's files.
func loadNPY(name string, open func() (io.ReadCloser, error)) (safetensors.Tensor, error) {
	r, err := open()
	if err != nil {
		return safetensors.Tensor{}, err
	}
	defer r.Close()
	t, err := numfile.ReadNPY(r, name)
	if t.DType == safetensors.U16 {
		t.DType = safetensors.BF16
	}
	return t, err
}
