"""Texts from a network that says how probable each next piece is: greedy, or by beam search.

The network takes what is told (one array or more) and what was said so far, (n, steps), and gives the probabilities of
what comes next at each step, (n, steps, numbers): a step depends on nothing behind it. One call judges a whole guess,
and greedy decoding need not go step by step: what is said is put in as the next guess until it stays. At least one more
step is right after each call, often many.

Source: Santilli et al. (2023), Accelerating Transformer Inference for Translation via Parallel Decoding, ACL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .array_types import Float64s, Int64s
from .pieces import END, Int32s, prefixes
from .probabilities import SMALLEST

Call = Callable[..., NDArray[Any]]
"""What is told, arrays (n, …), and what was said before each step (n, steps) → probabilities (n, steps, numbers)."""

CELLS = 1 << 24
"""Probabilities that a call gives, at most: 64 MB."""

ALPHA = 0.6
"""How much longer texts are favoured in a beam: 0 not at all, 1 by the mean logarithm of a piece."""


class Said(NamedTuple):
    """What a network says.

    Args:
        numbers: (n, steps), pieces and END, then 0; without END where it came to no end.
        log_probability: (n,), of all these together, in nats.
    """

    numbers: Int32s
    log_probability: Float64s


def decode(
    call: Call,
    told: Sequence[NDArray[Any]],
    steps: int,
    numbers: int,
    *,
    beam: int = 1,
    guess: Int32s | None = None,
) -> Said:
    """What the network says of each item.

    Args:
        call: the network.
        told: arrays (n, …).
        steps: that a text may have, its END included.
        numbers: of pieces and marks that there are.
        beam: texts that are followed at once; 1: the most probable next piece at each step.
        guess: (n, steps), what it may say: shortens the way where it is right and changes nothing where it is not.
    """
    parts = []
    for rows in batches(len(told[0]), steps * numbers * beam):
        some = [array[rows] for array in told]
        near = None if guess is None else guess[rows]
        parts.append(_greedy(call, some, steps, near) if beam == 1 else _searched(call, some, steps, beam))
    if not parts:
        return Said(np.zeros((0, steps), np.int32), np.zeros(0))
    return Said(np.concatenate([part.numbers for part in parts]), np.concatenate([p.log_probability for p in parts]))


def batches(n: int, cells: int) -> Iterator[slice]:
    """Slices of n items, each with so few that a call's output stays small.

    Args:
        n: items.
        cells: of the output of one item.
    """
    size = max(1, CELLS // cells)
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def nats(probabilities: NDArray[Any], targets: Int32s) -> Float64s:
    """What each target cost, (n, steps): minus the logarithm of its probability; 0 behind the end of a text.

    Args:
        probabilities: (n, steps, numbers).
        targets: (n, steps).
    """
    of = np.take_along_axis(probabilities, targets[..., None], axis=2)[..., 0].astype(np.float64)
    cost: Float64s = np.where(targets > 0, -np.log(np.maximum(of, SMALLEST)), 0.0)
    return cost


def most_probable(probabilities: NDArray[Any]) -> Int32s:
    """(n, steps, numbers) → (n, steps): the number of a piece, or END; what is unknown cannot be written."""
    best: Int32s = (probabilities[..., END:].argmax(axis=-1) + END).astype(np.int32)
    return best


def ended(numbers: Int32s) -> Int32s:
    """(n, steps) with 0 behind the first END."""
    behind = np.cumsum(numbers == END, axis=1) - (numbers == END) > 0
    return np.where(behind, 0, numbers).astype(np.int32)


def _greedy(call: Call, told: Sequence[NDArray[Any]], steps: int, guess: Int32s | None) -> Said:
    n = len(told[0])
    before = prefixes(np.zeros((n, steps), np.int32) if guess is None else guess)
    said, cost = np.zeros((n, steps), np.int32), np.zeros(n)
    open_: Int64s = np.arange(n)
    while len(open_):
        probabilities = call(*(array[open_] for array in told), before[open_])
        best = most_probable(probabilities)
        agree = np.logical_and.accumulate(best[:, :-1] == before[open_, 1:], axis=1).sum(axis=1)  # all right but one
        end = np.where((best == END).any(axis=1), (best == END).argmax(axis=1), steps - 1)
        done = end <= agree
        said[open_[done]] = ended(best[done])
        cost[open_[done]] = nats(probabilities[done], said[open_[done]]).sum(axis=1)
        before[open_, 1:] = best[:, :-1]
        open_ = open_[~done]
    return Said(said, -cost)


def _searched(call: Call, told: Sequence[NDArray[Any]], steps: int, width: int) -> Said:
    """Beam search: the `width` most probable beginnings are followed; of all that ended, the best by length.

    Source: Wu et al. (2016), Google's Neural Machine Translation System, section 7 (its length normalisation).
    """
    n = len(told[0])
    texts = np.zeros((n, width, steps), np.int32)
    scores = np.full((n, width), -np.inf)
    scores[:, 0] = 0.0  # all begin alike: one of them is enough
    found, best, log_probability = np.zeros((n, steps), np.int32), np.full(n, -np.inf), np.zeros(n)
    open_: Int64s = np.arange(n)
    for step in range(steps):
        before = prefixes(texts[open_].reshape(-1, steps))
        probabilities = call(*(np.repeat(array[open_], width, axis=0) for array in told), before)[:, step, END:]
        likely = np.log(np.maximum(probabilities, SMALLEST)).reshape(len(open_), width, -1)
        total = (scores[open_][..., None] + likely).reshape(len(open_), -1)
        order = np.argsort(-total, axis=1, kind="stable")[:, : 2 * width]  # half of them may end, at most
        number = (order % likely.shape[2] + END).astype(np.int32)
        longer = np.take_along_axis(texts[open_], (order // likely.shape[2])[..., None], axis=1)
        longer[..., step] = number
        total = np.take_along_axis(total, order, axis=1)
        ends = (number == END) | (step == steps - 1)
        _keep_best(np.where(ends, total, -np.inf), longer, step, open_, (found, best, log_probability))
        alive = np.argsort(ends, axis=1, kind="stable")[:, :width]  # in their order
        texts[open_] = np.take_along_axis(longer, alive[..., None], axis=1)
        scores[open_] = np.where(
            np.take_along_axis(ends, alive, axis=1), -np.inf, np.take_along_axis(total, alive, axis=1)
        )
        open_ = open_[scores[open_].max(axis=1) / _length(steps) > best[open_]]  # the best that may still come
        if not len(open_):
            break
    return Said(found, log_probability)


def _keep_best(
    total: Float64s, texts: Int32s, step: int, open_: Int64s, kept: tuple[Int32s, Float64s, Float64s]
) -> None:
    """Put the best text that ends at this step where it is better than what ended before."""
    found, best, log_probability = kept
    place = total.argmax(axis=1)
    score = np.take_along_axis(total, place[:, None], axis=1)[:, 0]
    better = score / _length(step + 1) > best[open_]
    rows = open_[better]
    found[rows] = texts[np.flatnonzero(better), place[better]]
    best[rows], log_probability[rows] = score[better] / _length(step + 1), score[better]


def _length(pieces: int) -> float:
    return float(((5 + pieces) / 6) ** ALPHA)
