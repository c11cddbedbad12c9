"""A text from a text: many to many, an encoder and a decoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from numpy.typing import NDArray

from seqsweep.events import TrialParams
from seqsweep.html import Section
from seqsweep.tasks.dataset import Items, View
from seqsweep.tasks.decoding.dataset import PairedView
from seqsweep.tasks.decoding.split import SPLITS
from seqsweep.tasks.decoding.task import TextTask
from seqsweep.tasks.results import Heading, TestPredictions
from seqsweep.tasks.translate import attention
from seqsweep.tasks.translate.baselines import BASELINES
from seqsweep.tasks.translate.dataset import TextPairs
from seqsweep.tasks.translate.hyperparameters import HYPERPARAMETERS
from seqsweep.tasks.translate.metrics import METRICS
from seqsweep.tasks.translate.network import network

if TYPE_CHECKING:
    import keras

    from seqsweep.tasks.task import Inputs


class Translate(TextTask):
    """The text that belongs to a text, such as its translation."""

    name = "translate"
    hyperparameters = HYPERPARAMETERS
    metrics = METRICS
    catalogs: ClassVar = {"task.baselines": BASELINES, "windows.split": SPLITS}
    items = TextPairs
    is_text = True

    def network(
        self, view: View, params: TrialParams, inputs: Inputs, kernels: str, seeds: Sequence[int]
    ) -> keras.KerasTensor:
        """A text (batch, tokens) and what was said (batch, steps) → (batch, steps, numbers); see `network`."""
        return network(cast(PairedView, view), params, inputs, kernels, seeds)

    def inside(self, view: View, models: Sequence[keras.Model], items: Items) -> Mapping[str, NDArray[Any]]:
        """The weights of the attention for a few items."""
        return attention.attention(cast(PairedView, view), models, items)

    @classmethod
    def sections(cls, heading: Heading, details: Mapping[str, Any], seen: TestPredictions | None) -> list[Section]:
        """Right and wrong texts, and where the network looks."""
        return [*super().sections(heading, details, seen), *attention.sections({} if seen is None else seen.more)]
