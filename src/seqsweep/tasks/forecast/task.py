"""The forecast of a series: the next rows of the target from the rows before them, at once or one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from numpy.typing import NDArray

from seqsweep import data
from seqsweep.errors import Fault
from seqsweep.events import TrialParams
from seqsweep.evidence import Comparison, diebold_mariano
from seqsweep.html import Section
from seqsweep.metrics import Scores
from seqsweep.serving.quantiles import point_of
from seqsweep.tasks.dataset import Call, Dataset, Items, Predict, Predictions, Say, Space, View
from seqsweep.tasks.facts import FactTable
from seqsweep.tasks.forecast import baselines, heads, requests, split, windows
from seqsweep.tasks.forecast.ahead import next_forecasts
from seqsweep.tasks.forecast.audited import audited
from seqsweep.tasks.forecast.bound import bound
from seqsweep.tasks.forecast.by_series import (
    read_series,
    series_sentences,
)
from seqsweep.tasks.forecast.card import card
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.details import details_of, figures_of
from seqsweep.tasks.forecast.graph import make_graph
from seqsweep.tasks.forecast.hyperparameters import HYPERPARAMETERS
from seqsweep.tasks.forecast.intervals import read_intervals
from seqsweep.tasks.forecast.linear_path import ridge_lookback
from seqsweep.tasks.forecast.losses import LOSSES, constant_loss
from seqsweep.tasks.forecast.metrics import METRICS
from seqsweep.tasks.forecast.origins import drawn_arrays
from seqsweep.tasks.forecast.page import all_sections
from seqsweep.tasks.forecast.panel_dataset import PanelDataset
from seqsweep.tasks.forecast.panel_split import all_times
from seqsweep.tasks.forecast.panel_windows import PanelWindows
from seqsweep.tasks.forecast.quantile_intervals import (
    compared_tables,
)
from seqsweep.tasks.forecast.quantiles import levels_of, pinball_loss
from seqsweep.tasks.forecast.sentences import sentences
from seqsweep.tasks.forecast.served_baselines import seen_by_baseline, served_baseline, serves_baseline
from seqsweep.tasks.forecast.settings import READS, ForecastConfig, own
from seqsweep.tasks.forecast.space_faults import space_faults
from seqsweep.tasks.results import Audit, Heading, TestPredictions
from seqsweep.tasks.scaling import SCALERS
from seqsweep.tasks.served import Model, Served, ServedBaseline
from seqsweep.tasks.task import Task

if TYPE_CHECKING:
    import keras
    import pandas as pd

    from seqsweep.data import Series
    from seqsweep.schema import SweepConfig
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

    @classmethod
    def trained_for(cls, config: SweepConfig) -> Mapping[str, Any]:
        """The levels of the intervals, where networks learn the quantiles at their ends."""
        return {"levels": list(config.finals.levels)} if levels_of(config) else {}

    def faults(self) -> list[Fault]:
        """Also of the split, the transforms and the baselines."""
        config = self.config
        return [*split.faults(config), *windows.faults(config), *super().faults(), *baselines.faults(config)]

    def space_faults(self, space: Space) -> list[Fault]:
        """Differencing by a season needs one, a ridge the baseline that it is."""
        return space_faults(self.config, space)

    # Data and network

    def load(self, space: Space, say: Say) -> SeriesDataset | PanelDataset:
        """The series, or several of them, and their parts."""
        series = data.load(self.config.data)
        for note in [*series.notes, *bound(series, own(self.config).lower)]:
            say(note)
        dataset: SeriesDataset | PanelDataset
        if series.starts is not None:
            lookback = self._lookback(all_times(series), space)
            dataset = PanelDataset.of(self.config, series, lookback)
        else:
            dataset = SeriesDataset.of(self.config, series, self._lookback(series, space))
        for note in dataset.notes:
            say(note)
        return dataset

    def _lookback(self, series: Series, space: Space) -> int:
        """The most rows that any trial looks back."""
        return windows.max_lookback(space, self.config.data.season, self._ridge_lookback(series, space))

    def _ridge_lookback(self, series: Series, space: Space) -> int:
        """The most rows that the ridge of any trial sees; 0 where none has one."""
        if "ridge" not in space.values("linear_skip"):
            return 0
        own = [rows for rows in space.values("linear_window") if rows is not None]
        return max([ridge_lookback(self.config, series, int(max(space.values("window")))), *map(int, own)])

    @property
    def loss(self) -> str | Callable[[Any, Any], Any]:
        """The config's, on scaled targets."""
        levels = levels_of(self.config)
        return pinball_loss(levels) if levels else self.config.task.loss

    def constant_loss(self, targets: NDArray[Any]) -> float:
        """The loss of the best constant forecast of scaled targets (n, horizon)."""
        return constant_loss(self.config.task.loss, targets, levels_of(self.config))

    def loss_of(self, params: TrialParams) -> str | Callable[[Any, Any], Any]:
        """The trial's own, which may be searched; that of quantiles is one for all."""
        return self.loss if levels_of(self.config) else str(params.get("loss", self.loss))

    def constant_loss_of(self, params: TrialParams, targets: NDArray[Any]) -> float:
        """See Task."""
        loss = self.loss_of(params)
        return constant_loss(loss, targets) if isinstance(loss, str) else self.constant_loss(targets)

    def network(
        self, view: View, params: TrialParams, inputs: Inputs, kernels: str, seeds: Sequence[int]
    ) -> keras.KerasTensor:
        """The last rows, and what is known ahead → (batch, horizon), or quantiles of it, by one of several heads."""
        return heads.network(
            cast(windows.Windows | PanelWindows, view), params, inputs, kernels, seeds, len(levels_of(self.config))
        )

    def head(self, *unused: Any) -> keras.KerasTensor:
        """A head may have layers of its own, see `network`."""
        raise NotImplementedError

    def knows_start(self, params: TrialParams) -> bool:
        """With a ridge a network forecasts as the ridge does, until its first step."""
        return bool(params.linear_skip == "ridge")

    # What a result proves

    def compare(
        self, actual: Predictions, predicted: Predictions, reference: Predictions, level: float
    ) -> Comparison | None:
        """The test of Diebold and Mariano, of absolute or squared errors as the objective weighs them."""
        return diebold_mariano(actual, point_of(predicted), point_of(reference), self.objective.loss, level)

    def compare_on(
        self,
        data: Dataset,
        items: Items,
        actual: Predictions,
        predicted: Predictions,
        reference: Predictions,
        level: float,
    ) -> Comparison | None:
        """Of several series the same test of their mean loss at each time: they are alike there."""
        moments = data.moments(items) if isinstance(data, PanelDataset) and len(data.series.names) > 1 else None
        pair = point_of(predicted), point_of(reference)
        return diebold_mariano(actual, *pair, self.objective.loss, level, moments)

    def audit(self, data: Dataset, params: TrialParams, predict: Predict) -> Audit:
        """Later values become noise, and nothing before them may move by a bit."""
        return audited(self.config, cast(SeriesDataset | PanelDataset, data), params, predict)

    def details(self, data: Dataset, seen: TestPredictions) -> Mapping[str, Any]:
        """Forecast intervals, and what each of several series comes to."""
        return details_of(self.config, cast(SeriesDataset | PanelDataset, data), seen)

    def calibration(self, data: Dataset) -> Items:
        """The forecasts of the end of train; none where it is too short to hold any out."""
        wanted = self.config.finals.calibration == "train"
        return cast(SeriesDataset | PanelDataset, data).held if wanted else super().calibration(data)

    def kept_arrays(self, data: Dataset) -> Mapping[str, NDArray[Any]]:
        """The target and its times, and what tells several series apart."""
        return drawn_arrays(cast(SeriesDataset | PanelDataset, data))

    def examples(self, data: Dataset, view: View, params: TrialParams, call: Call) -> Mapping[str, Any]:  # noqa: ARG002
        """What the network says of the rows behind the last one."""
        known, seen = cast(SeriesDataset | PanelDataset, data), cast(windows.Windows | PanelWindows, view)
        return {"next": next_forecasts(known, seen, call)}

    # What is served

    def served(self, data: Dataset, view: View, params: TrialParams, details: Mapping[str, Any]) -> Served:
        """Rows of the series in, a row for each step ahead out."""
        known, seen = cast(SeriesDataset | PanelDataset, data), cast(windows.Windows | PanelWindows, view)
        intervals = read_intervals(details)
        spec = requests.make_spec(known, seen, params, intervals)
        rows = seen.window + seen.transform.n_dropped
        return Served(
            predictor=requests.predictor(),
            spec=spec,
            inputs=requests.input_columns(known),
            outputs=requests.output_columns(spec),
            example=requests.example(known, rows, seen.baseline is not None),
            card=card(spec, known, self.config, intervals),
            requires=requests.libraries(known),
            graph=make_graph(known, seen, params),
        )

    @classmethod
    def serves_baseline(cls, config: SweepConfig, name: str) -> bool:
        """All but those that go on from a state at a time, where rows have none."""
        return serves_baseline(config, name)

    def served_baseline(self, data: Dataset, name: str, params: TrialParams) -> ServedBaseline:
        """What it says of the last rows, or of those behind a state that is known."""
        return served_baseline(cast(SeriesDataset | PanelDataset, data), name, params)

    def seen_by_baseline(self, data: Dataset, name: str, other: str | None) -> TestPredictions:
        """See Task."""
        return seen_by_baseline(cast(SeriesDataset | PanelDataset, data), name, self.calibration(data), other)

    def requests(self, data: Dataset, model: Model, items: Items) -> Iterator[pd.DataFrame]:
        """A frame for some hundred origins, an origin a series."""
        return requests.frames(cast(SeriesDataset, data).series, model.spec, items)

    def latest(self, data: Dataset, model: Model) -> pd.DataFrame | None:
        """As many as a forecast needs, of each series."""
        return requests.latest(cast(SeriesDataset, data).series, model.spec)

    def answers(self, model: Model, frames: Sequence[pd.DataFrame]) -> Predictions:
        """(n, horizon)."""
        return requests.forecasts(frames, model.spec)

    def answered(self, predictions: Predictions) -> Predictions:
        """Of quantiles the medians."""
        return point_of(predictions)

    def extends(self, data: Dataset, model: Model) -> bool:
        """Whether rows were added behind those that the model is of."""
        return requests.extends(cast(SeriesDataset | PanelDataset, data).series, model.spec)

    def comparable(self, data: Dataset, model: Model, items: Items) -> tuple[Items, str]:
        """The origins whose targets the model has neither learned from nor been chosen by."""
        return requests.unseen(cast(SeriesDataset, data), model.spec, items)

    # What is shown

    def test_metrics(self, details: Mapping[str, Any]) -> Mapping[str, float]:
        """Coverage and width of each level."""
        return figures_of(details)

    @classmethod
    def tables(cls, details: Mapping[str, Any]) -> list[FactTable]:
        """Coverage and width of each kind of interval, where a network has quantiles."""
        return compared_tables(details)

    @classmethod
    def sentences(cls, heading: Heading, scores: Mapping[str, Scores], details: Mapping[str, Any]) -> list[str]:
        """Whether there is any signal, and how often the intervals held."""
        told = sentences(heading.objective, scores, read_intervals(details))
        return [*told, *series_sentences(heading, read_series(details))]

    @classmethod
    def sections(cls, heading: Heading, details: Mapping[str, Any], seen: TestPredictions | None) -> list[Section]:
        """Forecast against actual, step by step and from single origins; the next forecast; what is left over."""
        return all_sections(heading, details, seen)
