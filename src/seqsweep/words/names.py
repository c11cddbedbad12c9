"""What code calls by identifiers, in words: baselines, metrics, settings and their values."""

from __future__ import annotations

from seqsweep.metrics import lower_is_better, unit

_OWN = {"last_epoch": "epochs"}  # where the identifier without its underscores is not what a reader would say


def in_words(name: str) -> str:
    """`last value` for `last_value`; of a baseline, a metric, a layer, a setting."""
    return _OWN.get(name, name.replace("_", " "))


def setting(value: object) -> str:
    """The value of a setting: `0.00517`, `relu`, `yes`, `none`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    return "none" if value is None else in_words(str(value))


def column_title(metric: str) -> str:
    """The head of a column of scores: `mae`, `smape %`."""
    return f"{in_words(metric)} %" if unit(metric) == "%" else in_words(metric)


def unit_in_words(metric: str, target: str) -> str:
    """`unit of sales`, `%`, or nothing: data do not name their own unit.

    Args:
        metric: an entry of METRICS.
        target: the column that is forecast.
    """
    kind = unit(metric)
    return f"unit of {target}" if kind == "data" else kind


def better_is(metric: str) -> str:
    """`lower is better`, or `higher is better`."""
    return "lower is better" if lower_is_better(metric) else "higher is better"


def about_skill(metric: str) -> str:
    """What the column `skill` holds."""
    if lower_is_better(metric):
        return f"skill: 1 - {in_words(metric)} / that of the best baseline"
    return f"skill: the part of the way from the best baseline's {in_words(metric)} to a perfect one"
