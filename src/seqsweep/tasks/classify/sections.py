"""The classes of the test part: what was taken for what, the worst ones, the surest mistakes, calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.html import Markup, Section, note, paragraph, side_by_side, table, theme
from seqsweep.tasks.classify.evaluation import Evaluation
from seqsweep.tasks.results import Heading
from seqsweep.words import counted, counted_share, share, significant

LARGEST = 40  # classes that a matrix can show
LISTED = 20  # rows of a table


def sections(heading: Heading, found: Evaluation, more: Mapping[str, NDArray[Any]]) -> list[Section]:
    """Confusions and classes, mistakes, calibration.

    Args:
        heading: who is who.
        found: on the test part.
        more: arrays that were kept beside the predictions: `places`, what each item is called; empty: they are gone.
    """
    return [
        Section("classes", "Classes, test part", _classes(heading, found)),
        Section("mistakes", "Most confident mistakes, test part", _mistakes(heading, found, more.get("places"))),
        Section("calibration", "What the probabilities are worth, test part", _calibration(found)),
    ]


def _classes(heading: Heading, found: Evaluation) -> list[Markup]:
    items = found.confusion.sum(axis=1)
    order = np.argsort(np.where(items > 0, np.nan_to_num(found.recall, nan=2.0), 3.0), kind="stable")[:LISTED]
    rows = [
        [found.classes[k], f"{items[k]:,}", _share(found.recall[k]), _share(found.precision[k]), _taken_for(found, k)]
        for k in order
    ]
    head = [heading.target, "items", "found (recall)", "right where said (precision)", "most often taken for"]
    left_out = len(found.classes) - len(rows)
    blocks = [table(head, rows), note(f"Worst first{f'; {left_out:,} further classes do better' if left_out else ''}.")]
    if len(found.classes) <= LARGEST:
        return [_matrix(heading, found), *blocks]
    told = [f"{actual} taken for {said}: {count:,}" for actual, said, count in found.confused[:LISTED]]
    return [*blocks, note(f"{len(found.classes):,} classes are too many for a matrix. {'; '.join(told)}.")]


def _matrix(heading: Heading, found: Evaluation) -> Markup:
    """Shares of a row as colour, counts as text."""
    items = np.maximum(found.confusion.sum(axis=1, keepdims=True), 1)
    names = [f"\u200b{name}" for name in found.classes]  # else plotly would take digits for numbers
    trace: theme.Trace = {
        "type": "heatmap",
        "x": names,
        "y": names,
        "z": found.confusion / items,
        "text": found.confusion,
        "texttemplate": "%{text}",
        "colorscale": [[0, "rgba(0,114,178,0)"], [1, "rgba(0,114,178,0.75)"]],
        "showscale": False,
        "hovertemplate": "%{y} taken for %{x}: %{text}<extra></extra>",
    }
    x = theme.axis(f"{heading.target}, as predicted", type="category", showgrid=False)
    y = theme.axis(f"{heading.target}, as it is", type="category", autorange="reversed", showgrid=False)
    height = 160 + 28 * max(4, len(names))
    return theme.figure("Confusion matrix: items", [trace], x, y, height, show_legend=False)


def _mistakes(heading: Heading, found: Evaluation, places: NDArray[Any] | None) -> list[Markup]:
    if not found.mistakes:
        return [paragraph("There is none: every item of the test part was taken for what it is.")]
    rows = [
        [
            f"row {mistake.item + 1:,}" if places is None else str(places[mistake.item]),
            found.classes[mistake.actual],
            found.classes[mistake.said],
            significant(mistake.probability, 3),
        ]
        for mistake in found.mistakes
    ]
    wrong = int(found.confusion.sum() - found.confusion.diagonal().sum())
    said = f"{len(rows)} of {counted(wrong, 'mistake')}, the most confident ones."
    return [table(["item", heading.target, "taken for", "with probability"], rows, words=3), note(said)]


def _calibration(found: Evaluation) -> list[Markup]:
    rows = [
        [
            f"{share(bin.low)} to {share(bin.high)}",
            f"{bin.items:,}",
            counted_share(bin.confidence),
            counted_share(bin.accuracy),
        ]
        for bin in found.bins
    ]
    reliable = table(["probability of the class that was said", "items", "mean probability", "right"], rows)
    sets = [[share(entry.level), counted_share(entry.coverage), significant(entry.size, 3)] for entry in found.sets]
    errors = f"from {counted_share(found.raw_error)} to {counted_share(found.tempered_error)}"
    temperature = (
        "Of the network's own probabilities: validation gave no reason to change them by a temperature. The expected "
        f"calibration error is {counted_share(found.raw_error)}."
        if found.temperature == 1
        else f"After the temperature {significant(found.temperature, 3)}, which is fitted on validation and which the "
        f"packaged model applies. It changes the log loss from {significant(found.raw_log_loss)} to "
        f"{significant(found.tempered_log_loss)}, and the expected calibration error {errors}. The scores above are of "
        "the network's own probabilities."
    )
    conformal = (
        "Split conformal: thresholds come from validation, which has also chosen the network, and assume that the test "
        "part is like it. The most probable class is always in its set."
    )
    blocks = [side_by_side([_reliability(found)]), reliable, note(temperature)]
    return [*blocks, table(["prediction sets", "held on test", "mean number of classes"], sets), note(conformal)]


def _reliability(found: Evaluation) -> Markup:
    line: theme.Trace = {
        "x": [0, 1],
        "y": [0, 1],
        "mode": "lines",
        "name": "as said",
        "line": {"color": theme.GREY, "dash": "dot"},
        "hoverinfo": "skip",
    }
    points: theme.Trace = {
        "x": [bin.confidence for bin in found.bins],
        "y": [bin.accuracy for bin in found.bins],
        "mode": "markers+lines",
        "name": "network",
        "marker": {"color": theme.PLAIN, "size": 9},
        "line": {"color": theme.PLAIN, "width": 1},
        "hovertemplate": "said %{x:.3f}: right %{y:.3f}<extra></extra>",
    }
    x, y = theme.axis("mean probability that was said"), theme.axis("share that is right")
    return theme.figure("Reliability", [line, points], x, y, 360)


def _taken_for(found: Evaluation, k: int) -> str:
    others = found.confusion[k].copy()
    others[k] = 0
    return f"{found.classes[int(others.argmax())]} ({others.max():,})" if others.any() else ""


def _share(value: float) -> str:
    return "" if np.isnan(value) else counted_share(float(value))


def places_of(labels: Sequence[str]) -> NDArray[np.str_]:
    """What items are called, as an array that needs no pickle."""
    return np.array(labels, np.str_)
