"""What may differ between the trials of a caption, beside layers and training."""

from __future__ import annotations

from seqsweep.hyperparameters import Hyperparameter
from seqsweep.tasks.decoding.hyperparameters import (
    BEAM,
    EMBEDDING,
    TARGET_LONGEST,
    TARGET_TOKENS,
    TARGET_VOCABULARY,
)

HYPERPARAMETERS = (
    Hyperparameter(
        "encoder",
        int,
        at_least=1,
        default=64,
        section="input",
        unit="numbers",
        meaning="width of the dense layer that reads the numbers of an item",
    ),
    TARGET_TOKENS,
    TARGET_LONGEST,
    TARGET_VOCABULARY,
    EMBEDDING,
    BEAM,
)
