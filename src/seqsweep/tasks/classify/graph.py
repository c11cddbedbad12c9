"""A classification as one graph: raw numbers of items, or their tokens, in; probabilities of classes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from seqsweep.serving.probabilities import SMALLEST, tempered
from seqsweep.serving.texts import SPECIAL
from seqsweep.tasks.classify.dataset import LabelledItems, LabelledView
from seqsweep.tasks.dataset import Call, Items
from seqsweep.tasks.graph import BATCH, Apply, Graph, Port, Tensor, called, raw_gather, scaled

NUMBERS = "Raw numbers of an item in, the probabilities of its classes out."
TOKENS = (
    "The tokens of a text in, the probabilities of its classes out. Left to the caller: to cut texts into tokens, as "
    "`serving/texts.py` in the model's code does by `text` of artifacts/spec.json."
)


def make_graph(data: LabelledItems, view: LabelledView, temperature: float) -> Graph:
    """A classifier's graph.

    Args:
        data: what its network learned from.
        view: as it saw it.
        temperature: that its probabilities are told by.
    """
    gather, columns = view.inputs[0], data.table.columns
    raw = gather if view.tokenizer is not None else raw_gather(data.table.values, gather.offsets)
    shape = view.input_shapes[0]

    def run(network: Apply, tensors: Sequence[Tensor]) -> Tensor:
        import keras

        given = tensors[0]
        if view.tokenizer is None:
            given = keras.ops.reshape(scaled(given, view.transform), (-1, *shape))
        probabilities = keras.ops.cast(network([given]), "float64")
        logits = keras.ops.log(keras.ops.maximum(probabilities, SMALLEST**2)) / temperature
        return keras.ops.softmax(logits, axis=-1)

    def expected(call: Call, items: Items) -> NDArray[Any]:
        return tempered(call([gather.numpy(items)]), temperature)

    if view.tokenizer is not None:
        told = "numbers of the text's tokens, by their place in the list `tokens`; 0 behind its end"
        port = Port("tokens", (BATCH, *shape), "int32", told)
    elif gather.offsets is not None:
        told = f"the rows before an item, the latest last, in the unit of the data; {called(columns)}"
        port = Port("rows", (BATCH, *shape), "float64", told)
    else:
        port = Port("rows", (BATCH, len(columns)), "float64", f"in the unit of the data; {called(columns)}")
    return Graph(
        said=NUMBERS if view.tokenizer is None else TOKENS,
        inputs=[port],
        output=Port("probabilities", (BATCH, view.classes), "float64", "of each class of the list `classes`"),
        run=run,
        read=lambda items: [raw.numpy(items)],
        expected=expected,
        names={"columns": columns, "classes": data.classes, **_tokens(view)},
    )


def _tokens(view: LabelledView) -> dict[str, Sequence[str]]:
    return {} if view.tokenizer is None else {"tokens": [*[""] * SPECIAL, *view.tokenizer.vocabulary]}
