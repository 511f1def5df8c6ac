/** @file The part of Hugging Face's tokenizer.json that our byte-level BPE fills. */

/** A token that the text splitter knows before any merge. */
export interface AddedToken {
  id: number;
  content: string;
  single_word: boolean;
  lstrip: boolean;
  rstrip: boolean;
  normalized: boolean;
  special: boolean;
}

/** A byte-level BPE in Hugging Face's `tokenizer.json` format, readable by its Rust, Python and JavaScript libraries. */
export interface TokenizerJson {
  version: "1.0";
  truncation: null;
  padding: null;
  added_tokens: AddedToken[];
  normalizer: null;
  pre_tokenizer: ByteLevel;
  post_processor: null;
  decoder: ByteLevel;
  model: {
    type: "BPE";
    dropout: null;
    unk_token: null;
    continuing_subword_prefix: null;
    end_of_word_suffix: null;
    fuse_unk: false;
    byte_fallback: false;
    ignore_merges: false;
    vocab: Record<string, number>;
    merges: [string, string][];
  };
}

/** GPT-2's byte-level splitting and its inverse. */
export interface ByteLevel {
  type: "ByteLevel";
  add_prefix_space: false;
  trim_offsets: true;
  use_regex: true;
}

/** The special tokens of our tokenizers, in the order of their ids 0, 1, 2. */
export const specialTokens = ["<|pad|>", "<|bos|>", "<|eos|>"] as const;
