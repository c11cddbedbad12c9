"""What may differ between the trials of a classification, beside layers and training."""

from __future__ import annotations

from seqsweep.hyperparameters import Hyperparameter

HYPERPARAMETERS = (
    Hyperparameter(
        "steps",
        int,
        at_least=1,
        optional=True,
        section="input",
        unit="steps",
        meaning="steps that the numbers of an item are read in, one after the other; null: each number is a step",
    ),
)
