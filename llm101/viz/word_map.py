"""Word vectors on a plane: the two directions in which they differ most (principal components), as a picture in SVG.

A vector of 32 numbers cannot be drawn. The plane is chosen once, from one set of vectors, so that pictures of the same
words at different times can be compared. `score_axes` chooses another plane: one that tells two classes apart.
"""

from collections.abc import Callable, Iterator, Sequence
from html import escape

import ipywidgets as w
import torch
from torch import Tensor
from torch.nn import functional as F

from llm101.lm.word2vec import Word2Vec
from llm101.viz.plots import PALETTE
from llm101.viz.widgets import stepper

WIDTH, HEIGHT, MARGIN = 720, 420, 60
LETTER, LINE = 7, 13  # pixels that a letter is wide and a line is high, at the font size of the labels
Box = tuple[float, float, float, float]  # left, top, right, bottom, in pixels


def plane(vectors: Tensor) -> Tensor:
    """The two orthogonal directions of largest variance, (2 d): the first right singular vectors of the centred table.

    Args:
        vectors: (n d), n at least 2.

    >>> plane(torch.tensor([[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [0.0, 0.0, 1.0], [4.0, 0.0, 1.0]])).abs().round()
    tensor([[1., 0., 0.],
            [0., 0., 1.]])
    """
    centred = vectors - vectors.mean(0)
    return torch.linalg.svd(centred, full_matrices=False).Vh[:2]  # (2 d)


def score_axes(vectors: Tensor, labels: Tensor, *, ridge: float = 1.0) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """Two axes on which two classes are told apart: a score by least squares, and the widest direction across it.

    The score is about -1 for label 0 and +1 for label 1:  (x - mean) · w + mean answer, with
    w = (XᵀX + ridge · 1)⁻¹ Xᵀ y for the centred vectors X and the answers y = ±1.

    Args:
        vectors: (n d), to fit the axes to.
        labels: (n), 0 or 1.
        ridge: keeps w short where vectors say nothing, above 0.

    Returns:
        A function from (m d) to the score (m) and the position across (m).

    >>> score, across = score_axes(torch.tensor([[-1.0, 2], [1, 2], [-1, 0], [1, 0]]), torch.tensor([0, 1, 0, 1]))(
    ...     torch.tensor([[4.0, 1.0]])
    ... )
    >>> score.round(decimals=3), across.abs().round(decimals=3)  # w = 4 / (4 + 1)
    (tensor([3.2000]), tensor([0.]))
    """
    origin, answers = vectors.mean(0), 2.0 * labels - 1
    centred = vectors - origin  # (n d)
    squares = centred.T @ centred + ridge * torch.eye(vectors.shape[1], dtype=vectors.dtype)
    towards = torch.linalg.solve(squares, centred.T @ answers.to(vectors.dtype))  # (d)
    along = F.normalize(towards, dim=0)
    across = plane(centred - (centred @ along)[:, None] * along)[0]  # (d)
    return lambda x: ((x - origin) @ towards + answers.mean(), (x - origin) @ across)


def word_map(model: Word2Vec, groups: Sequence[Sequence[str]], directions: Tensor, *, reach: float) -> str:
    """The words of each group as points, joined by a line, as SVG.

    Args:
        model: the vectors.
        groups: words that belong together; the first of every group has one colour, the second another, and so on.
        directions: (2 d), from `plane`.
        reach: the picture shows positions from -reach to reach both ways; what lies outside is drawn at its edge.
    """
    units = torch.stack([model.units[model.index[word]] for group in groups for word in group])
    xy = ((units - units.mean(0)) @ directions.T / reach).clamp(-1, 1)  # (n 2)
    spots = [(WIDTH / 2 + x * (WIDTH / 2 - MARGIN), HEIGHT / 2 - y * (HEIGHT / 2 - 20)) for x, y in xy.tolist()]
    places, labels = iter(spots), label_places([word for group in groups for word in group], spots)
    parts = []
    for group in groups:
        points = [next(places) for _ in group]
        path = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="#999999" stroke-width="1"/>')
        parts += [
            dot(word, x, y, next(labels), PALETTE[i % len(PALETTE)])
            for i, (word, (x, y)) in enumerate(zip(group, points, strict=True))
        ]
    return f'<svg width="{WIDTH}" height="{HEIGHT}" style="background:#ffffff;border:1px solid #cccccc">{"".join(parts)}</svg>'


def dot(word: str, x: float, y: float, label: tuple[float, float], colour: str) -> str:
    """One word: a point, and its name where `label` says its left end is."""
    return (
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4" fill="{colour}"/>'
        f'<text x="{label[0]:.0f}" y="{label[1]:.0f}" font-size="12" fill="#111111">{escape(word)}</text>'
    )


def label_places(words: Sequence[str], spots: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Where each name is written: beside its point, where it covers the least of the other points and names.

    One name after the other; each takes the best of ten places: right or left of its point, in five heights.

    >>> list(label_places(["a", "b"], [(100.0, 100.0), (100.0, 100.0)]))  # the second moves aside
    [(107.0, 96.0), (86.0, 96.0)]
    """
    taken: list[Box] = [(x - 4, y - 4, x + 4, y + 4) for x, y in spots]
    for word, (x, y) in zip(words, spots, strict=True):
        width = LETTER * len(word)
        places = [(left, y + down) for down in (-4, 4, 13, -13, 22) for left in (x + 7, x - 7 - width)]
        boxes = [(left, bottom - LINE + 3, left + width, bottom + 3) for left, bottom in places]
        best = min(
            range(len(boxes)), key=lambda i: sum(overlap(boxes[i], other) for other in taken) + outside(boxes[i])
        )
        taken.append(boxes[best])
        yield places[best]


def overlap(one: Box, other: Box) -> float:
    """The area that two boxes share, in square pixels."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return max(across, 0.0) * max(down, 0.0)


def outside(box: Box) -> float:
    """How much of a box lies outside the picture, in square pixels."""
    return (box[2] - box[0]) * (box[3] - box[1]) - overlap(box, (0, 0, WIDTH, HEIGHT))


def word_map_stepper(
    snapshots: Sequence[Word2Vec], groups: Sequence[Sequence[str]], directions: Tensor, *, reach: float
) -> w.VBox:
    """A slider over the passes of a training: the same words on the same plane after each.

    Args:
        snapshots: the vectors after 0, 1, 2 … passes, as `Word2Vec.train(on_epoch=…)` reports them.
        groups, directions, reach: as for `word_map`.
    """
    return stepper(
        lambda n: f"<p>after {n} passes over the text</p>{word_map(snapshots[n], groups, directions, reach=reach)}",
        len(snapshots) - 1,
        start=len(snapshots) - 1,
        label="passes",
    )
