"""What a config says to this task alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from seqsweep.hyperparameters import Listed
from seqsweep.schema import SweepConfig, TaskConfig
from seqsweep.schema.declare import setting
from seqsweep.serving.symbols import KINDS


@dataclass
class NextSymbolConfig(TaskConfig):
    """What a symbol is, and how many are predicted at once."""

    tokens: str = setting("what a text is a sequence of", choices=KINDS)
    fold: bool = setting("whether small and capital letters are one")
    vocabulary: int = setting(
        "symbols that may be predicted, the most frequent of train; all others are one and the same",
        unit="symbols",
        at_least=1,
    )
    block: int = setting(
        "symbols that are predicted at once: an item, for all trials alike", unit="symbols", at_least=1
    )
    ngram_context: int = setting(
        "symbols before one that the baseline ngram may look at",
        unit="symbols",
        at_least=1,
        at_most=20,
        when={"task.baselines": Listed(("ngram",))},
    )


def own(config: SweepConfig) -> NextSymbolConfig:
    """The group `task` of a config whose task this is."""
    return cast(NextSymbolConfig, config.task)
