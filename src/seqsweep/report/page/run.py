"""The page of a sweep, in order."""

from __future__ import annotations

from pathlib import Path

from seqsweep.html import Markup, Section, detail, document, note, shared_script, standalone, summary
from seqsweep.report.heading import heading
from seqsweep.report.page import account, board, settings
from seqsweep.report.page.curves import curves
from seqsweep.report.page.data import data_section
from seqsweep.report.page.front import front
from seqsweep.report.page.glossary import glossary
from seqsweep.report.page.history import history
from seqsweep.report.page.material import Material, gather
from seqsweep.report.page.parallel import parallel
from seqsweep.report.page.winner import when, winner
from seqsweep.report.sentences import headline, trials
from seqsweep.search import keep_links
from seqsweep.state_files import THIS_PAGE, write_text
from seqsweep.tasks import TASKS
from seqsweep.tracking import Tracker

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
    target = target or folder / PAGE
    script = "" if single_file or outcome.config.report.single_file else script_of(outcome.directory, target)
    page = document(title_of(material), outcome.config.question or "", head(material), sections(material), script)
    write_text(target, page, THIS_PAGE)
    return target


def publish(folder: Path, tracker: Tracker) -> Path:
    """Write the page, and show it and its summary on the sweep's run; returns where it lies. Errors as `write` has.

    Args:
        folder: of the sweep.
        tracker: open, with the sweep's run.
    """
    keep_links(folder, *tracker.pages())
    page = write(folder)
    # MLflow shows an artifact by itself, where no other file can be reached from it.
    tracker.log_text(standalone(page.read_text(encoding="utf-8")), f"{ARTIFACTS}/{PAGE}")
    tracker.summarise(markdown(folder))
    return page


def script_of(directory: Path, target: Path) -> str:
    """The address of the script that a page in the directory shares; empty for one outside it.

    Args:
        directory: `tracking.directory`.
        target: the page.
    """
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


def title_of(material: Material) -> str:
    """`quickstart: sunspots`."""
    outcome = material.outcome
    data = dict.fromkeys((outcome.data, outcome.target))  # which may have one name
    return f"{outcome.config.study}: {', '.join(data)}"


def head(material: Material) -> list[Markup]:
    """The verdict, what was searched, and what the scores mean."""
    outcome = material.outcome
    ended = max((record.ended or 0.0 for record in (*outcome.records, *material.final_runs)), default=0.0)
    until = f", until {when(ended)}" if ended else ""
    tuner = outcome.config.tuner
    points = ", whose new points a model of the trials before proposes" if tuner.sampler == "bayesian" else ""
    searched = f"Searched: {trials(outcome)}, by tuner {tuner.kind}{points}{until}."
    begun = [note(f"{outcome.prior}.")] if outcome.prior else []
    return [summary(headline(outcome, material.conclusion)), note(searched), *begun, glossary(material)]


def sections(material: Material, *, searching: bool = False) -> list[Section]:
    """All sections, in order: what a reader asks first, then the details, folded; each says so where it is empty.

    Args:
        material: of the sweep.
        searching: its search goes on: what costs much waits for its end.
    """
    of_task = _of_task(material)
    chief = [section for place, section in enumerate(of_task) if place == 0 or section.unfolded]
    details = [
        *(section for section in of_task if section not in chief),
        history(material),
        curves(material),
        parallel(material),
        settings.later() if searching else settings.mattered(material),
        account.failures(material),
        account.spent(material),
        account.lineage(material),
    ]
    return [
        *chief,
        winner(material),
        data_section(material.facts),
        *front(material),
        board.finalists(material),
        board.leaderboard(material),
        Section("details", "Details", [detail(section) for section in details]),
    ]


def _of_task(material: Material) -> list[Section]:
    """What only this kind of task shows of its test evaluation; the first is its picture."""
    conclusion, evaluation = material.conclusion, material.evaluation
    if conclusion is None or evaluation is None:
        return []
    task = TASKS[conclusion.task]
    return task.sections(heading(conclusion, evaluation), evaluation.details, material.predictions)
