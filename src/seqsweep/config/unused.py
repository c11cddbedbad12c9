"""Settings that are given and that nothing reads: those of another tuner, of other data, of an optimizer not searched.

Each setting declares when it has an effect, so what is found here follows from the declarations alone. A line of a
study is judged where nothing behind it, neither a study that starts from it nor the command line, chose otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from seqsweep import schema, search_space
from seqsweep.config import ranges, task_keys
from seqsweep.config.folders import option_values, options
from seqsweep.config.keys import group_of
from seqsweep.errors import Fault
from seqsweep.hyperparameters import Setting, plain, shortened
from seqsweep.schema import SweepConfig

NONE = "none"
"""What options are called that have something left out."""


@dataclass(frozen=True)
class Given:
    """A setting that a study or a command line gives.

    Args:
        key: dotted.
        text: how it is given, for the message.
        where: the file before it, nothing for the command line.
        behind: keys and groups that are given behind it, and may have changed what it was meant for.
    """

    key: str
    text: str
    where: str = ""
    behind: frozenset[str] = frozenset()

    def stands(self, conditions: Collection[str]) -> bool:
        """Whether nothing behind it touches the keys that it depends on."""
        return not any(name in self.behind or group_of(name) in self.behind for name in conditions)


def given_settings(overrides: Sequence[str], studies: Mapping[str, Mapping[str, Any]]) -> list[Given]:
    """All that is given a value, but for null.

    Args:
        overrides: those without faults.
        studies: the content of each study by its name, those that a study starts from behind it.
    """
    found: list[Given] = []
    behind: set[str] = set()
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        text = ranges.shown(override.input_line or "").lstrip("+")
        behind.add(override.key_or_group)
        if not override.is_delete() and not text.endswith("=null"):
            found.append(Given(override.key_or_group, shortened(text)))
    for name, content in studies.items():
        lines = {key: value for group, inner in content.items() for key, value in _lines(group, inner)}
        told = {key: f"{key}={shortened(plain(value))}" for key, value in lines.items() if value is not None}
        found += [Given(key, text, f"{name}.yaml: ", frozenset(behind)) for key, text in told.items()]
        chosen = (key for entry in content["defaults"] if isinstance(entry, Mapping) for key in entry)
        behind |= {*lines, *(key.rpartition(" ")[2] for key in chosen)}
    return found


def unused_faults(given: Sequence[Given], configs: Sequence[DictConfig]) -> list[Fault]:
    """Those that have an effect in no job, but for hyperparameters.

    Args:
        given: on command line and in studies.
        configs: of the jobs, as composed.
    """
    declared, found = task_keys.settings(), []
    for one in given:
        if one.key in declared and declared[one.key].when and one.stands(declared[one.key].when):
            setting = declared[one.key]
            if not any(setting.is_used(_values(config)) for config in configs):
                unmet = _unmet(setting, configs)
                told = f"it has an effect only where {unmet.condition}; {_mend(unmet.when)}leave it out"
                found.append(Fault(one.key, f"{one.where}{one.text}: {told}", also=tuple(setting.when)))
    return [*found, *_followed_faults(given, configs), *_undone_faults(given)]


def unused_hyperparameters(given: Sequence[Given], jobs: Sequence[SweepConfig]) -> list[Fault]:
    """Those that no point of any job has.

    Args:
        given: on command line and in studies.
        jobs: checked.
    """
    known, found = search_space.declared(), []
    tasks = list(dict.fromkeys(job.task.kind for job in jobs))
    for one in given:
        space, _, name = one.key.partition(".")
        if space != ranges.SPACE or name not in known or any(name in job.search_space for job in jobs):
            continue
        declared = next((own for own in map(search_space.declared, tasks) if name in own), None)
        needed = {} if declared is None else search_space.conditions(name, declared)
        if one.stands([f"{ranges.SPACE}.{other}" for other in needed]):
            told, mend = f"task={tasks[0]} has no such hyperparameter", "leave it out"
            if declared is not None:
                told = f"it is active only where {declared[name].condition}, which no point of this space has"
                mend = "leave it out, or search that too"
            found.append(Fault(one.key, f"{one.where}{one.text}: {told}; {mend}"))
    return found


def _followed_faults(given: Sequence[Given], configs: Sequence[DictConfig]) -> Iterator[Fault]:
    """Those that are what a hyperparameter is where the search space says nothing of it, and it does."""
    followers = {own.follows: name for name, own in search_space.declared().items() if own.follows is not None}
    for one in given:
        name = followers.get(one.key)
        key = f"{ranges.SPACE}.{name}"
        if name is None or not one.stands([key]):
            continue
        spaces = [config.search_space for config in configs]
        if spaces and all(not OmegaConf.is_missing(space, name) and not space.get("warm_start") for space in spaces):
            told = f"{key} says it for every trial; leave one of the two out"
            yield Fault(one.key, f"{one.where}{one.text}: {told}", also=(key,))


def _undone_faults(given: Sequence[Given]) -> Iterator[Fault]:
    """Options `none` of a command line that a line of the study, which stands behind options, undoes."""
    for one in given:
        if one.where or one.text != f"{one.key}={NONE}" or one.key not in schema.groups():
            continue
        left_out = {name: value for name, value in option_values(one.key, NONE).items() if value in (0, False, NONE)}
        for name, value in left_out.items():
            key = f"{one.key}.{name}"
            line = next((line for line in given if line.where and line.key == key and key not in line.behind), None)
            if line is not None and line.text != f"{key}={plain(value)}":
                told = f"{line.where}{line.text} stands behind options; add {key}={plain(value)}"
                yield Fault(one.key, f"{one.text}: {told}", also=(key,))


def _lines(key: str, content: Any) -> Iterator[tuple[str, Any]]:
    """The dotted keys of a group of a study with their values, and what it sweeps over."""
    if key == "hydra":
        yield from (content.get("sweeper", {}).get("params") or {}).items()
    elif key in schema.groups() and isinstance(content, Mapping):
        yield from ((f"{key}.{name}", value) for name, value in content.items())
    elif key != "defaults":
        yield key, content


def _values(config: DictConfig) -> Callable[[str], Any]:
    """What a composed config says of a key: a value, a list, or null where it says nothing yet."""

    def value(key: str) -> Any:
        with suppress(OmegaConfBaseException):  # what cannot be resolved is told elsewhere
            found = OmegaConf.select(config, key)
            return OmegaConf.to_container(found) if OmegaConf.is_config(found) else found
        return None

    return value


def _unmet(setting: Setting, configs: Sequence[DictConfig]) -> Setting:
    """A setting with those of its conditions alone that no job meets; with all where each is met by one."""
    when = setting.when.items()
    unmet = {key: allowed for key, allowed in when if not any(_values(config)(key) in allowed for config in configs)}
    return replace(setting, when=unmet or setting.when)


def _mend(when: Mapping[str, Collection[Any]]) -> str:
    """`choose tuner=hyperband, or `: the options with which a setting has an effect, where an option decides."""
    for key, allowed in when.items():
        setting = task_keys.settings()[key]
        if not setting.catalog or setting.several:  # what an option does not decide
            continue
        group, _, entry = key.partition(".")
        fitting = [name for name in options()[group] if option_values(group, name).get(entry) in allowed]
        fitting = [name for name in fitting if name in allowed] or fitting  # not what is made of them: data=airbnb
        return f"choose {' or '.join(f'{group}={name}' for name in fitting)}, or " if fitting else ""
    return "set that too, or "
