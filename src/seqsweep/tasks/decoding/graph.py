"""One step of speaking as a graph: what is told and what was said before in, probabilities of what comes next out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from seqsweep.serving.pieces import END, FIRST, START, Pieces
from seqsweep.serving.subwords import BLANK
from seqsweep.tasks.dataset import Call, Items
from seqsweep.tasks.decoding.dataset import PairedView
from seqsweep.tasks.graph import BATCH, Apply, Graph, Port, Tensor, called, raw_gather, scaled

SAID = (
    "One step of decoding: what is told and what was said so far in, the probabilities of the next piece at each step "
    "out. Left to the caller: texts as numbers of pieces and back, and the loop that says piece after piece, as "
    "`serving/pieces.py` and `serving/decoding.py` in the model's code do."
)


def make_graph(view: PairedView, columns: Sequence[str]) -> Graph:
    """The graph of one step.

    Args:
        view: as the network saw the data.
        columns: of what is told.
    """
    told, before = view.inputs
    transform = view.transform
    raw = told if transform is None else raw_gather(view.table.values, None)

    def run(network: Apply, tensors: Sequence[Tensor]) -> Tensor:
        given = tensors[0] if transform is None else scaled(tensors[0], transform)
        return network([given, tensors[1]])

    def expected(call: Call, items: Items) -> NDArray[Any]:
        return call([told.numpy(items), before.numpy(items)])

    held = "numbers of the pieces of the text that is read, by their place in the list `read`; 0 behind its end"
    if transform is not None:
        held = f"in the unit of the data; {called(columns)}"
    steps = before.array.shape[1]
    said = f"numbers of the pieces that were said, by their place in the list `said`; {START} first, 0 behind the last"
    return Graph(
        said=SAID,
        inputs=[
            Port("told", (BATCH, *told.array.shape[1:]), "int32" if transform is None else "float64", held),
            Port("before", (BATCH, steps), before.array.dtype.name, said),
        ],
        output=Port(
            "probabilities",
            (BATCH, steps, view.target.size),
            "float32",
            f"of each piece, at each step; {END} is the text's end",
        ),
        run=run,
        read=lambda items: [raw.numpy(items), before.numpy(items)],
        expected=expected,
        names={"columns": columns, "said": _called(view.target), **_read(view)},
    )


def _read(view: PairedView) -> dict[str, Sequence[str]]:
    return {} if view.source is None else {"read": _called(view.source)}


def _called(pieces: Pieces) -> list[str]:
    """What each number writes; nothing for those that are no piece."""
    return [*[""] * FIRST, *(piece.replace(BLANK, " ") for piece in pieces.vocabulary)]
