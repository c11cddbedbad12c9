"""What the texts of the test part tell besides their score."""

from __future__ import annotations

from collections.abc import Iterator

from seqsweep.tasks.decoding.evaluation import Evaluation, Example
from seqsweep.tasks.results import Heading
from seqsweep.words import chance, counted_share, in_words, share, significant

SHOWN = 5  # examples that a terminal shows


def sentences(heading: Heading, found: Evaluation) -> list[str]:
    """All that is worth saying, in plain words.

    Args:
        heading: who is who.
        found: on the test part.
    """
    part = counted_share(found.right / max(found.items, 1))
    said = [
        f"It says {found.right:,} of {found.items:,} texts of the test part letter by letter as they are, "
        f"{part}{_beside(heading, found)}."
    ]
    if found.bleu is not None:
        said.append(_gain(heading, found))
    return [*said, *_examples(found)]


def _beside(heading: Heading, found: Evaluation) -> str:
    if found.baseline_right is None or heading.best_baseline is None:
        return ""
    part = counted_share(found.baseline_right / max(found.items, 1))
    return f" ({in_words(heading.best_baseline)} for {found.baseline_right:,}, {part})"


def _gain(heading: Heading, found: Evaluation) -> str:
    gain, name = found.bleu, in_words(heading.best_baseline or "")
    assert gain is not None
    if gain.low > 0:
        verdict = f"is better than the {name}"
    elif gain.high < 0:
        verdict = f"is worse than the {name}"
    else:
        verdict = f"is not proven to differ from the {name}"
    interval = f"{share(gain.level)} interval {gain.low:+z.1f} to {gain.high:+z.1f}, {chance(gain.p_value)}"
    return (
        f"By BLEU it {verdict}: {gain.own:.1f} against {gain.baseline:.1f}, {gain.own - gain.baseline:+z.1f} "
        f"({interval}; paired bootstrap over items)."
    )


def _examples(found: Evaluation) -> Iterator[str]:
    """Right ones, and those that it is most wrong about."""
    wrong = found.mistakes[: SHOWN - min(2, len(found.examples))]
    for example in found.examples[: SHOWN - len(wrong)]:
        yield f"Right: {_told(example)} → {example.said}"
    for example in wrong:
        cost = f"{significant(example.nats, 3)} nats a token"
        yield f"Wrong: {_told(example)} → {example.said or '(nothing)'}; it is {example.actual} ({cost})"


def _told(example: Example) -> str:
    return example.told or example.place
