"""A BPE tokenizer on other engines: tiktoken's and Hugging Face's, both written in Rust, with the same ids.

Both are imported only here and only when asked for; `tokenizers` is one of the optional "oracles".
"""

from typing import TYPE_CHECKING

from llm101.tokenizers.bpe_files import recover_merges
from llm101.tokenizers.bpe_model import spelled
from llm101.tokenizers.patterns import GPT2_PATTERN

if TYPE_CHECKING:
    import tiktoken
    import tokenizers

    from llm101.tokenizers.bpe import BPE


def bpe_to_tiktoken(bpe: "BPE", name: str = "llm101") -> "tiktoken.Encoding":
    """`bpe` as a tiktoken.Encoding.

    tiktoken keeps no merges, only tokens: it joins two neighbours if what they spell is a token, smallest id first.
    For merges that were learnt from text that is the same rule; for others it may not be, so it is checked.
    Differs from `bpe`: tiktoken's `encode` refuses special tokens that are not allowed; `encode_ordinary` does not.

    Raises:
        ValueError: tiktoken would join in another order, or would join what `bpe` does not.
    """
    import tiktoken

    ranks = {spelling: token_id for token_id, spelling in bpe.ordinary_tokens().items()}
    try:
        same = recover_merges(ranks) == list(bpe.merges)
    except ValueError:
        same = False
    if not same:
        raise ValueError(
            f"BPE: tiktoken cannot express this vocabulary ({len(bpe.merges)} merges, {len(ranks)} tokens): there each "
            "token of two or more bytes is made by one merge, and the ids stand in the order of the merges."
        )
    return tiktoken.Encoding(name, pat_str=bpe.pattern, mergeable_ranks=ranks, special_tokens=bpe.special_tokens)


def bpe_to_tokenizers(bpe: "BPE") -> "tokenizers.Tokenizer":
    """`bpe` as a tokenizers.Tokenizer, whose `save` writes a tokenizer.json.

    Differs from `bpe`: there special tokens in the text are always recognised, unless its property
    `encode_special_tokens` is set to True; compare it with `bpe.encode(text, "all")`. Its regular expressions come
    from another engine (Oniguruma): a pattern of your own must mean the same to both.

    Raises:
        ValueError: a special token is spelled like an ordinary one.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models

    vocab, merges = spelled(bpe.ordinary_tokens(), bpe.merges)
    for special, token_id in bpe.special_tokens.items():
        if special in vocab:
            raise ValueError(
                f"BPE: special token {special!r} is spelled like token {vocab[special]}; tokenizers cannot tell."
            )
        vocab[special] = token_id
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    tokenizer.pre_tokenizer = _pre_tokenizer(bpe.pattern)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(special, normalized=False) for special in bpe.special_tokens])
    return tokenizer


def _pre_tokenizer(pattern: str):
    """Split at `pattern`, then spell the bytes; GPT-2's pattern is built in."""
    from tokenizers import Regex, pre_tokenizers

    if pattern == GPT2_PATTERN:
        return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    split = pre_tokenizers.Split(Regex(pattern), behavior="isolated")
    return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
