"""What predictions of the test part tell besides their score."""

from __future__ import annotations

from collections.abc import Mapping

from seqsweep.metrics import Scores
from seqsweep.tasks.next_symbol.evaluation import Evaluation
from seqsweep.tasks.results import Heading
from seqsweep.words import counted, counted_share, in_words, one_line, significant

SHOWN = 3  # symbols that a terminal names


def sentences(heading: Heading, scores: Mapping[str, Scores], found: Evaluation) -> list[str]:
    """All that is worth saying, in plain words.

    Args:
        heading: who is who.
        scores: on the test part, of the network and of each baseline.
        found: on the test part.
    """
    others = {name: row["accuracy"] for name, row in scores.items() if name != heading.winner and "accuracy" in row}
    beside = ", ".join(f"{in_words(name)} for {counted_share(value)}" for name, value in others.items())
    right = f"{found.right:,} of {found.symbols:,} {found.kind} of the test part, {_share(found.right, found.symbols)}"
    said = [f"It is right for {right}{f' ({beside})' if beside else ''}."]
    if found.right < found.symbols:
        costly = [f"{one_line(cost.symbol)!r} ({significant(cost.bits, 3)} bits each)" for cost in found.costs[:SHOWN]]
        most = found.surprises[0]
        said.append(
            f"What cost most in all: {', '.join(costly)}. Its greatest surprise: behind {one_line(most.before)!r} "
            f"stood {one_line(most.symbol)!r}, {significant(most.bits, 3)} bits, and it expected "
            f"{one_line(most.said)!r}."
        )
    said += _repeated(found)
    return [*said, *_completions(found)]


def _repeated(found: Evaluation) -> list[str]:
    if found.new_bits is None:
        return ["All of the test part stands in train too, so nothing is said about other texts."]
    if found.repeated_bits is None:
        return []
    share_of = counted_share(found.repeated)
    return [
        f"Train holds the text of {share_of} of the blocks of test too: there a symbol costs "
        f"{significant(found.repeated_bits)} bits, in all others {significant(found.new_bits)}."
    ]


def _completions(found: Evaluation) -> list[str]:
    made = found.completions
    if not made:
        return []
    lines = [f"{one_line(entry.prompt)} → {one_line(entry.written[0])}" for entry in made]
    right = sum(entry.is_right for entry in made)
    if any(len(entry.actual) > 1 and entry.is_right for entry in made) or right == len(made):
        head = f"{right} of {counted(len(made), 'completion')} are what the text has"
        return [f"{head}: {'; '.join(lines[:-1])}.", f"{lines[-1]}"] if len(made) > 1 else [f"{head}:", *lines]
    return [f"It goes on, by the most probable of the {found.kind}: {lines[0]}"]


def _share(part: int, whole: int) -> str:
    return counted_share(part / max(whole, 1))
