"""A sweep's progress: a live bar on a terminal, a plain line a trial elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from seqsweep.events import Epoch
from seqsweep.metrics import Metric
from seqsweep.records import TrialRecord
from seqsweep.search import Phase
from seqsweep.tasks import Facts
from seqsweep.words import counted, duration, significant

RUNS: Mapping[Phase, str] = {
    "trial": "trials",
    "final": "final runs",
    "calibration": "runs for intervals",
    "refit": "runs on all of the data",
}
UNRANKED: Sequence[Phase] = ("calibration", "refit")  # the best of the finals stays
AFTER = 8.0  # seconds that test evaluation, package and page take, of a network of usual size
WIDE = 100  # characters a line, from which on names are padded to one width
NAME = len("trial 12: SimpleRNN, 2 × 32 units")


class _TimeLeft(ProgressColumn):
    """The time that the whole command still takes, at the pace of the runs that this launch finished."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        own = task.completed - task.fields["before"]
        if task.total is None or own < 1 or not task.elapsed:
            return Text("")
        pace = (task.elapsed - task.fields["began"]) / own
        left = pace * (task.total - task.completed) + task.fields["after"]
        return Text(f"about {duration(left)} left", style="cyan")


class Terminal:
    """Shows a sweep on a console; implements `search.Observer`.

    Args:
        console: where to.
        objective: the metric that ranks.
        planned: how many runs follow the search, by phase; the time left is that of the whole command.
    """

    def __init__(self, console: Console, objective: Metric, planned: Mapping[Phase, int] | None = None) -> None:
        self._console = console
        self._metric = objective
        self._objective = f"val_{objective.name}"
        self._planned = dict(planned or {})
        self._phase: Phase = "trial"
        self._best: tuple[float, str] | None = None  # a score, and whose it is
        self._scores: dict[str, list[float]] = {}  # of the runs of each finalist, by its trial
        self._names: dict[str, str] = {}  # likewise
        self._running: dict[str, tuple[TrialRecord, int]] = {}
        self._count, self._expected = 0, 0  # of this phase
        self._doing = ""
        self._live: Live | None = None
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), _TimeLeft(), console=console
        )

    def say(self, text: str) -> None:
        """A sentence, above the bar."""
        self._console.print(text, style="yellow", soft_wrap=not self._console.is_terminal)

    def describe(self, facts: Facts) -> None:
        """What the data is, in two lines; its page has more."""
        for sentence in facts.summary[:2]:
            self._console.print(sentence, soft_wrap=not self._console.is_terminal)

    def begin(self, expected: int, finished: Sequence[TrialRecord], workers: int, kind: Phase = "trial") -> None:
        """Count the runs of a phase on the bar."""
        self._phase, self._running, self._doing = kind, {}, ""
        if kind not in UNRANKED:
            self._best, self._scores = None, {}
        self._count, self._expected = len(finished), max(expected, len(finished))
        for record in finished:
            self._note(record, record.metrics.get(self._objective) if record.status == "COMPLETED" else None)
        self._announce(workers)
        self._advance_bar()
        self._show()

    def stage(self, doing: str) -> None:
        """What is done meanwhile: beside the bar on a terminal, a line elsewhere and before anything was trained.

        Until then a signal ends the process at once, and would leave a terminal without its cursor.
        """
        if self._console.is_terminal and self._bar.tasks:
            self._doing = doing
            self._show()
        else:
            self._console.print(f"{doing} …", style="dim")

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
        self._note(trial, score)
        more = max(self._count - self._expected, 0)  # of a limit in epochs trials that stop early leave some for others
        self._expected += more
        for task in self._bar.tasks:
            total = None if task.total is None else task.total + more
            self._bar.update(task.id, advance=1, total=total, description=self._described())
        self._console.print(self._line(trial, score), soft_wrap=not self._console.is_terminal)

    def finish(self) -> None:
        """Take the bar away."""
        self._doing = ""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _announce(self, workers: int) -> None:
        """What is done and what is to run."""
        if self._phase in UNRANKED:  # which were announced with their reason
            return
        what, left = RUNS[self._phase], self._expected - self._count
        if self._count:
            self._console.print(f"resuming: {self._count} of {self._expected} {what} are done already")
        if left:
            more = (
                "; workers take some seconds to start" if self._phase == "trial" else ", the best again from new seeds"
            )
            self._console.print(f"{what} to run: {left}, {workers} at a time{more}")

    def _advance_bar(self) -> None:
        """One bar for the whole command: its total is what is known of all phases."""
        self._planned[self._phase] = self._expected
        phases: list[Phase] = list(RUNS)
        later = sum(self._planned.get(phase, 0) for phase in phases[phases.index(self._phase) + 1 :])
        earlier = sum(self._planned.get(phase, 0) for phase in phases[: phases.index(self._phase)])
        done, total = earlier + self._count, earlier + self._expected + later
        after = AFTER if self._planned.get("final") else 0.0
        if not self._bar.tasks:
            self._bar.add_task("", before=0, began=0.0, after=0.0)
        task = self._bar.tasks[0]
        self._bar.update(task.id, description=self._described(), completed=done, total=total)
        task.fields |= {"before": done, "began": task.elapsed or 0.0, "after": after}

    def _described(self) -> str:
        return f"{RUNS[self._phase]} {self._count}/{self._expected}"

    def _show(self) -> None:
        if self._live is None and self._console.is_terminal:
            self._live = Live(get_renderable=self._render, console=self._console, refresh_per_second=4, transient=True)
            self._live.start()

    def _note(self, trial: TrialRecord, score: float | None) -> None:
        if score is None or self._phase in UNRANKED:
            return
        if trial.kind == "final":
            self._best = self._best_mean(trial, score)
        elif self._best is None or self._metric.is_better(score, self._best[0]):
            self._best = (score, _short(trial.name))

    def _best_mean(self, trial: TrialRecord, score: float) -> tuple[float, str]:
        """The best mean of the finalists that have the most runs: what decides, and not the luckiest run."""
        finalist = trial.final_of or trial.trial_id
        self._names[finalist] = _short(trial.name)
        self._scores.setdefault(finalist, []).append(score)
        most = max(map(len, self._scores.values()))
        means = {finalist: sum(scores) / most for finalist, scores in self._scores.items() if len(scores) == most}
        best = min(means, key=lambda finalist: self._metric.cost(means[finalist]))
        return means[best], f"{self._names[best]}, mean of {counted(most, 'run')}"

    def _line(self, trial: TrialRecord, score: float | None) -> str:
        why = f"pruned at epoch {trial.epochs}" if trial.status == "PRUNED" else f"failed: {trial.reason}"
        if trial.kind == "refit" and trial.status == "COMPLETED":
            why = f"{counted(trial.last_epoch, 'epoch')}, loss {significant(trial.metrics['loss'])}"
        said = f"{self._objective} {significant(score)}" if score is not None else why
        best = f"  best {significant(self._best[0])} ({self._best[1]})" if self._best else ""
        count = f"[{self._count:>{len(str(self._expected))}}/{self._expected}]"
        return f"{count} {self._padded(trial)}  {said}  {trial.duration or 0:.1f} s{best}"

    def _padded(self, trial: TrialRecord) -> str:
        return f"{trial.name:<{NAME}}" if self._console.width >= WIDE else trial.name

    def _render(self) -> Group:
        lines: list[Text | Progress] = []
        for trial, epoch in self._running.values():
            lines.append(Text(f"  {self._padded(trial)} epoch {epoch} of at most {trial.last_epoch}", style="dim"))
        if self._best:
            score, whose = self._best
            lines.append(Text(f"  best so far: {self._objective} {significant(score)}, {whose}", style="green"))
        if self._doing:
            lines.append(Text(f"  {self._doing} …", style="dim"))
        return Group(*lines, *([self._bar] if self._bar.tasks else []))


def _short(name: str) -> str:
    """`trial 5` for `trial 5: LSTM, 1 × 32 units`: the line of that trial says the rest."""
    return name.partition(":")[0]
