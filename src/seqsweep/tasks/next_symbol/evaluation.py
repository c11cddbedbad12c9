"""What a test evaluation adds to the scores: which symbols cost most, and where; what surprised; what is new."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.serving.symbols import BEFORE
from seqsweep.tasks.next_symbol.completions import Completion
from seqsweep.tasks.next_symbol.dataset import Texts
from seqsweep.tasks.next_symbol.metrics import Said
from seqsweep.tasks.results import TestPredictions

SURPRISES = 20  # that are kept, the greatest
SYMBOLS = 20  # that are kept, by what they cost in all
AROUND = 20  # signs before and behind a surprise


@dataclass(frozen=True)
class SymbolCost:
    """A symbol of the test part.

    Args:
        symbol: as it is written.
        count: how often it stands there.
        bits: its mean cost.
        share: of the cost of all symbols.
        right: the share that was said to be most probable.
        instead: the symbol that was said most often in its place; empty: none was.
    """

    symbol: str
    count: int
    bits: float
    share: float
    right: float
    instead: str


@dataclass(frozen=True)
class Surprise:
    """A place of the test part.

    Args:
        before: what stands before it.
        symbol: that stands there.
        behind: what follows.
        bits: that it cost.
        said: the symbol that was said to be most probable.
        probability: of that one.
    """

    before: str
    symbol: str
    behind: str
    bits: float
    said: str
    probability: float


@dataclass(frozen=True)
class Evaluation:
    """What is known of a network's predictions of test.

    Args:
        kind: what a symbol is: `letters`.
        symbols: of the test part.
        right: of these, said to be most probable.
        unknown: the share of them that the alphabet does not know.
        repeated: the share of blocks whose text stands in train.
        new_bits: a symbol, of the other blocks; None: there is none.
        repeated_bits: a symbol, of those that stand in train; None: there is none.
        costs: the symbols that cost most in all.
        places: bits of the first, second, … symbol of a block, and how many there are.
        surprises: the greatest, where what stood was not said to be most probable.
        completions: what the network writes.
    """

    kind: str
    symbols: int
    right: int
    unknown: float
    repeated: float
    new_bits: float | None
    repeated_bits: float | None
    costs: tuple[SymbolCost, ...]
    places: tuple[float, ...]
    surprises: tuple[Surprise, ...]
    completions: tuple[Completion, ...] = ()

    @classmethod
    def read(cls, details: Mapping[str, Any]) -> Evaluation:
        """The evaluation in the details of a test evaluation."""
        made = {
            "costs": tuple(SymbolCost(**entry) for entry in details["costs"]),
            "places": tuple(details["places"]),
            "surprises": tuple(Surprise(**entry) for entry in details["surprises"]),
            "completions": tuple(
                Completion(**{**entry, "written": tuple(entry["written"])}) for entry in details.get("completions", ())
            ),
        }
        return cls(**{**details, **made})


def evaluate(data: Texts, seen: TestPredictions) -> dict[str, Any]:
    """An `Evaluation` as plain values, but for what the network writes.

    Args:
        data: of the sweep.
        seen: predictions of validation and test.
    """
    actual, predicted, items = seen.test_actual, seen.test_predicted, seen.test_items
    stands = actual["symbol"] != BEFORE
    bits = predicted["nll"] / math.log(2)
    known = np.isin(items, data.repeated["test"])
    found = Evaluation(
        kind=data.alphabet.kind,
        symbols=int(stands.sum()),
        right=int((stands & (actual["symbol"] == predicted["symbol"])).sum()),
        unknown=data.unknown(items),
        repeated=float(known.mean()),
        new_bits=_mean(bits[~known][stands[~known]]),
        repeated_bits=_mean(bits[known][stands[known]]),
        costs=tuple(_costs(data, actual, predicted, bits)),
        places=tuple(float(bits[stands[:, k], k].mean()) for k in range(bits.shape[1]) if stands[:, k].any()),
        surprises=tuple(_surprises(data, items, actual, predicted, bits)),
    )
    listed = {name: [asdict(entry) for entry in getattr(found, name)] for name in ("costs", "surprises")}
    plain = {name: value for name, value in vars(found).items() if name != "completions"}
    return {**plain, **listed, "places": list(found.places)}


def _mean(values: Float64s) -> float | None:
    return float(values.mean()) if len(values) else None


def _costs(data: Texts, actual: Said, predicted: Said, bits: Float64s) -> list[SymbolCost]:
    stands = actual["symbol"] != BEFORE
    numbers, said, cost = actual["symbol"][stands], predicted["symbol"][stands], bits[stands]
    size = data.alphabet.classes + 1
    sums, counts = np.bincount(numbers, cost, minlength=size), np.bincount(numbers, minlength=size)
    found = []
    for number in np.argsort(-sums, kind="stable")[:SYMBOLS]:
        if not counts[number]:
            break
        taken = np.bincount(said[numbers == number], minlength=size)
        right = int(taken[number])
        taken[number] = 0
        instead = data.alphabet.symbol(int(taken.argmax())) if taken.any() else ""
        found.append(
            SymbolCost(
                data.alphabet.symbol(int(number)), int(counts[number]), float(sums[number] / counts[number]),
                float(sums[number] / max(sums.sum(), 1e-12)), right / int(counts[number]), instead,
            )
        )  # fmt: skip
    return found


def _cut(text: str, signs: int, more: bool) -> str:
    """The first signs of a text, or of a negative number the last ones, with a mark where it goes on."""
    kept = text[:signs] if signs > 0 else text[signs:]
    if not more and len(kept) == len(text):
        return kept
    return f"{kept}…" if signs > 0 else f"…{kept}"


def _surprises(data: Texts, items: Int64s, actual: Said, predicted: Said, bits: Float64s) -> list[Surprise]:
    wrong = (actual["symbol"] != BEFORE) & (actual["symbol"] != predicted["symbol"])
    order = np.argsort(np.where(wrong, -bits, 1), axis=None, kind="stable")[: min(SURPRISES, int(wrong.sum()))]
    found = []
    for row, column in zip(*np.unravel_index(order, bits.shape), strict=True):
        place = int(items[row] + column)
        document = data.blocks.document_at(place)
        begin = int(data.blocks.begins[document])
        end = begin + int(data.blocks.lengths[document])
        said = predicted[row, column]
        found.append(
            Surprise(
                _cut(data.passage(max(begin, place - AROUND), place), -AROUND, begin < place - AROUND),
                data.passage(place, place + 1),
                _cut(data.passage(place + 1, min(end, place + 1 + AROUND)), AROUND, place + 1 + AROUND < end),
                float(bits[row, column]),
                data.alphabet.symbol(int(said["symbol"])), float(np.exp(-said["best"])),
            )
        )  # fmt: skip
    return found
