"""What a study says, line by line: what of it can stand, and what is wrong with the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seqsweep.config import hydra_settings
from seqsweep.config.check import InputFault, Options, option_fault, read_overrides, value_fault
from seqsweep.hyperparameters import plain
from seqsweep.spelling import closest, nearest

MEMBERS = "studies"  # the key of a study that runs others
ROOT = "config"  # what every study starts from, by itself or through another one


def sound_study(content: Mapping[Any, Any], options: Options, faults: list[InputFault]) -> dict[str, Any]:
    """A study without its faulty lines.

    Args:
        content: of its file.
        options: each group's options.
        faults: gets what is wrong with its lines.
    """
    listed = content.get("defaults", [])
    if not isinstance(listed, list):
        faults.append(InputFault("defaults", f"defaults={plain(listed)}: a list is needed, such as [config, _self_]"))
        listed = []
    sound: dict[str, Any] = {"defaults": list(_defaults(listed, options, faults))}
    for key, value in content.items():
        if key == "study":
            faults.append(InputFault(key, f"study={plain(value)}: a study is called as its file is; leave this out"))
        elif key == "hydra":
            sound[key] = _sweep(value, options, faults)
        elif key == MEMBERS:
            if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
                sound[key] = list(dict.fromkeys(value))
            else:
                told = f"{MEMBERS}={plain(value)}: names of studies are needed, such as [letters, digits]"
                faults.append(InputFault(MEMBERS, told))
        elif key in options and isinstance(value, Mapping):
            sound[key] = {
                name: inner for name, inner in value.items() if _kept(f"{key}.{name}", inner, options, faults)
            }
        elif "." in str(key) and str(key).partition(".")[0] in (*options, "hydra"):
            faults.append(_dotted_fault(str(key), value))
        elif key != "defaults" and _kept(str(key), value, options, faults):
            sound[key] = value
    return sound


def _dotted_fault(key: str, value: Any) -> InputFault:
    """That a key is spelt as on a command line, which Hydra would not find."""
    nested = value
    for part in reversed(key.split(".")):
        nested = {part: nested}
    return InputFault(key, f"{key}: in a file a key stands in its group; write {plain(nested)}", (key,))


def _defaults(listed: Sequence[Any], options: Options, faults: list[InputFault]) -> Iterator[Any]:
    """A defaults list as it is most likely meant: studies, options, then the study itself."""
    names = [entry for entry in listed if isinstance(entry, str)]
    parents = [name for name in names if name != "_self_"]
    if len(parents) > 1:
        told = f"defaults: a study starts from one other, which starts from {ROOT}; leave one of {', '.join(parents)}"
        faults.append(InputFault("defaults", told))
    yield from sorted(parents, key=ROOT.__eq__)[:1]
    if len(names) > 1 and names[0] == "_self_":
        told = f"defaults: what stands behind `_self_` replaces the study's own values; write [{names[1]}, …, _self_]"
        faults.append(InputFault("defaults", told))
    elif names and "_self_" not in names:
        faults.append(InputFault("defaults", "defaults: end the list with `_self_`, the study's own values"))
    others = [entry for entry in listed if not isinstance(entry, str)]
    first = next((place for place, entry in enumerate(listed) if entry in others), len(listed))
    if behind := [name for name in listed[first:] if name in names and name != "_self_"]:
        told = f"defaults: `{behind[0]}` stands behind options, whose values it would replace; put it first"
        faults.append(InputFault("defaults", told))
    chosen: dict[str, str] = {}
    for entry in others:
        for choice in _default(entry, options, faults):
            [(key, name)] = choice.items()
            if key in chosen:
                told = f"defaults: `{key}` stands here twice; leave {chosen[key]} or {name}"
                faults.append(InputFault(key.rpartition(" ")[2], told))
            else:
                yield choice
            chosen.setdefault(key, name)
    yield "_self_"


def _default(entry: Any, options: Options, faults: list[InputFault]) -> Iterator[dict[str, str]]:
    """One choice of a defaults list, an unknown option replaced by the nearest one; nothing where it is none."""
    if not isinstance(entry, Mapping) or len(entry) != 1:
        told = f"defaults: {plain(entry)}: an entry is a study, or one choice such as `override tuner: grid`"
        faults.append(InputFault("defaults", told))
        return
    [(key, name)] = entry.items()
    override, _, group = str(key).rpartition(" ")
    if hydra_settings.of_hydra(group):
        faults.append(InputFault(group, f"{group}: {hydra_settings.REFUSED}"))
    elif group not in options:
        faults.append(InputFault(group, f"defaults: {group}: there is no such group{nearest(group, options)}"))
    elif override != "override":
        told = f"defaults: an option of {group} is chosen already; write `override {group}: {plain(name)}`"
        faults.append(InputFault(group, told, left_out=(group,)))
    elif name not in options[group]:
        faults.append(option_fault(group, name, options[group]))
        yield {f"override {group}": closest(str(name), options[group]) or options[group][0]}
    else:
        yield {f"override {group}": name}


def chosen_options(defaults: Sequence[Any]) -> list[tuple[str, str]]:
    """The groups and options that a sound defaults list names."""
    return [
        (key.rpartition(" ")[2], name)
        for entry in defaults
        if isinstance(entry, Mapping)
        for key, name in entry.items()
    ]


def _sweep(settings: Any, options: Options, faults: list[InputFault]) -> dict[str, Any]:
    """What a study says of Hydra without what it may not say, and without what is wrong with its sweep."""
    refused = dict(hydra_settings.refused(settings))
    faults += [InputFault(key, f"{key}: {why}") for key, why in refused.items()]
    sound: dict[str, Any] = {}
    if not isinstance(settings, Mapping):
        return sound
    if "mode" in settings and hydra_settings.MODE not in refused:
        sound["mode"] = settings["mode"]
    sweeper = settings.get("sweeper")
    params = sweeper.get("params") if isinstance(sweeper, Mapping) else None
    if isinstance(params, Mapping):
        given = read_overrides([f"{key}={value}" for key, value in params.items()], options)
        faults += given.faults
        sound["sweeper"] = {"params": dict(text.split("=", 1) for text in given.sound)}
    return sound


def _kept(key: str, value: Any, options: Options, faults: list[InputFault]) -> bool:
    """Whether a line of a study has no fault; if it has one, `faults` gets it."""
    fault = value_fault(key, value, options)
    faults += [fault] if fault else []
    return fault is None
