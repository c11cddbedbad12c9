"""What a model card says of a classifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from seqsweep.html import code, markdown_table
from seqsweep.tasks.classify.dataset import LabelledItems
from seqsweep.tasks.classify.evaluation import Evaluation
from seqsweep.tasks.served import Card
from seqsweep.words import counted, counted_share, share, significant

USE = """Give raw rows with the columns that it learned from, an item each; scaling or tokens, and the temperature, are
inside.
Further columns are ignored. Each row is answered with `label`, its `probability`, the prediction set of each level,
and the probability of each class."""


def card(spec: Mapping[str, Any], data: LabelledItems, found: Evaluation) -> Card:
    """The classifier's own parts of its card.

    Args:
        spec: what its predictor is told.
        data: what it learned from.
        found: on the test part.
    """
    classes = Markup(", ").join(map(code, found.classes[:30]))
    more = f" and {len(found.classes) - 30} more" if len(found.classes) > 30 else ""
    sizes = spec["data"]
    return Card(
        purpose=Markup("Says which {} an item has ({}{}), from {}.").format(
            code(data.target), classes, more, _read(spec)
        ),
        use=USE,
        data=[
            Markup("{}, {}: {} to train, {} to choose, {} to test").format(
                code(data.name), counted(sizes["rows"], "item"), sizes["train"], sizes["validation"], sizes["test"]
            ),
            f"parted {spec['split']['split']} (seed {spec['split']['seed']}); all that is learned is train's alone",
        ],
        limits=[
            "It knows the classes of train; whatever else it is given, it takes for one of them.",
            "Probabilities and sets hold for items like those of validation and test; on others nothing is promised.",
        ],
        more={"Prediction sets": _sets(found), "Calibration": _calibration(found)},
    )


def _read(spec: Mapping[str, Any]) -> str:
    """What an item is read from."""
    text = spec["text"]
    if spec["window"]:
        return f"{counted(len(spec['columns']), 'column')} of the {counted(spec['window'], 'row')} before it"
    if text is None:
        return f"{len(spec['columns'])} numbers in {spec['steps']} steps"
    known = f"of {len(text['vocabulary']):,} that it knows"
    return Markup("the first {} {} of {}, {}").format(text["longest"], text["tokens"], code(spec["columns"][0]), known)


def _sets(found: Evaluation) -> str:
    rows = [[share(entry.level), counted_share(entry.coverage), significant(entry.size, 3)] for entry in found.sets]
    said = Markup("Split conformal, from validation; what they held on test:\n\n")
    return said + markdown_table(["level", "held", "mean number of classes"], rows) if rows else "None."


def _calibration(found: Evaluation) -> str:
    return (
        f"Temperature {significant(found.temperature, 3)}, fitted on validation. On test it changes the log loss from "
        f"{significant(found.raw_log_loss)} to {significant(found.tempered_log_loss)} and the expected calibration "
        f"error from {counted_share(found.raw_error)} to {counted_share(found.tempered_error)}."
    )
