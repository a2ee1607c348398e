// Package tokenizer turns text into the ids of tokens and back, by byte-level BPE as
// it stands in the file tokenizer.json of a Hugging Face folder.
//
// Its one idea: tokens are bytes. A text is cut into words by classes of characters,
// and the bytes of a word are merged to tokens by rank (Sennrich, Haddow and Birch,
// 2016, arXiv 1508.07909, on bytes as in GPT-2). All 256 bytes are tokens, so nothing
// is unknown and decoding gives back the bytes.
//
// Parse takes what GPT-2, Llama 3, Qwen2 and their like need, and refuses the rest
// with an error that says what is allowed:
//
//	normalizer      none, NFC
//	pre_tokenizer   ByteLevel, with or without its own pattern (GPT-2's); Split by the
//	                pattern of GPT-2, Llama 3 or Qwen2, recognised by its exact text
//	model           BPE with all 256 bytes; merges as pairs or as lines; ignore_merges
//	post_processor  none, ByteLevel, TemplateProcessing
//	decoder         ByteLevel
//	added_tokens    special or not; single_word, lstrip, rstrip, normalized
//
// and a Sequence of them where Hugging Face has one.
//
// The ids are those of Hugging Face tokenizers, but in what it leaves to chance or
// gets wrong: an added token keeps the id that the file gives it, and decodes to its
// content, even if that could be read as spelled bytes; bytes that are no UTF-8,
// which it cannot be given, are kept. Classes of characters and normalisation follow
// the version of Unicode of Go's packages (15.0 in Go 1.26): characters that are
// younger are other to all patterns. (The NFC of Hugging Face tokenizers 0.22.2 knows
// an older version: 59 combining marks that came after Unicode 9 keep what is beside
// them apart there.)
package tokenizer
