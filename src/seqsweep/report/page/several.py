"""One page over several sweeps: which does better, then each of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import shorten

from seqsweep.comparison import FinishedSweep, Labels, comparable_groups, labels
from seqsweep.errors import UserError
from seqsweep.finals import Finalist
from seqsweep.html import Markup, Section, document, folded, joined, note, rendered, summary, table, theme
from seqsweep.report.layer_styles import OTHER, layer_style
from seqsweep.report.page.best_so_far import best_so_far
from seqsweep.report.page.history import best_baseline
from seqsweep.report.page.material import Material, gather
from seqsweep.report.page.run import head, script_of, sections
from seqsweep.report.sweeps_table import verdicts
from seqsweep.state_files import THIS_PAGE, write_text
from seqsweep.words import better_is, counted, duration, gain, in_words, plus_minus, significant


def write_all(folders: Sequence[Path], target: Path) -> Path:
    """Write one page over several sweeps, each with all of its sections; returns `target`.

    Args:
        folders: of the sweeps, in the order in which the page shows them.
        target: the file to write.

    Raises:
        UserError: there is no sweep, or the search of one has not ended.
        StateError: a file of a sweep is truncated or foreign, or the disk refuses.
    """
    if not folders:
        raise UserError("there is no sweep to report; name one or more")
    jobs = [gather(folder) for folder in folders]
    studies = list(dict.fromkeys(job.outcome.config.study for job in jobs))
    questions = list(dict.fromkeys(job.outcome.config.question or "" for job in jobs))
    entries = [FinishedSweep(job.outcome, job.conclusion) for job in jobs]
    called = labels(entries)
    named = [called[entry] for entry in entries]
    side = Section("jobs", "Side by side", [_table(jobs, named), *_bests(jobs, named), *best_so_far(jobs, named)])
    each = [folded(name, _job(job), "job") for name, job in zip(named, jobs, strict=True)]
    title = f"{', '.join(studies)}: {counted(len(jobs), 'sweep')} side by side"
    below = Section("each", "Each of them", each)
    alone = any(job.outcome.config.report.single_file for job in jobs)
    script = "" if alone else script_of(jobs[0].outcome.directory, target)
    write_text(
        target, document(title, " ".join(questions), _verdicts(entries, called), [side, below], script), THIS_PAGE
    )
    return target


def _verdicts(entries: Sequence[FinishedSweep], called: Labels) -> list[Markup]:
    """What the final runs say of the sweeps against each other, where they can be compared."""
    said = [sentence for group in comparable_groups(entries) for sentence in verdicts(group, called)]
    return [summary(said)] if said else []


def _job(material: Material) -> Markup:
    return joined([*head(material), *(rendered(section) for section in sections(material))])


def _table(jobs: Sequence[Material], named: Sequence[str]) -> Markup:
    """The means of the finals beside the lucky bests, and what each search took."""
    metric = in_words(jobs[0].metric.name) if len({job.metric.name for job in jobs}) == 1 else "score"
    scores = [f"{metric}, best of search", "finals, mean ± std", "on test", "skill"]
    head = ["sweep", "best or winner", *scores, "trials", "failed", "epochs", "time"]
    return table(head, [[name, *_cells(job)] for name, job in zip(named, jobs, strict=True)], words=2)


def _cells(job: Material) -> list[object]:
    outcome, evaluation, winner, ranked = job.outcome, job.evaluation, _winner(job), job.outcome.ranked
    spent = FinishedSweep(outcome, job.conclusion).budget
    counts = [spent.trials, len(job.failed), f"{spent.epochs:,}", duration(spent.seconds)]
    if not ranked:
        return ["none completed", "", "", "", "", *counts]
    best = ranked[0].metrics[outcome.objective]
    if winner is None or winner.mean is None or evaluation is None:
        return [ranked[0].name, significant(best), "none", "unread", gain(outcome.skill(best)), *counts]
    finals, tested = plus_minus(winner.mean, winner.std), significant(evaluation.scores[job.metric.name])
    return [winner.name, significant(best), finals, tested, gain(evaluation.skill), *counts]


def _bests(jobs: Sequence[Material], named: Sequence[str]) -> list[Markup]:
    """The best of each sweep beside its best baseline; only where all are in one unit."""
    if len({(job.axis(), job.outcome.sha256) for job in jobs}) > 1:
        return [note("The sweeps differ in data or objective, so their scores are not drawn in one figure.")]
    known = [(name, job) for name, job in zip(named, jobs, strict=True) if job.outcome.ranked]
    if not known:
        return []
    labels = [shorten(name, 40, placeholder=" …") for name, _ in known]
    best = [job.outcome.ranked[0].metrics[job.outcome.objective] for _, job in known]
    traces = [_dots(best, labels, "best of the search, one seed", [theme.GREY] * len(best), "circle-open")]
    won = [(label, job, winner) for label, (_, job) in zip(labels, known, strict=True) if (winner := _winner(job))]
    if won:
        colours = [layer_style(winner.layer or OTHER)[0] for _, _, winner in won]
        means = _dots(
            [winner.mean or 0.0 for _, _, winner in won], [label for label, _, _ in won], "", colours, "circle"
        )
        spread = {
            "array": [winner.std or 0.0 for _, _, winner in won],
            "color": theme.GREY,
            "thickness": 1.5,
            "width": 5,
        }
        traces.append({**means, "name": "winner over seeds, with standard deviation", "error_x": spread})
    scores = [found[1] for _, job in known if (found := best_baseline(job)) is not None]
    if len(scores) == len(known):
        traces.append(_dots(scores, labels, "best baseline", [theme.INK] * len(scores), "diamond"))
    x, y = theme.axis(jobs[0].axis(part="validation")), theme.axis("", autorange="reversed", ticks="")
    title = f"Scores on validation; {better_is(jobs[0].metric)}"
    return [theme.figure(title, traces, x, y, 180 + 40 * len(known))]


def _winner(job: Material) -> Finalist | None:
    winner = job.conclusion.winner if job.conclusion is not None else None
    return winner if winner is not None and winner.mean is not None else None


def _dots(x: Sequence[float], y: Sequence[str], name: str, colours: Sequence[str], symbol: str) -> theme.Trace:
    marker = {"color": list(colours), "size": 11, "symbol": symbol, "line": {"width": 2}}
    return {"x": list(x), "y": list(y), "name": name, "mode": "markers", "marker": marker}
