"""Images of the test part with what is said of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from seqsweep.html import Markup, Section, note, side_by_side, theme
from seqsweep.tasks.decoding.evaluation import Evaluation, Example

SHOWN = 6  # images of each kind

LEAST = 9  # numbers that can be taken for an image


def images(found: Evaluation) -> list[Section]:
    """Wrong ones and right ones; nothing where the numbers of an item make no square."""
    shown = [*found.mistakes[:SHOWN], *found.examples[: 2 * SHOWN - len(found.mistakes[:SHOWN])]]
    count = len(shown[0].values) if shown else 0
    if count < LEAST or math.isqrt(count) ** 2 != count:
        return []
    size = math.isqrt(count)
    told = f"The {count} numbers of an item as {size} rows of {size}, if they are an image. Wrong ones first."
    return [Section("images", "Images and what is said of them", [side_by_side(_figures(shown, size)), note(told)])]


def _figures(shown: Sequence[Example], size: int) -> list[Markup]:
    return [_image(example, size) for example in shown]


def _image(example: Example, size: int) -> Markup:
    trace: theme.Trace = {
        "type": "heatmap",
        "z": np.array(example.values).reshape(size, size),
        "colorscale": [[0, "rgba(0,114,178,0)"], [1, "rgba(0,114,178,1)"]],
        "showscale": False,
        "hovertemplate": "row %{y}, column %{x}: %{z}<extra></extra>",
    }
    hidden = {"showticklabels": False, "ticks": "", "showgrid": False, "constrain": "domain"}
    x, y = theme.axis("", **hidden), theme.axis("", autorange="reversed", scaleanchor="x", **hidden)
    is_right = example.said == example.actual
    title = f"{example.said} ✓" if is_right else f"{example.said or '(nothing)'} ✗ {example.actual}"
    return theme.figure(title, [trace], x, y, 170, show_legend=False)
