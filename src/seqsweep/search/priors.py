"""Which trials of earlier sweeps a search begins with, where `tuner.prior` asks for that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from seqsweep import search_space
from seqsweep.errors import ConfigError, Fault, StateError
from seqsweep.records import TrialRecord
from seqsweep.schema import SweepConfig
from seqsweep.search.sweep_identity import IDENTITY, Identity, flat, glanced, identity, plain
from seqsweep.search.sweep_state import SweepState, folder_of, folders
from seqsweep.spelling import nearest
from seqsweep.tasks import Dataset, find_metric
from seqsweep.tuner import STUDY, EarlierSweep, Priors, read_priors
from seqsweep.words import counted

MOST = 150
"""Trials that a search begins with, of the newest sweeps: more would cost seconds a proposal and say little new."""

PRIOR_TRIALS = "tuner.prior_trials"
"""In the identity of such a search: their digest."""


def find_priors(config: SweepConfig, data: Dataset) -> Priors | None:
    """What the search begins with; None: `tuner.prior` asks for nothing.

    A sweep that was begun keeps what it read then, whatever sweeps ended since: it is the one that agrees in all else.

    Args:
        config: of the sweep, checked.
        data: of it.

    Raises:
        ConfigError: `tuner.prior` names no sweep that a search could begin with.
        StateError: what an earlier launch of this sweep kept is damaged, and cannot be read anew.
    """
    if config.tuner.prior is None:
        return None
    own = _begun(config, data)
    if own is None:
        return _read(config, data, None)
    wanted = flat(glanced(own / IDENTITY)).get(PRIOR_TRIALS)
    try:
        kept = read_priors(SweepState(own).tuner)
    except StateError:
        kept = None
    if kept is None or kept.digest != wanted:
        kept = _read(config, data, own)
    if kept.digest != wanted:
        told = (
            f"{own}: the trials of earlier sweeps that this search began with are lost, and those sweeps have changed"
        )
        raise StateError(f"{told}; move the folder away to begin anew")
    return kept


def beginning_with(content: Identity, priors: Priors | None) -> Identity:
    """What makes a sweep that begins with these trials.

    Args:
        content: what else makes it.
        priors: None: it begins with none, and was not asked to.
    """
    if priors is None:
        return content
    return replace(content, tuner={**content.tuner, PRIOR_TRIALS.removeprefix("tuner."): priors.digest})


def told(config: SweepConfig, priors: Priors) -> str:
    """In a sentence, for terminal and page.

    Args:
        config: of the sweep.
        priors: what it begins with.
    """
    if not priors.sweeps:
        return f"tuner.prior: no sweep of study {config.study!r} has come to an end yet, so the search begins with none"
    sweeps = "; ".join(f"{sweep.fingerprint[:6]} ({_apart(sweep)})" for sweep in priors.sweeps)
    said = f"the search begins with {counted(priors.trials, 'trial')} of {counted(len(priors.sweeps), 'earlier sweep')}"
    outside = sum(sweep.outside for sweep in priors.sweeps)
    lies = "lies" if outside == 1 else "lie"
    left = f"; {outside} more {lies} outside this search space" if outside else ""
    return f"tuner.prior: {said}: {sweeps}{left}"


def _apart(sweep: EarlierSweep) -> str:
    names = ["data" if name.startswith("data.") else name for name in sweep.differs if name != "tuner.prior"]
    few = list(dict.fromkeys(names))
    more = f" and {len(few) - 3} more" if len(few) > 3 else ""
    return f"other {', '.join(few[:3])}{more}" if few else "the same settings"


def _begun(config: SweepConfig, data: Dataset) -> Path | None:
    """The folder of this very sweep, if an earlier launch began it."""
    wanted = flat(plain(identity(config, data)))
    for folder in _newest_first(folders(config.tracking.directory)):
        found = flat(glanced(folder / IDENTITY))
        if found.pop(PRIOR_TRIALS, None) and found == wanted:
            return folder
    return None


def _newest_first(some: Iterable[Path]) -> list[Path]:
    return sorted(some, key=lambda folder: (folder / IDENTITY).stat().st_mtime, reverse=True)


def _read(config: SweepConfig, data: Dataset, own: Path | None) -> Priors:
    """What the sweeps that `tuner.prior` names hold now."""
    from seqsweep.search.outcome import is_kept

    every = [folder for folder in _newest_first(folders(config.tracking.directory)) if folder != own]
    if config.tuner.prior != STUDY:
        return Priors((_named(config, data, every),))
    found: list[EarlierSweep] = []
    for folder in every:
        if _is_of_study(config, folder) and is_kept(folder) and not _unfit(config, folder):
            sweep = _sweep(config, data, folder, MOST - sum(len(one.points) for one in found))
            found += [sweep] if sweep.points else []
    return Priors(tuple(reversed(found)))


def _named(config: SweepConfig, data: Dataset, every: list[Path]) -> EarlierSweep:
    wanted = config.tuner.prior or ""
    fits = [folder for folder in every if folder.name.startswith(wanted)]
    where = folder_of(config.tracking.directory, "")
    if len(fits) != 1:
        names = [folder.name for folder in fits or every if fits or _is_of_study(config, folder)]
        why = f"{len(fits)} sweeps begin like that: {', '.join(names)}; give more digits" if fits else "no such sweep"
        hint = "" if fits else f" in {where}{nearest(wanted, names) or '; there is none of this study yet'}"
        raise _fault(config, f"{why}{hint}")
    unfit = _unfit(config, fits[0])
    sweep = None if unfit else _sweep(config, data, fits[0], MOST)
    if sweep is None or not sweep.points:
        outside = f"all of its {sweep.outside} completed trials lie outside this search space" if sweep else ""
        why = unfit or (outside if sweep and sweep.outside else "it has no completed trial")
        raise _fault(config, f"{why}; name another sweep, or set tuner.prior=null")
    return sweep


def _is_of_study(config: SweepConfig, folder: Path) -> bool:
    return bool(glanced(folder / IDENTITY).get("study") == config.study)


def _fault(config: SweepConfig, why: str) -> ConfigError:
    return ConfigError([Fault("tuner.prior", f"tuner.prior={config.tuner.prior}: {why}")])


def _unfit(config: SweepConfig, folder: Path) -> str:
    """Why scores of the sweep in `folder` say nothing of this one; empty where they may."""
    task = flat(glanced(folder / IDENTITY))
    for key, own in (("task.kind", config.task.kind), ("task.objective", config.task.objective)):
        if task.get(key) != own:
            return f"that sweep has {key}={task.get(key)}, and this one {key}={own}"
    return ""


def _sweep(config: SweepConfig, data: Dataset, folder: Path, most: int) -> EarlierSweep:
    """Its completed trials that were trained as long as any, the best of them where there are more than `most`."""
    objective, metric = f"val_{config.task.objective}", find_metric(config.task.kind, config.task.objective)
    try:
        records = list(SweepState(folder).records().values())
    except StateError:
        records = []
    done = [record for record in records if record.status == "COMPLETED" and objective in record.metrics]
    longest = max((record.last_epoch for record in done), default=0)
    done = [record for record in done if record.last_epoch == longest]
    inside = [(values, metric.cost(record.metrics[objective])) for record in done if (values := _at(config, record))]
    kept = sorted(inside, key=lambda one: one[1])[:most]
    kept = [one for one in inside if one in kept]
    now, then = flat(plain(identity(config, data))), flat(glanced(folder / IDENTITY))
    differs = sorted(key for key in now.keys() | then.keys() - {PRIOR_TRIALS} if now.get(key) != then.get(key))
    return EarlierSweep(
        fingerprint=folder.name,
        differs=tuple(differs),
        points=tuple(values for values, _ in kept),
        costs=tuple(cost for _, cost in kept),
        outside=len(done) - len(inside),
    )


def _at(config: SweepConfig, record: TrialRecord) -> dict[str, object] | None:
    """The oracle's values of a trial; None: it lies outside the space of this sweep."""
    return search_space.values(config, search_space.complete(config, record.params))
