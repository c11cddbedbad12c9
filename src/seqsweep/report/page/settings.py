"""Which settings mattered in the search, and what the best few did."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from seqsweep.html import Markup, Section, note, paragraph, side_by_side, theme
from seqsweep.records import TrialRecord
from seqsweep.report.page.importance import FOLDS, ROUNDS, Importance, effect, importance
from seqsweep.report.page.material import Material
from seqsweep.report.page.parameters import Parameter, varying
from seqsweep.search_space import declared
from seqsweep.words import counted, share

TITLE = "Which settings mattered"
EFFECTS = 4  # settings whose effect is drawn


def mattered(material: Material) -> Section:
    """Importance with its noise floor, and the effects of the most important; or why none can be had."""
    ranked, budget = _equal_budgets(material)
    enough = material.outcome.config.report.importance_trials
    if len(ranked) < enough:
        done = counted(len(material.outcome.ranked), "completed trial")
        said = f"{done} of at least {enough} (report.importance_trials): too few to tell."
        return Section("importance", TITLE, [paragraph(said)])
    parameters = varying(ranked)
    objective = material.outcome.objective
    scores = [record.metrics[objective] if budget is None else _score(record, objective, budget) for record in ranked]
    found = importance(parameters, scores)
    if found is None:
        why = "every trial has the same score" if parameters else "no setting differs between the trials"
        return Section("importance", TITLE, [paragraph(f"Nothing can have mattered: {why}.")])
    blocks = [_bars(parameters, found), note(_explained(material, found))]
    if budget is not None:
        blocks.append(note(f"Scores are those of epoch {budget}, where the first trial was pruned: equal budgets."))
    effects = _effects(material, ranked, parameters, scores, found)
    return Section("importance", TITLE, [*blocks, *effects])


def _equal_budgets(material: Material) -> tuple[list[TrialRecord], int | None]:
    """The trials to compare, and the epoch at which; None: at their ends.

    Completed trials alone would be those that were good enough to go on: what makes the others poor would not show.
    """
    pruned = [record.epochs for record in material.pruned if record.epochs]
    if not pruned:
        return material.outcome.ranked, None
    return [record for record in (*material.outcome.ranked, *material.pruned) if record.curve], min(pruned)


def _score(record: TrialRecord, objective: str, epoch: int) -> float:
    scores = record.scores(objective)
    return scores[min(epoch, len(scores)) - 1]


def _bars(parameters: Sequence[Parameter], found: Importance) -> Markup:
    labels = {parameter.name: parameter.label for parameter in parameters}
    mattered = set(found.mattered())
    trace: theme.Trace = {
        "type": "bar",
        "orientation": "h",
        "x": list(found.shares.values()),
        "y": [labels[name] for name in found.shares],
        "marker": {"color": [theme.BLUE if name in mattered else theme.GREY for name in found.shares]},
        "hovertemplate": "%{y}: %{x:.3f}<extra></extra>",
    }
    floor = {
        "type": "line",
        "x0": found.floor,
        "x1": found.floor,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": theme.VERMILION, "width": 2, "dash": "dash"},
    }
    label = {
        "x": found.floor,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "xanchor": "left",
        "text": "noise floor",
        "showarrow": False,
        "font": {"color": theme.VERMILION},
    }
    x = theme.axis("error that shuffling it adds (variances of the ranks)", rangemode="tozero")
    y = theme.axis("", autorange="reversed", ticks="")
    height = 110 + 30 * len(found.shares)
    margin = {"l": 12, "r": 12, "t": 32, "b": 12}
    layout = {"shapes": [floor], "annotations": [label], "margin": margin, "bargap": 0.35}
    return theme.figure("Importance of each setting", [trace], x, y, height, show_legend=False, **layout)


def _explained(material: Material, found: Importance) -> str:
    explained = share(round(max(0.0, found.explained), 2))
    said = (
        f"A random forest predicts the rank of trials that it has not seen ({FOLDS} folds) and explains {explained} of "
        f"its variance. The floor is the worst of {ROUNDS} columns of noise: "
    )
    mattered = len(found.mattered())
    if found.explained <= 0:
        said += "since the forest predicts nothing, no setting is shown to matter."
    elif mattered == 0:
        said += "no setting is above it, so none is shown to matter."
    else:
        said += f"{counted(mattered, 'setting')} of {len(found.shares)} above it; grey ones may be chance."
    if material.failed:
        said += f" {counted(len(material.failed), 'failed trial')} left out."
    return said


def _effects(
    material: Material,
    ranked: Sequence[TrialRecord],
    parameters: Sequence[Parameter],
    scores: Sequence[float],
    found: Importance,
) -> list[Markup]:
    names = found.mattered()[:EFFECTS]
    if not names:
        return []
    known = {parameter.name: parameter for parameter in parameters}
    figures = [_effect(material, ranked, known[name], scores, effect(parameters, scores, name)) for name in names]
    said = "Dots are trials; the line is the score that the forest expects while the other settings stay as they were."
    return [side_by_side(figures), note(said)]


def _effect(
    material: Material,
    ranked: Sequence[TrialRecord],
    parameter: Parameter,
    scores: Sequence[float],
    expected: tuple[np.ndarray, np.ndarray],
) -> Markup:
    codes = parameter.codes
    if parameter.categories is not None:  # or else trials of the same value hide each other
        codes = codes + np.random.default_rng(0).uniform(-0.15, 0.15, len(codes))
    dots: theme.Trace = {
        "x": codes,
        "y": list(scores),
        "text": [record.name for record in ranked],
        "mode": "markers",
        "marker": {"color": theme.SKY, "size": 8, "opacity": 0.75},
        "hovertemplate": "%{text}: %{y:.4g}<extra></extra>",
    }
    bar = {"symbol": "line-ew", "size": 44, "line": {"color": theme.BLUE, "width": 4}}
    line: theme.Trace = {
        "x": expected[0],
        "y": expected[1],
        "mode": "lines" if parameter.categories is None else "markers",
        "line": {"color": theme.BLUE, "width": 3},
        "marker": bar,
        "hovertemplate": "expected: %{y:.4g}<extra></extra>",
    }
    at, said = parameter.ticks()
    unit = _unit(parameter.name, material.outcome.config.task.kind)
    x = theme.axis(parameter.label + (f" ({unit})" if unit else ""), tickvals=at, ticktext=said)
    y = theme.axis(material.axis(part="validation"), **theme.spread(scores))
    return theme.figure(f"Effect of {parameter.label}", [dots, line], x, y, 320, show_legend=False)


def _unit(name: str, task: str) -> str:
    """What a setting is counted or measured in, from its task's declaration; that of `units_2` is that of `units`."""
    known = declared(task)
    found = known.get(name) or known.get(re.sub(r"_\d+$", "", name))
    return found.unit if found is not None else ""
