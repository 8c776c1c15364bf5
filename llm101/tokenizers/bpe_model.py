"""What a BPE vocabulary consists of, and the checks that make a damaged one an error at once.

tokens   id -> bytes, all 256 single bytes among them
merges   pairs of ids, in the order in which they were learnt: the place in this list is the *rank*
"""

from collections.abc import Mapping, Sequence

from llm101 import expect
from llm101.tokenizers.text import byte_to_char, bytes_to_printable, printable_to_bytes

Pair = tuple[int, int]


def tokens_of(merges: Sequence[Pair]) -> dict[int, bytes]:
    """id -> bytes for the 256 bytes in GPT-2's order, then one token a merge.

    Raises:
        ValueError: a merge joins an id that no earlier merge has made.

    >>> tokens_of([(64, 65), (256, 0)])[257]
    b'ab!'
    """
    tokens = {token_id: bytes([byte]) for token_id, byte in enumerate(byte_to_char())}
    for rank, (left, right) in enumerate(merges):
        for part in (left, right):
            if part not in tokens:
                raise ValueError(
                    f"BPE: merge {rank} joins id {part}; only the ids 0 to {len(tokens) - 1} exist by then."
                )
        tokens[len(tokens)] = tokens[left] + tokens[right]
    return tokens


def merge_table(
    tokens: Mapping[int, bytes], merges: Sequence[Pair], special_tokens: Mapping[str, int]
) -> tuple[dict[Pair, int], list[int]]:
    """(ranks, new_ids) for bpe_encode.py: pair -> rank, and rank -> the id that the merge makes.

    Raises:
        ValueError: the three contradict each other; names the token or the merge.
    """
    id_of = _check_tokens(tokens)
    _check_special(tokens, special_tokens)
    ranks: dict[Pair, int] = {}
    new_ids: list[int] = []
    first_use: dict[int, int] = {}
    for rank, pair in enumerate(merges):
        new_id = _made_by(rank, pair, tokens, id_of)
        if ranks.setdefault(pair, rank) != rank:
            raise ValueError(f"BPE: merge {rank} repeats merge {ranks[pair]}, {_spell(pair, tokens)}.")
        if new_id in first_use:
            raise ValueError(
                f"BPE: merge {first_use[new_id]} uses {tokens[new_id]!r} before merge {rank} makes it; "
                "merges must stand in the order in which they were learnt."
            )
        for part in pair:
            first_use.setdefault(part, rank)
        new_ids.append(new_id)
    return ranks, new_ids


def _made_by(rank: int, pair: Pair, tokens: Mapping[int, bytes], id_of: Mapping[bytes, int]) -> int:
    """The id of the token that merge number `rank` makes."""
    for part in pair:
        if part not in tokens:
            raise ValueError(f"BPE: merge {rank} joins id {part}, which is no token.")
    left, right = pair
    if (spelling := tokens[left] + tokens[right]) not in id_of:
        raise ValueError(f"BPE: merge {rank}, {_spell(pair, tokens)}, makes {spelling!r}, which is no token.")
    return id_of[spelling]


def _spell(pair: Pair, tokens: Mapping[int, bytes]) -> str:
    return " + ".join(repr(tokens[part]) for part in pair)


def _check_tokens(tokens: Mapping[int, bytes]) -> dict[bytes, int]:
    """bytes -> id, after making sure that there is one id for each spelling and that all bytes are there."""
    id_of: dict[bytes, int] = {}
    for token_id, spelling in tokens.items():
        expect.integer("BPE", f"the id of {spelling!r}", token_id, at_least=0)
        if not spelling:
            raise ValueError(f"BPE: token {token_id} is empty; a token has at least one byte.")
        if id_of.setdefault(spelling, token_id) != token_id:
            raise ValueError(f"BPE: {spelling!r} is there twice, as id {id_of[spelling]} and as id {token_id}.")
    missing = [byte for byte in range(256) if bytes([byte]) not in id_of]
    if missing:
        raise ValueError(
            f"BPE: all 256 single bytes must be tokens; {len(missing)} are missing, the first is {missing[0]}."
        )
    return id_of


def _check_special(tokens: Mapping[int, bytes], special_tokens: Mapping[str, int]) -> None:
    taken: dict[int, str | bytes] = dict(tokens)
    for name, token_id in special_tokens.items():
        if not expect.text("BPE", "a special token", name):
            raise ValueError(f"BPE: the special token with id {token_id} must have a name; got ''.")
        expect.integer("BPE", f"the id of {name!r}", token_id, at_least=0)
        if token_id in taken:
            raise ValueError(f"BPE: special token {name!r} has id {token_id}, which is the id of {taken[token_id]!r}.")
        taken[token_id] = name


def spelled(tokens: Mapping[int, bytes], merges: Sequence[Pair]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """(vocab, merges) in the printable spelling of GPT-2's own files: {"Ġthe": 262}, [("Ġ", "the")]."""
    spelling = {token_id: bytes_to_printable(token) for token_id, token in sorted(tokens.items())}
    return {text: n for n, text in spelling.items()}, [(spelling[left], spelling[right]) for left, right in merges]


def tokens_from_json(
    vocab: Mapping[str, int], merges: Sequence[str | Sequence[str]]
) -> tuple[dict[int, bytes], list[Pair]]:
    """(tokens, merges) from what GPT-2's and Hugging Face's files hold; a merge is "a b" or ["a", "b"].

    Raises:
        TypeError, ValueError: an id that is no integer or is there twice, a spelling with a character that stands for
            no byte, a merge that is no pair or names a token that is not there.
    """
    tokens: dict[int, bytes] = {}
    for spelling, token_id in vocab.items():
        expect.integer("BPE", f"the id of {spelling!r}", token_id, at_least=0)
        if token_id in tokens:
            raise ValueError(
                f"BPE: id {token_id} is there twice, as {bytes_to_printable(tokens[token_id])!r} and as {spelling!r}."
            )
        try:
            tokens[token_id] = printable_to_bytes(spelling)
        except KeyError as error:
            raise ValueError(f"BPE: token {spelling!r} has the character {error}, which stands for no byte.") from None
    return tokens, [_merge_from_json(rank, merge, vocab) for rank, merge in enumerate(merges)]


def _merge_from_json(rank: int, merge: str | Sequence[str], vocab: Mapping[str, int]) -> Pair:
    parts = merge.split(" ") if isinstance(merge, str) else merge
    if not isinstance(parts, list) or len(parts) != 2:
        raise ValueError(f"BPE: merge {rank} must be two tokens; got {merge!r}.")
    for part in parts:
        if not isinstance(part, str) or part not in vocab:
            raise ValueError(f"BPE: merge {rank} joins {part!r}, which is no token.")
    return vocab[parts[0]], vocab[parts[1]]
