"""The texts of the test part on the page: what was told, said and true, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from seqsweep.html import Markup, Section, note, paragraph, table
from seqsweep.tasks.decoding.evaluation import Evaluation, Example
from seqsweep.tasks.results import Heading
from seqsweep.words import in_words, significant

NOTHING = "(nothing)"


def sections(heading: Heading, found: Evaluation) -> list[Section]:
    """Right texts and wrong ones.

    Args:
        heading: who is who.
        found: on the test part.
    """
    wrong = found.items - found.right
    shown = f"{len(found.examples)} of {found.right:,} right ones, spread over the test part."
    right = (
        [_table(heading, found.examples, False), note(shown)] if found.examples else [paragraph("No text is right.")]
    )
    told = f"{len(found.mistakes)} of {wrong:,} wrong ones, those first whose true text cost the network most."
    told += " What is alike is shown once."
    worst = [_table(heading, found.mistakes, True), note(told)] if wrong else [paragraph("No text is wrong.")]
    return [
        Section("right_texts", "Right texts, test part", right),
        Section("wrong_texts", "Wrong texts, test part", worst, unfolded=bool(wrong)),
    ]


def _table(heading: Heading, examples: Sequence[Example], wrong: bool) -> Markup:
    """A row an item; the true text where another one was said, the baseline's where there is one."""
    has_baseline = heading.best_baseline is not None
    head = ["read", f"{heading.target} as said", *([f"{heading.target} as it is"] if wrong else [])]
    head += [in_words(heading.best_baseline or "")] if has_baseline else []
    rows = [
        [
            example.told or example.place,
            example.said or NOTHING,
            *([example.actual] if wrong else []),
            *([example.baseline or NOTHING] if has_baseline else []),
            significant(example.nats, 3),
        ]
        for example in examples
    ]
    return table([*head, "nats a token"], rows, words=len(head))
