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
        meaning="symbols that are read before the first one that is predicted; the last one of a block has more",
    ),
    Hyperparameter(
        "encoding",
        str,
        choices=("embedding", "one_hot"),
        default="embedding",
        section="input",
        meaning="how a symbol is told to the network: by numbers that are learned, or by one input for each symbol",
    ),
    Hyperparameter(
        "embedding",
        int,
        at_least=1,
        default=32,
        section="input",
        unit="numbers",
        when={"encoding": ("embedding",)},
        meaning="numbers that stand for a symbol, which are learned",
    ),
)
