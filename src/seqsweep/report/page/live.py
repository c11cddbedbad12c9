"""Pages of a sweep while it runs, from what its folder holds now: that of the sweep, and one a trial."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from seqsweep.errors import UserError
from seqsweep.html import (
    SCRIPT,
    Markup,
    Section,
    document,
    facts,
    link,
    paragraph,
    rendered,
    short_facts,
    table,
    verbatim,
)
from seqsweep.records import TrialRecord
from seqsweep.report.page.curves import course
from seqsweep.report.page.material import Material, gather
from seqsweep.report.page.run import head, sections, title_of
from seqsweep.report.page.winner import clock, settings_of, when
from seqsweep.search import SweepState, is_running, load_config, read_links, running_trials, server_of
from seqsweep.tuner import plan
from seqsweep.words import counted, duration, in_words, significant

WATCHED = ("trials/*.json", "finals/*.json", "begun.json", "outcome.json", "conclusion.json", "facts.json", "owner")
ENDED = "This sweep has ended."


def stamp(folder: Path) -> str:
    """A text that changes when the state of the sweep does."""
    found = hashlib.sha256()
    for pattern in WATCHED:
        for file in sorted(folder.glob(pattern)):
            try:
                known = file.stat()
            except FileNotFoundError:  # it went away meanwhile
                continue
            found.update(f"{file.name} {known.st_mtime_ns} {known.st_size}\n".encode())
    return found.hexdigest()[:16]


def live_page(folder: Path, now: str) -> str:
    """The page of the sweep as it is now; its trials lead to pages of their own.

    Args:
        folder: of the sweep.
        now: the stamp of its state.

    Raises:
        UserError: no trial can have begun yet.
        StateError: a file of it is truncated or foreign.
    """
    material = gather(folder, begun=True)
    records = (*material.outcome.records, *material.final_runs)
    material = replace(material, trial_pages={record.trial_id: f"trials/{record.trial_id}" for record in records})
    told = paragraph(_standing(folder, material), "live")
    config = material.outcome.config
    above = [told, running_now(folder), *head(material)]
    shown = sections(material, searching=material.outcome.reason == "")
    return document(title_of(material), config.question or "", above, shown, SCRIPT, now)


def running_now(folder: Path) -> Markup:
    """The trials that run, with their runs in MLflow; an empty block where none does.

    Args:
        folder: of the sweep.

    Raises:
        StateError: a file of it is truncated or foreign.
    """
    trials = running_trials(folder)
    if not trials:
        return Markup('<section id="running" hidden></section>')
    server = server_of(load_config(folder).tracking)
    rows = [
        [
            link(server + trial.page, trial.name) if server and trial.page else trial.name,
            f"{trial.epoch} of at most {trial.last_epoch}" if trial.epoch else "begins",
            clock(trial.started),
        ]
        for trial in trials
    ]
    return rendered(Section("running", "Running now", [table(["trial", "epoch", "since"], rows)]))


def trial_page(folder: Path, trial_id: str) -> str:
    """The page of one trial, or final run, that has ended.

    Args:
        folder: of the sweep.
        trial_id: of the trial.

    Raises:
        UserError: there is none, or it has not ended.
        StateError: a file of the sweep is truncated or foreign.
    """
    state = SweepState(folder)
    known: Mapping[str, TrialRecord] = {**state.records(), **state.records("final")}
    if trial_id not in known:
        raise UserError(f"{trial_id}: no trial of this sweep has ended under this id")
    record, config = known[trial_id], load_config(folder)
    page = read_links(folder, config.tracking).trials.get(trial_id)
    above = [paragraph(record.reason, "live")] if record.reason else []
    shown = [
        Section(
            "course",
            "How it went",
            [facts([*_course(record), *([("in MLflow", link(page, "its run"))] if page else [])])],
        ),
        Section("curves", "Learning curves", course(record, f"val_{config.task.objective}")),
        Section("settings", "Settings", [short_facts(settings_of(record, config))]),
    ]
    if record.detail:
        shown.append(Section("detail", "Where it failed", [verbatim(record.detail)]))
    return document(record.name, _of(record), [*above, _back()], shown, f"../{SCRIPT}")


def failed_page(folder: Path, error: str, now: str) -> str:
    """What is shown where there is no page: why, until the state changes.

    Args:
        folder: of the sweep.
        error: what is wrong.
        now: the stamp of its state; empty: the page does not ask for it.
    """
    return document(
        f"Sweep {folder.name}", "", [paragraph(error, "live"), *([] if now else [_back()])], [], SCRIPT, now
    )


def _standing(folder: Path, material: Material) -> str:
    """What the sweep is doing now."""
    outcome = material.outcome
    if not is_running(folder):
        return ENDED if outcome.reason else "This sweep does not run now; its command goes on with it."
    if outcome.reason:
        done = len(material.final_runs)
        return f"The search has ended; of the finals {counted(done, 'run')} {'has' if done == 1 else 'have'} ended."
    ended = len(outcome.records)
    return f"Running: {ended} of {max(plan(outcome.config).trials, ended)} trials have ended."


def _course(record: TrialRecord) -> list[tuple[str, object]]:
    pairs: list[tuple[str, object]] = [("state", record.status.lower())]
    parts = {name: name.removeprefix("val_") for name in record.metrics}
    pairs += [
        (f"{in_words(plain)}{' on validation' if plain != name else ''}", significant(record.metrics[name]))
        for name, plain in parts.items()
    ]
    numbers = {"epochs": record.epochs, "best epoch": record.best_epoch, "weights": record.parameter_count}
    pairs += [(name, f"{number:,}") for name, number in numbers.items() if number is not None]
    pairs += [(name, when(at)) for name, at in (("began", record.started), ("ended", record.ended)) if at is not None]
    if record.duration is not None:
        pairs.append(("took", duration(record.duration)))
    named = {"goes on from": record.continues, "repeats": record.final_of, "note": record.note}
    pairs += [(name, text) for name, text in named.items() if text]
    return [*pairs, ("seed", record.seed)]


def _of(record: TrialRecord) -> str:
    return f"{'Final run' if record.kind == 'final' else 'Trial'} {record.trial_id}"


def _back() -> Markup:
    return Markup("<p>{}</p>").format(link("../", "the sweep"))
