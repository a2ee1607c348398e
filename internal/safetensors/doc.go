// Package safetensors reads and writes the safetensors format of Hugging Face:
// named tensors in one file, without code to run.
//
// A file is a little-endian 64-bit length, a JSON object of that length, and the
// data. The object gives for each tensor its dtype, its shape and where its data
// begin and end; together the tensors cover the data exactly, in row-major order
// and little-endian. An optional "__metadata__" maps strings to strings. Source:
// https://github.com/huggingface/safetensors, README.md ("Format") and
// safetensors/src/tensor.rs, whose order and padding the writer follows.
//
// Files come from outside, so whatever breaks these rules is an error that names
// the file, the tensor and the numbers at fault.
package safetensors
