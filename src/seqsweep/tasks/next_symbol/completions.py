"""What a network writes after beginnings from the test part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from seqsweep.serving.writing import Writer
from seqsweep.tasks.dataset import Call
from seqsweep.tasks.next_symbol.dataset import SymbolView, Texts

TEMPERATURES = (0.0, 0.5, 1.0)
PROMPTS = 3  # where texts are long
SHORT = 24  # symbols: a text of so few is completed from each of its beginnings
GIVEN = 40  # symbols of a beginning
WRITTEN = 40  # symbols


@dataclass(frozen=True)
class Completion:
    """A beginning and how it goes on.

    Args:
        prompt: the beginning.
        actual: how the text itself goes on.
        written: what the network writes, at each of TEMPERATURES.
        inside: whether the text begins before it.
    """

    prompt: str
    actual: str
    written: tuple[str, ...]
    inside: bool = False

    @property
    def is_right(self) -> bool:
        """Whether the most probable symbols are what the text has."""
        return self.written[0] == self.actual


def complete(data: Texts, view: SymbolView, call: Call) -> Mapping[str, Any]:
    """Completions as plain values.

    Args:
        data: of the sweep.
        view: of the winner.
        call: its network.
    """
    chosen = _short(data) or _long(data)
    prompts = [data.alphabet.numbers(data.passage(*begin)) for begin, _ in chosen]
    lengths = [end - start for _, (start, end) in chosen]
    writer = Writer(lambda numbers: call([numbers]), view.window, view.block, view.classes)
    made = []
    for temperature in TEMPERATURES:
        count = len(prompts)
        made.append(writer.write(prompts, lengths, [temperature] * count, range(count)))
    found = [
        Completion(
            data.passage(*begin),
            data.passage(*rest),
            tuple(data.alphabet.text(each[k]) for each in made),
            inside=begin[0] not in data.blocks.begins,
        )
        for k, (begin, rest) in enumerate(chosen)
    ]
    return {"completions": [asdict(completion) for completion in found]}


Stretch = tuple[int, int]
"""Where a piece of a text begins, and the place behind its end."""


def _short(data: Texts) -> list[tuple[Stretch, Stretch]]:
    """Each beginning of the first text of test, if it is short and test holds the whole."""
    first = int(data.parts.test[0])
    document = data.blocks.document_at(first)
    begin, length = int(data.blocks.begins[document]), int(data.blocks.lengths[document])
    if first != begin or not 2 <= length <= min(SHORT, len(data.parts.test) * data.blocks.block):
        return []
    return [((begin, cut), (cut, begin + length)) for cut in range(begin + 1, begin + length)]


def _long(data: Texts) -> list[tuple[Stretch, Stretch]]:
    """A few beginnings, spread over test, each with what follows in its own text."""
    found = []
    for start, end in _spread(data.blocks.stretches(data.parts.test)):
        given = min(GIVEN, (end - start + 1) // 2)
        found.append(((start, start + given), (start + given, min(start + given + WRITTEN, end))))
    return [(begin, rest) for begin, rest in found if rest[1] > rest[0]]


def _spread(stretches: list[Stretch]) -> list[Stretch]:
    """Some of them from first to last; of too few, cut into as many."""
    if len(stretches) < PROMPTS:
        start, end = max(stretches, key=lambda stretch: stretch[1] - stretch[0])
        cuts = np.linspace(start, end, PROMPTS + 1).astype(int)
        return [(int(cut), int(stop)) for cut, stop in pairwise(cuts) if stop - cut > 1]
    return [stretches[k] for k in np.linspace(0, len(stretches) - 1, PROMPTS).astype(int)]
