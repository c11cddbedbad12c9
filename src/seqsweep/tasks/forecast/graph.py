"""A forecast as one graph: raw rows of a window in, forecasts in the unit of the data out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsweep.events import TrialParams
from seqsweep.serving.array_types import Float64s
from seqsweep.serving.gather import Gather
from seqsweep.serving.transforms import Transform
from seqsweep.tasks.dataset import Call, Items
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.panel_dataset import PanelDataset
from seqsweep.tasks.forecast.panel_windows import PanelWindows
from seqsweep.tasks.forecast.quantiles import levels_of
from seqsweep.tasks.forecast.windows import Windows
from seqsweep.tasks.graph import Apply, Graph, Port, Tensor, called

ANCHORS = ("none", "last", "mean", "standard")
"""Those that are made of graph operations; `standard` lies inside the network."""

SERIES = "series"

KNOWN_AHEAD = "known_ahead"


@dataclass(frozen=True, eq=False)
class Scaling:
    """How raw rows become what a network reads, and its outputs forecasts, by graph operations.

    Args:
        transforms: one, or one for each series.
        anchor: what is taken off a window.
        window: rows of an input.
        horizon: rows of a target.
        known: columns at the end that are known ahead.
        told: (series, numbers), what a network is told of each; None: nothing.
        lower: below which no forecast is; None: there is no bound.
    """

    transforms: Sequence[Transform]
    anchor: str
    window: int
    horizon: int
    known: int
    told: NDArray[np.float32] | None
    lower: float | None

    @property
    def rows(self) -> int:
        """That a forecast needs: the window, and those that differencing takes."""
        return self.window + self.transforms[0].n_dropped

    @property
    def asks(self) -> bool:
        """Whether the graph must know which series a window is of."""
        return self.told is not None or len(self.transforms) > 1

    def run(self, network: Apply, tensors: Sequence[Tensor]) -> Tensor:
        """Raw rows, what is known ahead, the series' number → forecasts.

        Args:
            network: scaled inputs → scaled output.
            tensors: (n, rows, columns); then, as far as there is such an input, (n, horizon, known), and (n,).
        """
        import keras

        past, number = tensors[0], tensors[-1] if self.asks else None
        offset, scale = self._of(number, "offset"), self._of(number, "scale")  # (1 or n, columns)
        level = self._level(past[:, :, 0], number)
        steps = keras.ops.concatenate([self._differences(level)[:, :, None], past[:, -self.window :, 1:]], axis=2)
        window = keras.ops.cast((steps - offset[:, None]) / scale[:, None], "float32")
        taken = self._anchor(window)
        inputs = [window if taken is None else window - taken]
        if self.known:
            ahead = (tensors[1] - offset[:, None, -self.known :]) / scale[:, None, -self.known :]
            inputs.append(keras.ops.cast(ahead, "float32"))
        if self.told is not None:
            inputs.append(keras.ops.take(self.told, number, axis=0))
        output = network(inputs)
        change = output[:, :, None] if len(output.shape) == 2 else output  # (n, horizon, 1 or quantiles)
        change = change if taken is None else change + taken[:, :, :1]
        change = keras.ops.cast(change, "float64") * scale[:, :1, None] + offset[:, :1, None]
        forecast = self._unit(self._summed(change, level))
        return forecast[:, :, 0] if len(output.shape) == 2 else forecast

    def _of(self, number: Tensor | None, name: str) -> Any:
        """Offsets or scales, (1, columns), or those of each window's series, (n, columns)."""
        import keras

        table = np.stack([getattr(transform, name) for transform in self.transforms])
        return keras.ops.convert_to_tensor(table) if len(table) == 1 else keras.ops.take(table, number, axis=0)

    def _level(self, target: Tensor, number: Tensor | None) -> Tensor:
        """The target (n, rows) clipped and in logs, as `Transform` has it."""
        import keras

        if self.transforms[0].clip is not None:
            ends = np.array([transform.clip for transform in self.transforms])  # (1 or series, 2)
            of = ends if len(ends) == 1 else keras.ops.take(ends, number, axis=0)
            target = keras.ops.minimum(keras.ops.maximum(target, of[:, :1]), of[:, 1:])
        # What ONNX has: there is no log1p. In double precision the difference is far below that of the network.
        return keras.ops.log(1.0 + target) if self.transforms[0].log1p else target

    def _differences(self, level: Tensor) -> Tensor:
        """(n, rows) → (n, window)."""
        lags = self.transforms[0].lags
        rows = self.rows
        parts = [
            float(lag) * level[:, rows - self.window - back : rows - back] for back, lag in enumerate(lags) if lag != 0
        ]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return total

    def _anchor(self, window: Tensor) -> Tensor | None:
        """(n, 1, columns), scaled; what is known ahead has none."""
        import keras

        if self.anchor == "last":
            taken = window[:, -1:]
        elif self.anchor == "mean":
            taken = keras.ops.mean(keras.ops.cast(window, "float64"), axis=1, keepdims=True)
            taken = keras.ops.cast(taken, "float32")
        else:
            return None
        past = np.ones(window.shape[2], np.float32)
        past[len(past) - self.known :] = 0
        return taken * past if self.known else taken

    def _summed(self, change: Tensor, level: Tensor) -> Tensor:
        """Changes (n, horizon, quantiles) as levels: differences added up again."""
        import keras

        dropped = self.transforms[0].n_dropped
        if not dropped:
            return change
        weights = summing(self.transforms[0].lags, self.horizon)
        latest = keras.ops.flip(level[:, -dropped:], axis=1)
        before = keras.ops.matmul(latest, np.ascontiguousarray(weights[:, :dropped].T))
        return keras.ops.matmul(np.ascontiguousarray(weights[:, dropped:]), change) + before[:, :, None]

    def _unit(self, level: Tensor) -> Tensor:
        import keras

        values = keras.ops.exp(level) - 1.0 if self.transforms[0].log1p else level
        return values if self.lower is None else keras.ops.maximum(values, self.lower)


def summing(lags: Float64s, horizon: int) -> Float64s:
    """The levels of a horizon as sums, (horizon, dropped + horizon): of the latest levels before it, and of changes.

    What `Transform.inverse_transform` does step by step is one product, as each step is a sum of what stands before.

    Args:
        lags: coefficients of the differencing polynomial, (dropped + 1,).
        horizon: steps ahead.
    """
    dropped = len(lags) - 1
    own = np.eye(dropped + horizon)
    past, steps = list(own[:dropped]), []
    for step in range(horizon):
        level = own[dropped + step] - sum(lag * one for lag, one in zip(lags[1:], past, strict=True))
        past = [level, *past[:-1]]
        steps.append(level)
    return np.stack(steps)


def make_graph(data: SeriesDataset | PanelDataset, view: Windows | PanelWindows, params: TrialParams) -> Graph:
    """A forecaster's graph.

    Args:
        data: what its network learned from.
        view: as it saw it.
        params: of its trial.
    """
    scaling = _scaling(view, params)
    columns, known = list(data.series.columns), list(data.series.columns)[len(data.series.columns) - view.known :]
    gathers = [Gather(view.values, range(1 - scaling.rows, 1))]
    gathers += [Gather(view.values[:, -view.known :], range(1, view.horizon + 1))] if view.known else []

    def read(items: Items) -> list[NDArray[Any]]:
        of = [view.split.owners(items)] if scaling.asks and isinstance(view, PanelWindows) else []
        return [*(gather.numpy(items) for gather in gathers), *of]

    def expected(call: Call, items: Items) -> NDArray[Any]:
        return view.inverse_transform(items, call([gather.numpy(items) for gather in view.inputs]))

    names = {"columns": columns, **({KNOWN_AHEAD: known} if view.known else {})}
    if isinstance(view, PanelWindows) and scaling.asks:
        names[SERIES] = [" / ".join(name) for name in data.series.names]
    levels = [f"{level:g}" for level in levels_of(data.config)]
    return Graph(
        said="Raw rows in, forecasts in the unit of the data out. Left to the caller: to read rows as the packaged "
        "model does (order of time, even steps, missing values, names as numbers), and intervals.",
        inputs=_inputs(scaling, columns, known),
        output=_output(data.target, view.horizon, levels),
        run=scaling.run,
        read=read,
        expected=expected,
        names={**names, **({"quantiles": levels} if levels else {})},
    )


def _scaling(view: Windows | PanelWindows, params: TrialParams) -> Scaling:
    transforms, told = [view.transform], None
    if isinstance(view, PanelWindows):
        own = [view.told(number) for number in range(len(view.transforms))]
        told = np.concatenate([numbers[0] for numbers in own]) if own[0] else None
        is_shared = all(transform is view.transforms[0] for transform in view.transforms)
        transforms = [view.transforms[0]] if is_shared else list(view.transforms)
    return Scaling(transforms, params.anchor, view.window, view.horizon, view.known, told, view.lower)


def _inputs(scaling: Scaling, columns: Sequence[str], known: Sequence[str]) -> list[Port]:
    rows = f"the last {scaling.rows:,} rows, the latest last" if scaling.rows > 1 else "the last row"
    told = f"{rows}, in the unit of the data; {called(columns)}"
    ports = [Port("past", (SERIES, scaling.rows, len(columns)), "float64", told)]
    if known:
        told = f"what is known of the steps ahead, in the unit of the data; {called(known, KNOWN_AHEAD)}"
        ports.append(Port("ahead", (SERIES, scaling.horizon, len(known)), "float64", told))
    if scaling.asks:
        told = "which series each is, by its place in the list `series`, from 0"
        ports.append(Port("number", (SERIES,), "int64", told))
    return ports


def _output(target: str, horizon: int, levels: Sequence[str]) -> Port:
    steps = f"of the next {horizon:,} rows" if horizon > 1 else "of the next row"
    if levels:
        told = f"the quantiles {', '.join(levels)} of {target} {steps}, in its unit"
        return Port("forecast", (SERIES, horizon, len(levels)), "float64", told)
    return Port("forecast", (SERIES, horizon), "float64", f"{target} {steps}, in its unit")
