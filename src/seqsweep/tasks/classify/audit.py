"""Whether what a network learns or says of train depends on the items that it must not know.

All items outside train become others: their values noise, their labels another one each. What was learned from train
(the classes, the scale) and what is read of train may then not move by a bit; nor what the network says of train, which
would mean that it reads an item's neighbours. And no item is in two parts, in any fold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from seqsweep.events import TrialParams
from seqsweep.serving.array_types import Int64s
from seqsweep.tasks.classify.dataset import LabelledItems
from seqsweep.tasks.classify.table import Table
from seqsweep.tasks.dataset import Predict
from seqsweep.tasks.parts import told_repeated
from seqsweep.tasks.results import Audit

SHOWN = 8  # tokens of a vocabulary that the verdict names

SAMPLE = 1000  # items of train that the network is asked for


def audit(data: LabelledItems, params: TrialParams, predict: Predict) -> Audit:
    """The verdict.

    Args:
        data: of the sweep.
        params: of the winner.
        predict: the winner's network.
    """
    parts = data.parts
    if data.table.window:
        later = np.arange(parts.train[-1] + 1, len(data.table), dtype=np.int64)
    else:
        later = np.sort(np.concatenate([parts.validation, parts.test]))
    findings = [*_moved(data, data.with_table(noised(data.table, later)), params, predict)]
    findings += _read_later(data, params, predict)
    again, told = told_repeated(data.table.alike, parts, "values" if data.table.texts is None else "text")
    if data.config.windows.split == "stratified":
        findings += again
    learned = "scale" if data.table.texts is None else "vocabulary"
    checked = f"with noise for all items outside train, classes, {learned} and what is learned from stay to the bit"
    if (tokenizer := data.view(params).tokenizer) is not None:
        first = " ".join(tokenizer.vocabulary[:SHOWN])
        checked += f"; the vocabulary has {len(tokenizer.vocabulary):,} {params.tokens} ({first} …)"
    if data.table.window:
        told = "with noise from each of 3 rows on, nothing that is read or said of an item before it moves"
    return Audit(not findings, f"{checked}; {told}", tuple(findings))


def noised(table: Table, items: Int64s) -> Table:
    """The table with other values and labels at these items (n,).

    Args:
        table: as it is.
        items: that change.
    """
    random = np.random.default_rng(0)
    values, labels = table.values.copy(), table.labels.astype("<U64")
    size = np.abs(values).max(initial=0) + 1
    texts = None if table.texts is None else table.texts.copy()
    if texts is not None:
        texts[items] = [f"noise{number} zq zq" for number in range(len(items))]  # often enough to be known, if read
    values[items] = random.normal(size=(len(items), values.shape[1])) * size * 10
    labels[items] = [f"noise {number % 3}" for number in range(len(items))]
    return replace(table, values=values, labels=labels, texts=texts)


def _read_later(data: LabelledItems, params: TrialParams, predict: Predict) -> Iterator[str]:
    """What of a window depends on its own row, whose label is asked for, or on what comes later."""
    if not data.table.window:
        return
    items, view = data.table.items, data.view(params)
    for cut in (data.parts.validation[0], data.parts.test[0], data.parts.test[-1]):
        noise = noised(data.table, np.arange(cut, len(data.table), dtype=np.int64))
        other, before = data.with_table(noise).view(params), items[items <= cut]
        if not np.array_equal(view.inputs[0].numpy(before), other.inputs[0].numpy(before)):
            yield f"what is read of items up to row {cut} moved with values from that row on"
        elif not np.array_equal(predict(view, before[-SAMPLE:]), predict(other, before[-SAMPLE:])):
            yield f"what the network says of items up to row {cut} moved with values from that row on"


def _moved(before: LabelledItems, after: LabelledItems, params: TrialParams, predict: Predict) -> Iterator[str]:
    if before.classes != after.classes:
        yield "the classes are those of more than train"
        return
    train, old, new = before.parts.train, before.view(params), after.view(params)
    for name in ("offset", "scale"):
        if not np.array_equal(getattr(old.transform, name), getattr(new.transform, name)):
            yield f"the {name} of the values is fitted on more than train"
    known, other = (getattr(view.tokenizer, "vocabulary", ()) for view in (old, new))
    if known != other:
        yield "the vocabulary is that of more than train"
    pairs = zip(old.inputs, new.inputs, strict=True)
    if not all(np.array_equal(one.numpy(train), other.numpy(train)) for one, other in pairs):
        yield "what is read of train moved"
    if not np.array_equal(old.targets.numpy(train), new.targets.numpy(train)):
        yield "the classes of train moved"
    some = train[:SAMPLE]
    if not np.array_equal(predict(old, some), predict(new, some)):
        yield "what the network says of train moved: it reads more than an item"
