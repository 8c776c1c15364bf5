"""Plain data as JSON plus raw bytes: what the grader and a sandboxed submission say to each other.

JSON cannot tell a tuple from a list, drops integer keys and has no tensors, so every such value is an object with
one key, its tag: {"t": [1, 2]} is the tuple (1, 2), {"T": ["float32", [2, 3]]} a tensor whose 24 bytes follow in the
blob. No pickle: reading a pickle means running its author's code.

    tag   value                       tag   value
    I     integer beyond 2**53, hex   t     tuple
    F     float, hex (exact, and nan) s z   set, frozenset
    C     complex, two hex floats     d     dict as a list of pairs
    B     bytes, their number         T N   torch tensor, numpy array: dtype and shape
    R     an object that stays in the submission's process: its number there

`unpack` reads what a stranger's process sent and trusts nothing: depth, counts, sizes and types are all checked.
"""

import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

MAX_DEPTH = 40  # plain() refuses beyond 30
MAX_HEX_DIGITS = 3500  # Python refuses to print integers of more than 4300 decimal digits
MAX_SAME_HASH = 200  # keys made to collide turn a dict into a loop of minutes
EXACT = 1 << 53
ITEM_BYTES = {"bool": 1, "uint8": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8}
ITEM_BYTES |= {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "complex64": 8, "complex128": 16}


class Handle:
    """Stands for an object that stays in the submission's process; `index` is its number there."""

    def __init__(self, index: int):
        self.index = index


def pack(x: Any, blobs: list[bytes]) -> Any:
    """`x` as JSON-ready data; the bytes of tensors, arrays and bytes objects are appended to `blobs` in order.

    Args:
        x: built-in types, tensors, numpy arrays and Handles only (see `plain`).
        blobs: grows.

    Raises:
        TypeError: x holds something else, such as a function.
        ValueError: an integer of more than 3500 hex digits.

    >>> pack({(1, 2): 0.5}, [])
    {'d': [[{'t': [1, 2]}, {'F': '0x1.0000000000000p-1'}]]}
    """
    if x is None or type(x) in (bool, str):
        return x
    if type(x) is int:
        return x if abs(x) < EXACT else {"I": _hex(x)}
    if type(x) is float:
        return {"F": x.hex()}
    if type(x) is complex:
        return {"C": [x.real.hex(), x.imag.hex()]}
    if type(x) is bytes:
        blobs.append(x)
        return {"B": len(x)}
    if isinstance(x, Handle):
        return {"R": x.index}
    return _pack_container(x, blobs)


def _pack_container(x: Any, blobs: list[bytes]) -> Any:
    if type(x) is list:
        return [pack(v, blobs) for v in x]
    if type(x) is dict:
        return {"d": [[pack(k, blobs), pack(v, blobs)] for k, v in x.items()]}
    for kind, tag in ((tuple, "t"), (set, "s"), (frozenset, "z")):
        if type(x) is kind:
            return {tag: [pack(v, blobs) for v in x]}
    if _is("torch", "Tensor", x):
        return {"T": _pack_tensor(x, blobs)}
    if _is("numpy", "ndarray", x):
        blobs.append(x.tobytes())
        return {"N": [x.dtype.name, list(x.shape)]}
    raise TypeError(f"cannot send a {type(x).__name__} to the submission: only plain data, tensors and arrays travel")


def _pack_tensor(x: Any, blobs: list[bytes]) -> list[Any]:
    import torch

    x = x.detach().cpu().resolve_conj().resolve_neg().contiguous()
    blobs.append(x.reshape(-1).view(torch.uint8).numpy().tobytes() if x.numel() else b"")
    return [str(x.dtype).removeprefix("torch."), list(x.shape)]


def _hex(x: int) -> str:
    text = hex(x)
    if len(text) > MAX_HEX_DIGITS:
        raise ValueError(f"an integer of {len(text)} hex digits is too large to send; at most {MAX_HEX_DIGITS}")
    return text


def _is(module: str, name: str, x: Any) -> bool:
    """isinstance without importing: a tensor can only exist where torch is loaded."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(x, getattr(loaded, name))


def unpack(data: Any, blob: bytes | bytearray, handles: Sequence[Any] | None = None) -> Any:
    """The value that `pack` was given.

    Args:
        data: what `pack` returned, after a trip through JSON.
        blob: the blobs, joined.
        handles: the objects that tag R may name; None refuses the tag.

    Raises:
        ValueError: anything that `pack` does not produce. A hostile sender can cause no other outcome.
    """
    try:
        return _Reader(blob, handles or ()).value(data, 0)
    except (TypeError, KeyError, IndexError, OverflowError, RuntimeError, AttributeError) as e:
        raise ValueError(f"malformed value: {type(e).__name__}: {str(e)[:100]}") from None


class _Reader:
    """Walks one value; takes tensors' bytes from the blob in order."""

    def __init__(self, blob: bytes | bytearray, handles: Sequence[Any]):
        self.blob, self.position, self.handles = memoryview(blob), 0, handles
        self.by_tag: dict[str, Callable[[Any, int], Any]] = {
            "I": lambda v, _: self.integer(v),
            "F": lambda v, _: float.fromhex(v),
            "C": lambda v, _: complex(float.fromhex(v[0]), float.fromhex(v[1])),
            "B": lambda v, _: bytes(self.take(v)),
            "R": lambda v, _: self.handles[_count(v)],
            "T": lambda v, _: self.tensor(v[0], v[1]),
            "N": lambda v, _: self.array(v[0], v[1]),
            "t": lambda v, depth: tuple(self.items(v, depth)),
            "s": lambda v, depth: set(_spread(self.items(v, depth))),
            "z": lambda v, depth: frozenset(_spread(self.items(v, depth))),
            "d": self.mapping,
        }

    def value(self, j: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise ValueError(f"nested more than {MAX_DEPTH} levels deep")
        if j is None or type(j) in (bool, int, str):
            return j
        if type(j) is list:
            return self.items(j, depth)
        if type(j) is not dict or len(j) != 1:
            raise ValueError(f"expected an object with one tag; got {type(j).__name__}")
        ((tag, inner),) = j.items()
        return self.by_tag[tag](inner, depth)

    def items(self, values: Any, depth: int) -> list[Any]:
        return [self.value(v, depth + 1) for v in _of(list, values)]

    def mapping(self, pairs: Any, depth: int) -> dict[Any, Any]:
        read = [(self.value(k, depth + 1), self.value(v, depth + 1)) for k, v in _of(list, pairs)]
        _spread([k for k, _ in read])
        return dict(read)

    def integer(self, text: Any) -> int:
        if len(_of(str, text)) > MAX_HEX_DIGITS:
            raise ValueError(f"an integer of {len(text)} hex digits; at most {MAX_HEX_DIGITS}")
        return int(text, 16)

    def take(self, n: Any) -> memoryview:
        start, self.position = self.position, self.position + _count(n)
        if self.position > len(self.blob):
            raise ValueError(f"{self.position} bytes announced; {len(self.blob)} came")
        return self.blob[start : self.position]

    def raw(self, dtype: Any, shape: Any) -> bytearray:
        sizes = [_count(n) for n in _of(list, shape)]
        if len(sizes) > 16 or max(sizes, default=0) > 1 << 40:
            raise ValueError(f"a tensor of shape {sizes[:20]}")
        return bytearray(self.take(math.prod(sizes) * ITEM_BYTES[_of(str, dtype)]))

    def tensor(self, dtype: Any, shape: Any) -> Any:
        import torch

        data = self.raw(dtype, shape)
        kind = torch.uint8 if dtype == "bool" else getattr(torch, dtype)
        flat = torch.frombuffer(data, dtype=kind) if data else torch.empty(0, dtype=kind)
        return (flat.ne(0) if dtype == "bool" else flat).reshape(shape)

    def array(self, dtype: Any, shape: Any) -> Any:
        import numpy as np

        flat = np.frombuffer(self.raw(dtype, shape), dtype="uint8" if dtype == "bool" else dtype)
        return (flat != 0 if dtype == "bool" else flat).reshape(shape)


def _of(kind: type, x: Any) -> Any:
    if type(x) is not kind:
        raise ValueError(f"expected a {kind.__name__}; got {type(x).__name__}")
    return x


def _count(n: Any) -> int:
    if type(n) is not int or n < 0:
        raise ValueError(f"expected a size; got {str(n)[:40]}")
    return n


def _spread(keys: list[Any]) -> Iterable[Any]:
    """`keys`, unless so many share one hash that a dict of them would take minutes to build."""
    if keys and max(Counter(map(hash, keys)).values()) > MAX_SAME_HASH:
        raise ValueError(f"more than {MAX_SAME_HASH} keys share one hash")
    return keys
