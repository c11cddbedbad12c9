"""Where a network that pools by attention looks in a text: how much each token weighs in what it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.html import Markup, Section, note, table
from seqsweep.serving.array_types import Float64s, Int64s
from seqsweep.serving.probabilities import tempered
from seqsweep.tasks.classify.dataset import LabelledView
from seqsweep.tasks.classify.evaluation import Evaluation
from seqsweep.tasks.dataset import Items
from seqsweep.tasks.results import Heading, TestPredictions
from seqsweep.words import significant

if TYPE_CHECKING:
    import keras

WRONG, RIGHT = 6, 3  # items whose weights are kept, the surest of each
BATCH = 1024
KEYS, QUERY = "attention_key", "attention_question"  # ends of the names of layers, see `layers.pooling`
UNKNOWN = "?"


def attention(view: LabelledView, models: Sequence[keras.Model], items: Items) -> Mapping[str, NDArray[Any]]:
    """The weights for the most confident mistakes and right ones; nothing of items or networks without any.

    Args:
        view: what its trial saw.
        models: a text → probabilities; of several the mean of the weights is kept.
        items: (n,).

    Returns:
        `attention_items`, (shown,); `attention`, (shown, tokens), each row adds up to 1; `attention_read`, (shown,
        tokens): what each token is, empty behind the end of a text.
    """
    if view.tokenizer is None or not _ends(models[0]):
        return {}
    read = view.inputs[0].numpy(items)
    chances = np.mean([_in_batches(model, read) for model in models], axis=0)
    some = _surest(chances, view.targets.numpy(items))
    weights = np.mean([_weights(model, read[some]) for model in models], axis=0)
    names = np.array(["", UNKNOWN, *view.tokenizer.vocabulary], np.str_)
    return {
        "attention_items": items[some],
        "attention": weights.astype(np.float32),
        "attention_read": names[read[some]],
    }


def sections(heading: Heading, found: Evaluation, seen: TestPredictions | None) -> list[Section]:
    """A row an item, its tokens the darker the more they weigh; nothing where no weights were kept.

    Args:
        heading: who is who.
        found: on the test part.
        seen: predictions, and the arrays that were kept beside them.
    """
    if seen is None or "attention_items" not in seen.more:
        return []
    more, chances = seen.more, tempered(seen.test_predicted, found.temperature)
    rows = []
    for item, weights, read in zip(more["attention_items"], more["attention"], more["attention_read"], strict=True):
        place = int(np.flatnonzero(seen.test_items == item)[0])
        actual, said = int(seen.test_actual[place]), int(chances[place].argmax())
        with_chance = f"{found.classes[said]} ({significant(float(chances[place].max()), 3)})"
        rows.append([found.classes[actual], with_chance, _weighed(weights, read)])
    told = (
        "The most confident mistakes, and some of what it is surest of and right. A token is the darker the more it "
        f"weighs in what the network reads, and the darkest of a text weighs most there; {UNKNOWN} is one that it does "
        "not know. A network has read what stands around a token too: weights tell where it looks, not why."
    )
    blocks = [table([heading.target, "taken for", "text, as it is read"], rows, words=3), note(told)]
    return [Section("attention", "Attention, test part", blocks)]


def _ends(model: keras.Model) -> list[keras.KerasTensor]:
    """What a network's attention multiplies, the keys and the query; nothing where it has none."""
    found = {end: layer.output for layer in model.layers for end in (KEYS, QUERY) if layer.name.endswith(end)}
    return [found[end] for end in (KEYS, QUERY)] if len(found) == 2 else []


def _in_batches(model: keras.Model, read: NDArray[Any]) -> Float64s:
    parts = [model(read[start : start + BATCH], training=False) for start in range(0, len(read), BATCH)]
    return np.concatenate([np.asarray(part, np.float64) for part in parts])


def _weights(model: keras.Model, read: NDArray[Any]) -> Float64s:
    """(n, tokens), each row adds up to 1, with 0 behind the end of a text; see `layers.pooling`."""
    import keras

    inside = keras.Model(model.inputs[0], _ends(model))
    keys, query = (np.asarray(array, np.float64) for array in inside(read, training=False))
    scores = np.where(read > 0, (keys * query).sum(axis=-1), -np.inf)
    weights: Float64s = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def _surest(chances: Float64s, actual: Int64s) -> Int64s:
    """Places of the most confident mistakes, then of the most confident right ones."""
    sure, wrong = chances.max(axis=1), chances.argmax(axis=1) != actual
    order = np.argsort(-sure, kind="stable")
    return np.concatenate([order[wrong[order]][:WRONG], order[~wrong[order]][:RIGHT]])


def _weighed(weights: NDArray[Any], read: NDArray[Any]) -> Markup:
    """Tokens on a ground that is the darker the more they weigh."""
    count = int((read != "").sum())
    apart = "" if max(map(len, read[:count].tolist()), default=0) <= 1 else " "  # letters stand side by side
    strengths = weights[:count] / max(float(weights[:count].max(initial=0.0)), 1e-9)
    style = "background: rgba(0,114,178,{:.2f}); border-radius: 3px; padding: 0 2px"
    marked = [
        Markup('<span style="{}" title="{:.1%}">{}</span>').format(style.format(0.75 * strength), weight, str(token))
        for token, weight, strength in zip(read[:count], weights[:count], strengths, strict=True)
    ]
    return Markup(apart).join(marked)
