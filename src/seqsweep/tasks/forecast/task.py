"""The forecast of a series: the next rows of the target from the rows before them, all at once (direct)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from seqsweep import data
from seqsweep.errors import Fault
from seqsweep.events import TrialParams
from seqsweep.evidence import Comparison, diebold_mariano
from seqsweep.html import Section
from seqsweep.metrics import Scores
from seqsweep.tasks.dataset import Dataset, Items, Predict, Predictions, Say, Space, View
from seqsweep.tasks.forecast import baselines, requests, split, windows
from seqsweep.tasks.forecast.audit import audit, pipeline
from seqsweep.tasks.forecast.card import card
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.hyperparameters import HYPERPARAMETERS, LOSSES
from seqsweep.tasks.forecast.intervals import make_intervals, read_intervals
from seqsweep.tasks.forecast.linear_path import LinearPath, Ridge, ridge_lookback
from seqsweep.tasks.forecast.metrics import METRICS
from seqsweep.tasks.forecast.sections import sections
from seqsweep.tasks.forecast.sentences import sentences
from seqsweep.tasks.forecast.settings import READS, ForecastConfig, own
from seqsweep.tasks.forecast.split import make_split
from seqsweep.tasks.results import Audit, Heading, TestPredictions
from seqsweep.tasks.scaling import SCALERS
from seqsweep.tasks.served import Model, Served
from seqsweep.tasks.task import Task

if TYPE_CHECKING:
    import keras
    import pandas as pd

    from seqsweep.data import Series
    from seqsweep.tasks.task import Inputs


class Forecast(Task):
    """The next `horizon` rows of the target: many to one for 1, many to many for more."""

    name = "forecast"
    verb = "forecasts"
    hyperparameters = HYPERPARAMETERS
    settings = ForecastConfig
    reads = READS
    metrics = METRICS
    losses = LOSSES
    catalogs: ClassVar = {
        "task.baselines": baselines.BASELINES,
        "windows.split": split.SPLITS,
        "windows.scaler": SCALERS,
        "windows.anchor": windows.ANCHORS,
    }

    @property
    def measure(self) -> str:
        """The split and the horizon."""
        return f"{super().measure}, horizon {own(self.config).horizon}"

    @property
    def summary(self) -> Mapping[str, str | int | float | bool | None]:
        """The horizon."""
        return {"horizon": own(self.config).horizon}

    def faults(self) -> list[Fault]:
        """Also of the split, the transforms and the baselines."""
        config = self.config
        return [*split.faults(config), *windows.faults(config), *super().faults(), *baselines.faults(config)]

    def space_faults(self, space: Space) -> list[Fault]:
        """Differencing by a season needs one, a ridge the baseline that it is."""
        return [*self._ridge_faults(space), *self._season_faults(space)]

    def _ridge_faults(self, space: Space) -> Iterator[Fault]:
        if "ridge" in space.values("linear_skip") and "linear" not in self.config.task.baselines:
            told = "a network that starts as the ridge is held against it; add linear to task.baselines"
            yield Fault("search_space.linear_skip", f"search_space.linear_skip=ridge: {told}", also=("task.baselines",))

    def _season_faults(self, space: Space) -> list[Fault]:
        follows = "seasonal_difference" not in self.config.search_space
        if self.config.data.season is not None or (follows and self.config.data.seasonal_difference == 1):
            return []  # what is wrong with the key that it follows is told of that
        key, told = "search_space.seasonal_difference", "needs data.season, the rows of a season; set it"
        if space.highest("seasonal_difference"):
            given = self.config.search_space.get("seasonal_difference", self.config.data.seasonal_difference)
            text = f"{key}={given}: {told}, or set seasonal_difference to 0"
            return [Fault(key, text, also=("data.season",))]
        starts = [i for i, point in enumerate(space.warm_starts()) if point.seasonal_difference]
        keys = [f"search_space.warm_start[{i}].seasonal_difference" for i in starts]
        return [Fault(key, f"{key}=1: {told}", also=("data.season",)) for key in keys]

    # Data and network

    def load(self, space: Space, say: Say) -> SeriesDataset:
        """The series, and its parts."""
        series = data.load(self.config.data)
        for note in series.notes:
            say(note)
        ridge = self._ridge_lookback(series, space)
        dataset = SeriesDataset.of(self.config, series, windows.max_lookback(space, self.config.data.season, ridge))
        for note in dataset.notes:
            say(note)
        return dataset

    def _ridge_lookback(self, series: Series, space: Space) -> int:
        """The most rows that the ridge of any trial sees; 0 where none has one."""
        if "ridge" not in space.values("linear_skip"):
            return 0
        own = [rows for rows in space.values("linear_window") if rows is not None]
        return max([ridge_lookback(self.config, series, int(max(space.values("window")))), *map(int, own)])

    @property
    def loss(self) -> str:
        """The config's, on scaled targets."""
        return self.config.task.loss

    def constant_loss(self, targets: NDArray[Any]) -> float:
        """The loss of the best constant forecast of scaled targets (n, horizon)."""
        return constant_loss(self.loss, targets)

    def loss_of(self, params: TrialParams) -> str:
        """The trial's own, which may be searched."""
        return str(params.get("loss", self.loss))

    def constant_loss_of(self, params: TrialParams, targets: NDArray[Any]) -> float:
        """See Task."""
        return constant_loss(self.loss_of(params), targets)

    def embed(self, view: View, params: TrialParams, inputs: Inputs, seed: int) -> keras.KerasTensor:  # noqa: ARG002
        """The last `window` rows: a ridge may read more."""
        longer = cast(windows.Windows, view).window > params.window
        return inputs[0][:, -params.window :] if longer else inputs[0]

    def knows_start(self, params: TrialParams) -> bool:
        """With a ridge a network forecasts as the ridge does, until its first step."""
        return bool(params.linear_skip == "ridge")

    def head(
        self,
        view: View,
        params: TrialParams,
        inputs: Inputs,
        state: keras.KerasTensor,
        seeds: Sequence[int],
    ) -> keras.KerasTensor:
        """A dense layer over the horizon, and with `linear_skip` a linear path from the window beside it.

        Where columns are known ahead, each step adds what the state and the values of its own time say together.
        Beside a ridge the dense layer starts at 0: it learns what the ridge leaves.

        Source of `linear_skip: true`: the autoregressive component of LSTNet (Lai et al., 2018), here over all columns.
        """
        import keras

        horizon, path = own(self.config).horizon, cast(windows.Windows, view).path
        start = keras.initializers.GlorotUniform(seed=seeds[0]) if path is None else "zeros"
        output = keras.layers.Dense(horizon, kernel_initializer=start, name="head")(state)
        if len(inputs) > 1:
            own_time = _by_step(state, inputs[1], seeds[2:], is_solved=path is not None)
            output = keras.layers.Add(name="with_known")([output, own_time])
        if params.linear_skip == "false":
            return output
        if path is not None:
            return keras.layers.Add(name="output")([output, _solved(path, inputs, params.linear_trainable)])
        flat = keras.layers.Flatten(name="skip_window")(inputs[0])
        start = keras.initializers.GlorotUniform(seed=seeds[1])
        skip = keras.layers.Dense(horizon, use_bias=False, kernel_initializer=start, name="skip")(flat)
        return keras.layers.Add(name="output")([output, skip])

    # What a result proves

    def compare(
        self, actual: Predictions, predicted: Predictions, reference: Predictions, level: float
    ) -> Comparison | None:
        """The test of Diebold and Mariano, of absolute or squared errors as the objective weighs them."""
        return diebold_mariano(actual, predicted, reference, self.objective.loss, level)

    def audit(self, data: Dataset, params: TrialParams, predict: Predict) -> Audit:
        """Later values become noise, and nothing before them may move by a bit."""
        known = cast(SeriesDataset, data)
        config, lookback = self.config, known.parts.max_lookback
        found = audit(
            known.series,
            lambda series: make_split(series, config.windows, own(config).horizon, lookback),
            pipeline(params, config.data.season, self._as_chosen(known, params)),
            predict,
        )
        return Audit(found.passed, found.checked, found.findings)

    def _as_chosen(self, data: SeriesDataset, params: TrialParams) -> windows.Solve | None:
        """The winner's ridge with its window and penalty: validation has chosen them, and noise would choose anew."""
        ridge = Ridge.of(self.config, params)
        path = None if ridge is None else data.view(params).path
        return None if ridge is None or path is None else ridge.fixed(path.fit)

    def details(self, data: Dataset, seen: TestPredictions) -> Mapping[str, Any]:  # noqa: ARG002
        """Forecast intervals."""
        return {"intervals": make_intervals(seen, self.config.finals.levels)}

    def kept_arrays(self, data: Dataset) -> Mapping[str, NDArray[Any]]:
        """The index of the series, for the axis of time."""
        return {"index": cast(SeriesDataset, data).series.clock}

    # What is served

    def served(self, data: Dataset, view: View, params: TrialParams, details: Mapping[str, Any]) -> Served:
        """Rows of the series in, a row for each step ahead out."""
        known, seen = cast(SeriesDataset, data), cast(windows.Windows, view)
        intervals = read_intervals(details)
        spec = requests.make_spec(known, seen, params, intervals)
        rows = seen.window + seen.transform.n_dropped
        return Served(
            predictor=predictor(),
            spec=spec,
            inputs=requests.input_columns(known),
            outputs=requests.output_columns(spec),
            example=requests.example(known, rows),
            card=card(spec, known, self.config, intervals),
            requires=requests.libraries(known),
        )

    def requests(self, data: Dataset, model: Model, items: Items) -> Iterator[pd.DataFrame]:
        """A frame for some hundred origins, an origin a series."""
        return requests.frames(cast(SeriesDataset, data).series, model.spec, items)

    def answers(self, model: Model, frames: Sequence[pd.DataFrame]) -> Predictions:
        """(n, horizon)."""
        return requests.forecasts(frames, model.spec)

    def comparable(self, data: Dataset, model: Model, items: Items) -> tuple[Items, str]:
        """The origins whose targets the model has neither learned from nor been chosen by."""
        return requests.unseen(cast(SeriesDataset, data), model.spec, items)

    # What is shown

    def test_metrics(self, details: Mapping[str, Any]) -> Mapping[str, float]:
        """Coverage and width of each level."""
        found: dict[str, float] = {}
        for interval in read_intervals(details):
            level = f"{100 * interval.level:g}"  # 99.5 is not 100
            found |= {f"test_coverage_{level}": interval.coverage, f"test_width_{level}": interval.width}
        return found

    @classmethod
    def sentences(cls, heading: Heading, scores: Mapping[str, Scores], details: Mapping[str, Any]) -> list[str]:
        """Whether there is any signal, and how often the intervals held."""
        return sentences(heading.objective, scores, read_intervals(details))

    @classmethod
    def sections(cls, heading: Heading, details: Mapping[str, Any], seen: TestPredictions | None) -> list[Section]:
        """Forecast against actual, and what is left over."""
        return sections(heading, read_intervals(details), seen)


def predictor() -> type[Any]:
    """The class that serves forecasts; MLflow is imported with it."""
    from seqsweep.tasks.forecast.predictor import ForecastPredictor

    return ForecastPredictor


def _by_step(
    state: keras.KerasTensor, known: keras.KerasTensor, seeds: Sequence[int], is_solved: bool
) -> keras.KerasTensor:
    """(batch, units) and (batch, horizon, columns) → (batch, horizon): of each step its own values, beside the state.

    The weights are those of every step, so that a promotion means the same on each day ahead. A dense layer of as many
    units as the state lets it mean more where there is more to sell.

    Args:
        state: of the recurrent layers.
        known: the columns that are known ahead.
        seeds: two of them.
        is_solved: a ridge says all at first.
    """
    import keras

    drawn = [keras.initializers.GlorotUniform(seed=seed) for seed in seeds[:2]]
    states = keras.layers.RepeatVector(known.shape[1], name="state_by_step")(state)
    both = keras.layers.Concatenate(name="state_and_known")([states, known])  # (batch, horizon, units + columns)
    mixed = keras.layers.Dense(state.shape[-1], "relu", kernel_initializer=drawn[0], name="mixed")(both)
    every = keras.layers.Concatenate(name="mixed_and_known")([mixed, known])
    last = keras.layers.Dense(1, kernel_initializer="zeros" if is_solved else drawn[1], name="by_step")(every)
    return keras.layers.Flatten(name="of_known")(last)


def _solved(path: LinearPath, inputs: Inputs, trainable: bool) -> keras.KerasTensor:
    """(batch, rows, columns), and what is known ahead → (batch, horizon): a dense layer with the weights of a ridge."""
    import keras

    window = inputs[0]
    rows = window[:, -path.window :] if window.shape[1] > path.window else window
    flat = keras.layers.Flatten(name="skip_window")(rows)
    if len(inputs) > 1:
        ahead = keras.layers.Flatten(name="skip_known")(inputs[1])
        flat = keras.layers.Concatenate(name="skip_inputs")([flat, ahead])
    layer = keras.layers.Dense(len(path.bias), trainable=trainable, name="skip")
    skip = layer(flat)
    layer.set_weights([path.weights, path.bias])
    return skip


def constant_loss(loss: str, targets: NDArray[Any]) -> float:
    """The loss of the best constant forecast.

    Args:
        loss: a name that `task.loss` may have.
        targets: (n, horizon), scaled.
    """
    if loss == "mae":
        return float(np.abs(targets - np.median(targets)).mean())
    error = targets - targets.mean()
    if loss == "huber":  # Source: Huber (1964), with the threshold 1 that Keras uses
        return float(np.where(np.abs(error) <= 1, error**2 / 2, np.abs(error) - 0.5).mean())
    return float((error**2).mean())
