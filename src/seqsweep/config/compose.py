"""Composing: YAML and overrides → `SweepConfig` objects, with every fault in one `ConfigError`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, is_dataclass
from itertools import chain
from pathlib import Path
from typing import Any, cast

import yaml
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.basecontainer import BaseContainer
from omegaconf.errors import OmegaConfBaseException

from seqsweep.catalog import nearest
from seqsweep.config import check
from seqsweep.config.folders import CONF, STUDIES, options, studies
from seqsweep.errors import ConfigError
from seqsweep.schema import SearchSpaceConfig, SweepConfig

_OMEGACONF_MERGE = BaseContainer._merge_with

PASSWORD = re.compile(r"(://[^/@\s:]*:)\S*@")  # up to the last @, since a password may hold one

Rule = Callable[[SweepConfig], list[str]]
"""What one room has to say against a config: a sentence a fault."""


@dataclass(frozen=True)
class Launch:
    """What one command line asks for: the config of every job."""

    jobs: tuple[SweepConfig, ...]


class _Studies(SearchPathPlugin):
    """Puts `sweeps/` and the user's own folder on Hydra's search path, so that a study can be the primary config."""

    own: Path | None = None

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        search_path.append("seqsweep", STUDIES.as_uri())
        if self.own is not None and not any(part.provider == "command-line" for part in search_path.get_path()):
            search_path.append("command-line", self.own.resolve().as_uri())


def register() -> None:
    """Tell Hydra of the schema and of `sweeps/`, and OmegaConf how dimensions merge; harmless when repeated."""
    ConfigStore.instance().store(name="schema", node=SweepConfig)
    if _Studies not in Plugins.instance().discover(SearchPathPlugin):
        Plugins.instance().register(_Studies)
    BaseContainer._merge_with = _merge_with  # type: ignore[method-assign]  # see _merge_with


def _merge_with(self: BaseContainer, *others: Any, **options: Any) -> None:
    """Merge containers as OmegaConf does, but let a dimension of the search space replace the one before it.

    OmegaConf refuses to put a list where a mapping stands, and merges mappings key by key: `{low, high}` over
    `{low, high, log}` would keep `log`. A dimension is one thing, and whoever writes it means all of it. OmegaConf has
    no setting for that (its list_merge_mode is for lists alone), hence this one hook into its merge.
    """
    parent = self._get_parent()
    if isinstance(parent, DictConfig) and parent._metadata.object_type is SearchSpaceConfig and others:
        parent[self._key()] = OmegaConf.to_container(others[-1]) if OmegaConf.is_config(others[-1]) else others[-1]
    else:
        _OMEGACONF_MERGE(self, *others, **options)


def compose(
    study: str,
    overrides: Sequence[str] = (),
    rules: Sequence[Rule] = (),
    own: Path | None = None,
    multirun: bool = False,
) -> Launch:
    """The configs of every job that a study and its overrides ask for, each checked whole.

    Args:
        study: the name of a file in `sweeps/` or in `own`.
        overrides: Hydra's: `group=option`, `group.key=value`.
        rules: the rooms' own checks.
        own: a folder of the user's whose studies and options stand beside the shipped ones.
        multirun: expand `key=a,b` into a job each; a study that says `hydra.mode: MULTIRUN` does so by itself.

    Raises:
        ConfigError: with every fault of keys, options and types; or, where there is none, every fault of missing
            values, bounds and the rooms' rules, over all jobs.
    """
    known = studies(own)
    parsed, faults = check.parse(list(overrides))
    if study not in known:
        raise ConfigError([f"there is no study {study!r}{nearest(study, known)}", *faults])
    faults += check.study_faults(known[study], options(own))
    wrong = [check.override_faults(override, options(own)) for override in parsed]
    faults += chain.from_iterable(wrong)
    if faults:  # what cannot be read cannot be composed, and composing would take longer than all of this
        raise ConfigError(list(dict.fromkeys(faults)))
    with _hydra(own):
        composed = _compose_jobs(study, overrides, multirun)
    jobs: list[SweepConfig] = []
    for cfg in composed:
        try:
            jobs.append(to_object(cfg, rules))
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(list(dict.fromkeys(faults)))
    return Launch(tuple(jobs))


def to_object(cfg: DictConfig, rules: Sequence[Rule] = ()) -> SweepConfig:
    """The composed config as dataclasses, after checking missing values, bounds and the rooms' rules.

    Raises:
        ConfigError: with every fault that was found.
    """
    missing = sorted(OmegaConf.missing_keys(cfg))
    faults = [f"{key}: a value is needed; give {key}=VALUE" for key in missing]
    try:
        for key in missing:
            OmegaConf.update(cfg, key, None)  # so that the other faults are found too
        config = cast(SweepConfig, OmegaConf.to_object(cfg))
    except OmegaConfBaseException as error:
        raise ConfigError(faults or [_sentence(error)]) from error
    found = bound_faults(config) + list(chain.from_iterable(rule(config) for rule in rules))
    faults += [fault for fault in found if not fault.startswith(tuple(missing))]
    if faults:
        raise ConfigError(faults)
    return config


def to_yaml(config: SweepConfig) -> str:
    """The config as the YAML that composes to it, but for passwords in URLs: it is logged where others read it."""
    return PASSWORD.sub(r"\1***@", OmegaConf.to_yaml(OmegaConf.create(asdict(config))))


def from_yaml(text: str) -> SweepConfig:
    """The config that `to_yaml` wrote.

    Raises:
        ConfigError: it is no config of this version.
    """
    try:
        merged = OmegaConf.merge(OmegaConf.structured(SweepConfig), yaml.safe_load(text))
        return cast(SweepConfig, OmegaConf.to_object(merged))
    except (OmegaConfBaseException, yaml.YAMLError, ValueError) as error:
        raise ConfigError([_sentence(error)]) from error


def bound_faults(config: SweepConfig) -> list[str]:
    """Every value outside the bounds that its field of the schema states."""
    found: list[str] = []
    for group, section in [("", config), *((f.name, getattr(config, f.name)) for f in fields(config))]:
        if not is_dataclass(section):
            continue
        for setting in fields(section):
            value = getattr(section, setting.name)
            if value is not None and setting.metadata:
                key = f"{group}.{setting.name}" if group else setting.name
                found += _outside(key, value, setting.metadata)
    return found


def _outside(key: str, value: Any, bounds: Mapping[str, Any]) -> list[str]:
    allowed = bounds.get("one_of")
    if allowed is not None:
        return [] if value in allowed else [f"{key}={value}: no such value{nearest(str(value), allowed)}"]
    holds = {
        "at_least": lambda bound: value >= bound,
        "above": lambda bound: value > bound,
        "at_most": lambda bound: value <= bound,
        "below": lambda bound: value < bound,
    }
    if all(holds[name](bound) for name, bound in bounds.items()):
        return []
    rule = " and ".join(f"{name.replace('_', ' ')} {bound:g}" for name, bound in bounds.items())
    return [f"{key}={value}: must be {rule}"]


@contextmanager
def _hydra(own: Path | None) -> Iterator[None]:
    register()
    _Studies.own = own
    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            yield
    finally:
        _Studies.own = None


def _compose_jobs(study: str, overrides: Sequence[str], multirun: bool) -> list[DictConfig]:
    """The config of each job, by Hydra's own rule for sweeps; a single job is composed once."""
    plain: list[str] = []
    swept: list[str] = []
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        (swept if override.is_sweep_override() else plain).append(override.input_line or "")
    cfg = _compose_one(study, plain, hydra=True)
    several = multirun or str(cfg.hydra.mode).endswith("MULTIRUN")
    if not (several or swept):
        with open_dict(cfg):
            del cfg["hydra"]
        return [cfg]
    if not several:
        mend = "several values ask for several sweeps; add -m (a list of choices is [a,b])"
        raise ConfigError([f"{text}: {mend}" for text in swept])
    params = [f"{key}={value}" for key, value in (cfg.hydra.sweeper.get("params") or {}).items()]
    given = {override.split("=")[0] for override in overrides}
    params = [text for text in params if text.split("=")[0] not in given]
    parsed = OverridesParser.create().parse_overrides([*params, *overrides])
    jobs = chain.from_iterable(BasicSweeper.split_arguments(parsed, None))
    return [_compose_one(study, job) for job in jobs]


def _compose_one(study: str, overrides: Sequence[str], hydra: bool = False) -> DictConfig:
    try:
        return hydra_compose(study, [f"study={study}", *overrides], return_hydra_config=hydra)
    except (HydraException, OmegaConfBaseException, yaml.YAMLError) as error:
        raise ConfigError([_sentence(error)]) from error


def _sentence(error: Exception) -> str:
    """The first lines of a Hydra or OmegaConf error, without the search path that follows them."""
    text = str(error).split("\n\n")[0]
    key = getattr(error, "full_key", None)
    line = " ".join(line.strip() for line in text.splitlines() if "full_key" not in line and "object_type" not in line)
    return f"{key}: {line}" if key and key not in line else line
