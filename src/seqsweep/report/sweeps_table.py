"""Sweeps side by side: the jobs of a multirun, or whatever has finished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table
from rich.text import Text

from seqsweep.comparison import ComparableGroup, FinishedSweep, Labels, PairedComparison, labels
from seqsweep.finals import TestEvaluation
from seqsweep.metrics import Metric
from seqsweep.report.leaderboard import WIDE
from seqsweep.words import BEATS, counted, duration, gain, in_words, lead, percent, plus_minus, significant

ALIKE = 1.1  # times as many epochs as another search trained: up to there their budgets are told as equal
LONGER = 2.0  # times as long as another search ran: below it other programs on the machine may have made the difference
START_UP = 10.0  # seconds that starting workers may make of it
BEST, FINALS = "best of\nsearch", "finals,\nmean±std"
BEATEN, SPENT = "beats\nbaselines", "trials,\nepochs, time"
"""Heads of columns."""

NARROW = 80  # characters a line of a terminal that says nothing else


@dataclass(frozen=True)
class FinishedJob:
    """One job of a multirun: its overrides, what it came to or why it failed, and its number, from 1."""

    overrides: tuple[str, ...]
    entry: FinishedSweep | None
    error: str = ""
    number: int = 0


def jobs_table(jobs: Sequence[FinishedJob], width: int = NARROW) -> Table:
    """A row a job: what set it apart, its winner over seeds, and how that stands against the best baseline.

    Args:
        jobs: in the order of the launch.
        width: characters a line; a wide table also says how many trials there were and how long they took.
    """
    table = _table("All jobs", "what set it apart", width)
    common = set.intersection(*(set(job.overrides) for job in jobs)) if len(jobs) > 1 else set()
    finished = [job.entry for job in jobs if job.entry is not None]
    named = labels(finished)
    for job in jobs:
        if job.entry is not None and len(finished) > 1:
            table.add_row(str(job.number), Text(named[job.entry]), *_cells(job.entry, table))
            continue
        own = [override for override in job.overrides if override not in common]
        cells = [Text("failed", "red")] if job.entry is None else _cells(job.entry, table)
        table.add_row(str(job.number), Text(" ".join(map(_short, own)) or "-"), *cells)
    return table


def sweeps_table(entries: Sequence[FinishedSweep], width: int = NARROW) -> Table:
    """A row a finished sweep, and one below it for its best baseline.

    Args:
        entries: in the order in which they ended.
        width: as for `jobs_table`.
    """
    table, named = _table("Finished sweeps", "sweep", width), labels(entries)
    for number, entry in enumerate(entries):
        outcome = entry.outcome
        title = Text.assemble(named[entry], "\n", (f"{outcome.config.study} {outcome.fingerprint[:6]}", "dim"))
        table.add_row(str(number), title, *_cells(entry, table))
        evaluation = _evaluation(entry)
        if evaluation is not None and evaluation.best_baseline is not None:
            score = significant(evaluation.baselines[evaluation.best_baseline][outcome.config.task.objective])
            own = {"winner": in_words(evaluation.best_baseline), "test": score, "skill": percent(0.0)}
            table.add_row(*(own.get(str(column.header), "") for column in table.columns), style="cyan")
    return table


def verdicts(group: ComparableGroup, named: Labels | None = None) -> list[str]:
    """Which sweep's winner does better than which, at what cost, and whether any beats the baselines, in sentences.

    Args:
        group: of sweeps that can be compared.
        named: what they are called beside others; None: what sets those of the group apart.
    """
    named = named or labels(group.entries)
    metric = group.entries[0].outcome.metric
    said = [_between(pair, named, metric) for pair in group.comparisons]
    shown = [pair for pair in group.comparisons if pair.interval is not None and not pair.interval.holds_zero]
    known = [pair for pair in group.comparisons if pair.interval is not None]
    if known and not shown:
        same = all(pair.same_network for pair in group.comparisons)
        often = "both times" if len(group.entries) == 2 else "every time"
        said.append(f"So no {named.kind} is shown to be better{f'; the same network won {often}' if same else ''}.")
    said += _budgets(group, named)
    beating = [named[entry] for entry in group.entries if _beats(entry)]
    if beating:
        said.append(f"Better than the best baseline on the test part, beyond chance: {', '.join(beating)}.")
    else:
        said.append("None of them is shown to be better than the best baseline on the test part.")
    return said


def _between(pair: PairedComparison, named: Labels, metric: Metric) -> str:
    if pair.same_network and pair.better.winner is not None:
        network = pair.better.winner.name.partition(": ")[2] or pair.better.winner.name
        return f"{named[pair.better]} and {named[pair.other]} found the same network ({network}): neither does better."
    return lead(named[pair.better], named[pair.other], metric, pair.interval)


def _budgets(group: ComparableGroup, named: Labels) -> list[str]:
    """A sentence where some searches trained more, or for longer, than others; the better one may owe it to that."""
    spent = {named[entry]: entry.budget for entry in group.entries}
    epochs, seconds = [b.epochs for b in spent.values()], [b.seconds for b in spent.values()]
    if not min(epochs):
        return []
    if max(epochs) > ALIKE * min(epochs):
        found, advice = "did not train equally many epochs", "tuner.max_epochs gives each as many"
    elif max(seconds) > max(LONGER * min(seconds), min(seconds) + START_UP):
        found, advice = "trained equally many epochs, but not equally long", "tuner.time_limit gives each as long"
    else:
        return []
    told = [
        f"{name} {counted(b.epochs, 'epoch')} in {counted(b.trials, 'trial')} and {duration(b.seconds)}"
        for name, b in spent.items()
    ]
    return [f"The searches {found}: {'; '.join(told)}. {advice}."]


def _evaluation(entry: FinishedSweep) -> TestEvaluation | None:
    return entry.conclusion.evaluation if entry.conclusion is not None else None


def _beats(entry: FinishedSweep) -> bool:
    evaluation = _evaluation(entry)
    return evaluation is not None and evaluation.standing(entry.outcome.metric).verdict == "better"


def _table(title: str, what: str, width: int) -> Table:
    padding = (0, 1, 0, 0)  # a column less than by default: what a terminal of 80 has room for
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=padding, show_edge=False)
    table.add_column("#", justify="right")
    table.add_column(what, overflow="fold")
    table.add_column("winner")
    wide = width >= WIDE
    figures = [*([BEST] if wide else []), FINALS, "test", "skill", BEATEN]
    for name in (*figures, *([SPENT] if wide else [])):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _short(override: str) -> str:
    """`search_space.layer=[lstm]` → `layer=lstm`; the name of a study as it is."""
    key, given, value = override.partition("=")
    if not given:
        return key
    alone = value.startswith("[") and value.endswith("]") and "," not in value
    return f"{key.rpartition('.')[2]}={value[1:-1] if alone else value}"


def _cells(entry: FinishedSweep, table: Table) -> list[str]:
    """Of the columns behind the name: winner, lucky best, finals, test, skill, whether it is proven, what it took."""
    outcome, objective, winner = entry.outcome, entry.outcome.config.task.objective, entry.winner
    done, spent, evaluation = outcome.ranked, entry.budget, _evaluation(entry)
    trials = f"{len(done)} of {spent.trials}" if len(done) < spent.trials else str(spent.trials)
    cells = {
        "winner": winner.name if winner else done[0].name if done else "none completed",
        BEST: significant(done[0].metrics[outcome.objective]) if done else "",
        FINALS: "",
        SPENT: f"{trials}, {spent.epochs:,}, {duration(spent.seconds)}",
    }
    if winner is not None and winner.mean is not None:
        mean = plus_minus(winner.mean, winner.std).replace(" ± ", "±")  # columns are narrow
        cells[FINALS] = f"{in_words(objective)} {mean}"
    elif done and BEST not in {column.header for column in table.columns}:
        cells[FINALS] = f"{in_words(objective)} {cells[BEST]}"
    if evaluation is not None:
        cells["test"] = significant(evaluation.scores[objective])
        cells["skill"] = gain(evaluation.skill)
        cells[BEATEN] = BEATS[evaluation.standing(outcome.metric).verdict]
    return [cells.get(str(column.header), "") for column in table.columns[2:]]
