"""What may differ between the trials of any task that says texts."""

from __future__ import annotations

from seqsweep.hyperparameters import Hyperparameter

TOKENS = ("letters", "words", "subwords")
"""What a text is read or said by."""

KNOWN = 8000
"""Tokens that a network knows, where nothing is said."""

TARGET_TOKENS = Hyperparameter(
    "target_tokens",
    str,
    choices=TOKENS,
    default="letters",
    section="input",
    meaning="what a text is said by: letters; words with their capitals, and punctuation by itself; or subwords",
)

TARGET_LONGEST = Hyperparameter(
    "target_longest",
    int,
    at_least=1,
    optional=True,
    section="input",
    unit="tokens",
    meaning="tokens of a text that can be said; null: as many as the longest text of train has",
)

TARGET_VOCABULARY = Hyperparameter(
    "target_vocabulary",
    int,
    at_least=1,
    default=KNOWN,
    section="input",
    unit="tokens",
    meaning="tokens that a network can say, the most frequent of train; it says no others",
)

EMBEDDING = Hyperparameter(
    "embedding",
    int,
    at_least=1,
    default=32,
    section="input",
    unit="numbers",
    meaning="numbers that stand for a token, which are learned",
)

BEAM = Hyperparameter(
    "beam",
    int,
    at_least=1,
    default=1,
    section="head",
    unit="texts",
    meaning="texts that are followed at once where one is said; 1: the most probable next token at each step",
)
