"""How two tensors or numpy arrays differ: kind, dtype, shape, then values, with the usual mistakes named.

The values are compared in float64 (complex128, int64) with numpy, whatever they came as.
"""

import itertools
from typing import Any

from llm101.check.plain import CheckFailed, a_kind, is_array, is_tensor, library
from llm101.check.short import short


def array_difference(got: Any, want: Any, what: str, rtol: float, atol: float) -> CheckFailed | None:
    """What is wrong with `got`, or None if shape and dtype are right and every value is within the tolerance.

    Args:
        got: the learner's value, plain. A number may stand for an array without dimensions.
        want: tensor or numpy array.
        what: how to call the value in the message.
        rtol, atol: values agree when |got - want| <= atol + rtol * |want|; NaN equals NaN.
    """
    if type(got) in (int, float, complex) and want.ndim == 0:
        got = _like(want, got)
    if not (is_tensor(got) if is_tensor(want) else is_array(got)):
        advice = ": is a `return` missing?" if got is None else ""
        return CheckFailed(f"{what} is {a_kind(got)}, expected {a_kind(want)}{advice}", short(want), short(got))
    if tuple(got.shape) != tuple(want.shape):
        message = f"{what} has the wrong shape{_shape_advice(got, want)}"
        return CheckFailed(message, str(tuple(want.shape)), str(tuple(got.shape)))
    if got.dtype != want.dtype:
        return CheckFailed(f"{what} has the wrong dtype", str(want.dtype), str(got.dtype))
    return _values(got, want, what, rtol, atol)


def _values(got: Any, want: Any, what: str, rtol: float, atol: float) -> CheckFailed | None:
    import numpy as np

    a, b = numbers(got), numbers(want)
    bad = ~close(a, b, rtol, atol)
    if not bad.any():
        return None
    first = tuple(int(i) for i in np.argwhere(bad)[0])
    message = f"{int(bad.sum())} of {bad.size} values of {what} differ; the first at {list(first)}"
    message += _not_numbers(a, b) or _looks_like(a, b, rtol, atol)
    return CheckFailed(message, f"{b[first]:.6g}  ({short(want)})", f"{a[first]:.6g}  ({short(got)})")


def numbers(x: Any) -> Any:
    """The values as a numpy array of int64, float64 or complex128 (numpy knows no bfloat16)."""
    if is_tensor(x):
        torch: Any = library("torch")
        wide = torch.complex128 if x.is_complex() else torch.float64 if x.is_floating_point() else torch.int64
        return x.to(wide).numpy()
    return x.astype({"c": "complex128", "f": "float64"}.get(x.dtype.kind, "int64"))


def close(a: Any, b: Any, rtol: float, atol: float) -> Any:
    """Which values agree (bool array); exactly, if both tolerances are 0."""
    import numpy as np

    if not rtol and not atol:
        return (a == b) | ((a != a) & (b != b))
    return np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=True)


def _like(want: Any, value: Any) -> Any:
    if is_tensor(want):
        torch: Any = library("torch")
        return torch.as_tensor(value, dtype=want.dtype)
    return library("numpy").asarray(value, dtype=want.dtype)


def _shape_advice(got: Any, want: Any) -> str:
    a, b = list(got.shape), list(want.shape)
    if sorted(a) == sorted(b):
        return ": the axes are in another order"
    if [n for n in a if n != 1] == [n for n in b if n != 1]:
        return ": an axis of size 1 is too much or missing (squeeze, unsqueeze, keepdim)"
    if len(a) == len(b) + 1:
        return ": one axis too many (was a sum or a mean over it meant?)"
    return ""


def _not_numbers(a: Any, b: Any) -> str:
    import numpy as np

    if a.dtype.kind not in "fc":
        return ""
    nan, infinite = int((np.isnan(a) & ~np.isnan(b)).sum()), int((np.isinf(a) & ~np.isinf(b)).sum())
    return (f"; {nan} are nan" if nan else "") + (f"; {infinite} are infinite" if infinite else "")


def _looks_like(a: Any, b: Any, rtol: float, atol: float) -> str:
    """Name the difference where it has a simple shape: rounding, transposed, a constant factor, a constant offset."""
    import numpy as np

    if largest := _nearly(a, b):
        return f"; they nearly agree (at most {largest:.1g} apart): was a part computed in float32, or an ε left out?"
    rtol = max(rtol, 1e-6)
    for axes in itertools.permutations(range(a.ndim)) if a.ndim in (2, 3) else ():
        turned = a.transpose(axes)
        if turned.shape == b.shape and close(turned, b, rtol, atol).all():
            return f"; the axes are in another order: .permute{axes} of it would be right"
    if a.size < 3 or not np.isfinite(a).all() or not np.isfinite(b).all():
        return ""
    scale = (a * b.conj()).sum() / ((b * b.conj()).sum() or 1)
    if scale and close(a, scale * b, rtol, atol).all():
        return f"; every value is {scale:.4g} times the expected one"
    offset = (a - b).mean()
    if close(a, b + offset, rtol, atol).all():
        return f"; every value is {abs(offset):.4g} too {'large' if offset.real > 0 else 'small'}"
    return ""


def _nearly(a: Any, b: Any) -> float:
    """The largest difference, if it is no more than float32 explains (1e-5 of the largest value); otherwise 0."""
    import numpy as np

    if a.dtype.kind not in "fc" or not np.isfinite(a).all() or not np.isfinite(b).all():
        return 0.0
    largest = float(np.abs(a - b).max())
    return largest if largest <= 1e-5 * float(np.abs(b).max()) else 0.0
