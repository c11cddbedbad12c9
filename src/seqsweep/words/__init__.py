"""What a person reads: numbers, names and verdicts, spelt one way on terminal, page, card and gate, and in MLflow.

`numbers` formats, `names` says in words what code calls by identifiers, `commands` writes what is printed to be pasted,
`results` phrases what a result shows and what it does not. All take plain values, and none assumes that less is better:
that is asked of `metrics`.
"""

from seqsweep.words.commands import command, pasted, store_options
from seqsweep.words.names import about_skill, better_is, column_title, in_words, setting, unit_in_words
from seqsweep.words.numbers import (
    bounds,
    chance,
    confidence,
    counted,
    counted_share,
    duration,
    megabytes,
    moment,
    percent,
    plus_minus,
    seconds,
    share,
    significant,
)
from seqsweep.words.results import (
    BEATS,
    PROVEN,
    Standing,
    Verdict,
    audited,
    change,
    compared,
    difference,
    how_sure,
    lead,
    nth_evaluation,
    ranking,
    scored,
    won,
)

__all__ = [
    "BEATS",
    "PROVEN",
    "Standing",
    "Verdict",
    "about_skill",
    "audited",
    "better_is",
    "bounds",
    "chance",
    "change",
    "column_title",
    "command",
    "compared",
    "confidence",
    "counted",
    "counted_share",
    "difference",
    "duration",
    "how_sure",
    "in_words",
    "lead",
    "megabytes",
    "moment",
    "nth_evaluation",
    "pasted",
    "percent",
    "plus_minus",
    "ranking",
    "scored",
    "seconds",
    "setting",
    "share",
    "significant",
    "store_options",
    "unit_in_words",
    "won",
]
