"""What a model card says of a model of texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from seqsweep.html import code, markdown_table
from seqsweep.tasks.decoding.dataset import PairedItems
from seqsweep.tasks.decoding.evaluation import Evaluation
from seqsweep.tasks.served import Card
from seqsweep.words import counted

USE = """Give raw rows with the columns that it learned from, an item each; further ones are ignored. The answer to each
is `text`, its `probability`, and `whole`: whether all of the row was read and the text came to its end. A row that
holds the true text in the column that is said is answered with `nats` and `tokens` too: what it cost the network."""


def card(spec: Mapping[str, Any], data: PairedItems, found: Evaluation) -> Card:
    """The task's own parts of the card.

    Args:
        spec: what the predictor is told.
        data: what the model learned from.
        found: on the test part.
    """
    sizes, said = spec["data"], spec["said"]
    beam = "piece by piece, the most probable one" if spec["beam"] == 1 else f"by a beam of {spec['beam']}"
    written = f"up to {said['longest']} {said['tokens']} of {len(said['vocabulary']):,}"
    return Card(
        purpose=Markup("Says {} from {}: {}, {}.").format(code(data.target), _read(spec), written, beam),
        use=USE,
        data=[
            Markup("{}, {}: {} to train, {} to choose, {} to test").format(
                code(data.name), counted(sizes["rows"], "item"), sizes["train"], sizes["validation"], sizes["test"]
            ),
            f"parted {spec['split']['split']} (seed {spec['split']['seed']}); all that is learned is train's alone",
        ],
        limits=[
            f"It says nothing but the {said['tokens']} of train, and reads no others; what is longer is cut.",
            "Its probability is that of the whole text, which falls with its length; it is not calibrated.",
        ],
        more={"Examples": _examples(spec, found)},
    )


def _read(spec: Mapping[str, Any]) -> Markup:
    source, columns = spec["source"], spec["columns"]
    if source is None:
        return Markup("{} numbers").format(len(columns))
    told = f"up to {source['longest']} {source['tokens']} of {len(source['vocabulary']):,}"
    return Markup("{} ({})").format(code(columns[0]), told)


def _examples(spec: Mapping[str, Any], found: Evaluation) -> Markup:
    some = [*found.examples[:5], *found.mistakes[:5]]
    rows = [[example.told or example.place, example.said, example.actual] for example in some]
    head = ["read" if spec["source"] is None else spec["columns"][0], "said", "true"]
    told = Markup("Of the test part; {} of {} are right.\n\n").format(f"{found.right:,}", f"{found.items:,}")
    return told + markdown_table(head, rows)
