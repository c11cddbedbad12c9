"""Names that configs may use, and the function behind each."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from seqsweep.errors import ConfigError, Fault

F = TypeVar("F", bound=Callable[..., Any])


def closest(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that `name` was most likely meant to be; None where none is near."""
    return next(iter(difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)), None)


def nearest(name: str, names: Iterable[str]) -> str:
    """`; did you mean 'lstm'?` where one of `names` is near to `name`, else the list of all that are possible."""
    names = list(names)
    match = closest(name, names)
    if match is not None:
        return f"; did you mean {match!r}?"
    return f"; possible: {', '.join(names)}" if names else ""


class Catalog(Mapping[str, F]):
    """The functions of one kind by the name that a config uses.

    Every entry takes the parameters of `like`, so that any of them can stand where another stood; an entry
    that does not is refused when its module is imported, not when a user first picks it.

    Args:
        kind: what an entry is, for messages: `data source`, `scaler`.
        like: the protocol that every entry follows, F itself; its `__call__` says the parameters.

    Raises:
        TypeError: an entry's parameters differ from those of `like`, or its name is taken.
    """

    def __init__(self, kind: str, like: type[Any]) -> None:
        self.kind = kind
        self._parameters = list(inspect.signature(like.__call__).parameters)[1:]  # without `self`
        self._entries: dict[str, F] = {}

    def register(self, entry: F) -> F:
        """Add `entry` under its own name; use as a decorator."""
        name = getattr(entry, "__name__", "").rstrip("_")  # `none_`: a name may look like a keyword
        parameters = list(inspect.signature(entry).parameters)
        if parameters != self._parameters:
            takes, must = ", ".join(parameters), ", ".join(self._parameters)
            raise TypeError(f"{self.kind} {name!r} takes ({takes}), not ({must})")
        if name in self._entries:
            raise TypeError(f"there are two of {self.kind} {name!r}")
        self._entries[name] = entry
        return entry

    def fault(self, key: str, name: object) -> list[Fault]:
        """What is wrong with `name` as the value of the config key `key`: one fault, or none."""
        if name in self:
            return []
        text = f"{key}={name}: there is no {self.kind} {str(name)!r}{nearest(str(name), self._entries)}"
        return [Fault(key, text)]

    def __getitem__(self, name: str) -> F:
        if name not in self._entries:
            raise ConfigError(self.fault(self.kind, name))
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._entries  # YAML may hold a mapping, which has no hash

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
