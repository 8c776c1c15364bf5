"""What happens to text before and after the pieces are chosen: normalise it, split it, show it.

Every tokenizer starts with two steps that no merge table can undo. *Normalisation* may throw information away
(`É` becomes `e`); *pre-tokenization* draws borders that no token will ever cross. Each family has its own habit:

    byte-level BPE   no normalisation; borders by a regular expression        patterns.py; byte_to_char
    WordPiece        lower case, no accents; borders at space, punctuation    bert_normalise, bert_split
    Unigram          none here (NFKC in SentencePiece); a space shows as `▁`  nfkc, escape_spaces, unescape_spaces

Papers: GPT-2 (Radford et al. 2019, section 2.2); BERT (Devlin et al. 2018, arXiv:1810.04805);
SentencePiece (Kudo and Richardson 2018, arXiv:1808.06226).
"""

import unicodedata
from functools import cache

SPACE = "▁"  # U+2581 LOWER ONE EIGHTH BLOCK, what SentencePiece writes for a space; it is not the underscore


def nfc(text: str) -> str:
    """Unicode normal form C: `e` + combining acute becomes the one character `é`; nothing visible changes."""
    return unicodedata.normalize("NFC", text)


def nfkc(text: str) -> str:
    """Unicode normal form KC: also replaces look-alikes, `ﬁ` by `fi`, `①` by `1`, full-width `Ａ` by `A`. Loses."""
    return unicodedata.normalize("NFKC", text)


@cache
def byte_to_char() -> dict[int, str]:
    """A printable character for each of the 256 bytes, as in the files of GPT-2 and Hugging Face.

    The 188 bytes that are printable in Latin-1 stand for themselves; the other 68, in order, get the characters
    from U+0100 on: a space becomes `Ġ`, a line break `Ċ`. The order of this dict is GPT-2's order of the 256 byte
    tokens: ids 0..187 are the printable bytes, 188..255 the others. (`bytes_to_unicode` in GPT-2's encoder.py.)

    >>> byte_to_char()[ord(" ")], list(byte_to_char())[:3]
    ('Ġ', [33, 34, 35])
    """
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + n) for n, byte in enumerate(others)}


def bytes_to_printable(data: bytes) -> str:
    """One printable character a byte: `b" caf\\xc3\\xa9"` becomes `'ĠcafÃ©'`. `printable_to_bytes` undoes it."""
    return "".join(map(byte_to_char().__getitem__, data))


def printable_to_bytes(printable: str) -> bytes:
    """The bytes that `bytes_to_printable` wrote.

    Raises:
        KeyError: a character is not one of the 256 (the caller says which file is broken).
    """
    char_to_byte = {char: byte for byte, char in byte_to_char().items()}
    return bytes(char_to_byte[char] for char in printable)


def readable(data: bytes) -> str:
    """A token as a person reads it: its text if the bytes are whole characters, else escapes: `\\xe2\\x82`."""
    return data.decode("utf-8", errors="backslashreplace")


def repair_surrogates(text: str) -> str:
    """`text` as valid Unicode: surrogate pairs become the character they encode, lone surrogates become U+FFFD.

    A Python str can hold half a character ('\\ud83d', from a cut JSON escape or a file name); UTF-8 cannot.
    tiktoken repairs in the same way. Where nothing is broken the text comes back unchanged, at little cost.
    """
    try:
        if not text.isascii():
            text.encode()
        return text
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def bert_normalise(text: str, *, lowercase: bool = True) -> str:
    """BERT's cleaning: no control characters, every white space a plain space, spaces around each CJK character;
    if `lowercase` also without accents and in lower case.

    Lower case is taken one character at a time, as `tokenizers` does: `Σ` gives `σ` even at the end of a word.

    >>> bert_normalise("Crème\\tbrûlée 我们")
    'creme brulee  我  们 '
    """
    text = "".join(_clean(char) for char in text)
    if lowercase:
        decomposed = unicodedata.normalize("NFD", text)
        text = "".join(char.lower() for char in decomposed if unicodedata.category(char) != "Mn")
    return text


def _clean(char: str) -> str:
    """What BERT leaves of one character: nothing, a space, the character, or the character between spaces."""
    if (char.isspace() and unicodedata.category(char) != "Cc") or char in "\t\n\r":
        return " "
    if char in "\0\ufffd" or unicodedata.category(char) in ("Cc", "Cf", "Co"):
        return ""
    return f" {char} " if is_cjk(char) else char


def is_cjk(char: str) -> bool:
    """Is it a Chinese character (a CJK ideograph; kana and hangul are not)? BERT makes each one a word of its own."""
    code = ord(char)
    return any(first <= code <= last for first, last in _CJK_BLOCKS)


_CJK_BLOCKS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


def is_punctuation(char: str) -> bool:
    """Is it one of ASCII's 32 signs (`$` and `+` too) or of Unicode's category P?"""
    return (char.isascii() and char.isprintable() and not char.isalnum() and char != " ") or (
        unicodedata.category(char).startswith("P")
    )


def bert_split(text: str) -> list[str]:
    """The words of `text`: borders at white space, which goes, and around each punctuation character, which stays.

    >>> bert_split("don't stop: 3.5")
    ['don', "'", 't', 'stop', ':', '3', '.', '5']
    """
    spaced = "".join(f" {char} " if is_punctuation(char) else char for char in text)
    return spaced.split()


def escape_spaces(text: str, *, dummy_prefix: bool = True) -> str:
    """SentencePiece's spelling: each space becomes `▁`, and one more goes in front, so that a word at the start of
    the text is the same piece as in the middle.

    >>> escape_spaces("to be")
    '▁to▁be'
    """
    prefix = SPACE if dummy_prefix and text else ""
    return prefix + text.replace(" ", SPACE)


def unescape_spaces(text: str, *, dummy_prefix: bool = True) -> str:
    """The text that `escape_spaces` spelled. Not an exact inverse where the text itself contains `▁`."""
    plain = text.replace(SPACE, " ")
    return plain[1:] if dummy_prefix and plain.startswith(" ") else plain
