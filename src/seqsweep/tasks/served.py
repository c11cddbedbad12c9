"""What a task adds to a packaged model: its predictor, its columns, its parts of the model card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from seqsweep.events import TrialParams
from seqsweep.tasks.dataset import Items, Predictions, View
from seqsweep.tasks.graph import Graph

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Served:
    """What a packaged model needs beside its network.

    Args:
        predictor: the class that turns what a caller gives into a network's inputs, and its outputs into an answer. It
            lies in a module that imports nothing of seqsweep but `serving`, by relative imports.
        spec: what it is told, of plain JSON values.
        inputs: columns that it takes: name, and whether it must be there.
        outputs: columns that it answers with: name, MLflow's type, and whether it is always there.
        example: an input.
        card: what a person must know of the model.
        requires: libraries that the predictor needs beside those of every model.
        graph: what of the model an ONNX file holds; None: the network alone.
        line: the column of texts that it reads alone, so that a line of plain text is a request; None: there is none.
    """

    predictor: type[Any]
    spec: Mapping[str, Any]
    inputs: Sequence[tuple[str, bool]]
    outputs: Sequence[tuple[str, str, bool]]
    example: pd.DataFrame
    card: Card
    line: str | None = None
    requires: Sequence[str] = ()
    graph: Graph | None = None


@dataclass(frozen=True)
class ServedBaseline:
    """A baseline, to be packaged as a network is.

    Args:
        params: what of a trial's hyperparameters the view depends on.
        view: the data as it reads them, and what answers.
        predict: what it says of items, in the unit of the data.
        numbers: that it has learned and keeps, as a network keeps weights; None: nobody counts them.
        single: makes one forecast from values at hand, as it does where it serves; None: there is no such way.
    """

    params: TrialParams
    view: View
    predict: Callable[[Items], Predictions]
    numbers: int | None = None
    single: Callable[[], object] | None = None


@dataclass(frozen=True)
class Card:
    """A task's own parts of a model card, in Markdown.

    Args:
        purpose: what the model predicts from what, in a sentence.
        use: how to call it.
        data: facts on data and parts, a line each.
        limits: where it cannot be trusted, a line each.
        more: further chapters: title → text.
    """

    purpose: str
    use: str
    data: Sequence[str]
    limits: Sequence[str]
    more: Mapping[str, str] = field(default_factory=dict)


class Model(Protocol):
    """A packaged model, loaded: what it was told, and what it answers to a request."""

    @property
    def spec(self) -> Mapping[str, Any]:
        """What its predictor was told."""

    def ask(self, frame: pd.DataFrame) -> pd.DataFrame:
        """What it answers to any caller."""
