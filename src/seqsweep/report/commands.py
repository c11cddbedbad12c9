"""Commands whose whole purpose is to show something."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from seqsweep.comparison import comparable_groups, finished
from seqsweep.report.page import write, write_all
from seqsweep.report.reproduction import figures_table, reproduction_sentences
from seqsweep.report.sweeps_table import sweeps_table, verdicts
from seqsweep.reproduce import reproduce
from seqsweep.schema import TrackingConfig
from seqsweep.terminal import console


def show_comparison(directory: Path, names: Sequence[str], html: bool = False) -> None:
    """Finished sweeps side by side, and which of them does better; with `html` a page over them too.

    Args:
        directory: `tracking.directory`, which holds the sweeps.
        names: studies, run names or the first digits of fingerprints; none: all sweeps.
        html: write `compare.html` in `directory` too.

    Raises:
        UserError: there is no finished sweep, or none of a name.
    """
    shown = console()
    entries = finished(directory, names, _note)
    shown.print(sweeps_table(entries))
    for group in comparable_groups(entries):
        for sentence in verdicts(group):
            shown.print(sentence, soft_wrap=True)
    if html:
        where = directory.resolve() if os.access(directory, os.W_OK) else Path.cwd()
        page = write_all([entry.outcome.folder for entry in entries], where / "compare.html")
        shown.print(f"One page over all of them: {page}", soft_wrap=True)


def write_page(directory: Path, name: str | None) -> Path:
    """Write the page of the newest finished sweep under `directory`, or of the newest of a name; returns its path.

    Args:
        directory: `tracking.directory`, which holds the sweeps.
        name: a study, a run name or the first digits of a fingerprint; None: any.

    Raises:
        UserError: there is no such sweep.
        StateError: a file of it is truncated.
    """
    entries = finished(directory, [name] if name else (), _note)
    folder = entries[-1].outcome.folder
    elsewhere = None if os.access(folder, os.W_OK) else Path.cwd() / f"report-{folder.name}.html"
    return write(folder, elsewhere).resolve()


def show_reproduction(store: TrackingConfig, run_id: str, moved: Sequence[str] = ()) -> int:
    """Train a logged run again and show how it compares; returns the exit code.

    Args:
        store: where the run is logged.
        run_id: of MLflow.
        moved: where its data lies now: overrides of `data.url` or `data.path`.

    Raises:
        UserError: there is no such run, or its data cannot be read.
        SweepError: it has no figures, or training failed this time.
    """
    shown = console()
    again = reproduce(store, run_id, shown.print, moved)
    shown.print(figures_table(again))
    for sentence in reproduction_sentences(again):
        shown.print(sentence, soft_wrap=True)
    return 1 if again.verdict == "different" else 0


def _note(text: str) -> None:
    """A sentence beside what was asked for, which others may read by a pipe."""
    console(stderr=True).print(text, style="yellow", soft_wrap=True)
