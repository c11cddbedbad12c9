"""Tables: the trials of the search among the baselines, the finalists, what the winner did on the test part."""

from __future__ import annotations

from collections.abc import Sequence

from seqsweep.finals import Conclusion, Finalist
from seqsweep.html import Markup, Section, folded, listed, note, paragraph, table, theme
from seqsweep.metrics import Metric
from seqsweep.records import TrialRecord
from seqsweep.report.page.material import Material
from seqsweep.report.page.parameters import Parameter, varying
from seqsweep.report.sentences import NO_WINNER, details
from seqsweep.words import about_skill, column_title, counted, in_words, percent, ranking, setting, share, significant

SHOWN = 15  # trials that the page opens with


def leaderboard(material: Material) -> Section:
    """The trials of the search and the baselines in one order, on validation."""
    outcome = material.outcome
    ranked = outcome.ranked
    parameters = _telling(ranked)
    head = [
        "trial or baseline",
        "rank",
        *(p.label for p in parameters),
        *map(column_title, outcome.metrics),
        "skill",
        "epochs",
        "parameters",
    ]
    blocks = [
        table(head, *_rows(material, ranked[:SHOWN], parameters)),
        note(
            f"{about_skill(material.metric)}, on the same items. One seed a trial: the best of many looks better "
            "than it is. Baselines are shaded and have no rank."
        ),
    ]
    if material.pruned:
        rows = [[record.name, record.epochs or 0, record.reason] for record in material.pruned]
        told = f"{counted(len(rows), 'trial')} pruned: fewer epochs than the others, so without a rank"
        blocks.append(folded(told, table(["trial", "epochs", "why"], rows, words=1)))
    if len(ranked) > SHOWN:
        rest = table(head, *_rows(material, ranked, parameters))
        blocks.append(folded(f"All {len(ranked)} completed trials", rest))
    return Section("leaderboard", "Leaderboard", blocks)


def finalists(material: Material) -> Section:
    """The best trials trained again, and how far the winner is from the others."""
    conclusion = material.conclusion
    if conclusion is None:
        said = "No finals were run: each trial has one seed, and near scores are not proven apart."
        return Section("finals", "Finals", [paragraph(said)])
    metric = in_words(material.metric.name)
    head = ["finalist", f"{metric}, mean", "std", f"{metric} in the search", "runs", "each run"]
    rows = [_finalist(finalist) for finalist in conclusion.finalists]
    folds = "" if conclusion.folds == 1 else f", {conclusion.folds} rolling origins"
    blocks = [
        table(head, rows, marked=[0] if conclusion.winner else []),
        note(
            f"The best trials, trained again from {conclusion.seeds} seeds{folds}; scores are on validation. The best "
            "mean wins. Where the mean is worse than the score of the search, that one was lucky."
        ),
    ]
    if conclusion.winner is not None and conclusion.differences:
        blocks += _differences(material, conclusion)
    reasons = [reason for finalist in conclusion.finalists for reason in finalist.reasons]
    blocks.append(listed([*(details(conclusion) or [NO_WINNER]), *(f"failed: {reason}" for reason in reasons)]))
    return Section("finals", "Finals", blocks)


def test_part(material: Material) -> Section:
    """The winner and the baselines on the test part, best first."""
    conclusion, evaluation = material.conclusion, material.evaluation
    if conclusion is None or conclusion.winner is None or evaluation is None:
        return Section("test", "Test part", [paragraph("The test part was not read: there is no winner of finals.")])
    metrics = conclusion.metrics(evaluation.scores)
    name, best = conclusion.winner.name, evaluation.best_baseline
    rows = ranking(name, evaluation.scores, evaluation.baselines, best, material.metric, metrics)
    head = ["network or baseline", *map(column_title, metrics), "skill"]
    marked = [i for i, (_, network, _) in enumerate(rows) if not network]
    said = f"{about_skill(material.metric)}, on the same items. Baselines are shaded."
    if evaluation.mean_of:
        said += f" {name} is here the {evaluation.mean_of}, one of each seed: what they put out is averaged."
    return Section(
        "test", "Test part", [table(head, [[who, *cells] for who, _, cells in rows], marked=marked), note(said)]
    )


def _telling(ranked: Sequence[TrialRecord]) -> list[Parameter]:
    hidden = ("layer", "depth", "units", "last_epoch")  # in the trial's name, or among its epochs
    return [parameter for parameter in varying(ranked) if not parameter.name.startswith(hidden)][:7]


def _rows(
    material: Material, ranked: Sequence[TrialRecord], parameters: Sequence[Parameter]
) -> tuple[list[list[object]], int, list[int]]:
    """The cells, how many columns hold words, and which rows are baselines."""
    outcome, metric = material.outcome, material.metric
    names = [known.name for known in outcome.metrics]
    reference = outcome.baselines[outcome.best_baseline][metric.name] if outcome.best_baseline else None
    entries: list[tuple[float, bool, list[object]]] = []  # what sorts them first
    for place, record in enumerate(ranked, 1):
        score = record.metrics[outcome.objective]
        settings = [setting(parameter.values[place - 1]) for parameter in parameters]
        figures = [significant(record.metrics[f"val_{name}"]) for name in names]
        spent = [f"{number or 0:,}" for number in (record.epochs, record.parameter_count)]
        cells: list[object] = [record.name, place, *settings, *figures, _skill(metric, score, reference), *spent]
        entries.append((metric.cost(score), False, cells))
    for name, scores in outcome.baselines.items():
        score = scores[metric.name]
        figures = [significant(scores[other]) for other in names]
        cells = [in_words(name), "", *("" for _ in parameters), *figures, _skill(metric, score, reference), "", ""]
        entries.append((metric.cost(score), True, cells))
    entries.sort(key=lambda entry: entry[:2])
    return [row for _, _, row in entries], 1, [i for i, (_, baseline, _) in enumerate(entries) if baseline]


def _skill(metric: Metric, score: float, reference: float | None) -> str:
    return percent(metric.skill(score, reference)) if reference is not None else ""


def _finalist(finalist: Finalist) -> list[object]:
    runs = " ".join("failed" if score is None else significant(score) for score in finalist.scores)
    mean = "failed" if finalist.mean is None else significant(finalist.mean)
    std = "" if finalist.std is None else significant(finalist.std, 2)
    return [finalist.name, mean, std, significant(finalist.searched), len(finalist.runs), runs]


def _differences(material: Material, conclusion: Conclusion) -> list[Markup]:
    """The winner against the others: an interval that reaches over 0 leaves it open who is better."""
    known = [d for d in conclusion.differences if d.interval is not None]
    unknown = [d.name for d in conclusion.differences if d.interval is None]
    blocks = []
    if known:
        intervals = [d.interval for d in known if d.interval is not None]
        names = [f"{d.name} ({in_words(d.reason)})" for d in known]
        trace: theme.Trace = {
            "x": [interval.mean for interval in intervals],
            "y": names,
            "mode": "markers",
            "marker": {"color": theme.BLUE, "size": 10},
            "error_x": {
                "array": [interval.high - interval.mean for interval in intervals],
                "arrayminus": [interval.mean - interval.low for interval in intervals],
                "color": theme.BLUE,
                "thickness": 2,
                "width": 6,
            },
            "hovertemplate": "%{y}: %{x:.4g}<extra></extra>",
        }
        x = theme.axis(material.axis(lead=_lead(material.metric)), zeroline=True, zerolinecolor=theme.INK)
        y = theme.axis("", range=[len(known) - 0.5, -0.5], ticks="")
        title = f"The winner against the others, {share(intervals[0].level)} intervals"
        blocks.append(theme.figure(title, [trace], x, y, 130 + 40 * len(known), show_legend=False))
        said = (
            "Pairs of the same seed and fold. Left of 0 the winner is better; an interval that holds 0 leaves it open."
        )
        blocks.append(note(said))
    if unknown:
        blocks.append(note(f"No interval against {', '.join(unknown)}: fewer than two pairs of runs."))
    return blocks


def _lead(metric: Metric) -> str:
    """What a difference of costs is, in words, such that below 0 the winner is better."""
    return "other minus winner, " if metric.higher_is_better else "winner minus other, "
