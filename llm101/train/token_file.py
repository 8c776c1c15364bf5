"""Tokens on disk: one long row of ids that is read through a memory map, so a file may be larger than memory.

    .npy   numpy's own format (a short header, then the numbers), one-dimensional, uint16 or uint32, little-endian
    .bin   the numbers alone; their type must be told. What nanoGPT writes is uint16

uint16 is enough for 65,536 ids: GPT-2's 50,257 take 2 bytes a token, 20 GB for ten billion.
Documents stand one after the other, each followed by its end token.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from llm101.expect import integer, one_of

TYPES: dict[str, np.dtype] = {"uint16": np.dtype("<u2"), "uint32": np.dtype("<u4")}


def write_tokens(path: str | os.PathLike[str], documents: Iterable[Sequence[int]], *, end: int, vocab_size: int) -> int:
    """Write all documents to a .npy file, one at a time; a reader never sees half a file.

    Args:
        path: ends in .npy.
        documents: token ids.
        end: id written after each document.
        vocab_size: all ids are below it; up to 65,536 they are stored in two bytes, beyond in four.

    Returns:
        How many tokens were written.

    Raises:
        ValueError: another ending, or an id that is not below vocab_size; says in which document.
    """
    target = Path(path)
    one_of("write_tokens", "ending of the file", target.suffix, [".npy"])
    integer("write_tokens", "end", end, at_least=0, at_most=vocab_size - 1)
    dtype = TYPES["uint16" if vocab_size <= 2**16 else "uint32"]
    part, n = target.with_name(target.name + ".tmp"), 0
    with part.open("wb") as file:
        header(file, dtype, 0)
        for number, document in enumerate(documents):
            ids = np.array([*document, end], dtype=np.int64)
            if ids.min() < 0 or ids.max() >= vocab_size:
                bad = ids[(ids < 0) | (ids >= vocab_size)][0]
                raise ValueError(
                    f"write_tokens: ids must be from 0 to {vocab_size - 1}; document {number} (from 0) has {bad}."
                )
            file.write(ids.astype(dtype).tobytes())
            n += len(ids)
        file.seek(0)
        header(file, dtype, n)  # the same length: numpy leaves room for the count to grow
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, target)
    return n


def header(file, dtype: np.dtype, n: int) -> None:
    """The first bytes of a .npy file of n numbers."""
    facts = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": (n,)}
    np.lib.format.write_array_header_1_0(file, facts)


def open_tokens(path: str | os.PathLike[str], *, dtype: str = "") -> np.ndarray:
    """A memory map of the ids; nothing is read yet.

    Args:
        path: a .npy or a .bin file.
        dtype: of a .bin: "uint16" or "uint32". "" = the header says it (.npy).

    Returns:
        (n,) uint16 or uint32.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not what the ending says; not one-dimensional; another type of number; cut off in the middle.
    """
    file = Path(path)
    if not file.is_file():
        raise FileNotFoundError(f"open_tokens: no file {file}. Write one with llm101.train.write_tokens.")
    one_of("open_tokens", "ending of the file", file.suffix, [".npy", ".bin"])
    return open_bin(file, dtype) if file.suffix == ".bin" else open_npy(file)


def open_bin(file: Path, dtype: str) -> np.ndarray:
    """Numbers without a header."""
    kind: np.dtype = TYPES[one_of("open_tokens", "dtype of a .bin", dtype, TYPES)]
    size = file.stat().st_size
    if size == 0 or size % kind.itemsize:
        raise ValueError(
            f"open_tokens: {file} must be a multiple of {kind.itemsize} bytes ({dtype}), above 0; it has {size}."
        )
    return np.memmap(file, dtype=kind, mode="r")


def open_npy(file: Path) -> np.ndarray:
    """Numbers with numpy's header."""
    try:
        tokens = np.load(file, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:  # numpy tells a bad header, and a map longer than the file
        raise ValueError(f"open_tokens: {file} is no whole .npy file: {error}. Write it again.") from error
    if tokens.ndim != 1 or tokens.dtype not in TYPES.values():
        raise ValueError(
            f"open_tokens: {file} must hold one row of uint16 or uint32; it has shape {tokens.shape} of {tokens.dtype}."
        )
    return tokens
