"""The border of a task: what it must say so that everything else can search, train, score, package and show it.

A *task* knows what is learned. It turns a source into a *data set* of *items* (an origin in time, a row, a pair of
texts), says which items are train, validation and test, what one trial sees of them (a *view*, fitted on train alone),
how the network ends, how predictions are scored and compared, and what is served and shown. Everything outside
knows items, parts, metrics and views, and no task by name.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from seqsweep.catalog import Catalog
from seqsweep.errors import Fault, UserError
from seqsweep.events import TrialParams
from seqsweep.hyperparameters import Hyperparameter
from seqsweep.layers import body
from seqsweep.metrics import Metric
from seqsweep.schema import SweepConfig, TaskConfig
from seqsweep.tasks.checks import faults_of
from seqsweep.tasks.dataset import Call, Dataset, Items, Predictions, Say, Space, View
from seqsweep.tasks.evaluated import Evaluated
from seqsweep.tasks.results import TestPredictions
from seqsweep.tasks.served import Model, Served, ServedBaseline

if TYPE_CHECKING:
    import keras
    import pandas as pd

    Inputs: TypeAlias = tuple[keras.KerasTensor, ...]
    """The inputs of a network, symbolic, in the order of `View.inputs`."""

PREDICT_BATCH = 1024  # items a call: what is gathered stays small, and the call's own cost too


class Task(Evaluated):
    """One kind of learning; the catalog TASKS holds the classes.

    What of a test evaluation is its own is said by the methods of `Evaluated`.

    Args:
        config: of the sweep.
    """

    name: ClassVar[str]
    """What `task.kind` says."""

    verb: ClassVar[str] = "predicts"
    """What its networks do with a target, as a question says it: `Which network predicts price of shop best?`"""

    hyperparameters: ClassVar[tuple[Hyperparameter, ...]] = ()
    """What may differ between trials, beside layers and training."""

    settings: ClassVar[type[TaskConfig]] = TaskConfig
    """The group `task` of its configs: a subclass has further keys, each declared by `schema.declare.setting`."""

    reads: ClassVar[Sequence[str]] = ()
    """Which keys of `data` and `windows` it reads that not every task does: `data.season`."""

    metrics: ClassVar[Catalog[Metric]]
    """What predictions can be scored by."""

    losses: ClassVar[Sequence[str]] = ()
    """Which of the losses that `task.loss` may name training can lower; empty: the task has its own and asks nobody."""

    catalogs: ClassVar[Mapping[str, Catalog[Any]]] = {}
    """What further keys of the config may name, by key: `task.baselines`."""

    @classmethod
    def names(cls, key: str) -> tuple[str, ...]:
        """The names that a key of the config may hold; empty where this task has none for it."""
        return tuple({"task.metrics": cls.metrics, "task.loss": cls.losses, **cls.catalogs}.get(key, ()))

    def __init__(self, config: SweepConfig) -> None:
        self.config = config

    @property
    def objective(self) -> Metric:
        """The metric that ranks trials, on validation."""
        return self.metrics[self.config.task.objective]

    @property
    def measure(self) -> str:
        """What a score is a score of, beside the data: sweeps whose measures differ cannot be compared."""
        windows = self.config.windows
        return f"{self.name}, {windows.split} {windows.validation} {windows.test}"

    @property
    def summary(self) -> Mapping[str, str | int | float | bool | None]:
        """Settings of the task that the sweep's run shows as parameters."""
        return {}

    # What can be wrong, before anything is read

    def faults(self) -> list[Fault]:
        """What is wrong with the config of the task: names of metrics, the objective; tasks add their own."""
        return faults_of(self)

    def space_faults(self, space: Space) -> list[Fault]:  # noqa: ARG002
        """What the task's own hyperparameters ask of the rest of the config; the space alone is free of faults."""
        return []

    # Data and network

    @abstractmethod
    def load(self, space: Space, say: Say) -> Dataset:
        """The data set that the config describes.

        Args:
            space: what is searched.
            say: is told what reading did to the data.

        Raises:
            DataError: it cannot be used.
        """

    @property
    @abstractmethod
    def loss(self) -> str | Callable[[Any, Any], Any]:
        """What training lowers: a name that Keras knows, or a function of targets and outputs."""

    @abstractmethod
    def constant_loss(self, targets: NDArray[Any]) -> float:
        """The loss of the best constant output for targets (n, …): what a diverged trial is held against."""

    def loss_of(self, params: TrialParams) -> str | Callable[[Any, Any], Any]:  # noqa: ARG002
        """What training of one trial lowers: `loss`, unless trials differ in it."""
        return self.loss

    def constant_loss_of(self, params: TrialParams, targets: NDArray[Any]) -> float:  # noqa: ARG002
        """`constant_loss` by the loss of one trial.

        Args:
            params: of the trial.
            targets: (n, …).
        """
        return self.constant_loss(targets)

    def network(
        self, view: View, params: TrialParams, inputs: Inputs, kernels: str, seeds: Sequence[int]
    ) -> keras.KerasTensor:
        """The whole way from inputs to outputs: by default `embed`, the trial's layers, `head`.

        Args:
            view: what the trial sees.
            params: of the trial.
            inputs: (batch, *shape) each, of the shapes and types of the view's inputs.
            kernels: what runs the layers: `model.kernels` of the config.
            seeds: eight of them, independent of each other, for weights and whatever else is drawn.
        """
        state = body(self.embed(view, params, inputs, seeds[3]), params, kernels, seeds[0])
        return self.head(view, params, inputs, state, [*seeds[1:3], *seeds[4:]])

    def embed(self, view: View, params: TrialParams, inputs: Inputs, seed: int) -> keras.KerasTensor:  # noqa: ARG002
        """What the layers read, (batch, time, features): by default the first input as it is.

        Args:
            view: what the trial sees.
            params: of the trial.
            inputs: (batch, *shape) each.
            seed: for weights.
        """
        return inputs[0]

    def knows_start(self, params: TrialParams) -> bool:  # noqa: ARG002
        """Whether a trial's network is worth a score before its first step: it was solved, and not drawn.

        Args:
            params: of the trial.
        """
        return False

    @abstractmethod
    def head(
        self, view: View, params: TrialParams, inputs: Inputs, state: keras.KerasTensor, seeds: Sequence[int]
    ) -> keras.KerasTensor:
        """The end of the network: outputs from the last state of its recurrent layers.

        Args:
            view: what the trial sees.
            params: of the trial.
            inputs: (batch, *shape) each.
            state: (batch, units).
            seeds: six of them, for weights.
        """

    def mean_output(self, outputs: Sequence[keras.KerasTensor]) -> keras.KerasTensor:
        """What several networks of the same hyperparameters put out together: by default the mean of their numbers.

        It is right for what is measured, scaled alike in all of them, and for probabilities.

        Args:
            outputs: (batch, …) each, of the same items.
        """
        import keras

        # The same bits whether TensorFlow's optimizer of graphs runs or not: it turns a division into this product.
        return keras.layers.Rescaling(1 / len(outputs), name="mean")(keras.layers.Add(name="sum")(list(outputs)))

    def predict(self, view: View, params: TrialParams, call: Call, items: Items) -> Predictions:  # noqa: ARG002
        """What a trained network says of items: by default its outputs, in the unit of the data.

        A task that decodes, where a step reads what was said before it, calls the network again and again. The
        objective of each epoch is not scored by this, but by `View.inverse_transform` of the outputs at hand: see
        `Metric.needs_decoding`.

        Args:
            view: what the trial sees.
            params: of the trial.
            call: the network, of any arrays.
            items: (n,).
        """
        cuts = range(0, len(items), PREDICT_BATCH)
        batches = (items[cut : cut + PREDICT_BATCH] for cut in cuts)
        outputs = [call([gather.numpy(batch) for gather in view.inputs]) for batch in batches]
        return view.inverse_transform(items, np.concatenate(outputs))

    # What is served

    @abstractmethod
    def served(self, data: Dataset, view: View, params: TrialParams, details: Mapping[str, Any]) -> Served:
        """What a packaged model needs beside its network.

        Args:
            data: of the sweep.
            view: of the winner.
            params: of the winner.
            details: of its test evaluation.
        """

    @classmethod
    def serves_baseline(cls, config: SweepConfig, name: str) -> bool:  # noqa: ARG003
        """Whether `served_baseline` can be asked for a baseline.

        Args:
            config: of the sweep.
            name: of the baseline.
        """
        return False

    def served_baseline(self, data: Dataset, name: str, params: TrialParams) -> ServedBaseline:  # noqa: ARG002
        """A baseline as what is packaged.

        Args:
            data: of the sweep, or its `whole`.
            name: of the baseline.
            params: of any trial; of them the baseline keeps what it has no part in.

        Raises:
            UserError: it cannot be packaged; by default none can.
        """
        told = "only those of forecasts can"
        raise UserError(f"the baseline {name} of task.kind={self.name} cannot be packaged: {told}")

    def seen_by_baseline(self, data: Dataset, name: str, other: str | None) -> TestPredictions:
        """What a baseline says of validation and test, for the details of an evaluation, beside another one.

        Args:
            data: of the sweep.
            name: of a baseline that `served_baseline` can be asked for.
            other: the best of the other baselines on test; None: there is none.
        """
        raise NotImplementedError

    @abstractmethod
    def requests(self, data: Dataset, model: Model, items: Items) -> Iterator[pd.DataFrame]:
        """Requests, as any caller would make them, whose answers together predict these items.

        Args:
            data: that the items are of.
            model: a packaged model, which may be of another sweep.
            items: (n,), any of the data.
        """

    def latest(self, data: Dataset, model: Model) -> pd.DataFrame | None:  # noqa: ARG002
        """The last rows of the data, from which a model says what follows them; None, by default: nothing follows.

        Args:
            data: of the sweep, as it is now.
            model: a packaged model.
        """
        return None

    def answers(self, model: Model, frames: Sequence[pd.DataFrame]) -> Predictions:  # noqa: ARG002
        """The predictions in the answers to `requests`, in the order of the items; by default their first column.

        Args:
            model: that answered.
            frames: its answers, one a request, in the order of the requests.
        """
        return np.concatenate([frame.iloc[:, 0].to_numpy() for frame in frames])

    def extends(self, data: Dataset, model: Model) -> bool:  # noqa: ARG002
        """Whether data is what a model learned from with more behind, so that `comparable` knows it by place.

        Args:
            data: of a later sweep.
            model: a packaged model.
        """
        return False

    def comparable(self, data: Dataset, model: Model, items: Items) -> tuple[Items, str]:  # noqa: ARG002
        """Which of these items an older model can be held to, and why not where there are none.

        An item that the model has learned from says nothing of it.

        Args:
            data: that the items are of.
            model: a packaged model, which may be of another sweep.
            items: (n,), of the test part.
        """
        return items, ""
