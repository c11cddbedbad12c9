"""Every fault that keys, options and types can have, found before Hydra composes: Hydra stops at the first one."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, ValueType
from hydra.errors import OverrideParseException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from seqsweep.catalog import nearest
from seqsweep.schema import SweepConfig


def keys() -> list[str]:
    """Every dotted key of a config."""
    found: list[str] = []
    for name, value in vars(SweepConfig()).items():
        found += [f"{name}.{inner.name}" for inner in fields(value)] if is_dataclass(value) else [name]
    return found


def parse(overrides: list[str]) -> tuple[list[Override], list[str]]:
    """The overrides that can be parsed, and a fault for each that cannot."""
    parser, parsed, faults = OverridesParser.create(), [], []
    for text in overrides:
        try:
            parsed += parser.parse_overrides([text])
        except OverrideParseException:
            mend = "quote what Hydra would take apart: 'key=\"value\"'" if "=" in text else "write KEY=VALUE"
            faults.append(f"{text}: this is no override that Hydra can read; {mend}")
    return parsed, faults


def override_faults(override: Override, options: Mapping[str, list[str]]) -> list[str]:
    """What is wrong with one override of a command line: an unknown key or option, a value of a wrong type."""
    key = override.key_or_group
    if key == "hydra" or key.startswith(("hydra.", "hydra/")):
        return []  # Hydra's own settings, which Hydra checks
    faults: list[str] = []
    for value in _values(override):
        faults += _option_faults(key, value, options[key]) if key in options else _value_faults(key, value, options)
    return faults


def study_faults(study: Path, options: Mapping[str, list[str]]) -> list[str]:
    """What is wrong with the file of a study: unknown keys, values of a wrong type, or no YAML at all."""
    try:
        content = yaml.safe_load(study.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return [f"{study}: this is not YAML: {' '.join(str(error).split())}"]
    if not isinstance(content, dict):
        return [f"{study}: a study is a mapping of keys to values, this is a {type(content).__name__}"]
    settings = {key: value for key, value in content.items() if key not in ("defaults", "hydra")}
    return [
        f"{study.name}: {fault}"
        for key, value in _leaves(settings, options)
        for fault in _value_faults(key, value, options)
    ]


def _values(override: Override) -> Iterator[Any]:
    """Each value that an override asks for: one, or each of a sweep."""
    if override.is_delete():
        return
    if override.is_sweep_override() and override.value_type is not ValueType.RANGE_SWEEP:
        # Elements come back as text so that each is checked as Hydra would read it.
        for text in override.sweep_string_iterator():
            yield OverridesParser.create().parse_override(f"key={text}").value()
    elif not override.is_sweep_override():
        yield override.value()


def _leaves(content: Mapping[str, Any], options: Mapping[str, list[str]]) -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if key in options and isinstance(value, Mapping):
            for name, inner in value.items():
                yield f"{key}.{name}", inner
        else:
            yield str(key), value


def _option_faults(group: str, value: Any, names: list[str]) -> list[str]:
    unknown = [name for name in (value if isinstance(value, list) else [value]) if name not in names]
    return [f"{group}={name}: there is no such option{nearest(str(name), names)}" for name in unknown]


def _value_faults(key: str, value: Any, options: Mapping[str, list[str]]) -> list[str]:
    known = keys()
    if key in options:
        return [f"{key}={value}: this is a group, and its options are names; possible: {', '.join(options[key])}"]
    parent = key.rpartition(".")[0]
    if key not in known and parent not in known:
        return [f"{key}: there is no such key{_nearest_key(key, known)}"]
    if value == "???":
        return [f"{key}=???: the value is left open; give one"]
    if isinstance(value, str) and "${" in value:
        return []  # an interpolation: Hydra checks what it becomes
    try:
        OmegaConf.update(OmegaConf.structured(SweepConfig), key, value, force_add=True)
    except OmegaConfBaseException as error:
        return [f"{key}={value}: {' '.join(str(error).splitlines()[0].split())}"]
    return []


def _nearest_key(key: str, known: list[str]) -> str:
    """The nearest key by its last part, one of the same group before others; else what there is."""
    group, _, name = key.rpartition(".")
    ranked = sorted(known, key=lambda k: (_likeness(name, k), k.startswith(f"{group}.")), reverse=True)
    if _likeness(name, ranked[0]) >= 0.6:
        return f"; did you mean {ranked[0]!r}?"
    siblings = [k for k in known if group and k.startswith(f"{group}.")]
    return nearest(key, siblings or sorted({k.split(".")[0] for k in known}))


def _likeness(name: str, key: str) -> float:
    """In [0, 1]: how alike a name and the last part of a key are."""
    return difflib.SequenceMatcher(None, name, key.rpartition(".")[2]).ratio()
