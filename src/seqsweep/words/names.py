"""What code calls by identifiers, in words: baselines, metrics, settings and their values."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seqsweep.metrics import Metric

_OWN = {"last_epoch": "epochs"}  # where the identifier without its underscores is not what a reader would say


def in_words(name: str) -> str:
    """`last value` for `last_value`; of a baseline, a metric, a layer, a setting."""
    return _OWN.get(name, name.replace("_", " "))


def in_prose(name: str) -> str:
    """`trial 5 (LSTM, 1 × 32 units)` for `trial 5: LSTM, 1 × 32 units`; any other name as it is."""
    return re.sub(r"^(trial \d+): (.+)$", r"\1 (\2)", name)


def enumerated(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def layer_name(layer: str) -> str:
    """`SimpleRNN`, `LSTM`; of a layer of one's own its words."""
    return "SimpleRNN" if layer == "simple_rnn" else layer.upper() if len(layer) <= 4 else in_words(layer)


def short_name(name: str) -> str:
    """`5: LSTM 1 × 32` for `trial 5: LSTM, 1 × 32 units`, `5, seed 2: …` of its final run; any other name as it is.

    MLflow's tables cut a name behind some 20 characters: what tells one run from another stands before that.
    """
    found = re.fullmatch(r"trial (\d+): (.+?), (\d.*) units(?:, (.+))?", name)
    if found is None:
        return name
    number, layer, widths, run = found.groups()
    return f"{number}{f', {run}' if run else ''}: {layer} {widths.replace(' and ', ', ')}"


def sentence(text: str) -> str:
    """A text with a capital at its beginning, where that is the name of a trial."""
    return f"T{text[1:]}" if re.match(r"trial \d", text) else text


def one_line(text: str) -> str:
    """A text in one line, with every blank at its ends to be seen: `the⏎`, `␣the`."""
    line = text.replace("\r", "").replace("\n", "⏎").replace("\t", "⇥")
    bare = line.strip(" ")
    if not bare:
        return "␣" * len(line)
    start, end = len(line) - len(line.lstrip(" ")), len(line) - len(line.rstrip(" "))
    return "␣" * start + bare + "␣" * end


def setting(value: object) -> str:
    """The value of a setting: `0.00517`, `relu`, `yes`, `none`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    return "none" if value is None else in_words(str(value))


def column_title(metric: Metric) -> str:
    """The head of a column of scores: `mae`, `smape %`."""
    return f"{in_words(metric.name)} %" if metric.unit == "%" else in_words(metric.name)


def unit_in_words(metric: Metric, target: str) -> str:
    """`unit of sales`, `%`, or nothing: data do not name their own unit.

    Args:
        metric: of a score.
        target: what is predicted.
    """
    return f"unit of {target}" if metric.unit == "data" else metric.unit


def better_is(metric: Metric | None) -> str:
    """`lower is better`, or `higher is better`; None: of what a network costs."""
    return "higher is better" if metric is not None and metric.higher_is_better else "lower is better"


def about_skill(metric: Metric) -> str:
    """What the column `skill` holds."""
    if metric.best == 0:
        return f"skill: 1 - {in_words(metric.name)} / that of the best baseline"
    return f"skill: the part of the way from the best baseline's {in_words(metric.name)} to {metric.best:g}, the best"
