"""The page of a sweep, or of the jobs of a multirun, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from textwrap import shorten
from typing import Any

from seqsweep.comparison import FinishedSweep, comparable_groups
from seqsweep.errors import UserError
from seqsweep.html import (
    Markup,
    Section,
    document,
    folded,
    joined,
    note,
    rendered,
    shared_script,
    standalone,
    summary,
    table,
    theme,
    tiles,
)
from seqsweep.report.heading import heading
from seqsweep.report.page import account, board, search, settings
from seqsweep.report.page.data import data_section
from seqsweep.report.page.material import Material, gather
from seqsweep.report.sentences import headline, trials
from seqsweep.report.sweeps_table import verdicts
from seqsweep.state_files import write_text
from seqsweep.tasks import TASKS
from seqsweep.tracking import Tracker
from seqsweep.words import PROVEN, better_is, counted, duration, in_words, percent, setting, significant

PAGE = "report.html"
"""Its file in the sweep's folder."""

ARTIFACTS = "report"
"""Its folder among the artifacts of the sweep's run."""


def write(folder: Path, target: Path | None = None, *, single_file: bool = False) -> Path:
    """Write the page of the sweep in `folder`; returns where it lies.

    Args:
        folder: of the sweep.
        target: the file to write; None: beside the sweep's state.
        single_file: it holds the script of its figures, whatever `report.single_file` says.

    Raises:
        UserError: the search has not ended.
        StateError: a file of the sweep is truncated or foreign, or the disk refuses.
    """
    material = gather(folder)
    outcome = material.outcome
    data = dict.fromkeys((outcome.data, outcome.target))  # which may have one name
    title = f"{outcome.config.study}: {', '.join(data)}"
    target = target or folder / PAGE
    script = "" if single_file or outcome.config.report.single_file else _script(outcome.directory, target)
    write_text(target, document(title, outcome.config.question or "", _head(material), sections(material), script))
    return target


def publish(folder: Path, tracker: Tracker) -> Path:
    """Write the page, and show it and its summary on the sweep's run; returns where it lies. Errors as `write` has.

    Args:
        folder: of the sweep.
        tracker: open, with the sweep's run.
    """
    page = write(folder)
    # MLflow shows an artifact by itself, where no other file can be reached from it.
    tracker.log_text(standalone(page.read_text(encoding="utf-8")), f"{ARTIFACTS}/{PAGE}")
    tracker.summarise(markdown(folder))
    return page


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
    named = [f"{i}. {_apart(job, jobs)}" for i, job in enumerate(jobs, 1)]
    side = Section("jobs", "Side by side", [_table(jobs, named), *_bests(jobs, named)])
    each = [folded(name, _job(job), "job") for name, job in zip(named, jobs, strict=True)]
    title = f"{', '.join(studies)}: {counted(len(jobs), 'sweep')} side by side"
    below = Section("each", "Each of them", each)
    alone = any(job.outcome.config.report.single_file for job in jobs)
    script = "" if alone else _script(jobs[0].outcome.directory, target)
    write_text(target, document(title, " ".join(questions), _verdicts(jobs), [side, below], script))
    return target


def _script(directory: Path, target: Path) -> str:
    """The address of the script that a page in the directory shares; empty for one outside it."""
    return shared_script(directory, target) if target.is_relative_to(directory) else ""


def markdown(folder: Path) -> str:
    """What the sweep in `folder` found, for the description of its run; errors as `write` has them."""
    material = gather(folder)
    outcome = material.outcome
    facts = {
        "study": outcome.config.study,
        "trials": trials(outcome),
        "ended because": outcome.reason,
        "the whole report": f"`{ARTIFACTS}/{PAGE}` among this run's artifacts",
    }
    said = headline(outcome, material.conclusion)
    return "\n".join([*said, "", *(f"- {name}: {fact}" for name, fact in facts.items())])


def sections(material: Material) -> list[Section]:
    """All sections, in order; each says so where it has nothing to show."""
    return [
        data_section(material.facts),
        board.leaderboard(material),
        board.finalists(material),
        board.test_part(material),
        *_of_task(material),
        search.history(material),
        search.curves(material),
        search.parallel(material),
        settings.mattered(material),
        account.failures(material),
        account.spent(material),
        account.lineage(material),
    ]


def _of_task(material: Material) -> list[Section]:
    """What only this kind of task shows of its test evaluation."""
    conclusion, evaluation = material.conclusion, material.evaluation
    if conclusion is None or evaluation is None:
        return []
    task = TASKS[conclusion.task]
    return task.sections(heading(conclusion, evaluation), evaluation.details, material.predictions)


def _head(material: Material) -> list[Markup]:
    return [summary(headline(material.outcome, material.conclusion)), tiles(_tiles(material))]


def _tiles(material: Material) -> list[tuple[str, str, str]]:
    outcome, evaluation = material.outcome, material.evaluation
    searched = ("searched", str(len(outcome.records)), f"{trials(outcome)}, {outcome.config.tuner.kind}")
    entries: list[tuple[str, str, str]] = []
    winner = material.conclusion.winner if material.conclusion else None
    if winner is not None and evaluation is not None:
        packaged = f"; packaged: {evaluation.mean_of}" if evaluation.mean_of else ""
        entries.append(("winner", winner.name, f"best mean of {counted(len(winner.runs), 'run')}{packaged}"))
        own = significant(evaluation.scores[material.metric.name])
        entries.append((f"{in_words(material.metric.name)} on test", own, material.unit() or "no unit"))
        if evaluation.skill is not None and evaluation.best_baseline is not None:
            sure = PROVEN[evaluation.standing(material.metric).verdict]
            said = f"over {in_words(evaluation.best_baseline)}; {sure}"
            entries.append(("skill on test", percent(evaluation.skill), said))
    elif outcome.ranked:
        best = outcome.ranked[0]
        entries.append(("best of the search", best.name, "one seed, not proven"))
        own = significant(best.metrics[outcome.objective])
        entries.append((f"{in_words(material.metric.name)} on validation", own, material.unit() or "no unit"))
        if "val_skill" in best.metrics:
            over = f"over {in_words(outcome.best_baseline)}" if outcome.best_baseline else ""
            entries.append(("skill on validation", percent(best.metrics["val_skill"]), over))
    return [*entries, searched]


def _verdicts(jobs: Sequence[Material]) -> list[Markup]:
    """What the final runs say of the sweeps against each other, where they can be compared."""
    found = comparable_groups([FinishedSweep(job.outcome, job.conclusion) for job in jobs])
    said = [sentence for group in found for sentence in verdicts(group)]
    return [summary(said)] if said else []


def _job(material: Material) -> Markup:
    return joined([*_head(material), *(rendered(section) for section in sections(material))])


def _table(jobs: Sequence[Material], named: Sequence[str]) -> Markup:
    metric = in_words(jobs[0].metric.name) if len({job.metric.name for job in jobs}) == 1 else "score"
    head = ["sweep", "best or winner", f"{metric}, validation", f"{metric}, test", "skill", "trials", "failed", "time"]
    return table(head, [[name, *_cells(job)] for name, job in zip(named, jobs, strict=True)], words=2)


def _cells(job: Material) -> list[object]:
    outcome, evaluation = job.outcome, job.evaluation
    winner = job.conclusion.winner if job.conclusion else None
    ranked = outcome.ranked
    counts = [len(outcome.records), len(job.failed), duration(outcome.seconds)]
    if winner is not None and evaluation is not None and winner.mean is not None:
        gain = percent(evaluation.skill) if evaluation.skill is not None else ""
        return [winner.name, significant(winner.mean), significant(evaluation.scores[job.metric.name]), gain, *counts]
    if not ranked:
        return ["none completed", "", "", "", *counts]
    gain = percent(ranked[0].metrics["val_skill"]) if "val_skill" in ranked[0].metrics else ""
    return [ranked[0].name, significant(ranked[0].metrics[outcome.objective]), "unread", gain, *counts]


def _bests(jobs: Sequence[Material], named: Sequence[str]) -> list[Markup]:
    """The best of each sweep beside its best baseline; only where all are in one unit."""
    if len({(job.axis(), job.outcome.sha256) for job in jobs}) > 1:
        return [note("The sweeps differ in data or objective, so their scores are not drawn in one figure.")]
    known = [(name, job) for name, job in zip(named, jobs, strict=True) if job.outcome.ranked]
    if not known:
        return []
    labels = [shorten(name, 40, placeholder=" …") for name, _ in known]
    best = [job.outcome.ranked[0].metrics[job.outcome.objective] for _, job in known]
    traces = [_dots(best, labels, "best trial", theme.BLUE, "circle")]
    references = [(job.outcome.best_baseline, job) for _, job in known]
    errors = [job.outcome.baselines[name][job.metric.name] for name, job in references if name is not None]
    if len(errors) == len(known):
        traces.append(_dots(errors, labels, "best baseline", theme.GREY, "diamond"))
    x, y = theme.axis(jobs[0].axis(part="validation")), theme.axis("", autorange="reversed", ticks="")
    title = f"The best of each search, one seed a trial; {better_is(jobs[0].metric)}"
    return [theme.figure(title, traces, x, y, 170 + 34 * len(known))]


def _dots(x: Sequence[float], y: Sequence[str], name: str, colour: str, symbol: str) -> theme.Trace:
    marker = {"color": colour, "size": 11, "symbol": symbol}
    return {"x": list(x), "y": list(y), "name": name, "mode": "markers", "marker": marker}


def _apart(job: Material, jobs: Sequence[Material]) -> str:
    """What sets a sweep apart from the others, by its config: `tuner.kind=random layer=[lstm]`."""
    flat = [_flat(asdict(other.outcome.config)) for other in jobs]
    own = _flat(asdict(job.outcome.config))
    hidden = ("question", "report.", "tracking.", "launch.")
    keys = [key for key in own if not key.startswith(hidden) and any(other.get(key) != own[key] for other in flat)]
    said = [f"{key.rpartition('.')[2]}={_plain(own[key])}" for key in keys[:6]]
    return " ".join(said) or job.outcome.name


def _plain(value: Any) -> str:
    return str(value).replace("'", "") if isinstance(value, list | dict) else setting(value)


def _flat(content: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in content.items():
        # A dimension of the space is one value, though a range is written as a mapping.
        if isinstance(value, dict) and prefix != "search_space.":
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
