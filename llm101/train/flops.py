"""How much of the hardware's arithmetic a run uses: model FLOPs utilisation (MFU).

Chowdhery et al. 2022 (PaLM), appendix B, arXiv:2204.02311. Only the work that the model needs counts; what is computed
twice to save memory does not. A FLOP is one multiplication or one addition.
"""

from llm101.expect import number


def flops_per_token(n_parameters: int, *, n_layers: int, width: int, context: int) -> int:
    """FLOPs of training on one token, forward and backward: 6 N + 12 l d t.

    Every weight is multiplied and added once forward (2 FLOPs) and twice backward. Attention has no weights between
    queries, keys and values: 2 d t for the scores and 2 d t for the mix, in each layer, again three times.
    An estimate: the causal mask is not made use of, and tables that are only looked up count as if they were multiplied
    (a tied table is, in the head).

    Args:
        n_parameters: N.
        n_layers: l.
        width: d, of all heads together (heads · head_dim).
        context: t, tokens.

    >>> palm = flops_per_token(540_350_000_000, n_layers=118, width=48 * 256, context=2048)
    >>> round(palm / 1e12, 3)  # million million for one token
    3.278
    """
    return 6 * n_parameters + 12 * n_layers * width * context


def utilisation(tokens_per_second: float, flops: float, *, peak: float, n_devices: int = 1) -> float:
    """The share of the peak that goes into the model, from 0 to 1.

    Args:
        tokens_per_second: of all devices together.
        flops: for one token, see `flops_per_token`.
        peak: FLOPs a second of one device in the precision used, without sparsity: A100 312e12, H100 SXM 989e12 (bf16).
        n_devices: how many.

    Raises:
        ValueError: the peak is not above 0.

    >>> palm = flops_per_token(540_350_000_000, n_layers=118, width=48 * 256, context=2048)
    >>> round(utilisation(238_300, palm, peak=275e12, n_devices=6144), 3)  # the paper: 46.2 %
    0.462
    """
    if number("utilisation", "peak", peak, at_least=0) == 0:
        raise ValueError("utilisation: peak must be above 0 FLOPs a second; got 0")
    return tokens_per_second * flops / (peak * n_devices)
