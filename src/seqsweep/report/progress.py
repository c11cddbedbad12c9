"""A sweep's progress: a live bar on a terminal, a plain line a trial elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from seqsweep.events import Epoch
from seqsweep.metrics import Metric
from seqsweep.records import RunKind, TrialRecord
from seqsweep.tasks import Facts
from seqsweep.words import counted, duration, significant


class _TimeLeft(ProgressColumn):
    """The time that what is left will take, at the pace of the trials that this launch finished."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        own = task.completed - task.fields["before"]
        if task.total is None or own < 1 or not task.elapsed:
            return Text("")
        left = task.elapsed / own * (task.total - task.completed)
        return Text(f"about {duration(left)} left", style="cyan")


class Terminal:
    """Shows a sweep on a console; implements `search.Observer`.

    Args:
        console: where to.
        objective: the metric that ranks.
        epochs: the most that a trial trains.
    """

    def __init__(self, console: Console, objective: Metric, epochs: int) -> None:
        self._console = console
        self._metric = objective
        self._objective = f"val_{objective.name}"
        self._epochs = epochs
        self._best: tuple[float, str] | None = None  # a score, and whose it is
        self._scores: dict[str, list[float]] = {}  # of the runs of each finalist
        self._running: dict[str, tuple[TrialRecord, int]] = {}
        self._count, self._expected = 0, 0
        self._live: Live | None = None
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            _TimeLeft(),
            console=console,
        )

    def say(self, text: str) -> None:
        """A sentence, above the bar."""
        self._console.print(text, style="yellow", soft_wrap=not self._console.is_terminal)

    def describe(self, facts: Facts) -> None:
        """What the data is, in two lines; its page has more."""
        for sentence in facts.summary[:2]:
            self._console.print(sentence, soft_wrap=not self._console.is_terminal)

    def begin(self, expected: int, finished: Sequence[TrialRecord], workers: int, kind: RunKind = "trial") -> None:
        """Start the bar."""
        what = {"trial": "trials", "final": "final runs", "refit": "refits"}[kind]
        self._best, self._running, self._scores = None, {}, {}
        done = len(finished)
        self._count, self._expected = done, max(expected, done)
        for record in finished:
            self._note(record, record.metrics.get(self._objective) if record.status == "COMPLETED" else None)
        if done:
            self._console.print(f"resuming: {done} of {self._expected} {what} are done already")
        if done < expected:
            start = {
                "trial": "; workers take some seconds to start",
                "final": ", the best again from other seeds",
                "refit": ", the winner on all of the data",
            }[kind]
            text = f"{what} to run: {expected - done}, {workers} at a time{start}"
            self._console.print(text)
        for task in self._bar.task_ids:  # of the search, as the finals begin
            self._bar.remove_task(task)
        self._task = self._bar.add_task(what, total=self._expected, completed=done, before=done)
        notebook = self._console.is_jupyter  # where another thread must not draw
        if self._console.is_terminal or notebook:
            self._live = Live(
                get_renderable=self._render,
                console=self._console,
                refresh_per_second=4,
                auto_refresh=not notebook,
                transient=True,
            )
            self._live.start()

    def started(self, trial: TrialRecord) -> None:
        """A trial runs."""
        self._running[trial.trial_id] = (trial, 0)

    def epoch(self, trial: TrialRecord, event: Epoch) -> None:
        """An epoch of it ended."""
        self._running[trial.trial_id] = (trial, event.epoch)

    def ended(self, trial: TrialRecord, score: float | None) -> None:
        """It ended: a line, in the end of which stands the best so far."""
        self._running.pop(trial.trial_id, None)
        self._count += 1
        self._bar.advance(self._task)
        self._note(trial, score)
        self._console.print(self._line(trial, score), soft_wrap=not self._console.is_terminal)
        if self._live is not None and self._console.is_jupyter:
            self._live.refresh()

    def finish(self) -> None:
        """Take the bar away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _note(self, trial: TrialRecord, score: float | None) -> None:
        if score is None:
            return
        if trial.kind == "final":
            self._best = self._best_mean(trial, score)
        elif self._best is None or self._metric.is_better(score, self._best[0]):
            self._best = (score, trial.name)

    def _best_mean(self, trial: TrialRecord, score: float) -> tuple[float, str]:
        """The best mean of the finalists that have the most runs: what decides, and not the luckiest run."""
        self._scores.setdefault(trial.name.partition(" seed ")[0], []).append(score)
        most = max(map(len, self._scores.values()))
        means = {name: sum(scores) / most for name, scores in self._scores.items() if len(scores) == most}
        name = min(means, key=lambda name: self._metric.cost(means[name]))
        return means[name], f"{name}, mean of {counted(most, 'run')}"

    def _line(self, trial: TrialRecord, score: float | None) -> str:
        why = f"pruned at epoch {trial.epochs}" if trial.status == "PRUNED" else f"failed: {trial.reason}"
        if trial.kind == "refit" and trial.status == "COMPLETED":
            why = f"{counted(trial.last_epoch, 'epoch')}, loss {significant(trial.metrics['loss'])}"
        said = f"{self._objective} {significant(score)}" if score is not None else why
        best = f"   best {significant(self._best[0])} ({self._best[1]})" if self._best else ""
        took = f"{trial.duration or 0:.1f} s"
        return f"[{self._count}/{self._expected}] {trial.name:<16} {said}   {took}{best}"

    def _render(self) -> Group:
        lines: list[Text | Progress] = []
        for trial, epoch in self._running.values():
            lines.append(Text(f"  {trial.name:<16} epoch {epoch} of at most {self._epochs}", style="dim"))
        if self._best:
            score, whose = self._best
            lines.append(Text(f"  best so far: {self._objective} {significant(score)}, {whose}", style="green"))
        return Group(*lines, self._bar)
