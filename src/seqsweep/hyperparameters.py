"""What a config may set, one declaration a name: type, bounds, unit, default, meaning, and when it is active.

A hyperparameter is declared by who uses it: the layers, an optimizer, a task. All else (the search space, its checks,
KerasTuner's hyperparameters, tables, help and `seqsweep explain`) comes from the declaration.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin

from seqsweep.spelling import nearest

Section = Literal["network", "input", "training", "head", "preprocessing"]
"""What a hyperparameter is about; a search space has them in this order."""

RESERVED = ("per_layer", "warm_start", "keys", "values", "items", "get", "replace", "last_epoch")
"""Names that something else has: settings of a search space, methods of TrialParams, columns of tables."""

NAME = re.compile(r"[^\W_][\w .\-]{0,59}(?<! )")
"""What may become a file, a model or a word of a command."""

LARGEST = 10**18
"""No whole number of a config is larger: libraries count in 64 bits."""

_NOUNS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    dict: "a mapping",
    object: "a number or text",
}


class Unless(tuple[Any, ...]):
    """Any value but these."""

    def __contains__(self, value: object) -> bool:
        return not super().__contains__(value)


class Listed(tuple[Any, ...]):
    """A list that has one of these."""

    def __contains__(self, value: object) -> bool:
        return isinstance(value, Collection) and any(one in value for one in self)


@dataclass(frozen=True)
class Setting:
    """One thing that a config may set, and what its values may be.

    Args:
        name: as a config spells it.
        type: of its values: `int`, `float`, `bool`, `str`, `dict`, or `object` for any; an int is a float too, but no
            bool is a number.
        at_least: the least value.
        above: what a value must be greater than.
        at_most: the greatest value.
        below: what a value must be less than.
        choices: the only values, or a catalog whose names are the only values.
        catalog: where to find the catalog of its values, `module:NAME`, or `task` where each task has its own, if only
            its owner checks them.
        optional: whether null is a value too.
        several: whether its value is a list of such values, none of them twice.
        longest: the most characters of a text.
        holds: a name, which becomes a file, a model or a word of a command; or an address, which may hold a secret; or
            a mapping, whose keys its owner checks.
        unit: what a number is counted or measured in: `rows`, `seconds`.
        meaning: one line for the user.
        when: the others on which it depends, each with the values at which it is active; all of them must hold.
    """

    name: str
    type: type[Any]
    at_least: float | None = field(default=None, kw_only=True)
    above: float | None = field(default=None, kw_only=True)
    at_most: float | None = field(default=None, kw_only=True)
    below: float | None = field(default=None, kw_only=True)
    choices: Collection[Any] | None = field(default=None, kw_only=True, hash=False)
    catalog: str = field(default="", kw_only=True)
    optional: bool = field(default=False, kw_only=True)
    several: bool = field(default=False, kw_only=True)
    longest: int = field(default=1000, kw_only=True)
    holds: Literal["", "name", "address", "mapping"] = field(default="", kw_only=True)
    unit: str = field(default="", kw_only=True)
    meaning: str = field(default="", kw_only=True)
    when: Mapping[str, Collection[Any]] = field(default_factory=dict, kw_only=True, hash=False)

    @classmethod
    def of_field(cls, name: str, kind: Any, rules: Mapping[str, Any], *, default: Any) -> Setting:
        """What a field of a config group declares.

        Args:
            name: as a config spells it.
            kind: the field's type: a type, a type or None, a list of a type, or Any.
            rules: all else, by the names that they have here.
            default: of the field. OmegaConf has no union of a text and a list, and puts no keys into a mapping that is
                null or there already: such fields are Any, and the default says whether they may be null.
        """
        optional = type(None) in get_args(kind) or (kind is Any and default is None)
        if type(None) in get_args(kind):
            kind = next(of for of in get_args(kind) if of is not type(None))
        several = get_origin(kind) is list
        plain = get_args(kind)[0] if several else kind
        open_type = dict if rules.get("holds") == "mapping" else object
        return cls(name, open_type if plain is Any else plain, optional=optional, several=several, **rules)

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers, so that a range of them can be searched."""
        return self.type in (int, float)

    @property
    def rule(self) -> str:
        """What a value must be, in words: `a whole number, 1 or more`."""
        if self.choices is not None:
            words = f"one of {', '.join(map(plain, self.choices))}"
        elif self.holds == "name":
            words = "a name: letters, digits, blanks and . _ - after a letter or digit, 60 characters at most"
        else:
            bounds = [
                f"{_bound(self.at_least)} or more" if self.at_least is not None else "",
                f"above {_bound(self.above)}" if self.above is not None else "",
                f"{_bound(self.at_most)} or less" if self.at_most is not None else "",
                f"below {_bound(self.below)}" if self.below is not None else "",
            ]
            words = ", ".join([_NOUNS[self.type], *filter(None, bounds)])
        return f"{words}, or null" if self.optional else words

    @property
    def condition(self) -> str:
        """When it is active, in words: `optimizer is adamw and depth is 2 or 3`; nothing where it always is."""
        return " and ".join(f"{name} {_either(values)}" for name, values in self.when.items())

    def is_used(self, value_of: Callable[[str], Any]) -> bool:
        """Whether it has an effect where `value_of` says what the keys are that it depends on."""
        return all(value_of(name) in allowed for name, allowed in self.when.items())

    def clean(self, value: Any) -> Any:
        """`value` in the type of this setting: 0 becomes 0.0 where numbers are expected, true a name among names."""
        if self.type is str and isinstance(value, bool):
            return plain(value)
        return float(value) if self.type is float and value is not None else value

    def has_type(self, value: Any) -> bool:
        """Whether `value` has the type, whatever the bounds."""
        if self.several and value is not None:
            return isinstance(value, list) and all(map(self._is_one, value))
        return self._is_one(value)

    def allows(self, value: Any) -> bool:
        """Whether `value` has the type and lies within the bounds; of a list, whether it names nothing twice."""
        within = self.has_type(value) and all(map(self._is_within, value if isinstance(value, list) else [value]))
        return within and not self._repeated(value)

    def fault(self, key: str, value: Any) -> str | None:
        """What is wrong with `value`, where a config gives it as `key`: a sentence, or None.

        Args:
            key: how the config names it, for the sentence.
            value: as the config has it, of any type.
        """
        if self.allows(value):
            return None
        if self.several and not isinstance(value, list):
            return f"{key}={plain(value)}: a list is needed, such as [{plain(value)}]"
        for wrong in value if self.several else [value]:
            if not (self._is_one(wrong) and self._is_within(wrong)):
                if self.type is str and isinstance(wrong, str) and (text := self._text_fault(wrong)):
                    return f"{key}={shortened(wrong)}: {text}"
                return f"{key}={shortened(plain(wrong))}: must be {self.rule}{self._hint(wrong)}"
        twice = plain(self._repeated(value)[0])
        return f"{key}={shortened(plain(value))}: {shortened(twice)} is listed twice; leave one"

    def _repeated(self, value: Any) -> list[Any]:
        """The entries of a list that stand further in front too; of mappings their owner knows which are alike."""
        if not self.several or value is None or self.type is dict:
            return []
        told = [(entry, isinstance(entry, bool)) for entry in value]  # 1 and true are equal in Python
        return [entry for place, entry in enumerate(value) if told[place] in told[:place]]

    def _is_one(self, value: Any) -> bool:
        if value is None:
            return self.optional
        if self.type is str and isinstance(value, bool):  # YAML reads the names true and false so
            return self.choices is not None and plain(value) in self.choices
        if not self.numeric:
            return isinstance(value, self.type)
        types = int if self.type is int else (int, float)
        fits = isinstance(value, types) and not isinstance(value, bool)
        return fits and (abs(value) <= LARGEST if isinstance(value, int) else math.isfinite(value))

    def _is_within(self, value: Any) -> bool:
        return value is None or (
            (self.holds != "name" or NAME.fullmatch(value) is not None)
            and (not isinstance(value, str) or self._text_fault(value) is None)
            and (self.choices is None or self.clean(value) in self.choices)
            and (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )

    def _text_fault(self, text: str) -> str | None:
        """What is wrong with a text, whatever it says; a name has a rule of its own."""
        if self.holds == "name":
            return None
        if not text:
            return f"the text is empty; give one{', or leave it null' if self.optional else ''}"
        if len(text) > self.longest:
            return f"{len(text):,} characters, and the most are {self.longest:,}; shorten it"
        strange = next((character for character in text if not (character.isprintable() or character.isspace())), None)
        if strange is not None:
            return f"it holds the character {strange!a}, which cannot be shown; take it out"
        return None

    def _hint(self, value: Any) -> str:
        if self.choices is not None and isinstance(value, str):
            near = nearest(value, map(str, self.choices))
            return near if "did you mean" in near else ""  # the rule lists what is possible
        if self.holds == "name" and isinstance(value, str):
            return f"; write {near}" if (near := named(value)) else ""
        if self.numeric and isinstance(value, str):
            return "; leave the quotation marks out" if value.replace(".", "", 1).isdigit() else ""
        if isinstance(value, int) and abs(value) > LARGEST:
            return "; it has more than 18 digits"
        if self.type is int and isinstance(value, float) and value.is_integer() and self.allows(int(value)):
            return f"; write {int(value)}"
        return ""


@dataclass(frozen=True)
class Hyperparameter(Setting):
    """One thing that may differ between the trials of a sweep.

    Args:
        default: its value where a config says nothing.
        follows: the config key whose value is the default instead: `windows.scaler`.
        per_layer: whether a network may have another value in each of its layers.
        section: what it is about. What an entry of a catalog brings belongs where that entry is chosen.
        when: what it depends on are names, switches, or the depth, and stand before it in the space.
        needs: keys of a config of which one must be given, or its value does nothing and is not shown.

    Raises:
        TypeError: the name is no identifier, is taken, or ends as that of a single layer does (`units_2`); or the
            default is not allowed.
    """

    default: Any = field(default=None, kw_only=True)
    follows: str | None = field(default=None, kw_only=True)
    per_layer: bool = field(default=False, kw_only=True)
    section: Section = field(default="network", kw_only=True)
    needs: tuple[str, ...] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        unfit = not self.name.isidentifier() or self.name.startswith("_") or re.search(r"_\d+$", self.name)
        if unfit or self.name in RESERVED:
            raise TypeError(f"{self.name!r} cannot be the name of a hyperparameter")
        named = isinstance(self.choices, Mapping)  # a catalog, which may not be full yet
        if self.follows is None and not named and not self.allows(self.default):
            raise TypeError(f"{self.name}: the default {plain(self.default)} must be {self.rule}")

    def _hint(self, value: Any) -> str:
        ends = re.fullmatch(r"\s*(-?[\d.e-]*\d)\s*(?:\.\.+|-|:|to)\s*(-?\d[\d.e-]*)\s*", str(value))
        if self.numeric and ends and isinstance(value, str):
            return f"; a range is {{low: {ends[1]}, high: {ends[2]}}}"
        return super()._hint(value)

    def is_active(self, values: Mapping[str, Any]) -> bool:
        """Whether a trial with these `values` of the other hyperparameters has it."""
        return all(name in values and values[name] in allowed for name, allowed in self.when.items())


def named(text: str) -> str:
    """The name that is nearest to a text: `zz` of `../../zz`; empty where it has neither letter nor digit."""
    return re.sub(r"[^\w .\-]+", "-", text).strip("-._ ")[:60].strip()


def _bound(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _either(values: Collection[Any]) -> str:
    """`is a`, `is a or b`, `is a, b or c`, `is not a`, `has a`."""
    verb = "is not" if isinstance(values, Unless) else "has" if isinstance(values, Listed) else "is"
    *others, last = map(plain, values)
    return f"{verb} {', '.join(others)} or {last}" if others else f"{verb} {last}"


def shortened(text: str, most: int = 60) -> str:
    """A text in one line that a message has room for.

    Args:
        text: of any length.
        most: characters of it that are shown.
    """
    line = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in " ".join(text.split()))
    return line if len(line) <= most else f"{line[:most]}…"


def plain(value: Any) -> str:
    """A value as YAML writes it, in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {plain(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(plain, value))}]"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
