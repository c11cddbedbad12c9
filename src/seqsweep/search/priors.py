"""Which trials of earlier sweeps a search begins with, where `tuner.prior` asks for that."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from seqsweep import search_space
from seqsweep.errors import ConfigError, Fault, StateError
from seqsweep.schema import SweepConfig
from seqsweep.search.sweep_identity import IDENTITY, Identity, flat, glanced, identity, plain, present_launch
from seqsweep.search.sweep_state import SweepState, folder_of, folders
from seqsweep.spelling import nearest
from seqsweep.tasks import Dataset, find_metric
from seqsweep.tuner import STUDY, EarlierSweep, Priors, read_priors
from seqsweep.words import counted

MOST = 150
"""Trials that a search begins with, of the newest sweeps: more would cost seconds a proposal and say little new."""

PRIOR_TRIALS = "tuner.prior_trials"
"""In the identity of such a search: their digest."""


class _Begun(NamedTuple):
    """A sweep of the directory.

    Args:
        folder: of it.
        identity: what makes it, flat, as its file has it.
    """

    folder: Path
    identity: dict[str, Any]

    @property
    def begins_with(self) -> str | None:
        """The digest of the earlier trials that it began with."""
        digest: str | None = self.identity.get(PRIOR_TRIALS)
        return digest


def searched(directory: str) -> list[Path]:
    """The folders of the sweeps whose search has come to an end.

    Args:
        directory: `tracking.directory`.
    """
    from seqsweep.search.outcome import is_kept

    return [folder for folder in folders(directory) if is_kept(folder)]


def find_priors(config: SweepConfig, data: Dataset) -> Priors | None:
    """What the search begins with; None: `tuner.prior` asks for nothing.

    A sweep that was begun keeps what it read then, whatever sweeps ended since: it is the one that agrees in all else.
    A job that runs beside others reads what had ended when their command began.

    Args:
        config: of the sweep, checked.
        data: of it.

    Raises:
        ConfigError: `tuner.prior` names no sweep that a search could begin with.
        StateError: what an earlier launch of this sweep kept is damaged, and cannot be read anew.
    """
    if config.tuner.prior is None:
        return None
    now = flat(plain(identity(config, data)))
    every = _newest_first(config.tracking.directory)
    own = next((sweep for sweep in every if sweep.identity == {**now, PRIOR_TRIALS: sweep.begins_with}), None)
    if own is None:
        return _read(config, now, every)
    wanted = own.begins_with
    try:
        kept = read_priors(SweepState(own.folder).tuner)
    except StateError:
        kept = None
    if kept is None or kept.digest != wanted:
        kept = _read(config, now, [sweep for sweep in every if sweep is not own])
    if kept.digest != wanted:
        lost = "the trials of earlier sweeps that this search began with are lost, and those sweeps have changed"
        raise StateError(f"{own.folder}: {lost}; move the folder away to begin anew")
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
    launch = present_launch()
    if not priors.sweeps:
        when = "has come to an end yet" if launch is None else "had come to an end when the command began"
        return f"tuner.prior: no sweep of study {config.study!r} {when}, so the search begins with none"
    sweeps = "; ".join(f"{sweep.fingerprint[:6]} ({_apart(sweep)})" for sweep in priors.sweeps)
    said = f"the search begins with {counted(priors.trials, 'trial')} of {counted(len(priors.sweeps), 'earlier sweep')}"
    outside = sum(sweep.outside for sweep in priors.sweeps)
    lies = "lies" if outside == 1 else "lie"
    left = f"; {outside} more {lies} outside this search space" if outside else ""
    when = "" if launch is None else "; jobs that run side by side read none of each other's"
    return f"tuner.prior: {said}: {sweeps}{left}{when}"


def _apart(sweep: EarlierSweep) -> str:
    names = ["data" if name.startswith("data.") else name for name in sweep.differs if name != "tuner.prior"]
    few = list(dict.fromkeys(names))
    more = f" and {len(few) - 3} more" if len(few) > 3 else ""
    return f"other {', '.join(few[:3])}{more}" if few else "the same settings"


def _newest_first(directory: str) -> list[_Begun]:
    files = sorted((folder / IDENTITY for folder in folders(directory)), key=lambda file: -file.stat().st_mtime)
    return [_Begun(file.parent, flat(glanced(file))) for file in files]


def _differs(now: dict[str, Any], sweep: _Begun) -> tuple[str, ...]:
    """The keys in which a sweep differs from this one, whatever either begins with."""
    keys = now.keys() | sweep.identity.keys() - {PRIOR_TRIALS}
    return tuple(sorted(key for key in keys if now.get(key) != sweep.identity.get(key)))


def _read(config: SweepConfig, now: dict[str, Any], every: list[_Begun]) -> Priors:
    """What the sweeps that `tuner.prior` names hold now, or held when the command began whose job this is.

    Args:
        config: of this sweep.
        now: what makes it, flat.
        every: other sweeps of the directory, the newest first.
    """
    if config.tuner.prior != STUDY:
        return Priors((_named(config, now, every),))
    from seqsweep.search.outcome import is_kept

    launch, found = present_launch(), list[EarlierSweep]()
    for one in every:
        if one.identity.get("study") != config.study or _unfit(config, one):
            continue
        if is_kept(one.folder) if launch is None else one.folder in launch.searched:
            sweep = _sweep(config, now, one, MOST - sum(len(one.points) for one in found))
            found += [sweep] if sweep.points else []
    return Priors(tuple(reversed(found)))


def _named(config: SweepConfig, now: dict[str, Any], every: list[_Begun]) -> EarlierSweep:
    wanted = config.tuner.prior or ""
    fits = [one for one in every if one.folder.name.startswith(wanted)]
    where = folder_of(config.tracking.directory, "")
    if len(fits) != 1:
        names = [one.folder.name for one in fits or every if fits or one.identity.get("study") == config.study]
        why = f"{len(fits)} sweeps begin like that: {', '.join(names)}; give more digits" if fits else "no such sweep"
        hint = "" if fits else f" in {where}{nearest(wanted, names) or '; there is none of this study yet'}"
        raise _fault(config, f"{why}{hint}")
    unfit = _unfit(config, fits[0])
    sweep = None if unfit else _sweep(config, now, fits[0], MOST)
    if sweep is None or not sweep.points:
        outside = f"all of its {sweep.outside} completed trials lie outside this search space" if sweep else ""
        why = unfit or (outside if sweep and sweep.outside else "it has no completed trial")
        raise _fault(config, f"{why}; name another sweep, or set tuner.prior=null")
    return sweep


def _fault(config: SweepConfig, why: str) -> ConfigError:
    return ConfigError([Fault("tuner.prior", f"tuner.prior={config.tuner.prior}: {why}")])


def _unfit(config: SweepConfig, sweep: _Begun) -> str:
    """Why scores of a sweep say nothing of this one; empty where they may."""
    for key, own in (("task.kind", config.task.kind), ("task.objective", config.task.objective)):
        if sweep.identity.get(key) != own:
            return f"that sweep has {key}={sweep.identity.get(key)}, and this one {key}={own}"
    return ""


def _sweep(config: SweepConfig, now: dict[str, Any], sweep: _Begun, most: int) -> EarlierSweep:
    """Its completed trials that were trained as long as any, the best of them where there are more than `most`."""
    objective, metric = f"val_{config.task.objective}", find_metric(config.task.kind, config.task.objective)
    launch, points = present_launch(), search_space.Points(config)
    until = math.inf if launch is None else launch.began
    try:
        records = list(SweepState(sweep.folder).records().values())
    except StateError:
        records = []
    done = [record for record in records if record.status == "COMPLETED" and objective in record.metrics]
    done = [record for record in done if (record.ended or 0.0) <= until]
    longest = max((record.last_epoch for record in done), default=0)
    done = [record for record in done if record.last_epoch == longest]
    placed = [(points.values(points.complete(record.params)), record.metrics[objective]) for record in done]
    inside = [(values, metric.cost(score)) for values, score in placed if values]
    kept = sorted(inside, key=lambda one: one[1])[:most]
    kept = [one for one in inside if one in kept]
    return EarlierSweep(
        fingerprint=sweep.folder.name,
        differs=_differs(now, sweep),
        points=tuple(values for values, _ in kept),
        costs=tuple(cost for _, cost in kept),
        outside=len(done) - len(inside),
    )
