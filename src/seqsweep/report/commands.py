"""Commands whose whole purpose is to show something."""

from __future__ import annotations

from collections.abc import Sequence

from seqsweep.comparison import FinishedSweep
from seqsweep.report.reproduction import figures_table, reproduction_sentences
from seqsweep.report.sweeps_table import sweeps_table
from seqsweep.reproduce import reproduce
from seqsweep.schema import TrackingConfig
from seqsweep.terminal import console


def show_comparison(entries: Sequence[FinishedSweep], verdict: Sequence[str]) -> None:
    """Finished sweeps side by side, and which of them does better.

    Args:
        entries: in the order in which they ended.
        verdict: in sentences.
    """
    shown = console()
    shown.print(sweeps_table(entries, shown.width))
    for sentence in verdict:
        shown.print(sentence, soft_wrap=not shown.is_terminal)


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
