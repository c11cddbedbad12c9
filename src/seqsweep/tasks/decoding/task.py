"""What all tasks share whose answer is a text: one to many, many to many."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from seqsweep.errors import Fault
from seqsweep.events import TrialParams
from seqsweep.evidence import Comparison
from seqsweep.html import Section
from seqsweep.metrics import Scores
from seqsweep.serving.subwords import NEEDED
from seqsweep.tasks import parts
from seqsweep.tasks.dataset import Call, Dataset, Items, Predict, Predictions, Say, Space, View
from seqsweep.tasks.decoding import requests
from seqsweep.tasks.decoding.audit import audit
from seqsweep.tasks.decoding.card import card
from seqsweep.tasks.decoding.dataset import PairedItems, PairedView, parted
from seqsweep.tasks.decoding.evaluation import Evaluation, compare, evaluate
from seqsweep.tasks.decoding.facts import notes
from seqsweep.tasks.decoding.graph import make_graph
from seqsweep.tasks.decoding.limits import cut, subwords_of, unknown
from seqsweep.tasks.decoding.network import loss
from seqsweep.tasks.decoding.sections import sections
from seqsweep.tasks.decoding.sentences import sentences
from seqsweep.tasks.decoding.split import SPLITS
from seqsweep.tasks.decoding.table import Words, read_pairs
from seqsweep.tasks.results import Audit, Heading, TestPredictions
from seqsweep.tasks.served import Model, Served
from seqsweep.tasks.task import Task
from seqsweep.words import in_words

if TYPE_CHECKING:
    import keras
    import pandas as pd


class TextTask(Task):
    """A text from an item, said piece by piece."""

    losses = ("cross_entropy",)

    items: ClassVar[type[PairedItems]]
    """The data set, which knows metrics and baselines."""

    is_text: ClassVar[bool]
    """Whether items are texts; else they are numbers."""

    @property
    def measure(self) -> str:
        """The split, which the seed draws."""
        return f"{super().measure}, seed {self.config.seed}"

    def faults(self) -> list[Fault]:
        """Also of the split, the baselines and the columns."""
        data, found = self.config.data, [*parts.faults(self.config, SPLITS), *super().faults()]
        baselines = self.items.BASELINES
        found += [fault for name in self.config.task.baselines for fault in baselines.fault("task.baselines", name)]
        if data.target is None:
            found.append(Fault("data.target", "data.target=null: name the column of texts to say, data.target=COLUMN"))
        if self.is_text and len(data.features) != 1:
            told = f"data.features=[{', '.join(data.features)}]: a text is one column; name it, data.features=[COLUMN]"
            found.append(Fault("data.features", told))
        if data.group is not None and data.group in (data.target, *data.features):
            told = f"data.group={data.group}: the same column is data.target or in data.features"
            found.append(Fault("data.group", told, also=("data.target", "data.features")))
        return found

    # Data and network

    def space_faults(self, space: Space) -> list[Fault]:
        """Subwords are made by a library that may not be there."""
        keys = ["target_tokens", *(["source_tokens"] if self.is_text else [])]
        if find_spec("sentencepiece") is not None:
            return []
        told = f"subwords: {NEEDED}: pip install 'seqsweep[text]', or take words or letters"
        return [
            Fault(f"search_space.{key}", f"search_space.{key}={told}")
            for key in keys
            if "subwords" in space.values(key)
        ]

    def load(self, space: Space, say: Say) -> PairedItems:
        """The items, and their parts."""
        table = read_pairs(self.config.data, self.is_text)
        data = self.items(self.config, table, parted(table, self.config))
        for note in [*notes(table, data.parts, self.config.windows.split), *self._limits(data, space)]:
            say(note)
        return data

    def _limits(self, data: PairedItems, space: Space) -> Iterator[str]:
        """What no trial can read or say of the items."""
        table = data.table
        sides: list[tuple[str, Words, str]] = [(table.target, table.targets, "target_tokens")]
        if table.texts is not None:
            sides.insert(0, (table.columns[0], table.texts, "source_tokens"))
        for column, texts, key in sides:
            side = key.removesuffix("_tokens")
            limit, size = f"{side}_longest", f"{side}_vocabulary"
            for kind in dict.fromkeys(space.values(key)):
                made = subwords_of(texts, data, size, space.values(size)) if kind == "subwords" else None
                yield from cut(column, texts, data, kind, limit, space.values(limit), made)
                if side == "target":
                    yield from unknown(data, kind, max(space.values(size)), made)

    @property
    def loss(self) -> Any:
        """Cross-entropy of pieces; what lies behind the end of a text does not count."""
        return loss

    def constant_loss(self, targets: NDArray[Any]) -> float:
        """The entropy of the pieces (n, steps), in nats."""
        counts = np.bincount(targets[targets > 0])
        shares = counts[counts > 0] / counts.sum()
        return float(-(shares * np.log(shares)).sum())

    @abstractmethod
    def network(
        self, view: View, params: TrialParams, inputs: Any, kernels: str, seeds: Sequence[int]
    ) -> keras.KerasTensor:
        """What is told (batch, …) and what was said before each step (batch, steps) → (batch, steps, numbers)."""

    def head(self, *unused: Any) -> keras.KerasTensor:
        """A network of texts ends at each of its steps, see `network`."""
        raise NotImplementedError

    def predict(self, view: View, params: TrialParams, call: Call, items: Items) -> Predictions:
        """What the network says by itself, and what the true texts cost it."""
        return cast(PairedView, view).decoded(call, items, params.beam)

    # What a result proves

    def compare(
        self, actual: Predictions, predicted: Predictions, reference: Predictions, level: float
    ) -> Comparison | None:
        """The paired bootstrap over items."""
        metric = self.objective
        measure = "share of wrong texts" if metric.loss == "zero-one" else in_words(metric.name)
        return compare(metric, actual, predicted, reference, measure, level)

    def audit(self, data: Dataset, params: TrialParams, predict: Predict) -> Audit:
        """Other items outside train move nothing that is learned; and no item is in two parts."""
        shared, found = super().audit(data, params, predict), audit(cast(PairedItems, data), params, predict)
        return Audit(shared.passed and found.passed, f"{shared.checked}; {found.checked}",
                     (*shared.findings, *found.findings))  # fmt: skip

    def details(self, data: Dataset, seen: TestPredictions) -> Mapping[str, Any]:
        """How many are right, examples, the gain in BLEU."""
        config = self.config
        return evaluate(seen, cast(PairedItems, data).table, config.task.metrics, config.finals.confidence)

    # What is served

    def served(self, data: Dataset, view: View, params: TrialParams, details: Mapping[str, Any]) -> Served:
        """Rows in, a text for each out."""
        known = cast(PairedItems, data)
        spec = requests.make_spec(known, cast(PairedView, view), params.beam)
        return Served(
            predictor=predictor(),
            spec=spec,
            inputs=requests.input_columns(known),
            outputs=requests.output_columns(),
            example=next(requests.frames(known, known.parts.train[:3], with_targets=False)),
            card=card(spec, known, Evaluation.read(details)),
            line=known.table.columns[0] if self.is_text else None,
            requires=("sentencepiece",) if any(s and s["subwords"] for s in (spec["source"], spec["said"])) else (),
            graph=make_graph(cast(PairedView, view), known.table.columns),
        )

    def requests(self, data: Dataset, model: Model, items: Items) -> Iterator[pd.DataFrame]:  # noqa: ARG002
        """A frame for some thousand items, with the true texts, which are judged and not read."""
        return requests.frames(cast(PairedItems, data), items)

    def answers(self, model: Model, frames: Sequence[pd.DataFrame]) -> Predictions:  # noqa: ARG002
        """(n,): what was said, and what the true texts cost."""
        return requests.said(frames)

    def comparable(self, data: Dataset, model: Model, items: Items) -> tuple[Items, str]:
        """The items that the model has neither learned from nor been chosen by."""
        return requests.unseen(cast(PairedItems, data), model.spec, items)

    # What is shown

    @classmethod
    def sentences(cls, heading: Heading, scores: Mapping[str, Scores], details: Mapping[str, Any]) -> list[str]:  # noqa: ARG003
        """How many are right, the gain in BLEU, five examples."""
        return sentences(heading, Evaluation.read(details))

    @classmethod
    def sections(cls, heading: Heading, details: Mapping[str, Any], seen: TestPredictions | None) -> list[Section]:  # noqa: ARG003
        """Right and wrong texts."""
        return sections(heading, Evaluation.read(details))


def predictor() -> type[Any]:
    """The class that serves texts; MLflow is imported with it."""
    from seqsweep.tasks.decoding.predictor import TextPredictor

    return TextPredictor
