"""Images of the test part with what is said of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from seqsweep.html import Markup, Section, note, theme
from seqsweep.tasks.decoding.evaluation import Evaluation, Example

SHOWN = 6  # images a row: one row of wrong ones, one of right ones

LEAST = 9  # numbers that can be taken for an image

LONGEST = 18  # letters of a caption above an image


def images(found: Evaluation) -> list[Section]:
    """Wrong ones and right ones; nothing where the numbers of an item make no square.

    Args:
        found: on the test part.
    """
    shown = [row[:SHOWN] for row in (found.mistakes, found.examples) if row]
    count = len(shown[0][0].values) if shown else 0
    if count < LEAST or math.isqrt(count) ** 2 != count:
        return []
    size = math.isqrt(count)
    told = f"The {count} numbers of an item as {size} rows of {size}, if they are an image. Wrong ones first."
    return [Section("images", "Images and what is said of them, test part", [_figure(shown, size), note(told)])]


def _figure(shown: Sequence[Sequence[Example]], size: int) -> Markup:
    """All images in one heat map, a caption above each."""
    wide, high = size + size / 4, size + size / 2  # with what lies between them
    traces, labels = [], []
    for row, examples in enumerate(shown):
        for column, example in enumerate(examples):
            left, top = column * wide, row * high
            trace: theme.Trace = {
                "type": "heatmap",
                "x": (left + np.arange(size) + 0.5).tolist(),
                "y": (top + np.arange(size) + 0.5).tolist(),
                "z": np.array(example.values).reshape(size, size),
                "colorscale": [[0, "rgba(0,114,178,0.06)"], [1, "rgba(0,114,178,1)"]],
                "showscale": False,
                "name": f"{_called(example)}, {example.place}",
                "hovertemplate": "%{fullData.name}: %{z}<extra></extra>",
            }
            traces.append(trace)
            label = {"x": left + size / 2, "y": top, "text": _called(example), "font": {"size": 12}}
            labels.append({**label, "showarrow": False, "yanchor": "bottom", "xanchor": "center"})
    hidden = {"showticklabels": False, "ticks": "", "showgrid": False, "showline": False, "linecolor": "rgba(0,0,0,0)"}
    x = theme.axis("", range=[-size / 8, SHOWN * wide], **hidden)
    y = theme.axis("", range=[len(shown) * high - size / 4, -size / 2.5], **hidden)
    height = 40 + 170 * len(shown)
    return theme.figure("As said, and as it is where that differs", traces, x, y, height, False, annotations=labels)


def _called(example: Example) -> str:
    said, actual = (text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…" for text in (
        example.said or "(nothing)", example.actual))  # fmt: skip
    return said if example.said == example.actual else f"{said} ✗ {actual}"
