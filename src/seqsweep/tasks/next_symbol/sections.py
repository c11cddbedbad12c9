"""The texts of the test part: what the network writes, which symbols cost most, and where it was surprised."""

from __future__ import annotations

import re

from seqsweep.html import Markup, Section, note, paragraph, side_by_side, table, theme
from seqsweep.tasks.next_symbol.completions import TEMPERATURES
from seqsweep.tasks.next_symbol.evaluation import Evaluation
from seqsweep.tasks.results import Heading
from seqsweep.words import counted_share, one_line, significant


def sections(heading: Heading, found: Evaluation) -> list[Section]:
    """Completions, costs by symbol and place, surprises.

    Args:
        heading: who is who.
        found: on the test part.
    """
    return [
        Section("completions", "What the network writes", _completions(heading, found)),
        Section("costs", f"What {found.kind} cost, test part", _costs(found)),
        Section("surprises", "Greatest surprises, test part", _surprises(found)),
    ]


def _completions(heading: Heading, found: Evaluation) -> list[Markup]:
    if not found.completions:
        return [paragraph("The texts of the test part are too short to be completed.")]
    head = ["after", "stands", *(f"written at {heat:g}" for heat in TEMPERATURES)]
    rows = [
        [f"{'…' if made.inside else ''}{_wrapped(made.prompt)}", _wrapped(made.actual), *map(_wrapped, made.written)]
        for made in found.completions
    ]
    said = (
        f"Beginnings from the test part, completed by {heading.winner}. Temperature 0 takes the most probable of the "
        f"{found.kind}, 1 draws by the probabilities, what lies between prefers probable ones. ⏎ is the end of a line, "
        "␣ a blank at an end."
    )
    return [table(head, rows, words=len(head)), note(said)]


def _wrapped(text: str) -> str:
    """A text in one line that a narrow page may break: it has long words, and runs of signs without a blank."""
    return re.sub(r"(⏎|\S{10})", "\\1\u200b", one_line(text))


def _costs(found: Evaluation) -> list[Markup]:
    one = found.kind.removesuffix("s")
    head = [one, "said instead, most often", f"{found.kind} of test", "bits each", "of all bits", "right"]
    rows = [
        [one_line(cost.symbol), one_line(cost.instead), f"{cost.count:,}", significant(cost.bits, 3),
         counted_share(cost.share), counted_share(cost.right)]
        for cost in found.costs
    ]  # fmt: skip
    said = f"The {len(rows)} that cost most in all, of {found.symbols:,} {found.kind}."
    blocks = [table(head, rows, words=2), note(said)]
    if found.new_bits is not None and found.repeated_bits is not None:
        told = (
            f"Train holds the text of {counted_share(found.repeated)} of the blocks of test too, to the last sign: "
            f"there a symbol costs {significant(found.repeated_bits)} bits, elsewhere {significant(found.new_bits)}."
        )
        blocks.append(note(told))
    return [side_by_side([_by_place(found)]), *blocks] if len(found.places) > 1 else blocks


def _by_place(found: Evaluation) -> Markup:
    trace: theme.Trace = {
        "x": list(range(1, len(found.places) + 1)),
        "y": list(found.places),
        "mode": "lines+markers",
        "line": {"color": theme.PLAIN, "width": 1},
        "marker": {"color": theme.PLAIN, "size": 5},
        "hovertemplate": "place %{x}: %{y:.3f} bits<extra></extra>",
    }
    x, y = theme.axis("place in a block"), theme.axis("mean bits", rangemode="tozero")
    return theme.figure(
        "Bits by place in a block: the further on, the more is read before it", [trace], x, y, 320, show_legend=False
    )


def _surprises(found: Evaluation) -> list[Markup]:
    if not found.surprises:
        return [paragraph("There is none: what stood was always what was said to be most probable.")]
    rows = [
        [_wrapped(made.before), one_line(made.symbol), _wrapped(made.behind), one_line(made.said),
         significant(made.probability, 3), significant(made.bits, 3)]
        for made in found.surprises
    ]  # fmt: skip
    head = ["after", "stood", "and then", "expected", "probability", "bits"]
    return [
        table(head, rows, words=4),
        note("Where what stood had the least probability, of those that were not expected."),
    ]
