"""A text from numbers: one to many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from seqsweep.errors import Fault
from seqsweep.events import TrialParams
from seqsweep.html import Section
from seqsweep.tasks.caption.baselines import BASELINES
from seqsweep.tasks.caption.dataset import Captioned
from seqsweep.tasks.caption.hyperparameters import HYPERPARAMETERS
from seqsweep.tasks.caption.metrics import METRICS
from seqsweep.tasks.caption.sections import images
from seqsweep.tasks.dataset import View
from seqsweep.tasks.decoding.dataset import PairedView
from seqsweep.tasks.decoding.evaluation import Evaluation
from seqsweep.tasks.decoding.network import decoder, dense, first_states
from seqsweep.tasks.decoding.split import SPLITS
from seqsweep.tasks.decoding.task import TextTask
from seqsweep.tasks.results import Heading, TestPredictions
from seqsweep.tasks.scaling import SCALERS

if TYPE_CHECKING:
    import keras

    from seqsweep.tasks.task import Inputs


class Caption(TextTask):
    """The text that belongs to a row of numbers, such as an image."""

    name = "caption"
    hyperparameters = HYPERPARAMETERS
    reads = ("windows.scaler",)
    metrics = METRICS
    catalogs: ClassVar = {"task.baselines": BASELINES, "windows.split": SPLITS, "windows.scaler": SCALERS}
    items = Captioned
    is_text = False

    def faults(self) -> list[Fault]:
        """Also of the scaler."""
        return [*super().faults(), *SCALERS.fault("windows.scaler", self.config.windows.scaler)]

    def network(
        self, view: View, params: TrialParams, inputs: Inputs, kernels: str, seeds: Sequence[int]
    ) -> keras.KerasTensor:
        """Numbers (batch, columns) and what was said (batch, steps) → (batch, steps, numbers).

        A dense layer reads the numbers, and sets what the decoder starts from.
        """
        values, before = inputs
        size = cast(PairedView, view).target.size
        read = dense(params.encoder, "relu", seeds[0], "encoder")(values)
        states = first_states(read, params, seeds[1])
        known = decoder(before, size, params, states, kernels, seeds[2:4])
        return dense(size, "softmax", seeds[4], "head")(known)

    @classmethod
    def sections(cls, heading: Heading, details: Mapping[str, Any], seen: TestPredictions | None) -> list[Section]:
        """Images with their captions, where the numbers are those of a square; right and wrong texts."""
        return [*images(Evaluation.read(details)), *super().sections(heading, details, seen)]
