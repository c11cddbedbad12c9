"""Names that configs may use, and the function behind each."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, overload

from seqsweep.errors import ConfigError, Fault
from seqsweep.hyperparameters import Hyperparameter, Section
from seqsweep.spelling import nearest

F = TypeVar("F", bound=Callable[..., Any])


class Catalog(Mapping[str, F]):
    """The functions of one kind by the name that a config uses.

    Every entry takes the parameters of `like`, so that any of them can stand where another stood; an entry
    that does not is refused when its module is imported, not when a user first picks it.

    Args:
        kind: what an entry is, for messages: `data source`, `scaler`.
        like: the protocol that every entry follows, F itself; its `__call__` says the parameters.
        apart: no space has two entries, so that each may declare a hyperparameter of the same name in its own way.

    Raises:
        TypeError: an entry's parameters differ from those of `like`, its name is taken, or it declares a hyperparameter
            otherwise than another entry of the same space does.
    """

    def __init__(self, kind: str, like: type[Any], apart: bool = False) -> None:
        self.kind, self._apart = kind, apart
        self._parameters = list(inspect.signature(like.__call__).parameters)[1:]  # without `self`
        self._entries: dict[str, F] = {}
        self._own: dict[str, tuple[Hyperparameter, ...]] = {}

    @overload
    def register(self, entry: F) -> F: ...

    @overload
    def register(self, *, hyperparameters: Sequence[Hyperparameter]) -> Callable[[F], F]: ...

    def register(self, entry: F | None = None, *, hyperparameters: Sequence[Hyperparameter] = ()) -> Any:
        """Add `entry` under its own name; use as a decorator, bare or with the hyperparameters that it brings.

        Args:
            entry: a function or class with the parameters of `like`.
            hyperparameters: those that exist only where this entry is chosen; several entries may bring the same one.
        """

        def add(entry: F) -> F:
            name = getattr(entry, "__name__", "").rstrip("_")  # `none_`: a name may look like a keyword
            if not name:
                raise TypeError(f"{self.kind} {entry!r} has no name of its own; give it one with `add`")
            return self.add(name, entry, hyperparameters=hyperparameters)

        return add if entry is None else add(entry)

    def add(
        self,
        name: str,
        entry: F,
        function: Callable[..., Any] | None = None,
        hyperparameters: Sequence[Hyperparameter] = (),
    ) -> F:
        """Add `entry` under `name`.

        Args:
            name: what a config says.
            entry: what stands behind it.
            function: whose parameters are checked; None: the entry's own.
            hyperparameters: see `register`.
        """
        parameters = list(inspect.signature(function or entry).parameters)
        if parameters != self._parameters:
            takes, must = ", ".join(parameters), ", ".join(self._parameters)
            raise TypeError(f"{self.kind} {name!r} takes ({takes}), not ({must})")
        if name in self._entries:
            raise TypeError(f"there are two of {self.kind} {name!r}")
        others = {} if self._apart else {other.name: other for own in self._own.values() for other in own}
        for hyperparameter in hyperparameters:
            if others.get(hyperparameter.name, hyperparameter) != hyperparameter:
                raise TypeError(f"{self.kind} {name!r} declares {hyperparameter.name!r} otherwise than another one")
        self._entries[name] = entry
        self._own[name] = tuple(hyperparameters)
        return entry

    def own(self, name: str) -> tuple[Hyperparameter, ...]:
        """The hyperparameters that the entry `name` brings, as it declared them."""
        return self._own.get(name, ())

    def hyperparameters(self, chosen_by: str, section: Section) -> tuple[Hyperparameter, ...]:
        """All that the entries bring, each active only where one of those that bring it is chosen.

        Args:
            chosen_by: the hyperparameter whose values are the names of this catalog.
            section: where that hyperparameter belongs.
        """
        found: dict[str, tuple[Hyperparameter, list[str]]] = {}
        for name, own in self._own.items():
            for hyperparameter in own:
                found.setdefault(hyperparameter.name, (hyperparameter, []))[1].append(name)
        return tuple(
            replace(own, section=section, when={chosen_by: tuple(names), **own.when}) for own, names in found.values()
        )

    def fault(self, key: str, name: object) -> list[Fault]:
        """What is wrong with `name` as the value of the config key `key`: one fault, or none.

        Args:
            key: of the config, for the message.
            name: as the config has it.
        """
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
