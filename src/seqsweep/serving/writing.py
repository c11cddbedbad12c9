"""A network that reads a text symbol by symbol: what it says of each, and how it goes on.

A text is read in blocks, from its first symbol on: for the symbols of a block the network reads the block and a window
before it, and says at each place what it takes for the next one. Training, scoring and service read the same blocks, so
that the same text gives the same figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .array_types import Float32s, Float64s, Int64s
from .gather import Gather
from .symbols import BEFORE, UNKNOWN, Int32s

Reads: TypeAlias = Callable[[Int32s], NDArray[np.float32]]
"""A network: numbers (n, window + block - 1) → logits (n, block, classes)."""

SAID = np.dtype([("symbol", np.int32), ("nll", np.float64), ("best", np.float64)])
"""What a network says at a place: its most probable symbol; the cost in nats of what stands there, and of that one.

Where nothing stands, behind the end of a text, all are 0.
"""

AT_ONCE = 1 << 20  # logits of a call: 4 MB of them, and of what the layers hold some ten times as much


def batches(items: Int64s, block: int, classes: int) -> Iterator[Int64s]:
    """Items in as many calls as keep the logits of each small.

    Args:
        items: (n,).
        block: places of an item.
        classes: logits of a place.
    """
    size = max(1, min(1024, AT_ONCE // (block * classes)))
    return (items[start : start + size] for start in range(0, len(items), size))


def judged(logits: Float32s, numbers: Int32s) -> NDArray[np.void]:
    """What logits say of symbols, (n, block) of SAID.

    Args:
        logits: (n, block, classes).
        numbers: (n, block), what stands there; BEFORE: nothing.
    """
    stands = numbers != BEFORE
    best = logits.argmax(axis=-1)
    highest = np.take_along_axis(logits, best[..., None], -1)[..., 0]
    own = np.take_along_axis(logits, np.maximum(numbers - 1, 0)[..., None], -1)[..., 0]
    spread = np.log(np.exp(logits - highest[..., None]).sum(axis=-1, dtype=np.float64))
    said = np.zeros(numbers.shape, SAID)
    said["symbol"] = np.where(stands, best + 1, 0)
    said["nll"] = np.where(stands, spread + highest - own, 0)
    said["best"] = np.where(stands, spread, 0)
    return said


class Writer:
    """Reads texts by a network, and goes on where they end.

    Args:
        network: see `Reads`.
        window: symbols that are read before a block, at least.
        block: symbols of a block.
        classes: what a next symbol may be.
    """

    def __init__(self, network: Reads, window: int, block: int, classes: int) -> None:
        self._network, self.window, self.block, self.classes = network, window, block, classes

    def judge(self, before: Int32s, numbers: Int32s) -> NDArray[np.void]:
        """What the network says of each symbol of a text, (n,) of SAID.

        Args:
            before: what stands before the text, of which the last `window` symbols are read.
            numbers: (n,), of the text; its blocks begin with it.
        """
        start = self.window
        read = np.concatenate([np.zeros(start, np.int32), before])[len(before) :]
        padded = np.concatenate([read, numbers, np.zeros(self.block, np.int32)])
        inputs = Gather(padded, range(-self.window, self.block - 1))
        targets = Gather(padded, range(self.block))
        places = np.arange(start, start + len(numbers), self.block)
        cuts = batches(places, self.block, self.classes)
        found = [judged(self._network(inputs.numpy(some)), targets.numpy(some)) for some in cuts]
        return np.concatenate(found).ravel()[: len(numbers)] if found else np.zeros(0, SAID)

    def next(self, texts: Sequence[Int32s]) -> Float64s:
        """The logarithm of each class's probability behind each text, (n, classes)."""
        inputs = np.zeros((len(texts), self.window + self.block - 1), np.int32)
        places = np.array([len(text) % self.block for text in texts], np.int64)
        for row, (text, place) in enumerate(zip(texts, places, strict=True)):
            read = text[max(len(text) - place - self.window, 0) :]
            end = self.window + place
            inputs[row, end - len(read) : end] = read
        found = []
        for some in batches(np.arange(len(texts)), self.block, self.classes):
            logits = self._network(inputs[some])
            found.append(logits[np.arange(len(some)), places[some]].astype(np.float64))
        logits = np.concatenate(found)
        highest = logits.max(axis=1, keepdims=True)
        chances: Float64s = logits - highest - np.log(np.exp(logits - highest).sum(axis=1, keepdims=True))
        return chances

    def write(
        self, texts: Sequence[Int32s], lengths: Sequence[int], temperatures: Sequence[float], seeds: Sequence[int]
    ) -> list[Int32s]:
        """What the network writes behind each text: symbols that it knows.

        Args:
            texts: of any length.
            lengths: symbols that are written behind each.
            temperatures: of each: 0 takes the most probable symbol, 1 draws by the probabilities, what lies between
                prefers probable ones.
            seeds: of what is drawn behind each.
        """
        whole = [np.asarray(text, np.int32) for text in texts]
        draws = [np.random.default_rng(seed) for seed in seeds]
        for step in range(max(lengths, default=0)):
            rows = [row for row, length in enumerate(lengths) if step < length]
            chances = self.next([whole[row] for row in rows])
            chances[:, UNKNOWN - 1] = -np.inf
            for row, chance in zip(rows, chances, strict=True):
                number = 1 + drawn(chance, temperatures[row], draws[row])
                whole[row] = np.append(whole[row], np.int32(number))
        return [made[len(text) :] for made, text in zip(whole, texts, strict=True)]


def drawn(chances: Float64s, temperature: float, random: np.random.Generator) -> int:
    """A class by its probability.

    Args:
        chances: (classes,), the logarithm of each one's probability, but for a constant.
        temperature: 0 or more.
        random: what draws; not used at 0.

    Source: the Gumbel-max trick, Gumbel (1954), Statistical Theory of Extreme Values.
    """
    if not temperature:
        return int(chances.argmax())
    return int((chances / temperature + random.gumbel(size=len(chances))).argmax())
