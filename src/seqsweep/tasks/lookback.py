"""The hyperparameter of tasks that read the rows before what they predict."""

from __future__ import annotations

from seqsweep.hyperparameters import Hyperparameter

WINDOW = Hyperparameter(
    "window",
    int,
    at_least=1,
    default=24,
    section="input",
    unit="rows",
    meaning="rows before what is predicted that a network sees",
)
