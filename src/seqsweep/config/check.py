"""Every fault that keys, options and types can have, found before Hydra composes: Hydra stops at the first one.

Beside the faults stands what remains without them: it can be composed, so that the rules are checked in the same go.
An unknown option with a near name is read as that name, and the rules judge what was meant; an unknown key and a value
of a wrong type are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, Override, ValueType
from hydra.errors import OverrideParseException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from seqsweep.config import ranges
from seqsweep.config.keys import keys, nearest_key, siblings
from seqsweep.errors import Fault
from seqsweep.hyperparameters import plain
from seqsweep.schema import SweepConfig
from seqsweep.spelling import closest, nearest

Options = Mapping[str, Sequence[str]]
"""The names that each config group offers."""


@dataclass(frozen=True)
class InputFault(Fault):
    """A fault of a study or an override, found before anything is composed.

    Args:
        left_out: keys and groups that have no value, or not the one meant, because of it: whatever a rule would say of
            them would be said of a config that nobody asked for.
    """

    left_out: tuple[str, ...] = ()

    def mended(self, _: Mapping[str, Any]) -> InputFault:
        """The fault with a mend that depends on the search space which was composed without it."""
        return self


@dataclass(frozen=True)
class PartFault(InputFault):
    """A part of a range was set, `search_space.units.low`, where a hyperparameter is replaced as a whole.

    Args:
        value: of the part.
    """

    value: Any = None

    def mended(self, space: Mapping[str, Any]) -> InputFault:
        """The fault with the range that is most likely meant."""
        whole, _, part = self.key.rpartition(".")
        now = ranges.unpacked({"range": space[whole.partition(".")[2]]})["range"]
        numbers = [value for value in (now if isinstance(now, Sequence) else [now]) if isinstance(value, int | float)]
        ends = {"low": min(numbers, default="…"), "high": max(numbers, default="…")}
        meant = {**(now if isinstance(now, Mapping) else ends), part: self.value}
        return replace(self, text=f"{self.text}; write '{whole}={plain(meant)}'")


def read_overrides(overrides: Sequence[str], options: Options) -> tuple[list[str], list[InputFault]]:
    """The overrides that can be composed, and what is wrong with the others: unknown keys or options, wrong types.

    Args:
        overrides: as given on the command line.
        options: each group's options.
    """
    parser, sound, faults = OverridesParser.create(), [], []
    for text in overrides:
        try:
            [override] = parser.parse_overrides([text])
        except OverrideParseException:
            mend = "quote what Hydra would take apart: 'key=\"value\"'" if "=" in text else "write KEY=VALUE"
            key = text.split("=")[0].lstrip("+~")
            faults.append(_left_out(key, f"{text}: this is no override that Hydra can read; {mend}"))
            continue
        key = override.key_or_group
        mended: str | None = None
        found: list[InputFault] = []
        if key in options:
            found, mended = _read_option(override, options[key])
        elif key != "hydra" and not override.is_hydra_override():  # Hydra checks its own settings
            found = _key_faults(override, options)
        faults += found
        sound += [text] if not found else [mended] if mended is not None else []
    return sound, faults


def read_studies(
    study: str, files: Mapping[str, Path], options: Options
) -> tuple[dict[str, Any] | None, list[InputFault]]:
    """The content of a study and of those that it starts from, by name, and what is wrong with them.

    The content is without the faulty lines; it is None where one of the files cannot be read.

    Args:
        study: the first one's name.
        files: where the studies lie, by name.
        options: each group's options.
    """
    contents: dict[str, Any] = {}
    faults: list[InputFault] = []
    names = [study]
    for name in names:
        content, found = read_study(files[name], options)
        faults += found
        if content is None:
            return None, faults
        contents[name] = content
        parents = [entry for entry in content.get("defaults") or [] if isinstance(entry, str) and entry in files]
        names += [parent for parent in parents if parent not in names]
    return contents, faults


def read_study(file: Path, options: Options) -> tuple[dict[str, Any] | None, list[InputFault]]:
    """The content of a study without its faulty lines, None where nothing can be read, and what is wrong with it.

    Args:
        file: YAML.
        options: each group's options.
    """
    try:
        content: Any = OmegaConf.to_container(OmegaConf.load(file))  # a date remains text, as for Hydra
    except (yaml.YAMLError, OSError, UnicodeDecodeError, OmegaConfBaseException) as error:
        return None, [InputFault("study", f"{file}: this is not YAML: {' '.join(str(error).split())}")]
    if not isinstance(content, dict):
        told = f"{file}: a study is a mapping of keys to values, this is a {type(content).__name__}"
        return None, [InputFault("study", told)]
    faults: list[InputFault] = []
    sound: dict[str, Any] = {}
    for key, value in content.items():
        if key == "defaults" and isinstance(value, list):
            sound[key] = [_read_default(entry, options, faults) for entry in value]
        elif key == "hydra":
            sound[key] = _read_sweep(value, options, faults)
        elif key in options and isinstance(value, Mapping):
            sound[key] = {
                name: inner for name, inner in value.items() if _kept(f"{key}.{name}", inner, options, faults)
            }
        elif _kept(str(key), value, options, faults):
            sound[key] = value
    return sound, [replace(fault, text=f"{file.name}: {fault.text}") for fault in faults]


def _read_default(entry: Any, options: Options, faults: list[InputFault]) -> Any:
    """One line of a defaults list, an unknown option replaced by the nearest one."""
    if not isinstance(entry, Mapping) or len(entry) != 1:
        return entry
    [(group, name)] = entry.items()
    bare = str(group).removeprefix("override ")
    if bare not in options or not isinstance(name, str) or name in options[bare] or "${" in name:
        return entry
    faults.append(_option_fault(bare, name, options[bare]))
    return {group: closest(name, options[bare]) or options[bare][0]}


def _read_sweep(settings: Any, options: Options, faults: list[InputFault]) -> Any:
    """Hydra's settings of a study, what is wrong with its sweep left out."""
    try:
        params = dict(settings["sweeper"]["params"])
    except (KeyError, TypeError, ValueError):
        return settings  # nothing is swept
    sound, found = read_overrides([f"{key}={value}" for key, value in params.items()], options)
    faults += found
    return {**settings, "sweeper": {**settings["sweeper"], "params": dict(text.split("=", 1) for text in sound)}}


def _kept(key: str, value: Any, options: Options, faults: list[InputFault]) -> bool:
    """Whether a line of a study has no fault; if it has one, `faults` gets it."""
    fault = _value_fault(key, value, options)
    faults += [fault] if fault else []
    return fault is None


def _read_option(override: Override, names: Sequence[str]) -> tuple[list[InputFault], str | None]:
    """What is wrong with the choice of an option, and the override with the nearest names, if there are any."""
    group = override.key_or_group
    if fault := _prefix_fault(override, group, "group"):
        return [fault], None
    if override.value_type is ValueType.GLOB_CHOICE_SWEEP:
        glob = override.value()
        fits = isinstance(glob, Glob) and glob.filter(list(names))
        fault = _left_out(group, f"{override.input_line}: no option fits this; possible: {', '.join(names)}")
        return ([] if fits else [fault]), None
    chosen = list(_values(override))
    flat = [name for value in chosen for name in (value if isinstance(value, list) else [value])]
    unknown = [_option_fault(group, name, names) for name in flat if name not in names]
    meant = [name if name in names else closest(str(name), names) for name in flat]
    prefix = str(override.input_line).partition("=")[0]
    mended = None if None in meant or len(flat) > len(chosen) else f"{prefix}={','.join(map(str, meant))}"
    return unknown, mended


def _option_fault(group: str, name: Any, names: Sequence[str]) -> InputFault:
    told = f"{group}={plain(name)}: there is no such option{nearest(str(name), names)}"
    return InputFault(group, told, left_out=() if closest(str(name), names) else (group,))


def _key_faults(override: Override, options: Options) -> list[InputFault]:
    """What is wrong with an override of a value, each value of a sweep looked at."""
    key = override.key_or_group
    if override.value_type is ValueType.INTERVAL_SWEEP:
        mend = "write the values, as in key=1,2, or search it: {low: 1, high: 2}"
        return [_left_out(key, f"{override.input_line}: an interval has no end of values to run; {mend}")]
    if key in keys() and (fault := _prefix_fault(override, key, "key")):
        return [fault]
    found = (_value_fault(key, value, options) for value in _values(override))
    return [fault for fault in found if fault]


def _prefix_fault(override: Override, key: str, kind: str) -> InputFault | None:
    """What is wrong with the `+` or `~` before a key or group of the schema, which are there and stay there."""
    if override.is_add() and override.package is None:
        return _left_out(key, f"+{key}: this {kind} is there already; leave out the +")
    if override.is_delete():
        return _left_out(key, f"~{key}: a sweep needs this {kind}; give it a value instead")
    return None


def _values(override: Override) -> Iterator[Any]:
    """Each value that an override asks for: one, or each of a sweep."""
    if override.is_delete():
        return
    if override.is_sweep_override():
        texts = override.sweep_string_iterator()
        # Elements come back as text so that each is checked as Hydra would read it; those of a range are all alike.
        for text in islice(texts, 1) if override.value_type is ValueType.RANGE_SWEEP else texts:
            yield OverridesParser.create().parse_override(f"key={text}").value()
    else:
        yield override.value()


def _value_fault(key: str, value: Any, options: Options) -> InputFault | None:
    known = keys()
    parent = key.rpartition(".")[0]
    if key in options:
        told = "this is a group, and its options are names; possible"
        return _left_out(key, f"{key}={value}: {told}: {', '.join(options[key])}")
    if parent in known and parent.startswith(f"{ranges.SPACE}."):
        text = f"{key}={plain(value)}: a hyperparameter is replaced as a whole"
        return PartFault(key, text, left_out=(key,), value=value)
    if key not in known and parent not in known:
        near = nearest_key(key)
        told = f"; did you mean {near!r}?" if near else nearest(key, siblings(key))
        return InputFault(key, f"{key}: there is no such key{told}", left_out=(key, near) if near else (key,))
    if value == "???":
        return _left_out(key, f"{key}=???: the value is left open; give one")
    if isinstance(value, str) and "${" in value:
        return None  # an interpolation: Hydra checks what it becomes
    return _type_fault(key, value)


def _type_fault(key: str, value: Any) -> InputFault | None:
    group, _, name = key.partition(".")
    if group == ranges.SPACE:
        return None  # the declarations say what its values may be
    section = getattr(SweepConfig(), group) if name else SweepConfig()  # a group alone is built in a tenth of the time
    try:
        OmegaConf.update(OmegaConf.structured(section), name or key, value, force_add=True)
    except OmegaConfBaseException as error:
        return _left_out(key, f"{key}={plain(value)}: {' '.join(str(error).splitlines()[0].split())}")
    return None


def _left_out(key: str, text: str) -> InputFault:
    """A fault that leaves its own key or group without a value."""
    return InputFault(key, text, left_out=(key,))
