"""Which class an item belongs to: many to one, a label from a sequence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from seqsweep.errors import DataError, Fault
from seqsweep.events import TrialParams
from seqsweep.evidence import Comparison, mcnemar, paired_bootstrap
from seqsweep.html import Section
from seqsweep.metrics import Scores
from seqsweep.serving.subwords import NEEDED
from seqsweep.serving.texts import SPECIAL
from seqsweep.tasks.classify import attention, requests, split
from seqsweep.tasks.classify.audit import audit
from seqsweep.tasks.classify.baselines import BASELINES
from seqsweep.tasks.classify.card import card
from seqsweep.tasks.classify.dataset import LabelledItems, LabelledView
from seqsweep.tasks.classify.evaluation import Evaluation, evaluate
from seqsweep.tasks.classify.graph import make_graph
from seqsweep.tasks.classify.hyperparameters import HYPERPARAMETERS, TEXT
from seqsweep.tasks.classify.metrics import METRICS, labels
from seqsweep.tasks.classify.sections import places_of, sections
from seqsweep.tasks.classify.sentences import sentences
from seqsweep.tasks.classify.split import SPLITS, repeated
from seqsweep.tasks.classify.table import read_table
from seqsweep.tasks.dataset import Dataset, Items, Predict, Predictions, Say, Space, View
from seqsweep.tasks.results import Audit, Heading, TestPredictions
from seqsweep.tasks.scaling import SCALERS
from seqsweep.tasks.served import Model, Served
from seqsweep.tasks.task import Task
from seqsweep.words import counted, counted_share, in_words

if TYPE_CHECKING:
    import keras
    import pandas as pd

    from seqsweep.serving.subwords import Subwords
    from seqsweep.tasks.task import Inputs

SHOWN = 120  # characters of a text on the page


class Classify(Task):
    """The label of an item from the sequence that it holds."""

    name = "classify"
    hyperparameters = HYPERPARAMETERS
    reads = ("windows.scaler", "data.time", "data.time_format")
    metrics = METRICS
    losses = ("cross_entropy",)
    catalogs: ClassVar = {"task.baselines": BASELINES, "windows.split": SPLITS, "windows.scaler": SCALERS}

    @property
    def measure(self) -> str:
        """The split, which the seed draws."""
        return f"{super().measure}, seed {self.config.seed}"

    def faults(self) -> list[Fault]:
        """Also of the split, the baselines, and of what this task does not read."""
        config, found = self.config, [*split.faults(self.config), *super().faults()]
        found += [fault for name in config.task.baselines for fault in BASELINES.fault("task.baselines", name)]
        found += SCALERS.fault("windows.scaler", config.windows.scaler)
        if config.data.target is None:
            found.append(Fault("data.target", "data.target=null: name the column of labels, data.target=COLUMN"))
        if config.data.group is not None and config.data.group in (config.data.target, *config.data.features):
            told = f"data.group={config.data.group}: the same column is data.target or in data.features"
            found.append(Fault("data.group", told, also=("data.target", "data.features")))
        return found

    # Data and network

    def load(self, space: Space, say: Say) -> LabelledItems:
        """The table, and its parts."""
        tokens = self._tokens(space)
        window = max(space.values("window")) if tokens[0] == "rows" else 0
        table = read_table(self.config.data, tokens[0], window)
        if tokens[0] == "numbers":
            self._check_steps(len(table.columns), space)
        data = LabelledItems.of(self.config, table)
        for note in [*(table.times.notes if table.times else ()), *_notes(data), *self._cut(data, tokens, space)]:
            say(note)
        return data

    def space_faults(self, space: Space) -> list[Fault]:
        """A text is one column, and no trial reads numbers where others read a text."""
        tokens, features = self._tokens(space), self.config.data.features
        told = None
        if len(tokens) > 1 and not set(tokens) <= set(TEXT):
            told = (
                f"[{', '.join(tokens)}]: items are numbers, rows or texts, for all trials alike; leave out the others"
            )
        elif tokens == ["rows"] and self.config.windows.split != "chronological":
            told = "rows: windows overlap, so that a part must lie behind the one before; choose windows=chronological"
        elif tokens[0] in TEXT and len(features) != 1:
            told = f"{tokens[0]}: a text is one column; name it, data.features=[COLUMN]"
        elif "subwords" in tokens and find_spec("sentencepiece") is None:
            told = f"subwords: {NEEDED}: pip install 'seqsweep[text]', or read words or letters"
        key = "search_space.tokens"
        return [] if told is None else [Fault(key, f"{key}={told}", also=("data.features", "windows.split"))]

    def _tokens(self, space: Space) -> list[str]:
        """What any trial takes an item for, in the order of the space."""
        return list(dict.fromkeys(space.values("tokens")))

    def _cut(self, data: LabelledItems, tokens: Sequence[str], space: Space) -> Iterator[str]:
        """Which share of the texts is longer than what is read of them."""
        from seqsweep.serving.texts import lengths

        if data.table.texts is None:
            return
        least = min(space.values("longest"))
        for kind in tokens:
            subwords = self._subwords(data, space) if kind == "subwords" else None
            found = lengths(data.table.texts.tolist(), kind, subwords)
            cut = float((found > least).mean())
            told = f"{counted_share(cut)} of the texts have more than the {least} {kind} of search_space.longest"
            whole = f"texts have up to {found.max():,} {kind}, half of them {int(np.median(found)):,} or fewer"
            yield f"{whole}; {told}, and lose what is behind" if cut else f"{whole}: none is cut"

    def _subwords(self, data: LabelledItems, space: Space) -> Subwords:
        """Those of the smallest vocabulary, which cuts a text into the most.

        Raises:
            DataError: it cannot hold the letters of the texts, of which subwords are made.
        """
        from seqsweep.serving.subwords import Subwords, learned
        from seqsweep.serving.texts import cleaned

        assert data.table.texts is not None  # or there would be no tokens
        size = min(space.values("vocabulary"))
        clean = [cleaned(text, "subwords") for text in data.table.texts]
        letters = {" "}.union(*clean)
        if size < len(letters):
            told = f"subwords know each of the {len(letters):,} letters of the texts; give some hundred more than that"
            raise DataError(f"search_space.vocabulary={size}: {told}, or read words")
        return Subwords(learned([clean[item] for item in data.parts.train], size))

    def _check_steps(self, columns: int, space: Space) -> None:
        """Each number of steps must share out the numbers of an item."""
        values = space.values("steps")
        if wrong := [steps for steps in values if steps is not None and columns % steps]:
            fits = ", ".join(str(steps) for steps in range(1, columns + 1) if columns % steps == 0)
            told = f"the {columns} numbers of an item make no {wrong[0]} even steps; {fits} do"
            raise DataError(f"search_space.steps={wrong[0]}: {told}")

    @property
    def loss(self) -> str:
        """Cross-entropy, of numbers of classes."""
        return "sparse_categorical_crossentropy"

    def constant_loss(self, targets: NDArray[Any]) -> float:
        """The entropy of the classes (n,), in nats."""
        shares = np.bincount(targets) / len(targets)
        return float(-(shares[shares > 0] * np.log(shares[shares > 0])).sum())

    def embed(self, view: View, params: TrialParams, inputs: Inputs, seed: int) -> keras.KerasTensor:
        """Of a text (batch, tokens) → (batch, tokens, embedding); steps behind its end are masked."""
        import keras

        tokenizer = cast(LabelledView, view).tokenizer
        if tokenizer is None:
            return inputs[0]
        start = keras.initializers.RandomUniform(seed=seed)
        size = len(tokenizer.vocabulary) + SPECIAL
        layer = keras.layers.Embedding(size, params.embedding, start, mask_zero=True, name="embedding")
        return layer(inputs[0])

    def head(
        self,
        view: View,
        params: TrialParams,  # noqa: ARG002 (it ends alike for all trials)
        inputs: Inputs,  # noqa: ARG002
        state: keras.KerasTensor,
        seeds: Sequence[int],
    ) -> keras.KerasTensor:
        """(batch, units) → (batch, classes): a dense layer with softmax on the last state."""
        import keras

        classes = cast(LabelledView, view).classes
        start = keras.initializers.GlorotUniform(seed=seeds[0])
        return keras.layers.Dense(classes, activation="softmax", kernel_initializer=start, name="head")(state)

    # What a result proves

    def compare(
        self, actual: Predictions, predicted: Predictions, reference: Predictions, level: float
    ) -> Comparison | None:
        """McNemar's test where accuracy ranks, else the paired bootstrap of what does."""
        metric = self.objective
        if metric.name == "accuracy":
            return mcnemar(actual, labels(predicted), labels(reference), level)
        measure = in_words(metric.name)
        if metric.higher_is_better:
            return paired_bootstrap(
                lambda happened, said: metric.best - metric(happened, said), actual, predicted, reference,
                f"gap of {measure} to {metric.best:g}", level,
            )  # fmt: skip
        return paired_bootstrap(metric, actual, predicted, reference, measure, level)

    def audit(self, data: Dataset, params: TrialParams, predict: Predict) -> Audit:
        """Other items outside train move nothing that is learned; and no item is in two parts."""
        shared, found = super().audit(data, params, predict), audit(cast(LabelledItems, data), params, predict)
        return Audit(shared.passed and found.passed, f"{shared.checked}; {found.checked}",
                     (*shared.findings, *found.findings))  # fmt: skip

    def details(self, data: Dataset, seen: TestPredictions) -> Mapping[str, Any]:
        """Confusions, mistakes, temperature, prediction sets."""
        known = cast(LabelledItems, data)
        return evaluate(seen, known.classes, self.config.finals.levels, lambda item: _place(known, item))

    def kept_arrays(self, data: Dataset) -> Mapping[str, NDArray[Any]]:
        """What each item is called."""
        known = cast(LabelledItems, data)
        return {"places": places_of([_called(known, item) for item in range(known.rows)])}

    def inside(self, view: View, models: Sequence[keras.Model], items: Items) -> Mapping[str, NDArray[Any]]:
        """The weights of the attention over the tokens of a few texts."""
        return attention.attention(cast(LabelledView, view), models, items)

    # What is served

    def served(self, data: Dataset, view: View, params: TrialParams, details: Mapping[str, Any]) -> Served:  # noqa: ARG002
        """Rows in, a label with probabilities for each out."""
        known, found = cast(LabelledItems, data), Evaluation.read(details)
        spec = requests.make_spec(known, cast(LabelledView, view), found)
        return Served(
            predictor=predictor(),
            spec=spec,
            inputs=requests.input_columns(known),
            outputs=requests.output_columns(spec),
            example=next(requests.frames(known, known.parts.train[:3], spec["window"])),
            card=card(spec, known, found),
            line=known.table.columns[0] if known.table.texts is not None else None,
            requires=("sentencepiece",) if spec["text"] is not None and spec["text"]["subwords"] else (),
            graph=make_graph(known, cast(LabelledView, view), found.temperature),
        )

    def requests(self, data: Dataset, model: Model, items: Items) -> Iterator[pd.DataFrame]:
        """A frame for some thousand items."""
        return requests.frames(cast(LabelledItems, data), items, int(model.spec["window"]))

    def answers(self, model: Model, frames: Sequence[pd.DataFrame]) -> Predictions:
        """(n, classes): the network's own probabilities."""
        return requests.probabilities(frames, model.spec)

    def comparable(self, data: Dataset, model: Model, items: Items) -> tuple[Items, str]:
        """The items that the model has neither learned from nor been chosen by."""
        return requests.unseen(cast(LabelledItems, data), model.spec, items)

    # What is shown

    def test_metrics(self, details: Mapping[str, Any]) -> Mapping[str, float]:
        """Temperature, calibration error, and of each level coverage and size."""
        found = Evaluation.read(details)
        told = {"test_temperature": found.temperature, "test_calibration_error": found.tempered_error}
        for entry in found.sets:
            level = f"{100 * entry.level:g}"
            told |= {f"test_coverage_{level}": entry.coverage, f"test_set_size_{level}": entry.size}
        return told

    @classmethod
    def sentences(cls, heading: Heading, scores: Mapping[str, Scores], details: Mapping[str, Any]) -> list[str]:
        """Confusions, worst classes, the surest mistake, calibration, prediction sets."""
        return sentences(heading, scores, Evaluation.read(details))

    @classmethod
    def sections(cls, heading: Heading, details: Mapping[str, Any], seen: TestPredictions | None) -> list[Section]:
        """The confusion matrix, the most confident mistakes, reliability."""
        found = Evaluation.read(details)
        classes, mistakes, *others = sections(heading, found, seen.more if seen is not None else {})
        return [classes, mistakes, *attention.sections(heading, found, seen), *others]


def predictor() -> type[Any]:
    """The class that serves labels; MLflow is imported with it."""
    from seqsweep.tasks.classify.predictor import ClassPredictor

    return ClassPredictor


def _place(data: LabelledItems, item: int) -> str:
    """Where an item came from, without its file: `line 17`."""
    return data.table.place(item).removeprefix(f"{data.table.origin.where}, ")


def _called(data: LabelledItems, item: int) -> str:
    """What an item is called: its line, and of a text how it begins."""
    place = _place(data, item)
    if data.table.texts is None:
        return place
    text = " ".join(str(data.table.texts[item]).split())
    return f"{place}: {text if len(text) <= SHOWN else f'{text[: SHOWN - 1]}…'}"


def _notes(data: LabelledItems) -> Iterator[str]:
    """What a reader should know of the items, a sentence each."""
    table, parts = data.table, data.parts
    alike, what = len(table) - len(np.unique(table.alike)), "values" if table.texts is None else "text"
    if alike and data.config.windows.split == "stratified":
        yield f"the {what} of {counted(alike, 'item')} is that of another one; those that are alike are in one part"
    for name in ("validation", "test"):
        if twice := len(repeated(table, parts.train, getattr(parts, name))):
            yield f"train holds the {what} of {counted(twice, 'item')} of {name} too: the scores may flatter"
