"""Which symbol comes next: each of a text from those before it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from seqsweep.errors import Fault
from seqsweep.events import TrialParams
from seqsweep.evidence import Comparison, paired_bootstrap
from seqsweep.html import Section
from seqsweep.layers import body
from seqsweep.metrics import Scores
from seqsweep.serving.subwords import NEEDED
from seqsweep.serving.symbols import BEFORE, SPECIAL
from seqsweep.serving.writing import batches
from seqsweep.tasks import parts
from seqsweep.tasks.dataset import Call, Dataset, Items, Predict, Predictions, Say, Space, View
from seqsweep.tasks.next_symbol import requests
from seqsweep.tasks.next_symbol.audit import audit
from seqsweep.tasks.next_symbol.baselines import BASELINES
from seqsweep.tasks.next_symbol.blocks import SPLITS
from seqsweep.tasks.next_symbol.card import card
from seqsweep.tasks.next_symbol.completions import complete
from seqsweep.tasks.next_symbol.corpus import read_corpus
from seqsweep.tasks.next_symbol.dataset import SymbolView, Texts
from seqsweep.tasks.next_symbol.evaluation import Evaluation, evaluate
from seqsweep.tasks.next_symbol.facts import notes
from seqsweep.tasks.next_symbol.graph import make_graph
from seqsweep.tasks.next_symbol.hyperparameters import HYPERPARAMETERS
from seqsweep.tasks.next_symbol.metrics import FROM_SUMS, METRICS, sums
from seqsweep.tasks.next_symbol.sections import sections
from seqsweep.tasks.next_symbol.sentences import sentences
from seqsweep.tasks.next_symbol.settings import NextSymbolConfig, own
from seqsweep.tasks.results import Audit, Heading, TestPredictions
from seqsweep.tasks.served import Model, Served
from seqsweep.tasks.task import Task
from seqsweep.words import in_words

if TYPE_CHECKING:
    import keras
    import pandas as pd

    from seqsweep.tasks.task import Inputs


class NextSymbol(Task):
    """Each symbol of a text from those before it."""

    name = "next_symbol"
    hyperparameters = HYPERPARAMETERS
    settings = NextSymbolConfig
    metrics = METRICS
    losses = ("cross_entropy",)
    catalogs: ClassVar = {"task.baselines": BASELINES, "windows.split": SPLITS}

    @property
    def measure(self) -> str:
        """What a symbol is, and which are known."""
        task = own(self.config)
        case = ", case folded" if task.fold else ""
        return f"{super().measure}, seed {self.config.seed}, {task.tokens}{case}, {task.vocabulary} known"

    @property
    def loss(self) -> Any:
        """Cross-entropy in nats, the mean over the symbols of all items."""
        return cross_entropy

    def faults(self) -> list[Fault]:
        """Also of the split, the baselines, and the column of texts."""
        config, found = self.config, [*parts.faults(self.config, SPLITS), *super().faults()]
        found += [fault for name in config.task.baselines for fault in BASELINES.fault("task.baselines", name)]
        if own(config).tokens == "subwords" and find_spec("sentencepiece") is None:
            told = f"{NEEDED}: pip install 'seqsweep[text]', or read words or letters"
            found.append(Fault("task.tokens", f"task.tokens=subwords: {told}"))
        if len(config.data.features) != 1:
            told = "texts are one column; name it, data.features=[COLUMN]"
            found.append(Fault("data.features", f"data.features=[{', '.join(config.data.features)}]: {told}"))
        return found

    def space_faults(self, space: Space) -> list[Fault]:
        """No layer reads a text from its end: it would see what it is to predict."""
        if True not in space.values("bidirectional"):
            return []
        told = "it would read what it is to predict; leave it out, or false"
        return [Fault("search_space.bidirectional", f"search_space.bidirectional: with task={self.name} {told}")]

    # Data and network

    def load(self, space: Space, say: Say) -> Texts:
        """The documents, their symbols, and their parts."""
        task = own(self.config)
        longest = max(space.values("window"))
        data = Texts.of(self.config, read_corpus(self.config.data), max(longest, task.block, task.ngram_context) + 1)
        for note in notes(data):
            say(note)
        return data

    def constant_loss(self, targets: NDArray[Any]) -> float:
        """The entropy of the symbols (n, block), in nats."""
        counts = np.bincount(targets[targets != BEFORE])
        shares = counts[counts > 0] / counts.sum()
        return float(-(shares * np.log(shares)).sum())

    def network(
        self, view: View, params: TrialParams, inputs: Inputs, kernels: str, seeds: Sequence[int]
    ) -> keras.KerasTensor:
        """(batch, window + block - 1) → (batch, block, classes), logits: each step says what comes after it."""
        import keras

        seen = cast(SymbolView, view)
        size = None if params.embedding is not None else seen.classes + SPECIAL - 1
        read = inputs[0] if size is not None else self.embed(view, params, inputs, seeds[3])
        states = body(read, params, kernels, seeds[0], every_step=True, one_hot=size, last=seen.block)
        start = keras.initializers.GlorotUniform(seed=seeds[1])
        return keras.layers.Dense(seen.classes, kernel_initializer=start, name="head")(states)

    def embed(self, view: View, params: TrialParams, inputs: Inputs, seed: int) -> keras.KerasTensor:
        """(batch, steps) → (batch, steps, numbers), where `search_space.embedding` says how many."""
        import keras

        size = cast(SymbolView, view).classes + SPECIAL - 1
        start = keras.initializers.RandomUniform(seed=seed)
        return keras.layers.Embedding(size, params.embedding, start, name="embedding")(inputs[0])

    def head(
        self, view: View, params: TrialParams, inputs: Inputs, state: keras.KerasTensor, seeds: Sequence[int]
    ) -> keras.KerasTensor:
        """Not used: every step has an end, see `network`."""
        raise NotImplementedError

    def mean_output(self, outputs: Sequence[keras.KerasTensor]) -> keras.KerasTensor:
        """Logits of the mean of the probabilities."""
        from keras import ops

        return ops.logsumexp(ops.stack([ops.log_softmax(logits, axis=-1) for logits in outputs], axis=-1), axis=-1)

    def predict(self, view: View, params: TrialParams, call: Call, items: Items) -> Predictions:  # noqa: ARG002
        """In calls that keep the logits small, whatever the number of symbols."""
        seen = cast(SymbolView, view)
        some = batches(items, seen.block, seen.classes)
        return np.concatenate([seen.inverse_transform(part, call([seen.inputs[0].numpy(part)])) for part in some])

    # What a result proves

    def compare(
        self, actual: Predictions, predicted: Predictions, reference: Predictions, level: float
    ) -> Comparison | None:
        """The paired bootstrap over stretches of items: neighbours in a text depend on each other."""
        metric, score = self.objective, FROM_SUMS[self.objective.name]
        towards = metric.best if metric.higher_is_better else 0.0
        measure = in_words(metric.name) if not towards else f"gap of {in_words(metric.name)} to {towards:g}"
        return paired_bootstrap(
            lambda _, said: abs(score(said) - towards),
            sums(actual, actual),
            sums(actual, predicted),
            sums(actual, reference),
            measure,
            level,
            stretch=stretch(len(actual)),
        )

    def audit(self, data: Dataset, params: TrialParams, predict: Predict) -> Audit:
        """Noise for later text moves nothing that is learned, read or said before it; and no item is in two parts."""
        shared, found = super().audit(data, params, predict), audit(cast(Texts, data), params, predict)
        return Audit(shared.passed and found.passed, f"{shared.checked}; {found.checked}",
                     (*shared.findings, *found.findings))  # fmt: skip

    def details(self, data: Dataset, seen: TestPredictions) -> Mapping[str, Any]:
        """Costs by symbol and place, what surprised most."""
        return evaluate(cast(Texts, data), seen)

    def examples(self, data: Dataset, view: View, params: TrialParams, call: Call) -> Mapping[str, Any]:  # noqa: ARG002
        """What the network writes after beginnings from the test part."""
        return complete(cast(Texts, data), cast(SymbolView, view), call)

    # What is served

    def served(self, data: Dataset, view: View, params: TrialParams, details: Mapping[str, Any]) -> Served:  # noqa: ARG002
        """Texts in, the next symbol and what the network writes on out."""
        texts, found = cast(Texts, data), Evaluation.read(details)
        spec = requests.make_spec(texts, cast(SymbolView, view))
        return Served(
            predictor=predictor(),
            spec=spec,
            inputs=requests.input_columns(texts),
            outputs=requests.OUTPUTS,
            example=requests.example(texts),
            card=card(spec, texts, found),
            line=texts.corpus.column,
            requires=("sentencepiece",) if texts.alphabet.subwords is not None else (),
            graph=make_graph(cast(SymbolView, view), texts.alphabet),
        )

    def requests(self, data: Dataset, model: Model, items: Items) -> Iterator[pd.DataFrame]:
        """A row for each stretch of text."""
        return requests.frames(cast(Texts, data), model.spec, items)

    def answers(self, model: Model, frames: Sequence[pd.DataFrame]) -> Predictions:
        """(n, block) of what it says of each symbol."""
        return requests.said(frames, model.spec)

    def comparable(self, data: Dataset, model: Model, items: Items) -> tuple[Items, str]:
        """The items that the model has not learned from, where it knows the same symbols."""
        return requests.unseen(cast(Texts, data), model.spec, items)

    # What is shown

    def test_metrics(self, details: Mapping[str, Any]) -> Mapping[str, float]:
        """Bits on what is new, and on what train holds too."""
        found = Evaluation.read(details)
        told = {"test_unknown_share": found.unknown}
        return told if found.new_bits is None else {**told, "test_new_bits_per_symbol": found.new_bits}

    @classmethod
    def sentences(cls, heading: Heading, scores: Mapping[str, Scores], details: Mapping[str, Any]) -> list[str]:
        """How many symbols are right, the costliest ones, the greatest surprise, what it writes."""
        return sentences(heading, scores, Evaluation.read(details))

    @classmethod
    def sections(cls, heading: Heading, details: Mapping[str, Any], seen: TestPredictions | None) -> list[Section]:  # noqa: ARG003
        """Completions, costs by symbol and place, surprises."""
        return sections(heading, Evaluation.read(details))


def cross_entropy(targets: Any, logits: Any) -> Any:
    """The cost of symbols in nats, (n, block), so weighted that its mean is that of the symbols that there are.

    Args:
        targets: (n, block), numbers; BEFORE: nothing stands there, and nothing is learned.
        logits: (n, block, classes).
    """
    from keras import ops

    from seqsweep.layers.costs import cross_entropy as costs_of

    stands = ops.cast(targets != BEFORE, logits.dtype)
    costs = costs_of(ops.maximum(targets - 1, 0), logits)
    return costs * stands / ops.maximum(ops.mean(stands), 1e-6)


def stretch(items: int) -> int:
    """Items that a draw takes together: the cube root of their number.

    Source: Hall, Horowitz & Jing (1995), On blocking rules for the bootstrap with dependent data, Biometrika 82(3).
    """
    return max(1, round(math.cbrt(items)))


def predictor() -> type[Any]:
    """The class that serves; MLflow is imported with it."""
    from seqsweep.tasks.next_symbol.predictor import SymbolPredictor

    return SymbolPredictor
