"""What a damaged part of a sweep's folder costs: that part alone is made again, and its user is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from seqsweep.errors import StateError
from seqsweep.memory import no_search_for_garbage
from seqsweep.metrics import Metric
from seqsweep.records import RunKind, TrialRecord
from seqsweep.schema import SweepConfig
from seqsweep.search.source import objective_costs, reported_costs
from seqsweep.search.sweep_identity import IDENTITY, read_identity
from seqsweep.search.sweep_state import FOLDERS, SweepState
from seqsweep.state_files import set_aside
from seqsweep.tuner import STATE_FILE, Call, EndedTrial, Tuner, make_tuner, rebuild_tuner
from seqsweep.words import counted

Say = Callable[[str], None]

NAMED = 3  # damaged files that a sentence names; of more it gives the count


def mend_folder(state: SweepState, say: Say) -> None:
    """Put aside what has taken the name of one of the sweep's folders, and an identity that cannot be read.

    The name of the sweep's folder says the same as its identity, which is written anew.

    Args:
        state: of the sweep; this process owns it.
        say: is told what was put aside.

    Raises:
        StateError: the disk refuses.
    """
    for name in FOLDERS:
        path = state.folder / name
        if path.exists() and not path.is_dir():
            kept = set_aside(path)
            say(f"{path}: this is no folder, so what it held is made again; it is kept as {kept}")
    if (state.folder / IDENTITY).exists():
        try:
            read_identity(state.folder)
        except StateError as error:
            kept = set_aside(state.folder / IDENTITY)
            say(f"{what_is_wrong(error)}; it is written anew, and kept as {kept}")


def mend_records(state: SweepState, kind: RunKind, objective: Metric) -> dict[str, str]:
    """Put aside what is no record of a trial that ended; returns what was wrong, by the name of each.

    Args:
        state: of the sweep; this process owns it.
        kind: of the search, or final runs.
        objective: which a completed trial has a score of.

    Raises:
        StateError: the disk refuses.
    """
    found = {}
    with no_search_for_garbage():
        for file in state.record_files(kind):
            try:
                _check(file, state.record(file), kind, f"val_{objective.name}")
            except StateError as error:
                why = what_is_wrong(error).removeprefix(f"{file}: ")
                found[file.stem] = f"{file.parent.name}/{file.name}: {why} (kept as {set_aside(file)})"
    return found


def what_is_wrong(error: StateError) -> str:
    """What an error of `read_state` says of a file, without the advice."""
    return str(error).partition(";")[0]


def _check(file: Path, record: TrialRecord, kind: RunKind, objective: str) -> None:
    if (record.kind, record.trial_id) != (kind, file.stem):
        raise StateError(f"{file}: this is the record of {record.kind} {record.trial_id}")
    if record.status == "RUNNING":
        raise StateError(f"{file}: status is RUNNING, of a trial that ended")
    if kind != "refit" and record.status in ("COMPLETED", "PRUNED") and objective not in record.metrics:
        raise StateError(f"{file}: it has no {objective}")


def say_again(again: Iterable[str], kind: RunKind, damaged: Mapping[str, str], say: Say) -> None:
    """Tell in one sentence which trials are trained again, and why.

    Args:
        again: ids of trials that had ended and whose records are lost.
        kind: of the search, or final runs.
        damaged: what `mend_records` gave.
        say: is told.
    """
    names = [trial_id.lstrip("0") for trial_id in again]
    what = {"trial": "trial", "final": "final run", "refit": "refit"}[kind]
    why = _some(list(damaged.values()) or [f"{'its record is' if len(names) == 1 else 'their records are'} gone"])
    if names:
        who = f"{what} {names[0]} is" if len(names) == 1 else f"{what}s {', '.join(names)} are"
        say(f"{who} trained again, from the same seed to the same figures: {why}")
    elif damaged:
        say(f"put aside, since no {what} is missing: {why}")


def open_tuner(config: SweepConfig, state: SweepState, objective: Metric, say: Say, call: Call) -> Tuner:
    """The search as its state file left it; from the records of its trials where that is damaged, gone or older.

    Args:
        config: of the sweep.
        state: of the sweep; its records can all be read.
        objective: gives the cost that the search was told of a score.
        say: is told what was damaged.
        call: runs functions where KerasTuner is.

    Raises:
        StateError: the disk refuses.
    """
    file, kept = state.tuner / STATE_FILE, state.records()
    gone = not file.exists()
    try:
        tuner = make_tuner(config, state.tuner, call)
        if not kept.keys() >= set(tuner.ended()):  # those run again, and ask the oracle what may be continued
            tuner.consult()
    except StateError as error:
        if gone or not file.exists():
            raise
        why = f"{what_is_wrong(error).removeprefix(f'{file}: ')} (kept as {set_aside(file)})"
    else:
        if kept.keys() <= set(tuner.known()):
            return tuner
        why = "it is gone" if gone else "it knows less than the records of the trials"
    ended = [_ended(config, record, objective) for record in kept.values()]
    tuner = rebuild_tuner(config, state.tuner, ended, call)
    left_over = _put_aside(state, kept, tuner)
    taken = f"the search goes on from the records of {counted(len(kept) - left_over, 'trial')}, and trains none again"
    beyond = f"; {counted(left_over, 'record')} that it cannot have proposed are put aside" if left_over else ""
    say(f"{state.tuner.name}/{STATE_FILE}: {why}: {taken}{beyond}")
    return tuner


def _put_aside(state: SweepState, kept: Mapping[str, TrialRecord], tuner: Tuner) -> int:
    strangers = kept.keys() - set(tuner.known())
    for file in state.record_files("trial"):
        if file.stem in strangers:
            set_aside(file)
    return len(strangers)


def _ended(config: SweepConfig, record: TrialRecord, objective: Metric) -> EndedTrial:
    score = record.metrics[f"val_{objective.name}"] if record.status == "COMPLETED" else None
    cost = None if score is None else objective.cost(score)
    return EndedTrial(record, cost, reported_costs(config, record, objective), objective_costs(config, record))


def _some(reasons: Sequence[str]) -> str:
    more = f"; and {len(reasons) - NAMED} more" if len(reasons) > NAMED else ""
    return "; ".join(reasons[:NAMED]) + more
