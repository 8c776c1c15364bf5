"""Text to numbers and back: three tokenizers with one protocol.

    BPE        join what is frequent           GPT-2, GPT-4, LLaMA
    WordPiece  join what is likely together    BERT
    Unigram    keep what explains the text     T5, mBART

Each has `train(texts, vocab_size)`, `encode`, `decode`, `tokens`, `save`, `load`, `to_tokenizers` (see vocab.Tokenizer).
Reading order: vocab, text; classic, patterns, bpe_train, bpe_encode, bpe, bpe_files, export; wordpiece_train, wordpiece;
lattice, seeds, unigram_em, pieces, unigram; sentencepiece_bpe; huggingface.
"""

from llm101.tokenizers.bpe import BPE
from llm101.tokenizers.bpe_files import gpt2, read_tiktoken, read_tokenizers, read_vocab_merges
from llm101.tokenizers.patterns import GPT2_PATTERN, GPT4_PATTERN
from llm101.tokenizers.unigram import Unigram
from llm101.tokenizers.vocab import Tokenizer
from llm101.tokenizers.wordpiece import WordPiece

__all__ = [
    "BPE",
    "GPT2_PATTERN",
    "GPT4_PATTERN",
    "Tokenizer",
    "Unigram",
    "WordPiece",
    "gpt2",
    "read_tiktoken",
    "read_tokenizers",
    "read_vocab_merges",
]
