"""Composing: YAML and overrides → `SweepConfig` objects, with every fault in one `ConfigError`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any, cast

import yaml
from omegaconf import MISSING, DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from seqsweep import search_space
from seqsweep.config import check, jobs, launcher, ranges, unused
from seqsweep.config.addresses import remember_secrets, without_secrets
from seqsweep.config.folders import options, studies
from seqsweep.config.jobs import hydra_fault
from seqsweep.config.questions import asked
from seqsweep.config.task_keys import KIND, leave_own, schema_of, settings
from seqsweep.config.user_files import UserFiles, read_files
from seqsweep.errors import ConfigError, Fault
from seqsweep.hyperparameters import Setting, plain
from seqsweep.redaction import redacted
from seqsweep.schema import SweepConfig
from seqsweep.spelling import nearest

Rule = Callable[[SweepConfig], list[Fault]]
"""What one module has to say against a config."""


@dataclass(frozen=True)
class Launch:
    """What one command line asks for.

    Args:
        jobs: the config of each.
        overrides: those of each job, as typed: an interpolation in them may stand for a password.
        arguments: overrides with which Hydra composes these jobs and no others.
        notes: what a user may not have meant.
        launcher: what runs the jobs side by side; None: they run one after the other.
    """

    jobs: tuple[SweepConfig, ...]
    overrides: tuple[tuple[str, ...], ...]
    arguments: tuple[str, ...]
    notes: tuple[str, ...] = ()
    launcher: launcher.Launcher | None = None


def compose(
    study: str,
    overrides: Sequence[str] = (),
    rules: Sequence[Rule] = (),
    own: Path | None = None,
    multirun: bool = False,
) -> Launch:
    """The configs of every job that a study and its overrides ask for, each checked whole.

    Args:
        study: the name of a file in `sweeps/` or in `own`; several with commas between them, each of which is a job.
        overrides: Hydra's: `group=option`, `group.key=value`.
        rules: the modules' own checks.
        own: a folder of the user's whose studies and options stand beside the shipped ones.
        multirun: expand `key=a,b` into a job each; a study that says `hydra.mode: MULTIRUN` does so by itself.

    Raises:
        ConfigError: with every fault of keys, options, types, missing values, bounds and the modules' rules, over the
            study and all jobs. What has a fault of the first three kinds is left out, and the rules see the rest.
    """
    known, choices = studies(own), options(own)
    typed, notes = check.last_of_each(overrides)
    overrides, launched_by, of_launcher = launcher.read(typed)
    given = check.read_overrides(overrides, choices)
    given.faults += of_launcher
    sound = [ranges.whole(override) for override in given.sound]
    if unknown := [name for name in study.split(",") if name not in known]:
        raise ConfigError([*(_no_study(name, known) for name in unknown), *given.faults])
    read = read_files(study, known, choices, own, given.chosen)
    wrong = [*read.faults, *given.faults]
    if not read.composable:
        raise ConfigError(check.with_ranges(wrong, {}))
    if study not in read.studies and not multirun:
        wrong.append(check.InputFault("study", f"{study}: several studies are several sweeps; add -m"))
    composed = _composed(study, read, sound, own, multirun)
    wrong = check.with_ranges(wrong, composed.configs[0].search_space if composed.configs else {})
    wrong += composed.faults
    left_out = [key for fault in wrong for key in fault.left_out]
    settings_given = unused.given_settings(sound, read.studies)
    without_effect = _without(left_out, unused.unused_faults(settings_given, composed.configs))
    checked, unfit = _checked(composed.configs, rules, left_out)
    told = {fault.key for fault in unfit}  # a rule knows better why a key has no effect
    of_tasks = [KIND] if KIND in told else []  # of one that is not there nobody knows what it reads
    faults = [*wrong, *unfit, *_without(of_tasks, (fault for fault in without_effect if fault.key not in told))]
    faults = faults or launcher.faults(launched_by, checked, typed)
    faults = faults or unused.unused_hyperparameters(settings_given, checked)
    if faults:
        raise ConfigError(list({fault.text: fault for fault in faults}.values()))  # jobs have many in common
    for job, own_overrides in zip(checked, composed.overrides, strict=True):
        job.question = asked(job, own_overrides)
    shown = tuple(tuple(map(ranges.shown, job)) for job in composed.overrides)
    return Launch(tuple(checked), shown, composed.arguments, tuple(map(redacted, notes)), launched_by)


def _composed(study: str, read: UserFiles, sound: Sequence[str], own: Path | None, multirun: bool) -> jobs.Composed:
    """What Hydra makes of a study, or of each of those that it runs, with its own values laid over theirs.

    Args:
        study: its name, or those of several.
        read: what the files hold.
        sound: the overrides without faults.
        own: the user's folder.
        multirun: see `jobs.compose_jobs`.
    """
    contents = dict(read.studies) if read.faults else {}
    files = {name: name for name in read.members.get(study, [study])}
    if study in read.members and study in read.studies:
        files = {name: f"{study}.{name}" for name in files}
        contents |= {file: jobs.laid_over(read.studies[study], name) for name, file in files.items()}
    with jobs.hydra(own, contents):
        files = {name: f"{jobs.SOUND}{file}" if file in contents else file for name, file in files.items()}
        return jobs.compose_studies(files, sound, multirun)


def _no_study(name: str, known: Iterable[str]) -> str:
    """That there is no such study; that of a file, where a folder is wanted, how to name it."""
    file = Path(name)
    if file.suffix in (".yaml", ".yml"):
        return f"there is no study {name!r}; write seqsweep sweep {file.stem} --config-dir {file.parent}"
    return f"there is no study {name!r}{nearest(name, known)}"


def _checked(
    composed: Sequence[DictConfig], rules: Sequence[Rule], left_out: Sequence[str]
) -> tuple[list[SweepConfig], list[Fault]]:
    """The jobs' configs that hold, and the faults of all others; see `to_object`."""
    configs: list[SweepConfig] = []
    faults: list[Fault] = []
    for cfg in composed:
        try:
            configs.append(to_object(cfg, rules, left_out))
        except ConfigError as error:
            faults += error.faults
    return configs, faults


def to_object(cfg: DictConfig, rules: Sequence[Rule] = (), left_out: Sequence[str] = ()) -> SweepConfig:
    """The composed config as dataclasses, after checking missing values, bounds and the modules' rules.

    Args:
        cfg: the composed config.
        rules: the modules' own checks.
        left_out: keys and groups that do not have the value that was meant: nothing is said of them but that a value
            is out of bounds which was given for another key of such a group.

    Raises:
        ConfigError: with every fault that was found.
    """
    faults: list[Fault] = []
    try:
        remember_secrets(cfg)
        with open_dict(cfg):  # what a search space leaves out has its declared default
            for name in [name for name in cfg.search_space if OmegaConf.is_missing(cfg.search_space, name)]:
                del cfg.search_space[name]
        leave_own(cfg)
        missing = sorted(_missing_keys(OmegaConf.to_container(cfg, resolve=False)))
        needed = [Fault(key, f"{key}: a value is needed; give {key}=VALUE") for key in missing]
        faults += _without(left_out, needed)
        for key in missing:
            OmegaConf.update(cfg, key, None)  # so that the other faults are found too
        config = cast(SweepConfig, OmegaConf.to_object(cfg))
        config.search_space = ranges.unpacked(config.search_space)
    except OmegaConfBaseException as error:
        raise ConfigError(faults or [hydra_fault(error)]) from error
    beyond = [fault for fault in setting_faults(config) if fault.key not in (*missing, *left_out)]
    faults += beyond
    if any(not setting.has_type(_value(config, key)) for key, setting in _held(config) if key not in missing):
        raise ConfigError(faults)  # what an interpolation has become: the rules rely on types
    unknown = [*missing, *left_out, *(fault.key for fault in beyond)]
    faults += _without(unknown, chain.from_iterable(rule(config) for rule in rules))
    if faults:
        raise ConfigError(faults)
    if not search_space.faults(config):
        config.search_space = search_space.settings(config)
    _clear_unused(config)
    return config


def _missing_keys(value: Any, key: str = "") -> Iterator[str]:
    """The dotted keys without a value; `OmegaConf.missing_keys` looks through its nodes, at twice the time.

    Args:
        value: of `key`, as OmegaConf gives plain values.
        key: empty for the whole config.
    """
    if value == MISSING:
        yield key
    for name, inner in value.items() if isinstance(value, dict) else ():
        yield from _missing_keys(inner, f"{key}.{name}".lstrip("."))
    for place, inner in enumerate(value) if isinstance(value, list) else ():
        yield from _missing_keys(inner, f"{key}[{place}]")


def _clear_unused(config: SweepConfig) -> None:
    """Leave no trace of what a study set for another choice than the one that was made: it would change the sweep."""
    for key, setting in _held(config):
        if setting.optional and not setting.is_used(lambda other: _value(config, other)):
            group, _, name = key.rpartition(".")
            setattr(getattr(config, group), name, None)
    if config.task.objectives is not None and len(config.task.objectives) == 1:
        config.task.objectives = None  # it is `task.objective`, which has a name of its own


def _without(left_out: Sequence[str], faults: Iterable[Fault]) -> list[Fault]:
    """The faults that concern none of these keys and groups."""
    return [fault for fault in faults if not any(fault.concerns(name) for name in left_out)]


def to_yaml(config: SweepConfig, part: str | None = None) -> str:
    """The config as the YAML that composes to it, but for secrets: it is logged where others read it.

    Args:
        config: the config.
        part: a group, or a key, where that alone is wanted.
    """
    wanted = without_secrets(asdict(config))
    for name in part.split(".") if part is not None else ():
        wanted = wanted.get(name) if isinstance(wanted, dict) else None
    is_whole = isinstance(wanted, dict | list)
    return OmegaConf.to_yaml(OmegaConf.create(wanted)) if is_whole else f"{part}: {plain(wanted)}\n"


def from_yaml(text: str) -> SweepConfig:
    """The config that `to_yaml` wrote; an address that takes a variable of the environment stays as it was typed.

    Raises:
        ConfigError: it is no config of this version.
    """
    try:
        content = _literal(yaml.safe_load(text))
        merged = OmegaConf.merge(OmegaConf.structured(schema_of(content)), content)
        return cast(SweepConfig, OmegaConf.to_object(merged))
    except (OmegaConfBaseException, yaml.YAMLError, ValueError) as error:
        raise ConfigError([hydra_fault(error)]) from error


def _literal(value: Any) -> Any:
    """What YAML holds with texts that OmegaConf leaves as they are."""
    if isinstance(value, dict):
        return {name: _literal(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_literal(inner) for inner in value]
    return value.replace("${", r"\${") if isinstance(value, str) else value


def setting_faults(config: SweepConfig) -> list[Fault]:
    """Every value that its setting in the schema does not allow; those of the search space have rules of their own."""
    found = []
    for key, setting in _held(config):
        text = setting.fault(key, _value(config, key))
        found += [Fault(key, text)] if text is not None else []
    return found


def _held(config: SweepConfig) -> Iterator[tuple[str, Setting]]:
    """The settings that a config has: of the group `task` those of its own task."""
    for key, setting in settings().items():
        group, _, name = key.rpartition(".")
        if hasattr(getattr(config, group) if group else config, name):
            yield key, setting


def _value(config: SweepConfig, key: str) -> Any:
    group, _, name = key.rpartition(".")
    return getattr(getattr(config, group) if group else config, name)
