"""What may differ between the trials of a translation, beside layers and training."""

from __future__ import annotations

from seqsweep.hyperparameters import Hyperparameter
from seqsweep.tasks.decoding.hyperparameters import (
    BEAM,
    EMBEDDING,
    KNOWN,
    TARGET_LONGEST,
    TARGET_TOKENS,
    TARGET_VOCABULARY,
    TOKENS,
)

HYPERPARAMETERS = (
    Hyperparameter(
        "source_tokens",
        str,
        choices=TOKENS,
        default="letters",
        section="input",
        meaning="what a text is read by: letters; words with their capitals, and punctuation by itself; or subwords",
    ),
    Hyperparameter(
        "source_longest",
        int,
        at_least=1,
        optional=True,
        section="input",
        unit="tokens",
        meaning="tokens of a text that are read, the first ones; null: as many as the longest text of train has",
    ),
    Hyperparameter(
        "source_vocabulary",
        int,
        at_least=1,
        default=KNOWN,
        section="input",
        unit="tokens",
        meaning="tokens that a network reads, the most frequent of train; all others are one and the same",
    ),
    TARGET_TOKENS,
    TARGET_LONGEST,
    TARGET_VOCABULARY,
    EMBEDDING,
    Hyperparameter(
        "attention",
        str,
        choices=("none", "dot", "additive"),
        default="dot",
        section="head",
        meaning="how a step of what is said weighs those of what is read: by a product, a learned sum, not at all",
    ),
    BEAM,
)
"""Source of the attentions: Luong, Pham and Manning (2015), EMNLP; Bahdanau, Cho and Bengio (2015), ICLR."""
