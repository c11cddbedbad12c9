"""A sweep's progress in a notebook: one output of the cell, which is shown anew as the sweep goes on."""

from __future__ import annotations

import html
import io
import time
from collections.abc import Mapping, Sequence
from typing import Any

from seqsweep.events import Epoch
from seqsweep.metrics import Metric
from seqsweep.records import TrialRecord
from seqsweep.report.progress import Terminal
from seqsweep.search import Phase
from seqsweep.tasks import Facts
from seqsweep.terminal import console

WIDTH = 110  # characters a line
EVERY = 0.5  # seconds between two drawings that only epochs ask for
STYLE = "max-height: 22em; overflow: auto; white-space: pre; line-height: 1.3; font-size: 85%"


class Notebook(Terminal):
    """The lines of `Terminal`, with the bar below them, in one output that is updated; needs no widgets.

    Every notebook redraws an output that has a name (`display_id`). Rich draws by ipywidgets, and where they are not
    installed leaves a line a redraw.

    Args:
        objective: the metric that ranks.
        planned: how many runs follow the search, by phase.
    """

    def __init__(self, objective: Metric, planned: Mapping[Phase, int] | None = None) -> None:
        self._lines = io.StringIO()
        shown = console(file=self._lines, width=WIDTH, force_jupyter=False, force_terminal=False)
        super().__init__(shown, objective, planned)
        self._output: Any = None  # of the cell
        self._drawn = 0.0  # on `time.monotonic`

    def say(self, text: str) -> None:
        """A sentence, above the bar."""
        super().say(text)
        self._draw()

    def describe(self, facts: Facts) -> None:
        """What the data is, in two lines."""
        super().describe(facts)
        self._draw()

    def begin(self, expected: int, finished: Sequence[TrialRecord], workers: int, kind: Phase = "trial") -> None:
        """Count the runs of a phase on the bar."""
        super().begin(expected, finished, workers, kind)
        self._draw()

    def stage(self, doing: str) -> None:
        """What is done meanwhile."""
        self._doing = doing
        self._draw()

    def epoch(self, trial: TrialRecord, event: Epoch) -> None:
        """An epoch of it ended; not each is drawn."""
        super().epoch(trial, event)
        if time.monotonic() - self._drawn > EVERY:
            self._draw()

    def ended(self, trial: TrialRecord, score: float | None) -> None:
        """It ended: a line."""
        super().ended(trial, score)
        self._draw()

    def finish(self) -> None:
        """Leave the lines alone."""
        super().finish()
        self._draw(running=False)

    def _draw(self, running: bool = True) -> None:
        from IPython import display

        text = self._lines.getvalue()
        if running:
            drawn = io.StringIO()
            console(file=drawn, width=WIDTH, force_jupyter=False, force_terminal=False).print(self._render())
            text += drawn.getvalue()
        content = display.HTML(f'<div style="{STYLE}"><code>{html.escape(text.rstrip())}</code></div>')  # type: ignore[no-untyped-call]
        if self._output is None:
            self._output = display.display(content, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._output.update(content)
        self._drawn = time.monotonic()
