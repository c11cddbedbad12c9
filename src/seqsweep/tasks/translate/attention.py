"""Where a network that translates looks: of each step of what is said, how it weighs the tokens of what is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.html import Section, note, side_by_side, theme
from seqsweep.tasks.dataset import Items
from seqsweep.tasks.decoding.dataset import PairedView
from seqsweep.tasks.translate.network import ATTENTION

if TYPE_CHECKING:
    import keras

SHOWN = 4  # items whose attention is kept


def attention(view: PairedView, models: Sequence[keras.Model], items: Items) -> Mapping[str, NDArray[Any]]:
    """The weights for a few items, spread over all, while the true text is said; nothing of a network without any.

    Args:
        view: what its trial saw.
        models: a text and what was said before each step → probabilities; of several the mean of the weights is kept.
        items: (n,).

    Returns:
        `attention`, (shown, steps, tokens); `attention_read`, (shown, tokens), and `attention_said`, (shown, steps):
        what each stands for, empty behind the end.
    """
    import keras

    if ATTENTION not in {layer.name for layer in models[0].layers}:
        return {}
    some = np.unique(items[np.linspace(0, len(items) - 1, SHOWN).round().astype(np.int64)])
    inside = [keras.Model(model.inputs, model.get_layer(ATTENTION).output[1]) for model in models]
    read, before = (gather.numpy(some) for gather in view.inputs)
    weights = np.mean([np.asarray(of([read, before], training=False), np.float32) for of in inside], axis=0)
    assert view.source is not None  # what is translated is a text
    said = view.targets.numpy(some)
    return {
        "attention": weights,
        "attention_read": view.source.names(read),
        "attention_said": view.target.names(said),
    }


def sections(more: Mapping[str, NDArray[Any]]) -> list[Section]:
    """A heat map an item; nothing where no weights were kept.

    Args:
        more: arrays that were kept beside the predictions.
    """
    if "attention" not in more:
        return []
    maps = [
        _map(weights, read, said)
        for weights, read, said in zip(more["attention"], more["attention_read"], more["attention_said"], strict=True)
    ]
    told = (
        "Items spread over the test part. A row is a step of the true text, from top to bottom; the darker a token of "
        "what is read, the more it weighs there. Weights tell where a network looks, not why. Where the winner "
        "is the mean of several networks, they are the mean of theirs."
    )
    return [Section("attention", "Attention, test part", [side_by_side(maps), note(told)])]


def _map(weights: NDArray[Any], read: NDArray[Any], said: NDArray[Any]) -> Any:
    tokens, steps = int((read != "").sum()), int((said != "").sum())
    trace: theme.Trace = {
        "type": "heatmap",
        "z": weights[:steps, :tokens].round(3),
        "colorscale": [[0, "rgba(0,114,178,0)"], [1, "rgba(0,114,178,1)"]],
        "zmin": 0,
        "zmax": 1,
        "showscale": False,
        "hovertemplate": "step %{y}, token %{x}: %{z}<extra></extra>",
    }
    x = _axis("read", read[:tokens])
    y = _axis("said", said[:steps], autorange="reversed")
    title = "".join(read[:tokens]).replace("▁", " ").strip()
    return theme.figure(title, [trace], x, y, 120 + 17 * steps, show_legend=False)


def _axis(title: str, names: NDArray[Any], **settings: Any) -> theme.Axis:
    ticks = {"tickvals": list(range(len(names))), "ticktext": [str(name) for name in names], "tickangle": 0}
    return theme.axis(title, showgrid=False, tickfont={"size": 11}, **ticks, **settings)
