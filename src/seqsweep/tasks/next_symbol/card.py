"""What a model card says of a network that goes on with texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from seqsweep.html import code, markdown_table
from seqsweep.tasks.next_symbol.dataset import Texts
from seqsweep.tasks.next_symbol.evaluation import Evaluation
from seqsweep.tasks.served import Card
from seqsweep.words import counted, counted_share, one_line, significant

USE = """Give a text a row. Each row is answered with `next`, the most probable next symbol, its `probability`, and a
`completion`. Further columns may say of a row: `length`, the symbols that are written; `temperature`, 0 for the most
probable ones, 1 to draw by the probabilities; `seed` of what is drawn; `scores`, true to be told the
`log_probabilities` of the row's own symbols and their mean in bits; `before`, text in front of it that is read and not
scored."""


def card(spec: Mapping[str, Any], data: Texts, found: Evaluation) -> Card:
    """The task's own parts of its card.

    Args:
        spec: what its predictor is told.
        data: what the network learned from.
        found: on the test part.
    """
    kind, sizes = data.alphabet.kind, spec["data"]
    known = f"{len(data.alphabet.vocabulary):,} {kind}"
    limits = [
        f"It knows {known}; all others are one and the same to it, and it writes none of them.",
        f"It reads a window of {spec['window']} symbols and the block of {spec['block']} that a place is in: what "
        "stands further back is forgotten.",
        "It writes what is probable after a text, not what is true.",
    ]
    if found.repeated:
        limits.append(f"Train holds the text of {counted_share(found.repeated)} of the blocks of test too.")
    return Card(
        purpose=Markup("Says which of {} comes next in {}, and goes on.").format(known, code(data.name)),
        use=USE,
        data=[
            Markup("{}, {}: {} to train, {} to choose, {} to test").format(
                code(data.name), counted(sizes["rows"], kind.removesuffix("s")), sizes["train"], sizes["validation"],
                sizes["test"],
            ),
            f"parted {spec['split']['split']}, in blocks; the alphabet is that of train alone",
        ],
        limits=limits,
        more={"Costs": _costs(found), "Completions": _completions(found)},
    )  # fmt: skip


def _costs(found: Evaluation) -> str:
    rows = [[code(one_line(cost.symbol)), f"{cost.count:,}", significant(cost.bits, 3)] for cost in found.costs[:10]]
    return markdown_table([found.kind.removesuffix("s"), "in test", "mean bits"], rows)


def _completions(found: Evaluation) -> str:
    rows = [[code(one_line(entry.prompt)), code(one_line(entry.written[0]))] for entry in found.completions]
    return markdown_table(["after", "it writes"], rows) if rows else "None."
