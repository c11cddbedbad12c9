"""One setting of `search_space`: the values that it allows, and what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqsweep.errors import Fault
from seqsweep.spelling import nearest

ACTIVATIONS = ("tanh", "relu", "sigmoid")
PER_LAYER = ("units", "dropout")  # the fields of TrialParams that have one entry a layer
_RANGE_KEYS = ("low", "high", "step", "log")
_SLACK = 1e-9  # of a step: 0.1 five times over is a little more than 0.5


@dataclass(frozen=True)
class Field:
    """The type and the bounds of one field of TrialParams; `at_least` and `at_most` are inclusive."""

    kind: str  # name, switch, whole, number
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    one_of: tuple[str, ...] | None = None
    optional: bool = False  # may be null

    @property
    def rule(self) -> str:
        """What a value must be, in words: `a whole number, 1 or more`."""
        if self.one_of:
            return f"one of {', '.join(self.one_of)}"
        noun = {"name": "a name", "switch": "true or false", "whole": "a whole number", "number": "a number"}[self.kind]
        bounds = [
            f"{self.at_least:g} or more" if self.at_least is not None else "",
            f"above {self.above:g}" if self.above is not None else "",
            f"{self.at_most:g} or less" if self.at_most is not None else "",
            f"below {self.below:g}" if self.below is not None else "",
        ]
        words = ", ".join([noun, *filter(None, bounds)])
        return f"{words}, or null" if self.optional else words

    def clean(self, value: Any) -> Any:
        """`value` in the type of this field: 0 becomes 0.0 where numbers are expected."""
        return float(value) if self.kind == "number" and value is not None else value

    def allows(self, value: Any) -> bool:
        """Whether `value` has the type and lies within the bounds."""
        if value is None:
            return self.optional
        if self.kind in ("name", "switch"):
            right = isinstance(value, str if self.kind == "name" else bool)
            return right and (self.one_of is None or value in self.one_of)
        types = int if self.kind == "whole" else (int, float)
        if isinstance(value, bool) or not isinstance(value, types) or not math.isfinite(value):
            return False
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )


FIELDS: Mapping[str, Field] = {
    "layer": Field("name"),
    "depth": Field("whole", at_least=1),
    "units": Field("whole", at_least=1),
    "activation": Field("name", one_of=ACTIVATIONS),
    "dropout": Field("number", at_least=0, below=1),
    "use_bias": Field("switch"),
    "window": Field("whole", at_least=1),
    "learning_rate": Field("number", above=0),
    "batch_size": Field("whole", at_least=1),
    "optimizer": Field("name"),
    "linear_skip": Field("switch"),
    "anchor": Field("name"),
    "scaler": Field("name"),
    "clip_quantile": Field("number", above=0.5, below=1, optional=True),
    "log1p": Field("switch"),
    "difference": Field("whole", at_least=0, at_most=2),
    "seasonal_difference": Field("whole", at_least=0, at_most=1),
}
"""Every dimension that a space may have, in the order in which tables show them."""


@dataclass(frozen=True)
class Axis:
    """The values that one setting allows: `choices`, or all from `low` to `high` (both included) by `step`.

    A range of whole numbers always has a step, unless `log`; a range of numbers never has one: with a step it
    is spelt out as choices, exactly, which KerasTuner's own floor division is not.
    """

    default: Any
    choices: tuple[Any, ...] | None = None
    low: float = math.nan
    high: float = math.nan
    step: int | None = None
    log: bool = False
    whole: bool = False

    @property
    def fixed(self) -> bool:
        """Whether there is nothing to search."""
        return self.choices is not None and len(self.choices) == 1

    @property
    def count(self) -> float:
        """How many values there are; infinite for a range of numbers."""
        if self.choices is not None:
            return len(self.choices)
        return (self.high - self.low) // (self.step or 1) + 1 if self.whole else math.inf

    @property
    def highest(self) -> Any:
        """The greatest value, of numbers."""
        if self.choices is not None:
            return max(self.choices)
        return self.low + (self.count - 1) * (self.step or 1) if self.whole else self.high

    def holds(self, value: Any) -> bool:
        """Whether `value` is one of those that this axis allows."""
        if self.choices is not None:
            return value in self.choices
        if not self.low <= value <= self.high:
            return False
        return not self.whole or (value - self.low) % (self.step or 1) == 0


def axis(name: str, setting: Any) -> Axis:
    """The values that `setting` allows for the field `name`; `setting_faults` must have found none."""
    field = FIELDS[name]
    if isinstance(setting, Mapping):
        return _range(field, setting)
    listed = [field.clean(value) for value in (setting if isinstance(setting, (list, tuple)) else [setting])]
    return Axis(default=listed[0], choices=tuple(_in_order(field, listed)))


def setting_faults(name: str, setting: Any) -> list[Fault]:
    """What is wrong with `setting` as the values of the field `name`."""
    key = f"search_space.{name}"
    if isinstance(setting, Mapping):
        return _range_faults(name, setting)
    listed = setting if isinstance(setting, (list, tuple)) else [setting]
    if not listed:
        return [Fault(key, f"{key}=[]: the list is empty; give at least one value, each {FIELDS[name].rule}")]
    faults = value_faults(key, name, listed)
    if not faults:
        clean = [FIELDS[name].clean(value) for value in listed]
        twice = sorted({str(value) for i, value in enumerate(clean) if value in clean[:i]})
        faults += [Fault(key, f"{key} lists {value} more than once; leave one") for value in twice]
    return faults


def value_faults(key: str, name: str, listed: Any) -> list[Fault]:
    """A fault for each of `listed` that is no value of the field `name`."""
    field = FIELDS[name]
    return [
        Fault(key, f"{key}={value}: {_as_written(value)} is not {field.rule}{_hint(field, value)}")
        for value in listed
        if not field.allows(value)
    ]


def _range(field: Field, setting: Mapping[str, Any]) -> Axis:
    low, high = field.clean(setting["low"]), field.clean(setting["high"])
    step, log, whole = setting.get("step"), bool(setting.get("log", False)), field.kind == "whole"
    if step is not None and (log or not whole):
        listed = tuple(_steps(low, high, step, log, whole))
        return Axis(default=low, choices=listed)
    return Axis(default=low, low=low, high=high, step=None if log or not whole else step or 1, log=log, whole=whole)


def _steps(low: float, high: float, step: float, log: bool, whole: bool) -> list[float]:
    last = math.log(high / low, step) if log else (high - low) / step
    exact = [low * step**i if log else low + i * step for i in range(math.floor(last + _SLACK) + 1)]
    return [int(value) if whole else float(f"{value:.12g}") for value in exact]  # 0.3, not 0.30000000000000004


def _in_order(field: Field, listed: list[Any]) -> list[Any]:
    # A surrogate takes neighbours in the list for neighbours in effect. Null is last: no clipping is quantile
    # 1.
    if field.kind in ("whole", "number"):
        return sorted(listed, key=lambda value: math.inf if value is None else value)
    return listed


def _range_faults(name: str, setting: Mapping[str, Any]) -> list[Fault]:
    key, field = f"search_space.{name}", FIELDS[name]
    if field.kind in ("name", "switch"):
        return [Fault(key, f"{key}: a range needs numbers, and {name} is {field.rule}; give a list of choices")]
    unknown = [given for given in setting if given not in _RANGE_KEYS]
    if unknown:
        return [
            Fault(key, f"{key}.{given}: a range has no such key{nearest(str(given), _RANGE_KEYS)}") for given in unknown
        ]
    ends = [end for end in ("low", "high") if end not in setting]
    if ends:
        return [Fault(key, f"{key}: a range needs `{end}`; write {{low: …, high: …}}") for end in ends]
    low, high, step, log = setting["low"], setting["high"], setting.get("step"), setting.get("log", False)
    faults = value_faults(f"{key}.low", name, [low]) + value_faults(f"{key}.high", name, [high])
    if not isinstance(log, bool):
        faults += [Fault(key, f"{key}.log={log}: must be true or false")]
    if faults or low is None or high is None:
        return faults or [
            Fault(key, f"{key}: a range needs two numbers; write a list where null is one of the choices")
        ]
    return _order_faults(key, field, setting, step=step, log=log)


def _order_faults(key: str, field: Field, setting: Mapping[str, Any], *, step: Any, log: bool) -> list[Fault]:
    low, high = setting["low"], setting["high"]
    if low >= high:
        return [
            Fault(key, f"{key}: low={low} is not below high={high}; swap them, or write one value instead of a range")
        ]
    faults = []
    if log and low <= 0:
        faults += [Fault(key, f"{key}: log: true needs low above 0, not {low}; leave `log` out, or list the choices")]
    if step is not None:
        number = Field("whole" if field.kind == "whole" else "number", above=1 if log else 0)
        if not number.allows(step):
            what = "the factor from one value to the next" if log else "the distance from one value to the next"
            faults += [Fault(key, f"{key}.step={step}: {what} must be {number.rule}")]
        elif not faults and (low * step if log else low + step) > high * (1 + _SLACK):
            faults += [Fault(key, f"{key}.step={step}: from low={low} it leads beyond high={high}; make it smaller")]
    return faults


def _as_written(value: Any) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)


def _hint(field: Field, value: Any) -> str:
    if field.one_of and isinstance(value, str):
        return nearest(value, field.one_of)
    if field.kind in ("whole", "number") and isinstance(value, str):
        return "; leave the quotation marks out" if value.replace(".", "", 1).isdigit() else ""
    if field.kind == "whole" and isinstance(value, float) and value.is_integer():
        return f"; write {int(value)}"
    return ""
