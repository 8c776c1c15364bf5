"""Beam search: keep the n most likely beginnings instead of one, and judge finished texts by a mean of sorts.

Greedy search regrets nothing: a likely first word that leads nowhere is never taken back. A beam of n can take it back.
Rows of a batch do not influence each other.
Letters: b batch, n beams of a row, c candidates of a row, t time, s all tokens so far, v vocabulary.

Graves 2012, arXiv:1211.3711; Sutskever et al. 2014, arXiv:1409.3215; Wu et al. 2016, section 7, arXiv:1609.08144.
"""

from collections.abc import Callable, Collection
from functools import partial
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from llm101.expect import integer, number
from llm101.generate.decode import LanguageModel, check, next_logits, stop_ids

Divisor = Callable[[int], float]  # tokens written -> what their log-probability is divided by
NEVER = -torch.inf  # the score of a beam or hypothesis that does not exist


class Hypotheses(NamedTuple):
    """What a beam search found for each row, the best first."""

    ids: Tensor  # (b n s) with the prompt; the rest of a shorter one repeats its last id
    scores: Tensor  # (b n) log-probability of what was written, divided by the length penalty; -inf = there is none


def by_power(n: int, alpha: float) -> float:
    """n^alpha: 0 = the log-probability as it is, 1 = its mean over the tokens, above 1 long texts win. transformers."""
    return float(n**alpha)


def wu(n: int, alpha: float) -> float:
    """((5 + n) / 6)^alpha, arXiv:1609.08144, equation 14: gentler on short texts. The 2017 Transformer: alpha 0.6.

    >>> round(wu(7, 0.6), 3), by_power(7, 1.0)
    (1.516, 7.0)
    """
    return float(((5 + n) / 6) ** alpha)


@torch.no_grad()
def beam_search(
    model: LanguageModel,
    ids: Tensor,
    max_new_tokens: int,
    n_beams: int,
    *,
    length_penalty: float | Divisor = 1.0,
    early_stopping: bool | Literal["never"] = False,
    stop: int | Collection[int] | None = None,
    keep: Tensor | None = None,
) -> Hypotheses:
    """Look for the n likeliest continuations of each row, without a promise to find them. Equals transformers' search.

    In each step every beam is continued by every token, and the best candidates of a row are looked at. Those among the
    best n that end in a stop token are finished; the best n of the others go on. A row is closed, and its finished texts
    stand, when it has n of them and early_stopping says so; after max_new_tokens what is still open counts as finished.

    Args:
        model, ids, stop, keep: as in `generate`.
        max_new_tokens: at least 1.
        n_beams: n, at least 1; 1 = greedy.
        length_penalty: alpha of `by_power`; or a function from tokens written (the stop token counted in) to the divisor,
            `partial(wu, alpha=0.6)`.
        early_stopping: when is a row with n finished texts closed? True = at once; False = as soon as the best beam,
            divided as at its present length, is no better than the worst of them (it might still become so, if long
            texts are favoured); "never" = as soon as it is no better with the kinder of the divisors of its present and
            of the greatest length, so that nothing better is missed.

    Returns:
        See Hypotheses; s is the length of the longest. `.ids[:, 0]` is the best of each row.

    Raises:
        ValueError: as `generate`; n_beams is below 1, early_stopping another word.
    """
    n_new = integer("beam_search", "max_new_tokens", max_new_tokens, at_least=1)
    n = integer("beam_search", "n_beams", n_beams, at_least=1)
    check(model, ids, n_new, 0, keep)
    search = Search(ids, n, n_new, stop_ids(stop, ids.device), Ending(n_new, length_penalty, early_stopping))
    caches, was_training = model.new_caches(), model.training
    model.train(False)
    try:
        logits = next_logits(model, ids, keep, caches).repeat_interleave(n, dim=0)  # a prompt is read once, not n times
        keep = None if keep is None else F.pad(keep, (0, n_new), value=True).repeat_interleave(n, dim=0)
        for cache in caches:
            cache.reorder(torch.arange(len(ids), device=ids.device).repeat_interleave(n))
        while True:
            parents = search.step(logits)
            if not search.open.any():
                return search.found()
            for cache in caches:
                cache.reorder(parents)
            new, s = search.beams.flatten(0, 1)[:, -1:], search.beams.shape[-1]
            logits = next_logits(model, new, None if keep is None else keep[:, :s], caches)
    finally:
        model.train(was_training)


class Ending:
    """When a text is worth stopping for: the length penalty and early_stopping of `beam_search`."""

    def __init__(self, n_new: int, length_penalty: float | Divisor, early_stopping: bool | str):
        if early_stopping not in (True, False, "never"):
            raise ValueError(f"beam_search: early_stopping must be True, False or 'never'; got {early_stopping!r}")
        self.n_new, self.at_once, self.sure = n_new, early_stopping not in (False, "never"), early_stopping == "never"
        self.divisor = length_penalty if callable(length_penalty) else power(length_penalty)

    def leaves_open(self, best_beam: Tensor, worst_finished: Tensor, n_written: int) -> Tensor:
        """Whether rows go on (b).

        Args:
            best_beam: (b) its log-probability.
            worst_finished: (b) the n-th best score of finished texts; -inf = there are not yet n.
            n_written: tokens of the beams so far.
        """
        divisor = self.divisor(n_written)
        if self.sure:
            divisor = max(divisor, self.divisor(self.n_new))
        better = best_beam / divisor > worst_finished
        return better & (worst_finished == NEVER) if self.at_once else better


def power(alpha: float) -> Divisor:
    """`by_power` with this alpha."""
    return partial(by_power, alpha=number("beam_search", "length_penalty", alpha))


class Search:
    """The beams and the finished texts of every row, and which rows are still open.

    Args:
        ids: (b t) prompts.
        n: beams a row.
        n_new: tokens to write at most.
        stops: ids that finish a text.
        ending: see Ending.
    """

    def __init__(self, ids: Tensor, n: int, n_new: int, stops: Tensor, ending: Ending):
        b, t = ids.shape
        self.n, self.n_prompt, self.n_new, self.stops, self.ending = n, t, n_new, stops, ending
        self.open = torch.ones(b, dtype=torch.bool, device=ids.device)
        # The beams: (b n s) and (b n). They begin alike; if more than one of them counted, they would stay alike.
        self.beams, self.log_p = ids[:, None].expand(b, n, t), torch.full((b, n), NEVER, device=ids.device)
        self.log_p[:, 0] = 0.0
        # The finished texts: (b n t+n_new), and twice (b n).
        self.texts, self.lengths = F.pad(self.beams, (0, n_new)), torch.full((b, n), t, device=ids.device)
        self.scores = torch.full((b, n), NEVER, device=ids.device)

    def step(self, logits: Tensor) -> Tensor:
        """Continue every beam by a token, given what the model says (b·n v); which row (b·n) each new beam goes on from."""
        b, n, v = len(self.beams), self.n, logits.shape[-1]
        wide = logits.to(torch.promote_types(logits.dtype, torch.float32))
        log_p = self.log_p[..., None] + wide.log_softmax(-1).unflatten(0, (b, n))  # (b n v)
        n_candidates = min(n * (1 + max(1, len(self.stops))), n * v)  # so many that n of them go on
        log_p, places = log_p.flatten(1).topk(n_candidates)  # (b c)
        parents, tokens = places // v, places % v
        texts = torch.cat([pick(self.beams, parents), tokens[..., None].to(self.beams)], dim=-1)  # (b c s)
        stopped = torch.isin(tokens, self.stops)  # (b c)
        self.finish(texts[:, :n], log_p[:, :n], stopped[:, :n])
        self.log_p, best = log_p.masked_fill(stopped, NEVER).topk(n)  # (b n)
        self.beams, parents = pick(texts, best), pick(parents, best)
        self.close()
        return (parents + n * torch.arange(b, device=parents.device)[:, None]).flatten()

    @property
    def n_written(self) -> int:
        """Tokens behind the prompt."""
        return self.beams.shape[-1] - self.n_prompt

    def finish(self, texts: Tensor, log_p: Tensor, stopped: Tensor) -> None:
        """Put candidates (b n s) that have stopped among the finished texts of open rows, and keep the best n."""
        n_written, s = self.n_written + 1, texts.shape[-1]
        ends = (stopped | (n_written == self.n_new)) & self.open[:, None]
        scores = (log_p / self.ending.divisor(n_written)).masked_fill(~ends, NEVER)  # (b n)
        self.scores, best = torch.cat([self.scores, scores], dim=1).topk(self.n)
        whole = F.pad(texts, (0, self.n_new - n_written))
        self.texts = pick(torch.cat([self.texts, whole], dim=1), best)
        self.lengths = pick(torch.cat([self.lengths, torch.full_like(self.lengths, s)], dim=1), best)

    def close(self) -> None:
        """Close rows that have what they want, and all of them at the end."""
        worst = self.scores[:, -1]  # (b)
        self.open &= self.ending.leaves_open(self.log_p[:, 0], worst, self.n_written)
        self.open &= self.n_written < self.n_new

    def found(self) -> Hypotheses:
        """The finished texts, cut to the longest."""
        places = torch.arange(int(self.lengths.max()), device=self.lengths.device)
        return Hypotheses(self.texts.gather(-1, places.minimum(self.lengths[..., None] - 1)), self.scores)


def pick(x: Tensor, which: Tensor) -> Tensor:
    """From each row of x (b m ...) the entries (b n): (b n ...)."""
    return x[torch.arange(len(x), device=x.device)[:, None], which]
