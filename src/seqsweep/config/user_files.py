"""The studies, and the user's own options, that a launch reads: checked line by line before Hydra composes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from seqsweep.config import hydra_settings
from seqsweep.config.check import InputFault, Options, option_fault, read_overrides, value_fault
from seqsweep.config.folders import CONF
from seqsweep.config.keys import settings
from seqsweep.hyperparameters import NAME, plain
from seqsweep.spelling import closest, nearest

ROOT = "config"  # what every study starts from, by itself or through another one
_PACKAGE = re.compile(r"^#\s*@package\s+(\S+)", re.MULTILINE)


@dataclass
class UserFiles:
    """What the files of a launch hold.

    Args:
        studies: the content of each study by its name, without its faulty lines.
        faults: what is wrong with all files.
        composable: whether what has no fault can be composed.
    """

    studies: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[InputFault] = field(default_factory=list)
    composable: bool = True

    def refuse(self, file: Path, key: str, text: str) -> None:
        """Note a fault without which nothing can be composed.

        Args:
            file: that has it.
            key: that it is about.
            text: the sentence, without the file.
        """
        self.faults.append(InputFault(key, f"{file.name}: {text}"))
        self.composable = False


def read_files(
    study: str, files: Mapping[str, Path], options: Options, own: Path | None, chosen: Sequence[tuple[str, str]]
) -> UserFiles:
    """Read a study, those that it starts from, and those of the user's options that are chosen.

    Args:
        study: its name.
        files: where the studies lie, by name.
        options: each group's options.
        own: the user's folder.
        chosen: the groups and options that the command line names.
    """
    found = UserFiles()
    _read_study(study, files, options, found, ())
    if own is None:
        return found
    if files[study].parent != own and (own / files[study].name).exists():
        found.refuse(own / files[study].name, "study", "a study of this name is shipped; give yours another name")
    named = [option for content in found.studies.values() for option in _chosen(content["defaults"])]
    for group, name in dict.fromkeys([*named, *chosen]):
        _read_option(own, group, name, options, found)
    return found


def _read_study(
    study: str, files: Mapping[str, Path], options: Options, found: UserFiles, before: tuple[str, ...]
) -> None:
    """Read a study, then those that it starts from, but for those that are read already.

    Args:
        study: its name.
        files: where the studies lie, by name.
        options: each group's options.
        found: gets what they hold, and what is wrong with them.
        before: the studies that led to this one.
    """
    file = files[study]
    if not NAME.fullmatch(study):
        found.refuse(file, "study", f"the file of a study is called by {settings()['study'].rule}; rename it")
    content = _read(file, found, package=None)
    if content is None:
        return
    faults: list[InputFault] = []
    found.studies[study] = _sound_study(content, options, faults)
    found.faults += [replace(fault, text=f"{file.name}: {fault.text}") for fault in faults]
    parents = [entry for entry in found.studies[study]["defaults"] if isinstance(entry, str) and entry != "_self_"]
    if not parents:
        told = "a study starts from `config` or from another study; begin it with `defaults: [config, _self_]`"
        found.refuse(file, "defaults", told)
    for parent in parents:
        if parent == ROOT:
            continue
        if parent in (*before, study):
            way = " from ".join([*before, study, parent])
            found.refuse(file, "defaults", f"defaults: the study starts from itself, {way}; take {parent!r} out")
        elif parent in files and parent not in found.studies:
            _read_study(parent, files, options, found, (*before, study))
        elif parent not in files:
            found.refuse(file, "defaults", f"defaults: there is no study {parent!r}{nearest(parent, [ROOT, *files])}")


def _read_option(own: Path, group: str, name: str, options: Options, found: UserFiles) -> None:
    """Check an option of the user's, then those that it starts from; one that is shipped needs no check."""
    file = own / group / f"{name}.yaml"
    if not file.exists():
        return
    if (CONF / group / f"{name}.yaml").exists():
        found.refuse(file, group, f"an option {group}={name} is shipped; give yours another name")
    content = _read(file, found, package=group)
    for key, value in (content or {}).items():
        if key != "defaults":
            fault = value_fault(f"{group}.{key}", value, options)
            if fault is not None:
                found.refuse(file, fault.key, fault.text)
            continue
        for parent in value if isinstance(value, list) else [value]:
            if not isinstance(parent, str):
                found.refuse(file, group, f"defaults: {plain(parent)}: an option starts from names of its group alone")
            elif parent != "_self_" and not any((base / group / f"{parent}.yaml").exists() for base in (CONF, own)):
                told = f"defaults: there is no option {parent!r}{nearest(parent, ['_base', *options[group]])}"
                found.refuse(file, group, told)
            elif parent not in ("_self_", name):
                _read_option(own, group, parent, options, found)


def _read(file: Path, found: UserFiles, package: str | None) -> dict[str, Any] | None:
    """What a file holds; None where it cannot be read as a mapping.

    Args:
        file: YAML.
        found: gets what is wrong with it.
        package: the group of an option; None for a study.
    """
    try:
        text = file.read_text(encoding="utf-8")
        content: Any = OmegaConf.to_container(OmegaConf.create(text))  # a date remains text, as for Hydra
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark is not None else ""
        twice = (error.problem or "").partition("found duplicate key ")[2]
        told = f"{twice} stands here once more; leave one" if twice else f"this is not YAML: {error.problem}"
        found.refuse(file, "study", f"{line}{told}")
        return None
    except (yaml.YAMLError, OSError, UnicodeDecodeError, OmegaConfBaseException, RecursionError) as error:
        found.refuse(file, "study", f"this is not YAML: {' '.join(str(error).split())}")
        return None
    if not isinstance(content, dict):
        what = "a study" if package is None else "an option"
        found.refuse(file, "study", f"{what} is a mapping of keys to values, this is a {type(content).__name__}")
        return None
    moved = _PACKAGE.search(text)
    if moved is not None and moved[1] not in (package, "_group_"):
        found.refuse(file, "study", f"# @package {moved[1]}: keys stand where they belong; take this line out")
    return content


def _sound_study(content: Mapping[Any, Any], options: Options, faults: list[InputFault]) -> dict[str, Any]:
    """A study without its faulty lines, of which `faults` is told."""
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


def _chosen(defaults: Sequence[Any]) -> list[tuple[str, str]]:
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
