"""Hydra composes: the config of every job that a study and sound overrides ask for."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.config_search_path import ConfigSearchPath, SearchPathQuery
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.config_source import ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import MISSING, DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from seqsweep import search_space
from seqsweep.config import ranges, task_keys
from seqsweep.config.check import InputFault
from seqsweep.config.folders import CONF, STUDIES
from seqsweep.config.keys import no_such_key
from seqsweep.config.ranges import Files
from seqsweep.config.study_lines import ROOT
from seqsweep.errors import Fault
from seqsweep.schema import SweepConfig, groups

MOST_JOBS = 1_000
"""Sweeps of one launch: each is composed and checked before the first one runs."""

SOUND = "sound_"  # before the name of a study: its content without the faulty lines


class _Folders(SearchPathPlugin):
    """Puts `conf/`, `sweeps/` and the user's own folder on Hydra's search path, read by `ranges.Files`."""

    own: Path | None = None

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        for folder in (CONF, STUDIES):  # each before those that Hydra reads by itself
            search_path.prepend("seqsweep", f"{Files.scheme()}://{folder}", SearchPathQuery(provider="main"))
        if self.own is not None:
            search_path.append(ranges.OWN, f"{Files.scheme()}://{self.own.resolve()}")


def register(own: Path | None = None) -> None:
    """Tell Hydra of the schema, with the names that a search space has by now, and of the folders of YAML.

    Args:
        own: a folder of the user's.
    """
    names = [*search_space.declared(), "per_layer", "warm_start"]
    store = ConfigStore.instance()
    held = store.repo.get("schema.yaml")
    task = task_keys.every_task()
    if held is None or [*held.node.search_space, *held.node.task] != [*names, *vars(task)]:  # to build it takes time
        store.store(name="schema", node=SweepConfig(search_space=dict.fromkeys(names, MISSING), task=task))
        _of_options.cache_clear()
    for plugin, kind in ((Files, ConfigSource), (_Folders, SearchPathPlugin)):
        if plugin not in Plugins.instance().discover(kind):
            Plugins.instance().register(plugin)
    _Folders.own = own


@contextmanager
def hydra(own: Path | None, contents: Mapping[str, dict[str, Any]]) -> Iterator[None]:
    """Hydra, ready to compose, also the studies whose sound contents are given, under SOUND and their names.

    Args:
        own: the user's folder of configs; None: there is none.
        contents: of the studies, by name, without their faulty lines.
    """
    register(own)
    store = ConfigStore.instance()
    if own or contents:
        _of_options.cache_clear()
    for study, content in contents.items():
        parents = [f"{SOUND}{entry}" if str(entry) in contents else entry for entry in content.get("defaults") or []]
        store.store(name=f"{SOUND}{study}", node={**ranges.packed(content), "defaults": parents})
    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            yield
    finally:
        _Folders.own = None
        if own or contents:  # a user's files are read anew each time
            _of_options.cache_clear()
        for study in contents:
            del store.repo[f"{SOUND}{study}.yaml"]


@dataclass(frozen=True)
class Composed:
    """What Hydra made of a study and its overrides.

    Args:
        configs: one a job.
        overrides: of each job, but for those of Hydra itself.
        arguments: overrides with which Hydra composes these jobs and no others; none for several studies.
        faults: what kept a config from being composed.
    """

    configs: tuple[DictConfig, ...] = ()
    overrides: tuple[tuple[str, ...], ...] = ()
    arguments: tuple[str, ...] = ()
    faults: tuple[InputFault, ...] = ()


def laid_over(content: Mapping[str, Any], member: str) -> dict[str, Any]:
    """A study that runs others, as one that starts from one of them and asks what that asks.

    Args:
        content: what it holds itself, with its defaults list.
        member: the name of one that it runs.
    """
    own = {key: value for key, value in content.items() if key != "question"}
    return {**own, "defaults": [member if entry == ROOT else entry for entry in content["defaults"]]}


def compose_studies(files: Mapping[str, str], overrides: Sequence[str], multirun: bool) -> Composed:
    """The jobs of studies, one after the other; where there are several, the name of each stands before its overrides.

    Args:
        files: the name under which Hydra finds each, by its own.
        overrides: those without faults.
        multirun: see `compose_jobs`.
    """
    found = {study: compose_jobs(study, file, overrides, multirun) for study, file in files.items()}
    if len(found) == 1:
        return next(iter(found.values()))
    return Composed(
        configs=tuple(config for one in found.values() for config in one.configs),
        overrides=tuple((study, *job) for study, one in found.items() for job in one.overrides),
        faults=tuple(fault for one in found.values() for fault in one.faults),
    )


def compose_jobs(study: str, file: str, overrides: Sequence[str], multirun: bool) -> Composed:
    """The config of each job, by Hydra's own rule for sweeps; a single job is composed once.

    Args:
        study: its name.
        file: the name under which Hydra finds it.
        overrides: those without faults.
        multirun: whether several jobs are asked for; the study may say so too.
    """
    named = f"study={study}"
    parsed = OverridesParser.create().parse_overrides(list(overrides))
    swept = [override for override in parsed if override.is_sweep_override()]
    plain = [override.input_line or "" for override in parsed if not override.is_sweep_override()]
    try:
        one = _compose_one(file, [named, *plain])
        if multirun or one.multirun:
            arguments = _with_params(overrides, one.params)
            jobs = _expanded(arguments)
            if len(jobs) > MOST_JOBS:
                return Composed(faults=(_too_many(arguments),))
            configs = tuple(_compose_one(file, [named, *job]).config for job in jobs)
            # Hydra would put the study's own values beside those of the command line: it is handed them all.
            none_of_its_own = ["hydra.sweeper.params=null"] if one.params else []
            return Composed(configs, tuple(map(_own, jobs)), (named, *none_of_its_own, *arguments))
    except (HydraException, OmegaConfBaseException, yaml.YAMLError) as error:
        fault = hydra_fault(error)
        return Composed(faults=(InputFault(fault.key, fault.text),))
    mend = "several values ask for several sweeps; add -m (a list of choices is [a,b])"
    faults = [InputFault(o.key_or_group, f"{o.input_line}: {mend}", left_out=(o.key_or_group,)) for o in swept]
    return Composed((one.config,), (_own(plain),), (named, *plain), tuple(faults))


def _own(overrides: Sequence[str]) -> tuple[str, ...]:
    """The overrides without those of Hydra's settings."""
    return tuple(override for override in overrides if not override.startswith("hydra"))


def _with_params(overrides: Sequence[str], params: Mapping[str, Any]) -> list[str]:
    """The overrides, and before them what a study sweeps over and the command line says nothing of."""
    given = {override.key_or_group for override in OverridesParser.create().parse_overrides(list(overrides))}
    return [*(f"{key}={value}" for key, value in params.items() if key not in given), *overrides]


def _expanded(arguments: Sequence[str]) -> list[tuple[str, ...]]:
    """The overrides of each job, in the order of Hydra's basic sweeper: the last argument varies fastest."""
    parser = OverridesParser.create(GlobalHydra.instance().config_loader())  # which knows the options of a glob
    values: dict[str, list[str]] = {}
    for override in parser.parse_overrides(list(arguments)):
        key = override.get_key_element()
        if override.is_sweep_override():
            # One more than is allowed says enough: range(0,1000000000) would fill the memory.
            values[key] = [
                f"{key}={text}" for text in itertools.islice(override.sweep_string_iterator(), MOST_JOBS + 1)
            ]
        else:
            values[key] = [override.input_line or ""]
    return list(itertools.islice(itertools.product(*values.values()), MOST_JOBS + 1))


def _too_many(arguments: Sequence[str]) -> InputFault:
    swept = [text for text in arguments if OverridesParser.create().parse_overrides([text])[0].is_sweep_override()]
    keys = [text.partition("=")[0] for text in swept]
    mend = "give fewer values, or let a search choose among them: search_space.KEY=[…] with tuner.max_trials"
    told = f"{', '.join(swept)}: these are more than {MOST_JOBS:,} sweeps; {mend}"
    return InputFault(keys[0], told, left_out=tuple(keys))


@dataclass(frozen=True)
class _One:
    """What Hydra makes of one job: its config, without Hydra's own settings, and what these say of further jobs."""

    config: DictConfig
    multirun: bool
    params: Mapping[str, Any]


def _compose_one(file: str, overrides: Sequence[str]) -> _One:
    """One job. Values are set in a copy of what Hydra made of the same options, in the way in which Hydra sets them.

    To compose the files of all options takes 0.1 s, which the jobs of a multirun do not take each.
    """
    parsed = OverridesParser.create().parse_overrides(list(overrides))
    values = [override for override in parsed if _is_value(override)]
    if any(o.is_add() or o.is_force_add() or o.is_delete() for o in values):
        return _composed(file, tuple(overrides))
    one = _of_options(file, tuple(o.input_line or "" for o in parsed if o not in values))
    config = deepcopy(one.config)
    try:
        for override in values:  # a mapping takes the place of what a study says
            value = override.value()
            OmegaConf.update(config, override.key_or_group, value, merge=not isinstance(value, dict))
    except OmegaConfBaseException:
        return _composed(file, tuple(overrides))  # its error says which override it was
    return _One(config, one.multirun, one.params)


def _is_value(override: Override) -> bool:
    """Whether it is of a key, and not of a group of options or of Hydra's own settings."""
    key = override.key_or_group
    is_key = "." in key or (key not in groups() and key in {inner.name for inner in fields(SweepConfig)})
    return is_key and override.package is None and not override.is_hydra_override()


def _composed(file: str, overrides: tuple[str, ...]) -> _One:
    config = hydra_compose(file, list(overrides), return_hydra_config=True)
    multirun, params = str(config.hydra.mode).endswith("MULTIRUN"), config.hydra.sweeper.get("params") or {}
    with open_dict(config):
        del config["hydra"]
    return _One(config, multirun, params)


_of_options = lru_cache(maxsize=32)(_composed)
"""Kept: of the shipped files, which are read once in a process."""


def hydra_fault(error: Exception) -> Fault:
    """The first lines of a Hydra or OmegaConf error, without the search path that follows them."""
    text = str(error).split("\n\n")[0]
    key = getattr(error, "full_key", None) or ""
    if missing := re.search(r"Interpolation key '([^']+)' not found", text):
        return Fault(key, f"{key}: ${{{missing[1]}}} names no key; {no_such_key(missing[1]).partition('; ')[2]}")
    if missing := re.search(r"Environment variable '([^']+)' not found", text):
        return Fault(key, f"{key}: there is no variable {missing[1]} in the environment; export it first")
    line = " ".join(line.strip() for line in text.splitlines() if "full_key" not in line and "object_type" not in line)
    return Fault(key, f"{key}: {line}" if key not in line else line)
