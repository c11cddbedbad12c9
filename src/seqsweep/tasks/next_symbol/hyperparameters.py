"""What may differ between the trials of a task of texts that go on, beside layers and training."""

from __future__ import annotations

from seqsweep.hyperparameters import Hyperparameter

WINDOW = 32
"""Symbols before a block, where nothing is said."""

HYPERPARAMETERS = (
    Hyperparameter(
        "window",
        int,
        at_least=1,
        default=WINDOW,
        section="input",
        unit="symbols",
        meaning="symbols that are read before the first one of a block; the last one of it has the block's others too",
    ),
    Hyperparameter(
        "embedding",
        int,
        at_least=1,
        optional=True,
        section="input",
        unit="numbers",
        meaning="numbers that stand for a symbol, which are learned; null: one input a symbol, 1 where it stands",
    ),
)
