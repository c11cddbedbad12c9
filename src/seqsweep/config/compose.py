"""Composing: YAML and overrides → `SweepConfig` objects, with every fault in one `ConfigError`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.basecontainer import BaseContainer
from omegaconf.errors import OmegaConfBaseException

from seqsweep.config import check
from seqsweep.config.folders import CONF, STUDIES, options, studies
from seqsweep.errors import ConfigError, Fault
from seqsweep.schema import SearchSpaceConfig, SweepConfig
from seqsweep.spelling import nearest
from seqsweep.words import in_words

_OMEGACONF_MERGE = BaseContainer._merge_with

PASSWORD = re.compile(r"(://[^/@\s:]*:)\S*@")  # up to the last @, since a password may hold one

SOUND = "sound_"  # before the name of a study: its content without the faulty lines

Rule = Callable[[SweepConfig], list[Fault]]
"""What one module has to say against a config."""


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
        ConfigError: with every fault of keys, options, types, missing values, bounds and the rooms' rules, over the
            study and all jobs. What has a fault of the first three kinds is left out, and the rules see the rest.
    """
    known, choices = studies(own), options(own)
    sound, wrong = check.read_overrides(overrides, choices)
    if study not in known:
        raise ConfigError([f"there is no study {study!r}{nearest(study, known)}", *wrong])
    contents, found = check.read_studies(study, known, choices)
    wrong = [*found, *wrong]
    if contents is None:
        raise ConfigError(wrong)
    file = f"{SOUND}{study}" if found else study
    with _hydra(own, contents if found else {}):
        composed, found = _compose_jobs(study, file, sound, multirun)
    wrong += found
    left_out = [key for fault in wrong for key in fault.left_out]
    faults: list[Fault] = list(wrong)
    jobs: list[SweepConfig] = []
    for cfg in composed:
        try:
            jobs.append(to_object(cfg, rules, left_out))
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(list({fault.text: fault for fault in faults}.values()))  # jobs have many in common
    return Launch(tuple(jobs))


def to_object(cfg: DictConfig, rules: Sequence[Rule] = (), left_out: Sequence[str] = ()) -> SweepConfig:
    """The composed config as dataclasses, after checking missing values, bounds and the rooms' rules.

    Args:
        cfg: the composed config.
        rules: the rooms' own checks.
        left_out: keys and groups that do not have the value that was meant: nothing is said of them but that a value
            is out of bounds which was given for another key of such a group.

    Raises:
        ConfigError: with every fault that was found.
    """
    faults: list[Fault] = []
    try:
        missing = sorted(OmegaConf.missing_keys(cfg))
        needed = [Fault(key, f"{key}: a value is needed; give {key}=VALUE") for key in missing]
        faults += _without(left_out, needed)
        for key in missing:
            OmegaConf.update(cfg, key, None)  # so that the other faults are found too
        config = cast(SweepConfig, OmegaConf.to_object(cfg))
    except OmegaConfBaseException as error:
        raise ConfigError(faults or [_fault(error)]) from error
    faults += [fault for fault in bound_faults(config) if fault.key not in left_out]
    no_lists = _no_list_faults(config)
    if no_lists:  # the rules go through lists
        raise ConfigError([*faults, *no_lists])
    faults += _without([*missing, *left_out], chain.from_iterable(rule(config) for rule in rules))
    if faults:
        raise ConfigError(faults)
    return config


def _without(left_out: Sequence[str], faults: Iterable[Fault]) -> list[Fault]:
    """The faults that concern none of these keys and groups."""
    return [fault for fault in faults if not any(fault.concerns(name) for name in left_out)]


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
        raise ConfigError([_fault(error)]) from error


def bound_faults(config: SweepConfig) -> list[Fault]:
    """Every value outside the bounds that its field of the schema states."""
    found: list[Fault] = []
    for group, section in [("", config), *((f.name, getattr(config, f.name)) for f in fields(config))]:
        if not is_dataclass(section):
            continue
        for setting in fields(section):
            value = getattr(section, setting.name)
            if value is not None and setting.metadata:
                key = f"{group}.{setting.name}" if group else setting.name
                found += _outside(key, value, setting.metadata)
    return found


def _no_list_faults(config: SweepConfig) -> list[Fault]:
    """Every value of a field for lists that is none: OmegaConf checks no type of what an interpolation becomes."""
    sections = [(f.name, getattr(config, f.name)) for f in fields(config) if is_dataclass(getattr(config, f.name))]
    return [
        Fault(f"{group}.{setting.name}", f"{group}.{setting.name}={value}: a list is needed, such as [{value}]")
        for group, section in sections
        for setting in fields(section)
        if str(setting.type).startswith("list[")
        and not isinstance(value := getattr(section, setting.name), list)
        and value is not None
    ]


def _outside(key: str, value: Any, bounds: Mapping[str, Any]) -> list[Fault]:
    allowed = bounds.get("one_of")
    if allowed is not None:
        return [] if value in allowed else [Fault(key, f"{key}={value}: no such value{nearest(str(value), allowed)}")]
    holds = {
        "at_least": lambda bound: value >= bound,
        "above": lambda bound: value > bound,
        "at_most": lambda bound: value <= bound,
        "below": lambda bound: value < bound,
    }
    if all(holds[name](bound) for name, bound in bounds.items()):
        return []
    rule = " and ".join(f"{in_words(name)} {bound:g}" for name, bound in bounds.items())
    return [Fault(key, f"{key}={value}: must be {rule}")]


@contextmanager
def _hydra(own: Path | None, contents: Mapping[str, dict[str, Any]]) -> Iterator[None]:
    """Hydra, ready to compose, also the studies whose sound contents are given, under SOUND and their names."""
    register()
    store = ConfigStore.instance()
    for study, content in contents.items():
        parents = [f"{SOUND}{entry}" if str(entry) in contents else entry for entry in content.get("defaults") or []]
        store.store(name=f"{SOUND}{study}", node={**content, "defaults": parents})
    _Studies.own = own
    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            yield
    finally:
        _Studies.own = None
        for study in contents:
            del store.repo[f"{SOUND}{study}.yaml"]


def _compose_jobs(
    study: str, file: str, overrides: Sequence[str], multirun: bool
) -> tuple[list[DictConfig], list[check.InputFault]]:
    """The config of each job, by Hydra's own rule for sweeps, and what kept a config from being composed.

    A single job is composed once.
    """
    named = f"study={study}"
    plain: list[str] = []
    swept: list[Override] = []
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        if override.is_sweep_override():
            swept.append(override)
        else:
            plain.append(override.input_line or "")
    try:
        cfg = _compose_one(file, [named, *plain], hydra=True)
        several = multirun or str(cfg.hydra.mode).endswith("MULTIRUN")
        if several:
            return [_compose_one(file, [named, *job]) for job in _jobs(cfg.hydra.sweeper.get("params"), overrides)], []
    except (HydraException, OmegaConfBaseException, yaml.YAMLError) as error:
        fault = _fault(error)
        return [], [check.InputFault(fault.key, fault.text)]
    with open_dict(cfg):
        del cfg["hydra"]
    mend = "several values ask for several sweeps; add -m (a list of choices is [a,b])"
    return [cfg], [
        check.InputFault(o.key_or_group, f"{o.input_line}: {mend}", left_out=(o.key_or_group,)) for o in swept
    ]


def _jobs(params: Mapping[str, Any] | None, overrides: Sequence[str]) -> list[list[str]]:
    """The overrides of each job: those of the command line go before the `params` that a study sweeps over."""
    parser = OverridesParser.create(GlobalHydra.instance().config_loader())  # which knows the options of a glob
    asked = parser.parse_overrides(list(overrides))
    given = {override.key_or_group for override in asked}
    swept = parser.parse_overrides([f"{key}={value}" for key, value in (params or {}).items() if key not in given])
    return [list(job) for job in chain.from_iterable(BasicSweeper.split_arguments([*swept, *asked], None))]


def _compose_one(file: str, overrides: Sequence[str], hydra: bool = False) -> DictConfig:
    return hydra_compose(file, list(overrides), return_hydra_config=hydra)


def _fault(error: Exception) -> Fault:
    """The first lines of a Hydra or OmegaConf error, without the search path that follows them."""
    text = str(error).split("\n\n")[0]
    key = getattr(error, "full_key", None) or ""
    line = " ".join(line.strip() for line in text.splitlines() if "full_key" not in line and "object_type" not in line)
    return Fault(key, f"{key}: {line}" if key not in line else line)
