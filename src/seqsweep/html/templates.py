"""Jinja2 as every page and card here uses it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent


@cache
def environment(folder: Path = HERE, **filters: Callable[..., str]) -> Environment:
    """The templates of a folder: values that are no `Markup` are escaped, a name that is unknown is an error.

    Args:
        folder: of the templates.
        **filters: functions that they may call; one that returns `Markup` answers for its content.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    made.trim_blocks = made.lstrip_blocks = True  # a line that only says what to do leaves no line behind
    made.filters.update(filters)
    return made
