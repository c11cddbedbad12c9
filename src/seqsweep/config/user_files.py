"""The studies, and the user's own options, that a launch reads: checked line by line before Hydra composes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from seqsweep.config.check import InputFault, Options, value_fault
from seqsweep.config.folders import CONF
from seqsweep.config.keys import settings
from seqsweep.config.study_lines import MEMBERS, ROOT, chosen_options, sound_study
from seqsweep.hyperparameters import NAME, plain
from seqsweep.spelling import nearest

_PACKAGE = re.compile(r"^#\s*@package\s+(\S+)", re.MULTILINE)


@dataclass
class UserFiles:
    """What the files of a launch hold.

    Args:
        studies: the content of each study by its name, without its faulty lines.
        members: the studies that a study names to be run, by its name.
        faults: what is wrong with all files.
        composable: whether what has no fault can be composed.
    """

    studies: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
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
        study: its name, or those of several with commas between them.
        files: where the studies lie, by name.
        options: each group's options.
        own: the user's folder.
        chosen: the groups and options that the command line names.
    """
    found = UserFiles()
    names = study.split(",")
    for name in names:
        if name not in found.studies:
            _read_study(name, files, options, found, ())
        if len(names) > 1 and name in found.members:
            found.refuse(files[name], MEMBERS, f"this study runs others; launch {name} by itself")
    if len(names) > 1:
        found.members[study] = list(dict.fromkeys(names))
    if own is None:
        return found
    for file in [files[name] for name in names]:
        if file.parent != own and (own / file.name).exists():
            found.refuse(own / file.name, "study", "a study of this name is shipped; give yours another name")
    named = [option for content in found.studies.values() for option in chosen_options(content["defaults"])]
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
    found.studies[study] = sound_study(content, options, faults)
    members = found.studies[study].pop(MEMBERS, [])
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
        if parent in found.members:
            told = f"defaults: {parent!r} runs other studies; start from `{ROOT}` and name them under `{MEMBERS}` again"
            found.refuse(file, "defaults", told)
    if members:
        _read_members(study, members, files, options, found)


def _read_members(
    study: str, members: Sequence[str], files: Mapping[str, Path], options: Options, found: UserFiles
) -> None:
    """Read the studies that a study runs.

    Args:
        study: its name.
        members: what it names.
        files: where the studies lie, by name.
        options: each group's options.
        found: gets what they hold, and what is wrong with them.
    """
    file, found.members[study] = files[study], list(members)
    if ROOT not in found.studies[study]["defaults"]:
        found.refuse(file, "defaults", f"defaults: a study that runs others starts from `{ROOT}`")
    for member in members:
        if member not in files:
            found.refuse(file, MEMBERS, f"{MEMBERS}: there is no study {member!r}{nearest(member, files)}")
        elif member not in found.studies:
            _read_study(member, files, options, found, ())
        if member in found.members:
            found.refuse(file, MEMBERS, f"{MEMBERS}: {member!r} runs other studies itself; name those")


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
