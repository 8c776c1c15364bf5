"""The matrix product. Values and pulls as in elementwise.py."""

from llm101.autograd.elementwise import Array, Result, unbroadcast


def flip(a: Array) -> Array:
    """The last two axes swapped: the transpose of every matrix in a stack."""
    return a.swapaxes(-1, -2)


def matmul(a: Array, b: Array) -> Result:
    """a @ b as in numpy: stacks of matrices broadcast; a vector is a row on the left and a column on the right.

    With C = A B and G the gradient by C:   the gradient by A is G Bᵀ, by B it is Aᵀ G.

    Raises:
        ValueError: a has not as many columns as b has rows.
    """
    left = a[None, :] if a.ndim == 1 else a
    right = b[:, None] if b.ndim == 1 else b
    if not (a.ndim and b.ndim) or left.shape[-1] != right.shape[-2]:
        raise ValueError(f"Tensor @: the columns of {a.shape} must be as many as the rows of {b.shape}")
    product = left @ right
    value = product.squeeze(tuple(axis for axis, x in ((-2, a), (-1, b)) if x.ndim == 1))

    def pull_a(g: Array) -> Array:
        return unbroadcast(g.reshape(product.shape) @ flip(right), left.shape).reshape(a.shape)

    def pull_b(g: Array) -> Array:
        return unbroadcast(flip(left) @ g.reshape(product.shape), right.shape).reshape(b.shape)

    return value, (pull_a, pull_b)
