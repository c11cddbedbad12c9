"""Whether what a network learns or says of train depends on the items that it must not know.

All items outside train become others: their texts or values noise, their targets other texts. What was learned from
train (the vocabularies, the scale) and what is read of train may then not move by a bit; nor what the network says of
train. And no item is in two parts, in any fold, nor what it is said from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from seqsweep.events import TrialParams
from seqsweep.serving.array_types import Int64s
from seqsweep.tasks.dataset import Predict
from seqsweep.tasks.decoding.dataset import PairedItems, PairedView
from seqsweep.tasks.decoding.table import Pairs
from seqsweep.tasks.parts import told_repeated
from seqsweep.tasks.results import Audit

SHOWN = 8  # pieces of a vocabulary that the verdict names

SAMPLE = 200  # items of train that the network is asked for

STRANGE = "\u0416\u0416 \u0398\u0398 " * 40
"""Longer than most texts, of letters that are counted if they are read."""


def audit(data: PairedItems, params: TrialParams, predict: Predict) -> Audit:
    """The verdict.

    Args:
        data: of the sweep.
        params: of the winner.
        predict: the winner's network.
    """
    table, parts = data.table, data.parts
    later = np.sort(np.concatenate([parts.validation, parts.test]))
    findings = [*_moved(data, data.with_table(noised(table, later)), params, predict)]
    again, told = told_repeated(table.alike, parts, "values" if table.texts is None else "text")
    if data.config.windows.split == "shuffled":
        findings += again
    view = data.view(params)
    read = "the scale" if view.source is None else f"the vocabulary of {table.columns[0]}"
    known = view.target.vocabulary
    checked = (
        f"with noise for all items outside train, {read}, the vocabulary of {table.target} and what is learned from "
        f"stay to the bit; {table.target} is said in {len(known):,} {view.target.kind} of train "
        f"({' '.join(known[:SHOWN])} …)"
    )
    return Audit(not findings, f"{checked}; {told}", tuple(findings))


def noised(table: Pairs, items: Int64s) -> Pairs:
    """The table with other values, texts and targets at these items (n,).

    Args:
        table: as it is.
        items: that change.
    """
    random = np.random.default_rng(0)
    values, targets = table.values.copy(), table.targets.copy()
    size = np.abs(values).max(initial=0) + 1
    values[items] = random.normal(size=(len(items), values.shape[1])) * size * 10
    targets[items] = [f"{STRANGE}{number}" for number in range(len(items))]
    texts = None if table.texts is None else table.texts.copy()
    if texts is not None:
        texts[items] = [f"{STRANGE}{number}" for number in range(len(items))]
    return replace(table, values=values, targets=targets, texts=texts)


def _moved(before: PairedItems, after: PairedItems, params: TrialParams, predict: Predict) -> Iterator[str]:
    train, old, new = before.parts.train, before.view(params), after.view(params)
    for name in ("offset", "scale"):
        if not np.array_equal(getattr(old.transform, name, ()), getattr(new.transform, name, ())):
            yield f"the {name} of the values is fitted on more than train"
    learned = [*_other_pieces(old, new)]
    yield from learned
    if learned:
        return  # what is read then has other numbers, if not another shape
    pairs = zip((*old.inputs, old.targets), (*new.inputs, new.targets), strict=True)
    if not all(np.array_equal(one.numpy(train), other.numpy(train)) for one, other in pairs):
        yield "what is learned from moved"
    some = train[:SAMPLE]
    said, says = predict(old, some), predict(new, some)
    if not all(np.array_equal(said[name], says[name]) for name in said.dtype.names or ()):
        yield "what the network says of train moved: it reads more than an item"


def _other_pieces(old: PairedView, new: PairedView) -> Iterator[str]:
    for side in ("source", "target"):
        known, other = getattr(old, side), getattr(new, side)
        if known is not None and known.vocabulary != other.vocabulary:
            yield f"the vocabulary of the {side} is that of more than train"
        if known is not None and known.longest != other.longest:
            yield f"the length of the {side} is that of more than train"
