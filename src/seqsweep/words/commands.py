"""Commands that are printed to be pasted: quoted for a POSIX shell, without secrets."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from seqsweep.redaction import redacted

_FROM_ENVIRONMENT = re.compile(r"\$\{oc\.env:(\w+)\}")


def command(words: Iterable[str]) -> str:
    """A command, or a part of one, as a shell takes it.

    A word that is nothing but a variable of the environment, as a config writes it, is that of the shell: no command
    but `sweep` reads what a config writes.

    Args:
        words: the program and its arguments, as they are typed where nothing needs quotes.
    """
    return " ".join(map(_quoted, words))


def pasted(words: Iterable[str]) -> str:
    """A command that a user is to paste now: where its program is not on the PATH, by the place where it lies.

    Args:
        words: the program and its arguments.
    """
    name, *arguments = words
    if shutil.which(name) is not None:
        return command([name, *arguments])
    beside = Path(sys.executable).with_name(name)
    program = [str(beside)] if beside.is_file() else [sys.executable, "-m", name]
    return command([*program, *arguments])


def store_options(directory: str, uri: str | None) -> list[str]:
    """The options by which the commands find the runs of a sweep.

    Args:
        directory: `tracking.directory`.
        uri: `tracking.uri`.
    """
    return (["--directory", directory] if directory != "mlruns" else []) + (["--uri", uri] if uri is not None else [])


def _quoted(word: str) -> str:
    variable = _FROM_ENVIRONMENT.fullmatch(word)
    return f'"${variable[1]}"' if variable else shlex.quote(redacted(word, word))
