"""What a test evaluation of texts adds to the scores: how many are right, examples, and how sure a gain of BLEU is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.evidence import Comparison, paired_bootstrap
from seqsweep.metrics import Metric
from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.tasks.decoding.metrics import SCORES, bleu_of, bleu_statistics
from seqsweep.tasks.decoding.predictions import Texts
from seqsweep.tasks.decoding.table import Pairs
from seqsweep.tasks.results import TestPredictions

RIGHT, WRONG = 10, 20  # items that are kept to be shown


@dataclass(frozen=True)
class Example:
    """An item of test.

    Args:
        item: its number.
        place: where it came from.
        told: the text that it was said from, empty where that is numbers.
        values: the numbers that it was said from, none where that is a text.
        actual: the true text.
        said: the network's.
        baseline: that of the best baseline, empty where there is none.
        nats: that a piece of the true text cost, in the mean.
    """

    item: int
    place: str
    told: str
    values: tuple[float, ...]
    actual: str
    said: str
    baseline: str
    nats: float


@dataclass(frozen=True)
class Gain:
    """A score of the network against that of the best baseline, by the paired bootstrap over items.

    Args:
        own: of the network.
        baseline: of the best baseline.
        low: of the interval of their difference, inclusive; above 0 the network is better.
        high: likewise.
        level: of the interval.
        p_value: two-sided.
    """

    own: float
    baseline: float
    low: float
    high: float
    level: float
    p_value: float


@dataclass(frozen=True)
class Evaluation:
    """What is known of a network's texts on test.

    Args:
        items: of test.
        right: those whose text is the true one.
        baseline_right: of the best baseline; None: there is none.
        nats: that a piece of the true texts cost.
        examples: right ones, spread over the part.
        mistakes: wrong ones, those first whose true text the network held for least probable.
        bleu: of the network and the baseline; None: it is not asked for, or nothing can be compared.
    """

    items: int
    right: int
    baseline_right: int | None
    nats: float
    examples: tuple[Example, ...]
    mistakes: tuple[Example, ...]
    bleu: Gain | None

    @classmethod
    def read(cls, details: Mapping[str, Any]) -> Evaluation:
        """The evaluation in the details of a test evaluation."""
        some = {
            name: tuple(Example(**{**entry, "values": tuple(entry["values"])}) for entry in details[name])
            for name in ("examples", "mistakes")
        }
        bleu = details["bleu"]
        return cls(**{**details, **some, "bleu": None if bleu is None else Gain(**bleu)})


def evaluate(seen: TestPredictions, table: Pairs, metrics: Sequence[str], level: float) -> dict[str, Any]:
    """An `Evaluation` as plain values.

    Args:
        seen: texts of test.
        table: that the items are of.
        metrics: of the config.
        level: of the interval of a gain.
    """
    actual, said, baseline = seen.test_actual, seen.test_predicted, seen.test_baseline
    right = actual["text"] == said["text"]
    nats = said["nll"] / np.maximum(said["count"], 1)
    good, bad = _shown(right, nats, _first_of_alike(seen, table))
    found = Evaluation(
        items=len(actual),
        right=int(right.sum()),
        baseline_right=None if baseline is None else int((actual["text"] == baseline["text"]).sum()),
        nats=float(said["nll"].sum() / max(1, said["count"].sum())),
        examples=tuple(_examples(seen, table, good, nats)),
        mistakes=tuple(_examples(seen, table, bad, nats)),
        bleu=None if baseline is None or "bleu" not in metrics else _gain(actual, said, baseline, level),
    )
    plain = asdict(found)
    for entry in (*plain["examples"], *plain["mistakes"]):
        entry["values"] = list(entry["values"])
    return {**plain, "examples": list(plain["examples"]), "mistakes": list(plain["mistakes"])}


def compare(
    metric: Metric, actual: Texts, predicted: Texts, reference: Texts, measure: str, level: float
) -> Comparison | None:
    """The paired bootstrap of a metric that can rank, from what each item adds to it.

    Args:
        metric: `exact_match` or `log_loss`.
        actual: (n,).
        predicted: (n,).
        reference: (n,).
        measure: what is compared, in words.
        level: of the interval.
    """
    pairs = []
    for made in (predicted, reference):
        lost, of = made["nll"], made["count"]
        if metric.loss == "zero-one":
            lost, of = actual["text"] != made["text"], np.ones(len(made))
        pairs.append(np.stack([lost, of], axis=1).astype(np.float64))
    return paired_bootstrap(_ratio, np.zeros(len(actual)), pairs[0], pairs[1], measure, level)


def _ratio(actual: Float64s, parts: Float64s) -> float:  # noqa: ARG001 (what each item lost is known already)
    total = parts.sum(axis=0)
    return float(total[0] / total[1]) if total[1] else float("nan")


def _gain(actual: Texts, said: Texts, baseline: Texts, level: float) -> Gain | None:
    """Source: Koehn (2004), Statistical Significance Tests for Machine Translation Evaluation, EMNLP."""
    own, other = (bleu_statistics(actual, made) for made in (said, baseline))
    found = paired_bootstrap(lambda _, rows: SCORES - bleu_of(rows), np.zeros(len(own)), own, other, "bleu", level)
    if found is None:
        return None
    difference = found.difference
    return Gain(bleu_of(own), bleu_of(other), -difference.high, -difference.low, level, found.p_value)


def _first_of_alike(seen: TestPredictions, table: Pairs) -> NDArray[np.bool_]:
    """(n,), which items are no repetition: what is read, what it is and what was said stand once."""
    read = table.values if table.texts is None else table.texts
    told = zip(seen.test_items, seen.test_actual["text"], seen.test_predicted["text"], strict=True)
    keys = [(str(actual), str(said), np.asarray(read[item]).tobytes()) for item, actual, said in told]
    first = {key: place for place, key in reversed(list(enumerate(keys)))}
    return np.isin(np.arange(len(keys)), list(first.values()))


def _shown(right: Any, nats: Float64s, first: NDArray[np.bool_]) -> tuple[Int64s, Int64s]:
    """Which items are shown: right ones spread over all, and the wrong ones whose true text cost most; none twice."""
    good, bad = np.flatnonzero(right & first), np.flatnonzero(~right & first)
    places = np.unique(np.linspace(0, max(len(good) - 1, 0), RIGHT).round().astype(np.int64))
    return good[places] if len(good) else good, bad[np.argsort(-nats[bad], kind="stable")][:WRONG]


def _examples(seen: TestPredictions, table: Pairs, places: Int64s, nats: Float64s) -> Iterator[Example]:
    for place in places:
        item = int(seen.test_items[place])
        yield Example(
            item=item,
            place=table.place(item).rpartition(", ")[2],
            told="" if table.texts is None else str(table.texts[item]),
            values=tuple(float(value) for value in table.values[item]),
            actual=str(seen.test_actual["text"][place]),
            said=str(seen.test_predicted["text"][place]),
            baseline="" if seen.test_baseline is None else str(seen.test_baseline["text"][place]),
            nats=float(nats[place]),
        )
