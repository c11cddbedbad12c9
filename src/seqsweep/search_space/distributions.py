"""One setting of `search_space`: the values that it allows, and what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqsweep.errors import Fault
from seqsweep.hyperparameters import Hyperparameter, Setting
from seqsweep.spelling import nearest

_RANGE_KEYS = ("low", "high", "step", "log")
_SLACK = 1e-9  # of a step: 0.1 five times over is a little more than 0.5


@dataclass(frozen=True)
class Distribution:
    """The values that one setting allows: `choices`, or all from `low` to `high` (both included) by `step`.

    A range of ints always has a step, unless `log`; a range of floats never has one: with a step it is spelt out as
    choices, exactly, which KerasTuner's own floor division is not.
    """

    default: Any
    choices: tuple[Any, ...] | None = None
    low: float = math.nan
    high: float = math.nan
    step: int | None = None
    log: bool = False
    integer: bool = False

    @property
    def fixed(self) -> bool:
        """Whether there is nothing to search."""
        return self.choices is not None and len(self.choices) == 1

    @property
    def count(self) -> float:
        """How many values there are; infinite for a range of floats."""
        if self.choices is not None:
            return len(self.choices)
        return (self.high - self.low) // (self.step or 1) + 1 if self.integer else math.inf

    @property
    def highest(self) -> Any:
        """The greatest value, of numbers."""
        if self.choices is not None:
            return max(self.choices)
        return self.low + (self.count - 1) * (self.step or 1) if self.integer else self.high

    def holds(self, value: Any) -> bool:
        """Whether `value` is one of those that this distribution allows."""
        if self.choices is not None:
            return value in self.choices
        if not self.low <= value <= self.high:
            return False
        return not self.integer or (value - self.low) % (self.step or 1) == 0


def distribution(hyperparameter: Hyperparameter, setting: Any) -> Distribution:
    """The values that `setting` allows for a hyperparameter; `setting_faults` must have found none.

    A depth is always a list of choices: there are few, and whether a layer exists depends on it.

    Args:
        hyperparameter: its declaration.
        setting: a value, a list of values, or a range as a mapping: `{low: 1, high: 9}`.
    """
    if isinstance(setting, Mapping):
        return _range(hyperparameter, setting)
    listed = setting if isinstance(setting, (list, tuple)) else [setting]
    clean = [hyperparameter.clean(value) for value in listed]
    return Distribution(default=clean[0], choices=tuple(_in_order(hyperparameter, clean)))


def setting_faults(hyperparameter: Hyperparameter, setting: Any) -> list[Fault]:
    """What is wrong with `setting` as the values of a hyperparameter: a fault each.

    Args:
        hyperparameter: its declaration.
        setting: whatever the config says.
    """
    key = f"search_space.{hyperparameter.name}"
    if isinstance(setting, Mapping):
        return [Fault(key, text) for text in _range_faults(hyperparameter, setting)]
    listed = setting if isinstance(setting, (list, tuple)) else [setting]
    if not listed:
        return [Fault(key, f"{key}=[]: the list is empty; give at least one value, each {hyperparameter.rule}")]
    faults = value_faults(key, hyperparameter, listed)
    if not faults:
        clean = [hyperparameter.clean(value) for value in listed]
        twice = sorted({str(value) for i, value in enumerate(clean) if value in clean[:i]})
        faults += [Fault(key, f"{key} lists {value} more than once; leave one") for value in twice]
    return faults


def value_faults(key: str, hyperparameter: Hyperparameter, listed: Any) -> list[Fault]:
    """A fault for each of `listed` that is no value of the hyperparameter.

    Args:
        key: that the config gives them as, for messages.
        hyperparameter: its declaration.
        listed: the values, of any type.
    """
    told = [hyperparameter.fault(key, value) for value in listed]
    return [Fault(key, text) for text in told if text is not None]


def _range(hyperparameter: Hyperparameter, setting: Mapping[str, Any]) -> Distribution:
    low, high = hyperparameter.clean(setting["low"]), hyperparameter.clean(setting["high"])
    step, log, integer = setting.get("step"), bool(setting.get("log", False)), hyperparameter.type is int
    if step is not None and (log or not integer):
        return Distribution(default=low, choices=tuple(_steps(low, high, step, log=log, integer=integer)))
    if hyperparameter.name == "depth":
        return Distribution(default=low, choices=tuple(_steps(low, high, step or 1, log=False, integer=True)))
    step = None if log or not integer else step or 1
    return Distribution(default=low, low=low, high=high, step=step, log=log, integer=integer)


def _steps(low: float, high: float, step: float, *, log: bool, integer: bool) -> list[float]:
    last = math.log(high / low, step) if log else (high - low) / step
    exact = [low * step**i if log else low + i * step for i in range(math.floor(last + _SLACK) + 1)]
    return [int(value) if integer else float(f"{value:.12g}") for value in exact]  # 0.3, not 0.30000000000000004


def _in_order(hyperparameter: Hyperparameter, listed: list[Any]) -> list[Any]:
    # A surrogate takes neighbours in the list for neighbours in effect. Null is last: no clipping is quantile 1.
    if hyperparameter.numeric:
        return sorted(listed, key=lambda value: math.inf if value is None else value)
    return listed


def _range_faults(hyperparameter: Hyperparameter, setting: Mapping[str, Any]) -> list[str]:
    name, key = hyperparameter.name, f"search_space.{hyperparameter.name}"
    if not hyperparameter.numeric:
        return [f"{key}: a range needs numbers, and {name} is {hyperparameter.rule}; give a list of choices"]
    unknown = [given for given in setting if given not in _RANGE_KEYS]
    if unknown:
        return [f"{key}.{given}: a range has no such key{nearest(str(given), _RANGE_KEYS)}" for given in unknown]
    ends = [end for end in ("low", "high") if end not in setting]
    if ends:
        return [f"{key}: a range needs `{end}`; write {{low: …, high: …}}" for end in ends]
    told = [hyperparameter.fault(f"{key}.{end}", setting[end]) for end in ("low", "high")]
    faults = [text for text in told if text is not None]
    log = setting.get("log", False)
    if not isinstance(log, bool):
        faults += [f"{key}.log={log}: must be true or false"]
    if faults or setting["low"] is None or setting["high"] is None:
        return faults or [f"{key}: a range needs two numbers; write a list where null is one of the choices"]
    return _order_faults(key, hyperparameter, setting, step=setting.get("step"), log=log)


def _order_faults(
    key: str, hyperparameter: Hyperparameter, setting: Mapping[str, Any], *, step: Any, log: bool
) -> list[str]:
    low, high = setting["low"], setting["high"]
    if low >= high:
        return [f"{key}: low={low} is not below high={high}; swap them, or write one value instead of a range"]
    faults = []
    if log and low <= 0:
        faults += [f"{key}: log: true needs low above 0, not {low}; leave `log` out, or list the choices"]
    if step is not None:
        number = Setting("step", hyperparameter.type, above=1 if log else 0)
        if not number.allows(step):
            what = "the factor from one value to the next" if log else "the distance from one value to the next"
            faults += [f"{key}.step={step}: {what} must be {number.rule}"]
        elif not faults and (low * step if log else low + step) > high * (1 + _SLACK):
            faults += [f"{key}.step={step}: from low={low} it leads beyond high={high}; make it smaller"]
    return faults
