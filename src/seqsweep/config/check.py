"""Every fault that keys, options and types can have, found before Hydra composes: Hydra stops at the first one.

Beside the faults stands what remains without them: it can be composed, so that the rules are checked in the same go.
An unknown option with a near name is read as that name, and the rules judge what was meant; an unknown key and a value
of a wrong type are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, IntervalSweep, Override, ValueType
from hydra.errors import OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from seqsweep.config import hydra_settings, ranges, task_keys
from seqsweep.config.in_quotes import QUOTED, in_quotes
from seqsweep.config.keys import keys, nearest_key, no_such_key, settings
from seqsweep.errors import Fault
from seqsweep.hyperparameters import plain, shortened
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


@dataclass(frozen=True)
class PartFault(InputFault):
    """A part of a range was set, `search_space.units.low`, where a hyperparameter is replaced as a whole.

    Args:
        value: of the part.
    """

    value: Any = None


@dataclass
class Overrides:
    """What the overrides of a command line come to.

    Args:
        sound: those that can be composed.
        faults: what is wrong with the others: unknown keys or options, wrong types.
        chosen: the groups and options that they name.
    """

    sound: list[str] = field(default_factory=list)
    faults: list[InputFault] = field(default_factory=list)
    chosen: list[tuple[str, str]] = field(default_factory=list)


def read_overrides(overrides: Sequence[str], options: Options) -> Overrides:
    """Take overrides apart, each for itself.

    Args:
        overrides: as given on the command line.
        options: each group's options.
    """
    read = Overrides()
    for text in overrides:
        mended: str | None = None
        try:
            [override] = OverridesParser.create().parse_overrides([text])
        except OverrideParseException:
            found = [_unreadable(text)]
        else:
            key = override.key_or_group
            if hydra_settings.of_hydra(key):
                found = _hydra_faults(override)
            elif override.package is not None:
                told = f"{text}: an option belongs to its own group; write {key}={override.get_value_element_as_str()}"
                found = [_left_out(key, told)]
            elif key in options:
                found, meant = _read_option(override, options[key])
                read.chosen += [(key, name) for name in meant or ()]
                mended = None if meant is None else f"{text.partition('=')[0]}={','.join(meant)}"
            else:
                found = _key_faults(override, options)
        read.faults += found
        read.sound += [text] if not found else [mended] if mended is not None else []
    return read


def last_of_each(overrides: Sequence[str]) -> tuple[list[str], list[str]]:
    """The overrides, of those of one key the last alone, as Hydra takes them; and what is to be said of the others.

    Args:
        overrides: as given on the command line; those that cannot be read stay.
    """
    given: dict[str, list[str]] = {}
    for text in overrides:
        try:
            [override] = OverridesParser.create().parse_overrides([text])
        except OverrideParseException:
            given.setdefault(text, []).append(text)
        else:
            given.setdefault(override.key_or_group, []).append(text)
    notes = [
        f"{' '.join(map(shortened, texts))}: {key} is given more than once, and the last one counts"
        for key, texts in given.items()
        if len(texts) > 1
    ]
    return [texts[-1] for texts in given.values()], notes


def with_ranges(faults: Iterable[InputFault], space: Mapping[str, Any]) -> list[InputFault]:
    """The faults, all of the parts of one hyperparameter as one, with the range that is most likely meant.

    Args:
        faults: in the order in which they are told.
        space: the search space that was composed without the parts.
    """
    found: dict[str, InputFault] = {}
    parts: dict[str, dict[str, Any]] = {}
    for fault in faults:
        whole, _, part = fault.key.rpartition(".")
        if not isinstance(fault, PartFault):
            found[fault.text] = fault
            continue
        parts.setdefault(whole, {})[part] = fault.value
        texts = [f"{whole}.{name}={plain(value)}" for name, value in parts[whole].items()]
        told = (
            f"{' '.join(texts)}: a hyperparameter is replaced as a whole; write '{whole}={_range(whole, parts, space)}'"
        )
        found[whole] = InputFault(fault.key, told, left_out=(whole,))
    return list(found.values())


def _range(whole: str, parts: Mapping[str, Mapping[str, Any]], space: Mapping[str, Any]) -> str:
    """The range that the parts of a hyperparameter ask for, its other end from what stands in the space."""
    now = ranges.unpacked({"range": space.get(whole.partition(".")[2])})["range"]
    numbers = [value for value in (now if isinstance(now, Sequence) else [now]) if isinstance(value, int | float)]
    ends = {"low": min(numbers, default="LOW"), "high": max(numbers, default="HIGH")}
    meant = {**(now if isinstance(now, Mapping) else ends), **parts[whole]}
    low, high = meant.get("low"), meant.get("high")
    if isinstance(low, int | float) and isinstance(high, int | float) and low >= high:
        meant["low" if "high" in parts[whole] else "high"] = "LOW" if "high" in parts[whole] else "HIGH"
    return plain(meant)


def value_fault(key: str, value: Any, options: Options) -> InputFault | None:
    """What is wrong with a value for a key, without a look at anything else; None where it may stand.

    Args:
        key: dotted, as a study or an override spells it.
        value: of any type.
        options: each group's options.
    """
    found = _code_fault(key, value) or _place_fault(key, value, options)
    if found is not None:
        return found
    if value == "???":
        return _left_out(key, f"{key}=???: the value is left open; give one")
    open_yet = isinstance(value, str) and "${" in value  # an interpolation: Hydra checks what it becomes
    return None if open_yet else _type_fault(key, value)


def _code_fault(key: str, value: Any) -> InputFault | None:
    code = [*([key] if key.endswith("._target_") else []), *hydra_settings.code_names(value, key)]
    return _left_out(key, f"{code[0]}: {hydra_settings.NO_CODE}") if code else None


def _place_fault(key: str, value: Any, options: Options) -> InputFault | None:
    """What is wrong with a key, whatever its value."""
    known, given = keys(), f"{key}={shortened(plain(value))}"
    parent = key.rpartition(".")[0]
    told = None
    if key in options:
        names = ", ".join(options[key])
        told = f"{given}: this is a group, and its options are names; possible: {names}"
        if value is None:
            told = f"{key}: nothing is set; leave the line out, or choose an option: {names}"
    elif parent in known and parent.startswith(f"{ranges.SPACE}."):
        text = f"{given}: a hyperparameter is replaced as a whole"
        return PartFault(key, text, left_out=(parent,), value=value)
    elif parent in known:
        told = f"{given}: {parent} has no parts; write {parent}=VALUE"
    elif key not in known:
        near = nearest_key(key)
        return InputFault(key, no_such_key(key), left_out=(key, near) if near else (key,))
    return _left_out(key, told) if told else None


def option_fault(group: str, name: Any, names: Sequence[str]) -> InputFault:
    """That a group has no such option.

    Args:
        group: of options.
        name: that it does not have.
        names: that it has.
    """
    told = f"{group}={plain(name)}: there is no such option{nearest(str(name), names)}"
    return InputFault(group, told, left_out=() if closest(str(name), names) else (group,))


def _unreadable(text: str) -> InputFault:
    if "=" not in text:
        return _left_out(text, f"{shortened(text)}: this is neither a study nor an override; write KEY=VALUE")
    if text.startswith("="):
        return _left_out(text, f"{shortened(text)}: there is no key before the =; write KEY=VALUE")
    key = text.split("=", maxsplit=1)[0].lstrip("+~")
    mend = f"quote what Hydra would take apart: {in_quotes(text) or QUOTED}"
    return _left_out(key, f"{shortened(text)}: this is no override that Hydra can read; {mend}")


def _hydra_faults(override: Override) -> list[InputFault]:
    """What is wrong with an override of Hydra's own settings: of them all a command line may set the mode."""
    key = override.key_or_group
    if key.startswith(hydra_settings.PARAMS):
        told = f"{override.input_line}: on a command line write what is swept over with -m, as in seed=1,2"
        return [_left_out(key, told)]
    if override.is_delete() or override.is_sweep_override() or key != hydra_settings.MODE:
        return [_left_out(key, f"{override.input_line}: {hydra_settings.REFUSED}")]
    return [InputFault(name, f"{name}: {why}") for name, why in hydra_settings.refused(override.value(), key)]


def _read_option(override: Override, names: Sequence[str]) -> tuple[list[InputFault], list[str] | None]:
    """What is wrong with the choice of an option, and the names that are most likely meant, if there are any."""
    group = override.key_or_group
    if fault := _prefix_fault(override, group, "group"):
        return [fault], None
    if override.value_type is ValueType.GLOB_CHOICE_SWEEP:
        glob = override.value()
        fits: list[str] = glob.filter(list(names)) if isinstance(glob, Glob) else []
        fault = _left_out(group, f"{override.input_line}: no option fits this; possible: {', '.join(names)}")
        return ([], fits) if fits else ([fault], None)
    chosen = list(_values(override))
    flat = [name for value in chosen for name in (value if isinstance(value, list) else [value])]
    unknown = [option_fault(group, name, names) for name in flat if name not in names]
    meant = [name if name in names else closest(str(name), names) for name in flat]
    return unknown, None if None in meant or len(flat) > len(chosen) else [str(name) for name in meant]


def _key_faults(override: Override, options: Options) -> list[InputFault]:
    """What is wrong with an override of a value, each value of a sweep looked at."""
    key = override.key_or_group
    if not key:
        return [_unreadable(override.input_line or "")]
    if override.value_type is ValueType.INTERVAL_SWEEP:
        given = override.value()
        assert isinstance(given, IntervalSweep)  # or it would be of another type
        searched = f"'{key}={{low: {given.start:g}, high: {given.end:g}}}' to search it"
        mend = searched if key.startswith(f"{ranges.SPACE}.") else f"the values with -m, as in {key}=1,2"
        return [_left_out(key, f"{override.input_line}: an interval has no end of values to run; write {mend}")]
    if key in keys() and (fault := _prefix_fault(override, key, "key")):
        return [fault]
    found = (value_fault(key, value, options) for value in _values(override))
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
        yield None
    elif override.is_sweep_override():
        texts = override.sweep_string_iterator()
        # Elements come back as text so that each is checked as Hydra would read it; those of a range are all alike.
        for text in islice(texts, 1) if override.value_type is ValueType.RANGE_SWEEP else texts:
            yield OverridesParser.create().parse_override(f"key={text}").value()
    else:
        yield override.value()


def _type_fault(key: str, value: Any) -> InputFault | None:
    group, _, name = key.partition(".")
    if group == ranges.SPACE:
        return None  # the declarations say what its values may be
    of_task = group == "task"  # has the keys of all tasks that there are by now
    section = OmegaConf.structured(task_keys.every_task()) if of_task else _section(group if name else "")
    try:
        OmegaConf.update(section, name or key, value, merge=False)
    except OmegaConfBaseException:
        setting = settings()[key]
        told = setting.fault(key, value) or f"{key}={shortened(plain(value))}: must be {setting.rule}"
        return _left_out(key, told)
    return None


@cache
def _section(group: str) -> DictConfig:
    """A group of the schema, or the keys in none, for values to be tried; to build one takes longer than to try."""
    found = OmegaConf.structured(getattr(SweepConfig(), group) if group else SweepConfig())
    assert isinstance(found, DictConfig)  # a list has no keys
    return found


def _left_out(key: str, text: str) -> InputFault:
    """A fault that leaves its own key or group without a value."""
    return InputFault(key, text, left_out=(key,))
