"""What may differ between the trials of a classification, beside layers and training."""

from __future__ import annotations

from dataclasses import replace

from seqsweep.hyperparameters import Hyperparameter
from seqsweep.tasks.lookback import WINDOW

TEXT = ("words", "letters", "subwords")
"""What a text is read by."""

LONGEST = 40
"""Tokens of a text that are read, where nothing is said."""

VOCABULARY = 2000
"""Tokens that a network knows, where nothing is said."""

HYPERPARAMETERS = (
    Hyperparameter(
        "tokens",
        str,
        choices=("numbers", "rows", *TEXT),
        default="numbers",
        section="input",
        meaning="what an item is read as: its numbers, the rows before it, or words, letters or subwords of its text",
    ),
    Hyperparameter(
        "steps",
        int,
        at_least=1,
        optional=True,
        section="input",
        unit="steps",
        when={"tokens": ("numbers",)},
        meaning="steps that the numbers of an item are read in, one after the other; null: each number is a step",
    ),
    replace(WINDOW, when={"tokens": ("rows",)}),
    Hyperparameter(
        "vocabulary",
        int,
        at_least=1,
        default=VOCABULARY,
        section="input",
        unit="tokens",
        when={"tokens": TEXT},
        meaning="tokens that a network knows, the most frequent of train; all others are one and the same",
    ),
    Hyperparameter(
        "longest",
        int,
        at_least=1,
        default=LONGEST,
        section="input",
        unit="tokens",
        when={"tokens": TEXT},
        meaning="tokens of a text that are read, the first ones; what lies behind them is cut",
    ),
    Hyperparameter(
        "embedding",
        int,
        at_least=1,
        default=32,
        section="input",
        unit="numbers",
        when={"tokens": TEXT},
        meaning="numbers that stand for a token, which are learned",
    ),
    Hyperparameter(
        "pooling",
        str,
        choices=("last", "mean", "attention"),
        default="last",
        section="head",
        meaning="what is read of the last layer: its last state, the mean of all, or their sum by learned weights",
    ),
)
