"""Where the YAML lies: `conf/` and `sweeps/` of the checkout or the wheel, and a user's own folder beside them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from seqsweep.schema import groups

_PACKAGE = Path(__file__).resolve().parents[1]


def _shipped(name: str) -> Path:
    """The folder `name` inside the installed package, or that of the checkout.

    An absolute folder is the one form that Hydra finds from a wheel, an editable install, a script and `-m` alike.
    """
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parents[1] / name


CONF = _shipped("conf")
STUDIES = _shipped("sweeps")


def options(own: Path | None = None) -> dict[str, list[str]]:
    """The names that each config group offers; files that begin with `_` are shared parts, not options.

    Args:
        own: the user's `--config-dir`.
    """
    folders = [CONF] + ([own] if own else [])
    return {
        group: sorted(
            {
                file.stem
                for folder in folders
                for file in (folder / group).glob("*.yaml")
                if not file.name.startswith("_")
            }
        )
        for group in groups()
    }


@cache
def option_values(group: str, option: str) -> Mapping[str, Any]:
    """What a shipped option sets, with what it takes from others of its group; it is read once in a process.

    Args:
        group: of options.
        option: a name in it.
    """
    content: Any = OmegaConf.to_container(OmegaConf.load(CONF / group / f"{option}.yaml"))
    found: dict[str, Any] = {}
    for parent in content.pop("defaults", []):
        found |= option_values(group, parent)
    found |= content
    return found


def studies(own: Path | None = None) -> dict[str, Path]:
    """The file of each study by its name; a user's own study of the same name does not replace a shipped one."""
    found = {file.stem: file for file in sorted(own.glob("*.yaml"))} if own else {}
    return found | {file.stem: file for file in sorted(STUDIES.glob("*.yaml"))}


def question(study: Path) -> str:
    """What a study asks: the `Question:` line of its head, or nothing."""
    for line in study.read_text(encoding="utf-8").splitlines():
        if line.startswith("# Question:"):
            return line.removeprefix("# Question:").strip()
    return ""
