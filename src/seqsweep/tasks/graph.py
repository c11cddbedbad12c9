"""What a network reads and says where it stands alone, without Python: as the graph of an ONNX file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from seqsweep.serving.gather import Gather
from seqsweep.serving.transforms import Transform
from seqsweep.tasks.dataset import Call, Items, View

Tensor: TypeAlias = Any
"""Of TensorFlow, which a task does not import: Keras's operations know it."""

Apply: TypeAlias = Callable[[Sequence[Tensor]], Tensor]
"""A network inside a graph: its inputs → its output."""

BATCH = "items"
"""What the first axis of every input and output is called where a task has no word for it."""


MOST_NAMED = 12  # columns; more of them are told by a list alone


@dataclass(frozen=True)
class Port:
    """An input of a graph, or its output.

    Args:
        name: by which a runtime knows it.
        axes: of each its size, or what it is called where it may differ.
        type: of its numbers, as NumPy calls it.
        said: what it holds, and in which unit.
    """

    name: str
    axes: tuple[str | int, ...]
    type: str
    said: str


@dataclass(frozen=True)
class Graph:
    """A network with what of its task can be computed inside a graph.

    Args:
        said: what it does and what is left to its caller, in one or two sentences.
        inputs: what it reads.
        output: what it says.
        run: the network and the inputs, as tensors → the output.
        read: items (n,) → the inputs that a caller would give, an array each.
        expected: the network as arrays, and items (n,) → what the graph must say of them.
        names: lists that a caller needs: the names of numbered things.
    """

    said: str
    inputs: Sequence[Port]
    output: Port
    run: Callable[[Apply, Sequence[Tensor]], Tensor]
    read: Callable[[Items], Sequence[NDArray[Any]]]
    expected: Callable[[Call, Items], NDArray[Any]]
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)


def bare(
    view: View,
    said: str,
    names: Sequence[str],
    told: Sequence[str],
    output: tuple[str, str],
    shape: tuple[str | int, ...] = (),
    lists: Mapping[str, Sequence[str]] | None = None,
) -> Graph:
    """A network as it is.

    Args:
        view: what its trial saw.
        said: see `Graph`.
        names: of its inputs.
        told: of each input what it holds.
        output: name of the output, and what it holds.
        shape: axes of the output; none: nobody says.
        lists: see `Graph.names`.
    """
    ports = [
        Port(name, (BATCH, *(size or f"length_of_{name}" for size in shape)), gather.array.dtype.name, held)
        for name, held, shape, gather in zip(names, told, view.input_shapes, view.inputs, strict=True)
    ]

    def read(items: Items) -> list[NDArray[Any]]:
        return [gather.numpy(items) for gather in view.inputs]

    return Graph(
        said=said,
        inputs=ports,
        output=Port(output[0], shape, "float32", output[1]),
        run=lambda network, tensors: network(tensors),
        read=read,
        expected=lambda call, items: call(read(items)),
        names=lists or {},
    )


def alone(view: View) -> Graph:
    """A network of which its task says nothing: as it is, its inputs numbered.

    Args:
        view: what its trial saw.
    """
    names = [f"input_{number}" for number in range(1, len(view.inputs) + 1)]
    said = "The network alone, between what the packaged model's code makes of raw values and the answer that it reads."
    held = ["what the packaged model's code makes of raw values"] * len(names)
    return bare(view, said, names, held, ("output", "what the network puts out"))


def called(names: Sequence[str], within: str = "columns") -> str:
    """The columns of an input in words, or where there are many the list that has their names.

    Args:
        names: of the columns, in their order.
        within: the list, see `Graph.names`.
    """
    return f"columns: {', '.join(names)}" if len(names) <= MOST_NAMED else f"columns: those of the list `{within}`"


def scaled(values: Tensor, transform: Transform) -> Tensor:
    """Raw values (…, columns) as a network reads them, by a transform that scales alone.

    Args:
        values: of double precision.
        transform: of them.
    """
    import keras

    return keras.ops.cast((values - transform.offset) / transform.scale, "float32")


def raw_gather(values: NDArray[Any], offsets: range | None) -> Gather:
    """Rows of raw values, as a caller has them.

    Args:
        values: (items, columns).
        offsets: see `Gather`.
    """
    return Gather(np.asarray(values, np.float64), offsets)
