"""Overrides that Hydra cannot read, in the quotes with which it can."""

from __future__ import annotations

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import OverrideParseException

from seqsweep.words import command

QUOTED = "'key=\"value\"'"


def in_quotes(text: str) -> str | None:
    """The override as Hydra and a shell can read it, with quotes around its value; None: that does not help."""
    key, _, value = text.partition("=")
    is_list = value.startswith("[") and value.endswith("]")
    entries = [entry.strip() for entry in value[1:-1].split(",")] if is_list else [value]
    quoted = ",".join(f'"{entry}"' for entry in entries)
    mended = f"{key}=[{quoted}]" if is_list else f"{key}={quoted}"
    if not value or any(sign in value for sign in "\"'\\$"):
        return None
    try:
        OverridesParser.create().parse_overrides([mended])
    except OverrideParseException:
        return None
    return command([mended])
