"""What a sweep learns from, as everything outside a task sees it: items, their parts, and what a trial sees of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from numpy.typing import NDArray

from seqsweep.events import TrialParams
from seqsweep.serving.array_types import Float32s, Int64s
from seqsweep.serving.gather import Gather
from seqsweep.tasks.facts import Facts, FactTable
from seqsweep.words import counted

Items: TypeAlias = Int64s
"""Numbers of items, (n,); only their data set knows what each stands for."""

Predictions: TypeAlias = NDArray[Any]
"""What is predicted for items, or what happened: (n, …), in the unit of the data; only their task knows more."""

Say: TypeAlias = Callable[[str], None]
"""Tells the user a sentence."""

Predict: TypeAlias = Callable[["View", Items], Predictions]
"""A trained network: a view, which may be of changed data, and items → predictions."""

Call: TypeAlias = Callable[[Sequence[NDArray[Any]]], Float32s]
"""A network as it is: an array for each of its inputs (n, …) → its outputs (n, …)."""


class Space(Protocol):
    """What a task may ask of the search space, to give every trial the same items."""

    def highest(self, name: str) -> Any:
        """The greatest value of a hyperparameter of numbers."""

    def values(self, name: str) -> Sequence[Any]:
        """Each value that any trial may have of a hyperparameter, warm starts included; of a range each whole number.

        None where no trial has it.
        """

    def warm_starts(self) -> Sequence[TrialParams]:
        """Known configurations that are run first, complete; they may lie outside the space."""


class Split(Protocol):
    """The items of each part. A part's items never depend on what a later part holds."""

    @property
    def train(self) -> Items:
        """What is learned from."""

    @property
    def validation(self) -> Items:
        """What ranks trials."""

    @property
    def test(self) -> Items:
        """What is read once, at the end; empty in a fold."""


class View(Protocol):
    """A data set as one trial sees it. All that it has learned, it learned from train."""

    @property
    def split(self) -> Split:
        """The parts of the trial's fold."""

    @property
    def input_shapes(self) -> Sequence[tuple[int | None, ...]]:
        """Of each input of one item, without the batch: (time, features); None where the length may differ."""

    @property
    def inputs(self) -> Sequence[Gather]:
        """What a network reads of items: one for each of its inputs."""

    @property
    def targets(self) -> Gather:
        """What its loss compares its outputs with."""

    def inverse_transform(self, items: Items, outputs: Float32s) -> Predictions:
        """A network's outputs for items as predictions in the unit of the data.

        Args:
            items: (n,).
            outputs: (n, …), scaled as the view's targets are.
        """


class Dataset(Protocol):
    """What a sweep learns from. It crosses process borders once, to each worker."""

    @property
    def name(self) -> str:
        """Of the data, for headings; the registered model is called so."""

    @property
    def target(self) -> str:
        """What is predicted."""

    @property
    def rows(self) -> int:
        """Of the source."""

    @property
    def sha256(self) -> str:
        """Of the content: the same data has the same one, whatever file it came from."""

    def split(self, fold: int = 0) -> Split:
        """The parts of a fold; 0 is the sweep's own, others are for finals and have no test part.

        Raises:
            DataError: what is left is too little.
        """

    def view(self, params: TrialParams, fold: int = 0) -> View:
        """What a trial with these hyperparameters sees, in a fold.

        Args:
            params: the trial's hyperparameters.
            fold: 0 is the sweep's own; others are for finals.
        """

    def actual(self, items: Items) -> Predictions:
        """What happened, in the unit of the data."""

    def score(
        self,
        actual: Predictions,
        predicted: Predictions,
        metrics: Sequence[str] = (),
        items: Items | None = None,
    ) -> dict[str, float]:
        """Metrics of predictions.

        Args:
            actual: (n, …), in the unit of the data.
            predicted: (n, …), for the same items.
            metrics: names of the task's metrics; empty: all that the config names.
            items: (n,), for data whose scores are means over several series; others do not ask.
        """

    def baselines(self, items: Items) -> Mapping[str, Predictions]:
        """What a network must beat: for each baseline its predictions, made from what it may know at each item.

        One that cannot be made is left out. None may use what lies in validation but to choose between its own
        settings, nor anything of test.
        """

    def facts(self) -> Facts:
        """What a person should know of the data before anything is learned from it; by default the sizes of its parts.

        Notes are left to who reads the data: `Task.load` says them.
        """
        parts = self.split()
        sizes = {part: len(getattr(parts, part)) for part in ("train", "validation", "test")}
        rows = tuple((part, counted(size, "item")) for part, size in sizes.items())
        of = (("data", self.name), ("target", self.target), ("rows", f"{self.rows:,}"))
        told = ", ".join(f"{part} {size:,}" for part, size in sizes.items())
        summary = (f"{self.name}: {counted(self.rows, 'row')}, target {self.target}; items: {told}",)
        return Facts(self.name, summary, (FactTable("data", "Data", of), FactTable("parts", "Parts", rows)))

    def notes_on_baselines(self) -> Mapping[str, str]:
        """What the baselines chose for themselves, by a tag's name; a subclass that says nothing has none."""
        return {}

    def whole(self) -> Dataset | None:
        """The same data as one part, for what serves: all of its items are train, and none validation.

        Whatever is learned from train is learned from all of it, but for choices that validation made, which stand. Its
        test part are the items that it was, of which train holds each. None, by default: there is no such way, and
        what serves is what was scored.
        """
        return None

    def extent(self) -> str:
        """What it holds in words, `309 rows from 1700 to 2008`; by default its rows."""
        return counted(self.rows, "row")
