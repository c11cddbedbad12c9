"""What a test evaluation comes to in each of several series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from seqsweep.html import Markup, Section, note, table, theme
from seqsweep.metrics import Metric
from seqsweep.tasks.forecast.intervals import ForecastInterval
from seqsweep.tasks.forecast.panel_dataset import PanelDataset
from seqsweep.tasks.results import Heading, TestPredictions
from seqsweep.words import in_words, share, significant

LISTED = 10
"""Best and worst series that the table has, each."""


@dataclass(frozen=True)
class SeriesScore:
    """A series' part of a test evaluation.

    Args:
        number: of the series.
        name: of it.
        items: forecasts that are scored.
        network: its score, by the objective.
        baseline: that of the best baseline over all series; None: there is none.
    """

    number: int
    name: str
    items: int
    network: float
    baseline: float | None


def by_series(data: PanelDataset, seen: TestPredictions, objective: str) -> list[dict[str, Any]]:
    """What each series of the test part comes to, as plain values; see `SeriesScore`.

    Args:
        data: that was evaluated on.
        seen: predictions of the test part.
        objective: the metric.
    """
    items = seen.test_items
    network = data.score_by_series(objective, seen.test_actual, seen.test_predicted, items)
    best = seen.test_baseline
    baseline = {} if best is None else data.score_by_series(objective, seen.test_actual, best, items)
    sizes = {number: len(rows) for number, rows in data.parts.by_series(items)}
    names = [member.name for member in data.series.members]
    found = [SeriesScore(n, names[n], sizes[n], score, baseline.get(n)) for n, score in network.items()]
    return [asdict(score) for score in found]


def read_series(details: Mapping[str, Any]) -> list[SeriesScore]:
    """The scores by series in the details of a test evaluation; none of one series without a name."""
    return [SeriesScore(**entry) for entry in details.get("series", [])]


def in_sizes(data: PanelDataset, seen: TestPredictions) -> TestPredictions:
    """The predictions in units of the size of each series: what is usual in a large one is not in a small one.

    Args:
        data: that they are of.
        seen: in the unit of the data.
    """
    parts = {
        "validation": seen.validation_items,
        "test": seen.test_items,
        **({} if seen.calibration_actual is None else {"calibration": data.held}),
    }
    sized: dict[str, Any] = {}
    for part, items in parts.items():
        sizes = data.sizes[data.parts.owners(items)]
        for name in (f"{part}_actual", f"{part}_predicted", f"{part}_baseline"):
            if (values := getattr(seen, name, None)) is not None:
                sized[name] = values / sizes.reshape(-1, *[1] * (values.ndim - 1))
    return replace(seen, **sized)


def one_of(seen: TestPredictions | None, each: Sequence[SeriesScore]) -> TestPredictions | None:
    """The predictions of the series of the middle score, to be drawn.

    Args:
        seen: of all series; None: they are gone.
        each: their scores.
    """
    if seen is None or not each:
        return None
    rows = seen.more["owners"] == middle(each).number
    return replace(
        seen,
        test_items=seen.test_items[rows],
        test_actual=seen.test_actual[rows],
        test_predicted=seen.test_predicted[rows],
        test_baseline=None if seen.test_baseline is None else seen.test_baseline[rows],
    )


def of_middle(
    intervals: Sequence[ForecastInterval], each: Sequence[SeriesScore], seen: TestPredictions | None
) -> list[ForecastInterval]:
    """The intervals of the series of the middle score, in the unit of the data; none where its size is not kept.

    Args:
        intervals: in units of the size of each series.
        each: the scores.
        seen: of all series; None: they are gone.
    """
    if seen is None or "sizes" not in seen.more:
        return []
    size = float(seen.more["sizes"][middle(each).number])
    return [interval.scaled(size) for interval in intervals]


def of_all(section: Section, each: Sequence[SeriesScore]) -> Section:
    """A section of forecasts, with a word on what its intervals are of.

    Args:
        section: of the series of the middle score.
        each: the scores.
    """
    if len(each) < 2:
        return section
    said = f"What intervals held is of all series, their widths are those of {middle(each).name}."
    return replace(section, blocks=[*section.blocks, note(said)])


def middle(each: Sequence[SeriesScore]) -> SeriesScore:
    """The series of the middle score: neither the best nor the worst stands for all."""
    return sorted(each, key=lambda score: score.network)[len(each) // 2]


def lost(metric: Metric, each: Sequence[SeriesScore]) -> list[SeriesScore]:
    """The series in which the baseline is better, the clearest first.

    Args:
        metric: the objective.
        each: all of them.
    """
    against = [
        score for score in each if score.baseline is not None and metric.is_better(score.baseline, score.network)
    ]
    return sorted(against, key=lambda score: _skill(metric, score))


def series_sentences(heading: Heading, each: Sequence[SeriesScore]) -> list[str]:
    """In how many series the network is better, and where it is worst.

    Args:
        heading: who is who.
        each: the scores.
    """
    if len(each) < 2:
        return []
    ordered = _ordered(heading.objective, each)
    best, worst = ordered[0], ordered[-1]
    metric = in_words(heading.objective.name)
    told = [
        f"Of {len(each):,} series the best is {best.name} ({metric} {significant(best.network)}), the worst "
        f"{worst.name} ({significant(worst.network)})."
    ]
    if heading.best_baseline is not None:
        worse = lost(heading.objective, each)
        named = f", most in {worse[0].name}" if worse else ""
        told.append(f"In {len(worse):,} of {len(each):,} series {in_words(heading.best_baseline)} is better{named}.")
    return told


def series_section(heading: Heading, each: Sequence[SeriesScore]) -> Section:
    """A table and a picture of the series.

    Args:
        heading: who is who.
        each: the scores, at least one.
    """
    ordered = _ordered(heading.objective, each)
    metric = in_words(heading.objective.name)
    shown = ordered if len(ordered) <= 2 * LISTED else [*ordered[:LISTED], *ordered[-LISTED:]]
    baseline = in_words(heading.best_baseline or "no baseline")
    head = ["series", "forecasts", f"network, {metric}", f"{baseline}, {metric}", "skill"]
    blocks: list[Markup] = [table(head, [_row(heading.objective, score) for score in shown])]
    if len(shown) < len(ordered):
        blocks.append(note(f"The best {LISTED} and the worst {LISTED} of {len(ordered):,} series."))
    if worse := lost(heading.objective, each):
        names = ", ".join(score.name for score in worse[:LISTED])
        blocks.append(note(f"{baseline} is better in {len(worse):,} of them: {names}."))
    if len(each) > 1 and heading.best_baseline is not None:
        blocks.append(_picture(each, metric, baseline))
    blocks.append(note(f"Forecasts below are drawn of {middle(each).name}, the series of the middle score."))
    return Section("series", "By series, test part", blocks)


def _ordered(metric: Metric, each: Sequence[SeriesScore]) -> list[SeriesScore]:
    return sorted(each, key=lambda score: metric.cost(score.network))


def _skill(metric: Metric, score: SeriesScore) -> float:
    return 0.0 if score.baseline is None else metric.skill(score.network, score.baseline)


def _row(metric: Metric, score: SeriesScore) -> list[str]:
    against = "" if score.baseline is None else significant(score.baseline)
    skill = "" if score.baseline is None else share(round(_skill(metric, score), 3))
    return [score.name, f"{score.items:,}", significant(score.network), against, skill]


def _picture(each: Sequence[SeriesScore], metric: str, baseline: str) -> Markup:
    """A point a series: above the line the network is better."""
    x, y = (np.array(values, float) for values in ([s.network for s in each], [s.baseline for s in each]))
    marker = {"color": theme.PLAIN, "size": 8, "opacity": 0.75}
    names = [score.name for score in each]
    template = "%{text}: network %{x:.4g}, baseline %{y:.4g}<extra></extra>"
    points: theme.Trace = {
        "x": x,
        "y": y,
        "text": names,
        "mode": "markers",
        "marker": marker,
        "hovertemplate": template,
    }
    ends = [float(min(x.min(), y.min())), float(max(x.max(), y.max()))]
    line = {"color": theme.GREY, "width": 1, "dash": "dash"}
    level: theme.Trace = {"x": ends, "y": ends, "mode": "lines", "line": line, "hoverinfo": "skip"}
    axes = theme.axis(f"network, {metric}"), theme.axis(f"{baseline}, {metric}")
    return theme.figure(
        "Each series: above the line the network is better", [level, points], *axes, 420, show_legend=False
    )
