"""Frames between the grader and a sandboxed submission, over two pipes.

    8 bytes                       two little-endian counts: bytes of JSON, bytes of blob
    JSON                          a small dict: what to do, or what came of it
    blob                          the raw bytes of tensors and arrays (see values.py)

The other end may be hostile: it may send nothing, half a frame, a size of 4 GB, or stop reading. So both directions
have a deadline, and sizes are checked before memory is taken.
"""

import json
import os
import select
import struct
import time
from collections.abc import Sequence
from typing import Any

SIZES = struct.Struct("<II")
MAX_JSON = 4 << 20  # bytes; a vocabulary of 50,000 entries is about 1.5 MB
MAX_BLOB = 128 << 20  # bytes
CHUNK = 1 << 16


def send(fd: int, head: dict[str, Any], blobs: Sequence[bytes] = (), *, deadline: float | None = None) -> None:
    """Write one frame.

    Args:
        fd: a pipe's write end.
        head: JSON-ready.
        blobs: bytes that follow.
        deadline: on the clock of time.monotonic(), in seconds; None waits for ever.

    Raises:
        TimeoutError: the reader did not take the bytes in time.
        OSError: the reader is gone.
    """
    text = json.dumps(head).encode()
    frame = memoryview(SIZES.pack(len(text), sum(map(len, blobs))) + text + b"".join(blobs))
    if deadline is not None:
        os.set_blocking(fd, False)  # else one write larger than the pipe would block past the deadline
    while frame:
        if not _ready(fd, deadline, to_read=False):
            raise TimeoutError("the submission stopped listening")
        frame = frame[os.write(fd, frame[:CHUNK]) :]


def receive(fd: int, *, deadline: float | None = None) -> tuple[dict[str, Any], bytearray]:
    """Read one frame: the JSON object and the blob.

    Raises:
        TimeoutError: it did not arrive in time.
        EOFError: the writer is gone.
        ValueError: too large, or not a JSON object.
    """
    n_json, n_blob = SIZES.unpack(_read(fd, SIZES.size, deadline))
    if n_json > MAX_JSON or n_blob > MAX_BLOB:
        raise ValueError(
            f"an answer of {n_json:,} + {n_blob:,} bytes is too large; at most {MAX_JSON:,} + {MAX_BLOB:,}"
        )
    try:
        head = json.loads(bytes(_read(fd, n_json, deadline)))
    except RecursionError:
        raise ValueError("an answer nested too deeply") from None
    if type(head) is not dict:
        raise ValueError(f"expected a JSON object; got {type(head).__name__}")
    return head, _read(fd, n_blob, deadline)


def _read(fd: int, n: int, deadline: float | None) -> bytearray:
    out = bytearray()
    while len(out) < n:
        if not _ready(fd, deadline, to_read=True):
            raise TimeoutError("no answer in time: is there an infinite loop?")
        piece = os.read(fd, min(1 << 20, n - len(out)))
        if not piece:
            raise EOFError("the submission's process ended")
        out += piece
    return out


def _ready(fd: int, deadline: float | None, *, to_read: bool) -> bool:
    """Wait until fd can be read (or written); False when the deadline passes first."""
    if deadline is None:
        return True
    left = max(0.0, deadline - time.monotonic())
    reading, writing = ([fd], []) if to_read else ([], [fd])
    return any(select.select(reading, writing, [], left))
