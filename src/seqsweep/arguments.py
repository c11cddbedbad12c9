"""The arguments of `seqsweep sweep`, taken apart: a study, overrides, and the flags of Hydra that make sense here."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from seqsweep.errors import ConfigError

INFORMATION = ("cfg", "info", "shell_completion", "hydra_help")
"""The flags that launch nothing."""


@dataclass(frozen=True)
class Request:
    """What a command line asks for.

    Args:
        study: its name.
        overrides: Hydra's, as given.
        flags: Hydra's, as given.
        own: the user's folder of studies and options.
        multirun: one job for each combination of the values of the overrides.
        informs: asks for information; nothing is launched.
        shown: the config to show: `job`, `hydra` or `all`.
        package: the only part of it to show: a group, or a key.
        help: asks for help.
    """

    study: str | None
    overrides: list[str]
    flags: list[str]
    own: Path | None
    multirun: bool
    informs: bool
    shown: str | None
    package: str | None
    help: bool


def parse(arguments: list[str]) -> Request:
    """Take the arguments apart; the first one that is neither a flag nor an override names the study.

    Raises:
        ConfigError: a flag that there is not, or that lacks its value, or a folder that is not there.
    """
    known, unknown = _parser().parse_known_intermixed_args(arguments)
    if unknown:
        raise ConfigError([f"{flag}: there is no such flag; seqsweep sweep --help lists them" for flag in unknown])
    positional = list(known.overrides)
    study = positional.pop(0) if positional and "=" not in positional[0] and positional[0][:1] not in "+~" else None
    own = Path(known.config_dir) if known.config_dir else None
    if own is not None and not own.is_dir():
        raise ConfigError([f"--config-dir {own}: there is no such folder"])
    return Request(
        study=study,
        overrides=positional,
        flags=[argument for argument in arguments if argument not in known.overrides],
        own=own,
        multirun=bool(known.multirun),
        informs=any(getattr(known, flag) for flag in INFORMATION),
        shown=known.cfg,
        package=known.package,
        help=bool(known.help),
    )


class _Parser(argparse.ArgumentParser):
    """One whose errors are told as those of a config are."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError([f"{message}; seqsweep sweep --help lists the flags"])


def _parser() -> argparse.ArgumentParser:
    """The flags of Hydra, but for those that name a config otherwise.

    Source: https://hydra.cc/docs/1.3/advanced/hydra-command-line-flags/
    """
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("overrides", nargs="*")
    for flag, short in (("help", "h"), ("run", "r"), ("multirun", "m"), ("shell-completion", "sc")):
        parser.add_argument(f"--{flag}", f"-{short}", action="store_true")
    parser.add_argument("--hydra-help", action="store_true")
    parser.add_argument("--resolve", action="store_true")
    parser.add_argument("--cfg", "-c", choices=("job", "hydra", "all"))
    parser.add_argument("--package", "-p")
    parser.add_argument("--config-dir", "-cd")
    about = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")
    parser.add_argument("--info", "-i", nargs="?", const="all", choices=about)
    return parser
