"""Hydra composes: the config of every job that a study and sound overrides ask for."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.config_search_path import ConfigSearchPath, SearchPathQuery
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.config_source import ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import MISSING, DictConfig, open_dict
from omegaconf.errors import OmegaConfBaseException

from seqsweep import search_space
from seqsweep.config import ranges, task_keys
from seqsweep.config.check import InputFault
from seqsweep.config.folders import CONF, STUDIES
from seqsweep.config.keys import no_such_key
from seqsweep.config.ranges import Files
from seqsweep.config.study_lines import ROOT
from seqsweep.errors import Fault
from seqsweep.schema import SweepConfig

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
    for study, content in contents.items():
        parents = [f"{SOUND}{entry}" if str(entry) in contents else entry for entry in content.get("defaults") or []]
        store.store(name=f"{SOUND}{study}", node={**ranges.packed(content), "defaults": parents})
    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            yield
    finally:
        _Folders.own = None
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
        cfg = _compose_one(file, [named, *plain], hydra=True)
        if multirun or str(cfg.hydra.mode).endswith("MULTIRUN"):
            arguments = _with_params(overrides, cfg.hydra.sweeper.get("params") or {})
            jobs = _expanded(arguments)
            configs = tuple(_compose_one(file, [named, *job]) for job in jobs)
            # Hydra would put the study's own values beside those of the command line: it is handed them all.
            none_of_its_own = ["hydra.sweeper.params=null"] if cfg.hydra.sweeper.get("params") else []
            return Composed(configs, tuple(map(_own, jobs)), (named, *none_of_its_own, *arguments))
    except (HydraException, OmegaConfBaseException, yaml.YAMLError) as error:
        fault = hydra_fault(error)
        return Composed(faults=(InputFault(fault.key, fault.text),))
    with open_dict(cfg):
        del cfg["hydra"]
    mend = "several values ask for several sweeps; add -m (a list of choices is [a,b])"
    faults = [InputFault(o.key_or_group, f"{o.input_line}: {mend}", left_out=(o.key_or_group,)) for o in swept]
    return Composed((cfg,), (_own(plain),), (named, *plain), tuple(faults))


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
            values[key] = [f"{key}={text}" for text in override.sweep_string_iterator()]
        else:
            values[key] = [override.input_line or ""]
    return list(itertools.product(*values.values()))


def _compose_one(file: str, overrides: Sequence[str], hydra: bool = False) -> DictConfig:
    return hydra_compose(file, list(overrides), return_hydra_config=hydra)


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
