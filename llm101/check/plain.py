"""Bring any value down to plain data.

A learner's object may lie (`__eq__` that is always True, `__repr__` that raises, a subclass of list whose
`__iter__` never ends), so nothing here asks the object: exact built-in methods read it, and what cannot be
read that way is refused. After `plain()` two values can be compared and shown without running a stranger's code.
"""

import sys
from typing import Any

MAX_DEPTH = 30
MAX_VALUES = 2_000_000
FLAT = {type(None), bool, int, float, complex, str, bytes}

ITERATORS = {"generator", "map", "filter", "zip", "enumerate", "reversed", "range", "deque"}
ITERATORS |= {"chain", "islice", "count", "dict_keys", "dict_values", "dict_items"}


class CheckFailed(Exception):  # noqa: N818 - an answer that is wrong, not a programming error
    """The learner's answer is wrong: what was said, what was expected, what came, and a named mistake if known."""

    def __init__(self, message: str, expected: str = "", got: str = "", mistake: str = ""):
        super().__init__(message)
        self.message, self.expected, self.got, self.mistake = message, expected, got, mistake


class NotPlain(CheckFailed):
    """The answer is not plain data; `message` continues the sentence 'the result is ...'."""


def library(name: str) -> Any:
    """An imported module, or None: a tensor can only exist where torch is loaded, so nothing is imported for it."""
    return sys.modules.get(name)


def is_tensor(x: Any) -> bool:
    """True for a torch tensor of any subclass, judged by the real type."""
    torch = library("torch")
    return torch is not None and issubclass(type(x), torch.Tensor)


def is_array(x: Any) -> bool:
    """True for a numpy array of any subclass, judged by the real type."""
    numpy = library("numpy")
    return numpy is not None and issubclass(type(x), numpy.ndarray)


def kind(x: Any) -> str:
    """The name of the real type of x, whatever its metaclass or `__class__` claims."""
    return str(type.__dict__["__name__"].__get__(type(x)))[:80]


def a_kind(x: Any) -> str:
    """`kind` with its article: 'a list', 'an int', 'None', 'a numpy array', 'a tensor'."""
    if x is None:
        return "None"
    name = "tensor" if is_tensor(x) else "numpy array" if is_array(x) else kind(x)
    return ("an " if name[0] in "aeiouAEIOU" else "a ") + name


def plain(x: Any) -> Any:
    """A copy of x made of built-in types, tensors and numpy arrays only.

    Kept: None, bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, torch.Tensor (detached, on
    the CPU), numpy.ndarray of numbers. Subclasses become their base (Counter -> dict, Parameter -> Tensor,
    torch.Size -> tuple, IntEnum -> int), numpy scalars become Python numbers, torch and numpy dtypes become text.

    Raises:
        CheckFailed: an object of another type, nested deeper than 30, or more than 2,000,000 values.

    >>> plain({"a": (1, 2.5), "b": [None]})
    {'a': (1, 2.5), 'b': [None]}
    """
    return _Copier().copy(x, 0)


class _Copier:
    """One walk over one value; counts what it has seen."""

    def __init__(self) -> None:
        self.seen = 0

    def copy(self, x: Any, depth: int) -> Any:
        self.count(1)
        if depth > MAX_DEPTH:
            raise NotPlain(f"nested more than {MAX_DEPTH} levels deep: does it contain itself?")
        if is_tensor(x):
            return _plain_tensor(x)
        if is_array(x) and x.dtype.kind in "biufc":
            return _plain_array(x)
        if type(x) in FLAT:
            return x
        for base, convert in SCALARS:
            if issubclass(type(x), base):
                return convert(x)
        return self.container(x, depth + 1)

    def count(self, n: int) -> None:
        """So many more values."""
        self.seen += n
        if self.seen > MAX_VALUES:
            raise NotPlain(f"far too large: more than {MAX_VALUES:,} values")

    def container(self, x: Any, depth: int) -> Any:
        real = type(x)
        if issubclass(real, dict):
            return {self.key(k, depth): self.copy(v, depth) for k, v in dict.items(x)}
        for base, build in ((list, list), (tuple, tuple), (frozenset, frozenset), (set, set)):
            if issubclass(real, base):
                if set(map(type, base.__iter__(x))) <= FLAT:  # the usual case, at the speed of C
                    self.count(base.__len__(x))
                    return build(base.__iter__(x))
                one = self.copy if base in (list, tuple) else self.key
                return build([one(v, depth) for v in base.__iter__(x)])
        return self.foreign(x, depth)

    def key(self, x: Any, depth: int) -> Any:
        """A dict key or set member: must stay hashable."""
        copied = self.copy(x, depth)
        try:
            hash(copied)
        except TypeError:
            raise NotPlain(f"a container with {a_kind(x)} as key or member") from None
        return copied

    def foreign(self, x: Any, depth: int) -> Any:
        """numpy's scalars and arrays of objects or text; dtypes and devices as text; nothing else."""
        numpy, torch = library("numpy"), library("torch")
        if numpy is not None and issubclass(type(x), numpy.generic | numpy.ndarray):
            return self.copy(x.tolist(), depth)
        if numpy is not None and issubclass(type(x), numpy.dtype):
            return str(x)
        if torch is not None and type(x) in (torch.dtype, torch.device):
            return str(x)
        raise NotPlain(_refusal(x))


SCALARS = (
    (bool, bool),
    (int, int.__int__),
    (float, float.__float__),
    (complex, complex.__complex__),
    (str, str.__str__),
    (bytes, bytes.__bytes__),
    (bytearray, lambda x: bytes(memoryview(x))),
)


def _plain_tensor(x: Any) -> Any:
    torch: Any = library("torch")
    with torch._C.DisableTorchFunctionSubclass():  # a subclass may not answer for itself
        try:
            dense = x.detach().to_dense() if x.layout is not torch.strided else x.detach()
            return dense.cpu().as_subclass(torch.Tensor).clone()
        except (RuntimeError, NotImplementedError) as e:
            raise NotPlain(f"a tensor that cannot be read: {str(e)[:80]}") from None


def _plain_array(x: Any) -> Any:
    numpy: Any = library("numpy")
    return numpy.array(numpy.ndarray.view(x, numpy.ndarray), copy=True)


def _refusal(x: Any) -> str:
    name = kind(x)
    if name in ITERATORS or name.endswith("iterator"):
        return f"{a_kind(x)}, which holds no values yet: wrap it in list(...)"
    if name in ("function", "method", "builtin_function_or_method"):
        return f"{a_kind(x)}: did you forget the brackets of a call, f(...)?"
    if name == "coroutine":
        return "a coroutine: define the function with `def`, not `async def`"
    return f"an object of type {name}, not a plain value or a tensor"
