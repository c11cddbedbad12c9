"""Which settings mattered in the search, and what the best few did."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seqsweep.html import Markup, Section, note, paragraph, side_by_side, theme
from seqsweep.records import TrialRecord
from seqsweep.report.layer_styles import OTHER, layer_style
from seqsweep.report.page.importance import FOLDS, ROUNDS, Importance, effect, importance
from seqsweep.report.page.material import Material
from seqsweep.report.page.parameters import Parameter, varying
from seqsweep.search_space import declared
from seqsweep.words import counted, share

TITLE = "Which settings mattered"
EFFECTS = 4  # settings whose effect is drawn


def mattered(material: Material) -> Section:
    """Importance with its noise floor, and the effects of the most important; or why none can be had."""
    ranked, budget = compared(material)
    enough = material.outcome.config.report.importance_trials
    if len(ranked) < enough:
        done = counted(len(material.outcome.ranked), "completed trial")
        said = f"{done} of at least {enough} (report.importance_trials): too few to tell."
        return Section("importance", TITLE, [paragraph(said)])
    parameters = [parameter for parameter in varying(ranked) if parameter.name != "last_epoch"]
    objective = material.outcome.objective
    known = {record.trial_id: record for record in material.outcome.records if record.curve}
    scores = [
        record.metrics[objective] if budget is None else score_at(record, budget, objective, known) for record in ranked
    ]
    found = importance(parameters, scores)
    if found is None:
        why = "every trial has the same score" if parameters else "no setting differs between the trials"
        return Section("importance", TITLE, [paragraph(f"Nothing can have mattered: {why}.")])
    blocks = [_bars(parameters, found), note(_explained(material, found))]
    if budget is not None:
        blocks.append(note(f"Scores are those of epoch {budget}, the last that each of them reached: equal budgets."))
    effects = _effects(material, ranked, parameters, scores, found)
    return Section("importance", TITLE, [*blocks, *effects])


def later() -> Section:
    """While the search goes on: a forest would take the time of its trials."""
    return Section("importance", TITLE, [paragraph("Told when the search has ended.")])


def compared(material: Material) -> tuple[list[TrialRecord], int | None]:
    """The trials to compare, each configuration once, and the epoch at which; None: at the end of the full budget.

    A trial that another one went on from counts no more. Where too few had the full budget, all are compared at the
    last epoch that each of them reached: those that went on are the good ones, and what makes the others poor would
    not show among them.
    """
    outcome = material.outcome
    before = {record.continues for record in outcome.records}
    ended = [record for record in outcome.ranked if record.trial_id not in before]
    most = max((record.last_epoch for record in ended), default=0)
    full = [record for record in ended if record.last_epoch == most]
    stopped = [record for record in material.pruned if record.curve and record.epochs]
    if len(full) >= outcome.config.report.importance_trials or (len(full) == len(ended) and not stopped):
        return full, None
    reached = [
        *(record.last_epoch for record in ended if record.last_epoch < most),
        *(record.epochs or 0 for record in stopped),
    ]
    return [*(record for record in ended if record.curve), *stopped], min(reached)


def score_at(record: TrialRecord, epoch: int, objective: str, known: Mapping[str, TrialRecord]) -> float:
    """What a configuration had scored after an epoch, or at its end if that came before.

    Args:
        record: of its last trial.
        epoch: counted from 1, over all trials of the configuration.
        objective: by its name on validation.
        known: the trials of the search, by id.
    """
    begins = record.curve[0].epoch
    while begins > max(epoch, 1) and record.continues is not None and record.continues in known:
        record = known[record.continues]
        begins = record.curve[0].epoch
    scores = record.scores(objective)
    return scores[max(0, min(epoch - max(begins, 1), len(scores) - 1))]


def _bars(parameters: Sequence[Parameter], found: Importance) -> Markup:
    """A bar a setting; those that are above the floor stand out."""
    labels = {parameter.name: parameter.label for parameter in parameters}
    mattered = set(found.mattered())
    colours = [theme.PLAIN if name in mattered else theme.GREY for name in found.shares]
    bars = theme.bars(list(found.shares.values()), [labels[name] for name in found.shares], colours, "%{y}: %{x:.3f}")
    x = theme.axis("permutation importance (0: predicted no worse without it, 1: as by guessing)", rangemode="tozero")
    y = theme.axis("", autorange="reversed", ticks="")
    layout = {**_floor(found.floor), "margin": {"l": 12, "r": 12, "t": 32, "b": 12}, "bargap": 0.35}
    height = 110 + 30 * len(found.shares)
    return theme.figure("Importance of each setting", [bars], x, y, height, show_legend=False, **layout)


def _floor(share: float) -> dict[str, Any]:
    """A dashed line from top to bottom where chance comes to, with its label above."""
    line = {"color": theme.INK, "width": 2, "dash": "dash"}
    shape = {"type": "line", "x0": share, "x1": share, "y0": 0, "y1": 1, "yref": "paper", "line": line}
    place = {"x": share, "y": 1, "yref": "paper", "yanchor": "bottom", "xanchor": "left"}
    return {"shapes": [shape], "annotations": [{**place, "text": "as much as chance does", "showarrow": False}]}


def _explained(material: Material, found: Importance) -> str:
    explained = share(round(max(0.0, found.explained), 2))
    said = (
        f"A random forest predicts the rank of trials that it has not seen ({FOLDS} folds) and explains {explained} of "
        f"its variance. The dashed line is the worst of {ROUNDS} columns of noise: "
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
    said = (
        "Dots are trials, in the colour of their layer type; the line is the score that the forest expects while the "
        "other settings stay as they were."
    )
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
        "marker": {"color": [layer_style(str(record.params.get("layer", OTHER)))[0] for record in ranked], "size": 8},
        "opacity": 0.75,
        "hovertemplate": "%{text}: %{y:.4g}<extra></extra>",
    }
    bar = {"symbol": "line-ew", "size": 44, "line": {"color": theme.INK, "width": 4}}
    line: theme.Trace = {
        "x": expected[0],
        "y": expected[1],
        "mode": "lines" if parameter.categories is None else "markers",
        "line": {"color": theme.INK, "width": 3},
        "marker": bar,
        "hovertemplate": "expected: %{y:.4g}<extra></extra>",
    }
    at, said = parameter.ticks()
    unit = unit_of(parameter.name, material.outcome.config.task.kind)
    x = theme.axis(parameter.label + (f" ({unit})" if unit else ""), tickvals=at, ticktext=said)
    y = theme.axis(material.axis(part="validation"), **theme.spread(scores))
    return theme.figure(f"Effect of {parameter.label}", [dots, line], x, y, 320, show_legend=False)


def unit_of(name: str, task: str) -> str:
    """What a setting is counted or measured in, from its task's declaration; that of `units_2` is that of `units`.

    Args:
        name: of the setting.
        task: by its name.
    """
    known = declared(task)
    found = known.get(name) or known.get(re.sub(r"_\d+$", "", name))
    return found.unit if found is not None else ""
