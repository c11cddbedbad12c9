"""Tables: the trials of the search among the baselines, the finalists, what the winner did on the test part."""

from __future__ import annotations

from collections.abc import Sequence

from seqsweep.finals import Finalist
from seqsweep.html import Markup, Section, folded, link, listed, note, paragraph, table
from seqsweep.objectives import title_of
from seqsweep.records import TrialRecord
from seqsweep.report.front import about_trades, traded
from seqsweep.report.page.material import Material
from seqsweep.report.page.parameters import Parameter, varying
from seqsweep.report.sentences import NO_WINNER, against_others, audit
from seqsweep.words import column_title, counted, gain, in_words, ranking, setting, significant

SHOWN = 15  # trials that the page opens with
SETTINGS = 4  # columns that it opens with: a window of usual width has room for them
SHADED = "Baselines are shaded."


def leaderboard(material: Material) -> Section:
    """The trials of the search and the baselines in one order, on validation."""
    outcome = material.outcome
    ranked = outcome.ranked
    parameters = _telling(ranked)
    if not ranked and not outcome.baselines:
        return Section("leaderboard", "Leaderboard", [paragraph("No trial completed, and no baseline was scored.")])
    blocks = [
        _table(material, ranked[:SHOWN], parameters[:SETTINGS]),
        note(
            "Scores are on validation, of one seed a trial: the best of many looks better than it is. Baselines are "
            "shaded and have no rank."
        ),
    ]
    if material.pruned:
        rows = [[record.name, record.epochs or 0, record.reason] for record in material.pruned]
        told = f"{counted(len(rows), 'trial')} pruned: fewer epochs than the others, so without a rank"
        blocks.append(folded(told, table(["trial", "epochs", "why"], rows, words=1)))
    if len(ranked) > SHOWN or len(parameters) > SETTINGS:
        more = ", with more settings" if len(parameters) > SETTINGS else ""
        blocks.append(
            folded(f"All {counted(len(ranked), 'completed trial')}{more}", _table(material, ranked, parameters))
        )
    return Section("leaderboard", "Leaderboard", blocks)


def finalists(material: Material) -> Section:
    """The best trials trained again, how far the winner is from the others, and what it did on the test part."""
    conclusion = material.conclusion
    if conclusion is None:
        said = "None have ended." if material.outcome.config.finals.trials else "None were wanted (finals.trials=0)."
        return Section("finals", "Finals", [paragraph(said)])
    metric = in_words(material.metric.name)
    others, against = conclusion.further, {one.trial_id: one for one in conclusion.differences}
    head = ["finalist", f"{metric}, mean", "std", *map(title_of, others), f"{metric} in the search", "runs", "each run"]
    rows = [
        _finalist(finalist, [traded(other, finalist, against.get(finalist.trial_id)) for other in others])
        for finalist in conclusion.finalists
    ]
    folds = "" if conclusion.folds == 1 else f", {conclusion.folds} rolling origins"
    reasons = [f"failed: {reason}" for finalist in conclusion.finalists for reason in finalist.reasons]
    told = against_others(conclusion) or [NO_WINNER]
    who = "Trials of the front" if others else "The best trials"
    wins = "of those within registry.bounds wins" if conclusion.bounds else "wins"
    blocks = [
        table(head, rows, bold=[0] if conclusion.winner else []),
        note(
            f"{who}, trained again from {conclusion.seeds} seeds{folds}; scores are on validation. The best mean "
            f"{wins}. Where the mean is worse than the score of the search, that one was lucky."
        ),
        *(note(f"{text[0].upper()}{text[1:]}.") for text in about_trades(conclusion)),
        listed([*told, *audit(conclusion), *reasons]),
    ]
    return Section("finals", "Finals and test part", [*blocks, *_test_part(material)])


def _test_part(material: Material) -> list[Markup]:
    """The winner and the baselines on the test part, best first."""
    conclusion, evaluation = material.conclusion, material.evaluation
    if conclusion is None or conclusion.winner is None or evaluation is None:
        return [paragraph("The test part was not read: there is no winner of finals.")]
    metrics = conclusion.metrics(evaluation.scores)
    name, best = conclusion.winner.name, evaluation.best_baseline
    rows = ranking(name, evaluation.scores, evaluation.baselines, best, material.metric, metrics)
    head = ["on the test part", *map(column_title, metrics), "skill"]
    marked = [i for i, (_, network, _) in enumerate(rows) if not network]
    bold = [i for i, (_, network, _) in enumerate(rows) if network]
    return [table(head, [[who, *cells] for who, _, cells in rows], marked=marked, bold=bold), note(SHADED)]


def _telling(ranked: Sequence[TrialRecord]) -> list[Parameter]:
    hidden = ("layer", "depth", "units", "last_epoch")  # in the trial's name, or among its epochs
    return [parameter for parameter in varying(ranked) if not parameter.name.startswith(hidden)][:8]


def _table(material: Material, ranked: Sequence[TrialRecord], parameters: Sequence[Parameter]) -> Markup:
    """Trials and baselines, best first; what all of them have stands before the settings."""
    outcome, metric = material.outcome, material.metric
    titles, labels = map(column_title, outcome.metrics), [parameter.label for parameter in parameters]
    head = ["trial or baseline", "rank", *titles, "skill", "epochs", "weights", *labels]
    names = [known.name for known in outcome.metrics]
    pages, chosen = material.trial_pages, material.chosen
    entries: list[tuple[float, bool, list[object]]] = []  # what sorts them first
    for place, record in enumerate(ranked, 1):
        score = record.metrics[outcome.objective]
        settings = [setting(parameter.values[place - 1]) for parameter in parameters]
        figures = [significant(record.metrics[f"val_{name}"]) for name in names]
        spent = [f"{number or 0:,}" for number in (record.epochs, record.parameter_count)]
        named = link(pages[record.trial_id], record.name) if record.trial_id in pages else record.name
        cells: list[object] = [named, place, *figures, gain(outcome.skill(score)), *spent, *settings]
        entries.append((metric.cost(score), False, cells))
    for name, scores in outcome.baselines.items():
        score = scores[metric.name]
        figures = [significant(scores[other]) for other in names]
        cells = [in_words(name), "", *figures, gain(outcome.skill(score)), "", "", *("" for _ in parameters)]
        entries.append((metric.cost(score), True, cells))
    entries.sort(key=lambda entry: entry[:2])
    marked = [i for i, (_, baseline, _) in enumerate(entries) if baseline]
    place_of_best = next((i for i, record in enumerate(ranked, 1) if record is chosen), 0)
    best = [i for i, (_, _, cells) in enumerate(entries) if cells[1] == place_of_best]
    return table(head, [cells for _, _, cells in entries], marked=marked, bold=best)


def _finalist(finalist: Finalist, others: Sequence[str]) -> list[object]:
    runs = " ".join("failed" if score is None else significant(score) for score in finalist.scores)
    mean = "failed" if finalist.mean is None else significant(finalist.mean)
    std = "" if finalist.std is None else significant(finalist.std, 2)
    return [finalist.name, mean, std, *others, significant(finalist.searched), len(finalist.runs), runs]
