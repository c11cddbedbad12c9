"""What serves as an ONNX file, which needs no TensorFlow: written, held against the network, timed, told on a card."""

from __future__ import annotations

import json
import logging
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.errors import Fault
from seqsweep.html import code, environment, markdown_table
from seqsweep.package.cost import median_seconds
from seqsweep.package.parity import Parity, compare
from seqsweep.schema import SweepConfig
from seqsweep.state_files import read_state, write_state
from seqsweep.tasks.dataset import Call, Items
from seqsweep.tasks.graph import Graph, Port
from seqsweep.tracking.retry_queue import first_line
from seqsweep.words import counted, megabytes

if TYPE_CHECKING:
    import keras
    import onnxruntime
    import tensorflow as tf
    from onnx import ModelProto

FILE = "network.onnx"

VERDICT = "onnx.json"

OPSET = 18
"""Of the operators: onnxruntime 1.14 of 2023 and all later ones know them."""

NEEDED = ("tf2onnx", "onnx", "onnxruntime")

INSTALL = "pip install 'seqsweep[onnx]'"

TEMPLATE = "onnx.md.j2"

ASKED = 21  # times, one item each; the first answer, which makes ready, comes before them

BATCH = 512  # items a call


@dataclass(frozen=True)
class Export:
    """What an export came to.

    Args:
        items: of the test part, all of them, of which file and network were asked.
        largest: the largest difference, see `Parity`; None: there is no file to ask.
        size: of the file, in bytes; 0: there is none.
        seconds: of onnxruntime for a single item, the median of some, on the machine that packaged it.
        keras_seconds: of the same graph in TensorFlow.
        fault: why there is no file; empty: there is one.
    """

    items: int
    largest: float | None
    size: int = 0
    seconds: float = 0.0
    keras_seconds: float = 0.0
    fault: str = ""

    @property
    def said(self) -> str:
        """In words: `network.onnx: 13 kB, 0.1 ms a single answer, …`."""
        return f"{FILE}: {self.figures}"

    @property
    def figures(self) -> str:
        """The same, where the file has been named."""
        if self.fault:
            return f"there is none: {self.fault}; all else of the model is whole"
        assert self.largest is not None  # there was a file to ask
        of = f"those of the network on all {counted(self.items, 'item')} of test"
        how = f"its answers lie within {self.largest:.1g} of {of}"
        times = f"{_milliseconds(self.seconds)} a single answer, in TensorFlow {_milliseconds(self.keras_seconds)}"
        return f"{megabytes(self.size)}, {times}; {how}"

    @property
    def metrics(self) -> dict[str, float]:
        """Figures for the sweep's run; none where there is no file."""
        return {} if self.fault else {"onnx_bytes": self.size, "onnx_seconds": self.seconds}


def faults(config: SweepConfig) -> list[Fault]:
    """Whether what `package.onnx` needs is installed."""
    missing = [name for name in NEEDED if find_spec(name) is None] if config.package.onnx else []
    if not missing:
        return []
    return [Fault("package.onnx", f"package.onnx=true needs {', '.join(missing)}: {INSTALL}, or leave it out")]


def write_export(model: Path, graph: Graph, network: keras.Model, call: Call, test: Items) -> Export:
    """Write `network.onnx` into the folder of a packaged model, and what it came to.

    A file whose answers are not those of the network is not left behind, nor is it a reason to have no model: what
    went wrong is told.

    Args:
        model: the folder.
        graph: what the file is to hold.
        network: what serves, in plain Keras layers.
        call: the same network as it was trained.
        test: items of the test part.

    Raises:
        StateError: the disk refuses.
    """
    file = model / FILE
    try:
        with _quietly():
            function, proto = _converted(graph, network)
            file.write_bytes(proto.SerializeToString())
            exported = _measured(file, graph, function, call, test)
    except Exception as error:  # whatever layers of somebody's own hold, or a library that is not there
        exported = Export(len(test), None, fault=f"it could not be made: {first_line(error)}")
    if exported.fault:
        file.unlink(missing_ok=True)
    write_state(model / VERDICT, exported)
    return exported


def load_export(model: Path) -> Export | None:
    """What the export of a packaged model came to; None: none was asked for.

    Raises:
        StateError: the file is truncated or foreign.
    """
    file = model / VERDICT
    return read_state(file, Export, f"remove {model} to package it again") if file.exists() else None


def describe_export(graph: Graph, exported: Export) -> str:
    """A chapter of the model card, in Markdown: inputs, output, and how it is asked.

    Args:
        graph: that the file holds.
        exported: what it came to.
    """
    ports = (*graph.inputs, graph.output)
    rows = [[code(port.name), port.type, " × ".join(map(str, port.axes)), port.said] for port in ports]
    asked = [f"    {port.name!r}: np.zeros({_one(port)}, np.{port.type})," for port in graph.inputs]
    return (
        environment(Path(__file__).parent, code=code)
        .get_template(TEMPLATE)
        .render(
            figures=exported.figures,
            whole=not exported.fault,
            about=graph.said,
            ports=markdown_table(["name", "type", "shape", "holds"], rows),
            lists=list(graph.names),
            asked=asked,
            output=graph.output.name,
            file=FILE,
        )
    )


def _converted(graph: Graph, network: keras.Model) -> tuple[Callable[..., tf.Tensor], ModelProto]:
    """The graph in TensorFlow, and as ONNX."""
    import onnx
    import tensorflow as tf
    import tf2onnx

    specs = [
        tf.TensorSpec([None if isinstance(axis, str) else axis for axis in port.axes], port.type, name=port.name)
        for port in graph.inputs
    ]

    def apply(inputs: Sequence[tf.Tensor]) -> tf.Tensor:
        return network(inputs[0] if len(inputs) == 1 else list(inputs), training=False)

    def forward(*tensors: tf.Tensor) -> dict[str, tf.Tensor]:
        return {graph.output.name: graph.run(apply, tensors)}

    function = tf.function(forward, input_signature=specs, autograph=False)
    proto, _ = tf2onnx.convert.from_function(function, input_signature=specs, opset=OPSET)
    held = {info.name: info for info in (*proto.graph.input, *proto.graph.output)}
    for port in (*graph.inputs, graph.output):
        info = held[port.name]
        info.doc_string = port.said
        for dimension, axis in zip(info.type.tensor_type.shape.dim, port.axes, strict=False):
            if isinstance(axis, str):
                dimension.dim_param = axis
    proto.doc_string = graph.said
    lists = {name: json.dumps(list(values), ensure_ascii=False) for name, values in graph.names.items()}
    onnx.helper.set_model_props(proto, lists)
    return (lambda *arrays: function(*arrays)[graph.output.name]), proto


def _measured(file: Path, graph: Graph, function: Callable[..., tf.Tensor], call: Call, test: Items) -> Export:
    """What onnxruntime says of the test part, and how long it takes."""
    session = _session(file)
    names = [port.name for port in graph.inputs]

    def ask(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
        answer: NDArray[Any] = session.run([graph.output.name], dict(zip(names, arrays, strict=True)))[0]
        return answer

    largest = 0.0
    for start in range(0, len(test), BATCH):
        items = test[start : start + BATCH]
        own = graph.expected(call, items)
        largest = max(largest, compare(ask(graph.read(items)), own, _size(own)).largest)
    if not Parity(len(test), largest).passed:
        told = "not finite" if math.isinf(largest) else f"up to {largest:.1g} of their size from the network's"
        return Export(len(test), largest if math.isfinite(largest) else None, fault=f"its answers are {told}")
    one = graph.read(test[:1])
    seconds = median_seconds(lambda: ask(one), ASKED)
    keras_seconds = median_seconds(lambda: np.asarray(function(*one)), ASKED)
    return Export(len(test), largest, file.stat().st_size, seconds, keras_seconds)


def _session(file: Path) -> onnxruntime.InferenceSession:
    """One thread: a single item is less work than the waking of others."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def _size(own: NDArray[Any]) -> float:
    """What a difference is a share of, at least: how far the numbers of a kind reach, so that none is judged near 0."""
    return float(np.abs(own).max(initial=0.0)) if np.isfinite(own).all() else 0.0


@contextmanager
def _quietly() -> Iterator[None]:
    """What tf2onnx, and TensorFlow's old parts that it calls, warn of is nothing that a user can mend."""
    logger, absl = logging.getLogger("tf2onnx"), logging.getLogger("tensorflow")
    before = logger.level, absl.level
    logger.setLevel(logging.CRITICAL)
    absl.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before[0])
        absl.setLevel(before[1])


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.2g} ms"


def _one(port: Port) -> tuple[int, ...]:
    """The shape of a single item."""
    return tuple(1 if isinstance(axis, str) else axis for axis in port.axes)
