"""What the probabilities of the test part tell besides their score."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seqsweep.metrics import Scores
from seqsweep.tasks.classify.evaluation import Evaluation
from seqsweep.tasks.results import Heading
from seqsweep.words import counted, counted_share, in_words, share, significant

SHOWN = 3  # confusions and classes that a terminal names


def sentences(heading: Heading, scores: Mapping[str, Scores], found: Evaluation) -> list[str]:
    """All that is worth saying, in plain words.

    Args:
        heading: who is who.
        scores: on the test part, of the network and of each baseline.
        found: on the test part.
    """
    items, right = int(found.confusion.sum()), int(found.confusion.diagonal().sum())
    others = {name: row["accuracy"] for name, row in scores.items() if name != heading.winner and "accuracy" in row}
    beside = ", ".join(f"{in_words(name)} for {counted_share(value)}" for name, value in others.items())
    right_for = f"{right:,} of {items:,} items of the test part, {counted_share(right / items)}"
    said = [f"It is right for {right_for}{f' ({beside})' if beside else ''}."]
    if found.confused:
        pairs = [f"{actual} taken for {taken} ({count:,})" for actual, taken, count in found.confused[:SHOWN]]
        said.append(f"Most frequent confusions: {', '.join(pairs)}.{_worst(found)}")
        said.append(_surest(found))
    return [*said, _calibration(found), *_sets(found)]


def _worst(found: Evaluation) -> str:
    order = np.argsort(np.where(np.isnan(found.recall), 2, found.recall), kind="stable")[:SHOWN]
    items = found.confusion.sum(axis=1)
    told = {k: f"{counted_share(float(found.recall[k]))} of {items[k]:,} found" for k in order if found.recall[k] < 1}
    named = [f"{found.classes[k]} ({words})" for k, words in told.items()]
    return f" Worst classes: {', '.join(named)}." if len(found.classes) > 2 and named else ""


def _surest(found: Evaluation) -> str:
    mistake = found.mistakes[0]
    return (
        f"Its most confident mistake: {mistake.place} is {found.classes[mistake.actual]}, and was taken for "
        f"{found.classes[mistake.said]} with probability {significant(mistake.probability, 3)}."
    )


def _calibration(found: Evaluation) -> str:
    if found.temperature == 1:
        error = counted_share(found.raw_error)
        kept = "No temperature above 1 lowers the log loss on validation: the probabilities stay as they are"
        return f"{kept}. Their calibration error on test is {error}."
    return (
        f"The temperature {significant(found.temperature, 3)}, fitted on validation, changes the log loss on test "
        f"from {significant(found.raw_log_loss)} to {significant(found.tempered_log_loss)} and the calibration error "
        f"from {counted_share(found.raw_error)} to {counted_share(found.tempered_error)}; the packaged model "
        "applies it."
    )


def _sets(found: Evaluation) -> list[str]:
    items = counted(int(found.confusion.sum()), "item")
    parts = [
        f"those of {share(entry.level)} hold the class of {counted_share(entry.coverage)} of {items} "
        f"({significant(entry.size, 3)} classes on average)"
        for entry in found.sets
    ]
    return [f"Prediction sets: {', '.join(parts)}."] if parts else []
