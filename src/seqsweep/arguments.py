"""The arguments of `seqsweep sweep`, taken apart: a study, overrides, and the flags of Hydra that make sense here."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from seqsweep.errors import ConfigError
from seqsweep.spelling import nearest

FLAGS = {
    ("--multirun", "-m"): "one sweep for each combination of the values in KEY=A,B",
    ("--cfg", "-c"): "job: show the composed config, run nothing",
    ("--package", "-p"): "with --cfg: the only group or key to show",
    ("--info", "-i"): "show how Hydra composes: all, config, defaults, defaults-tree, plugins or searchpath",
    ("--config-dir", "-cd"): "a folder with studies and options of your own",
    ("--help", "-h"): "this",
}
"""What each flag does, for the help; its names are Hydra's."""


@dataclass(frozen=True)
class Request:
    """What a command line asks for.

    Args:
        study: its name, or those of several with commas between them.
        overrides: Hydra's, as given.
        own: the user's folder of studies and options.
        multirun: one job for each combination of the values of the overrides.
        config: show the config of each job; nothing is launched.
        package: the only part of it to show: a group, or a key.
        about: what of Hydra's composing to show; nothing is launched.
        help: asks for help.
    """

    study: str | None
    overrides: list[str]
    own: Path | None
    multirun: bool
    config: bool
    package: str | None
    about: str | None
    help: bool

    @property
    def informs(self) -> bool:
        """Whether it asks for information alone."""
        return self.config or self.about is not None

    @property
    def flags(self) -> list[str]:
        """Those that Hydra is handed: of two that contradict each other it says so with a traceback."""
        return ["--info", self.about] if self.about else ["--multirun"] if self.multirun else []


def parse(arguments: list[str]) -> Request:
    """Take the arguments apart; the first one that is neither a flag nor an override names the study.

    Raises:
        ConfigError: a flag that there is not, or that lacks its value, or a folder that is not there.
    """
    known, unknown = _parser().parse_known_intermixed_args(arguments)
    if unknown:
        names = [name for flags in FLAGS for name in flags if name.startswith("--")]
        flags = [word for word in unknown if word.startswith("-")] or unknown  # not what belongs to an unknown flag
        raise ConfigError([f"{flag}: there is no such flag{nearest(flag.split('=')[0], names)}" for flag in flags])
    positional = list(known.overrides)
    study = positional.pop(0) if positional and "=" not in positional[0] and positional[0][:1] not in "+~" else None
    own = Path(known.config_dir) if known.config_dir else None
    if own is not None and not own.is_dir():
        raise ConfigError([f"--config-dir {own}: there is no such folder"])
    if known.package is not None and known.cfg is None:
        raise ConfigError([f"--package {known.package}: it is a part of what --cfg job shows; add that"])
    return Request(
        study=study,
        overrides=positional,
        own=own,
        multirun=bool(known.multirun),
        config=known.cfg is not None,
        package=known.package,
        about=known.info,
        help=bool(known.help),
    )


class _Parser(argparse.ArgumentParser):
    """One whose errors are told as those of a config are."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError([f"{message}; seqsweep sweep --help lists the flags"])


def _parser() -> argparse.ArgumentParser:
    """Those flags of Hydra that say something which no key or argument of ours says.

    Source: https://hydra.cc/docs/1.3/advanced/hydra-command-line-flags/
    """
    about = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")
    takes: dict[str, dict[str, Any]] = {
        "--multirun": {"action": "store_true"},
        "--help": {"action": "store_true"},
        "--cfg": {"choices": ("job",)},
        "--info": {"nargs": "?", "const": "all", "choices": about},
    }
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("overrides", nargs="*")
    for name, short in FLAGS:
        parser.add_argument(name, short, **takes.get(name, {}))
    return parser
