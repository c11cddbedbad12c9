"""A table of labelled items as a data set: an item is a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from seqsweep.events import TrialParams
from seqsweep.schema import SweepConfig
from seqsweep.serving.array_types import Float32s, Float64s, Int64s
from seqsweep.serving.gather import Gather
from seqsweep.serving.transforms import Transform
from seqsweep.tasks.classify.baselines import BASELINES, Known, fitted
from seqsweep.tasks.classify.facts import facts
from seqsweep.tasks.classify.metrics import METRICS
from seqsweep.tasks.classify.split import make_parts
from seqsweep.tasks.classify.table import Table
from seqsweep.tasks.dataset import Items
from seqsweep.tasks.facts import Facts
from seqsweep.tasks.parts import Parts, all_learned
from seqsweep.tasks.scaling import fit_scale
from seqsweep.words import counted

if TYPE_CHECKING:
    from seqsweep.serving.texts import Tokenizer


@dataclass(frozen=True, eq=False)
class LabelledView:
    """The items as one trial sees them.

    Args:
        split: the parts.
        transform: of the values, fitted on train; of texts there are none.
        tokenizer: of the texts, with the vocabulary of train; None: items are numbers.
        inputs: one, (items, steps, features), or of texts (items, tokens).
        targets: (items,), numbers of classes.
        classes: how many there are.
    """

    split: Parts
    transform: Transform
    tokenizer: Tokenizer | None
    inputs: tuple[Gather]
    targets: Gather
    classes: int

    @property
    def input_shapes(self) -> tuple[tuple[int, ...], ...]:
        """(steps, features), of windows (rows, features), or of texts (tokens,)."""
        read = self.inputs[0]
        return ((() if read.offsets is None else (len(read.offsets),)) + read.array.shape[1:],)

    def inverse_transform(self, items: Items, outputs: Float32s) -> Float64s:  # noqa: ARG002 (outputs need no item)
        """Probabilities (n, classes): what the network puts out is in the unit of the data already."""
        return np.asarray(outputs, np.float64)


@dataclass(frozen=True, eq=False)
class LabelledItems:
    """What a classification learns from.

    Args:
        config: of the sweep.
        table: the items.
        parts: of the sweep's own fold.
        classes: the labels that train holds, in order; their places are the numbers of classes.
    """

    config: SweepConfig
    table: Table
    parts: Parts
    classes: tuple[str, ...]

    @classmethod
    def of(cls, config: SweepConfig, table: Table) -> LabelledItems:
        """A table, parted by the rules of the sweep.

        Args:
            config: of the sweep.
            table: the items.

        Raises:
            DataError: it cannot be parted so.
        """
        parts = make_parts(table, config.windows, config.seed)
        return cls(config, table, parts, in_order(set(table.labels[parts.train].tolist())))

    @property
    def name(self) -> str:
        """Of the table."""
        return self.table.name

    @property
    def target(self) -> str:
        """The column of labels."""
        return self.table.target

    @property
    def rows(self) -> int:
        """Items."""
        return len(self.table)

    @property
    def sha256(self) -> str:
        """Of the table's content."""
        return self.table.sha256

    def split(self, fold: int = 0) -> Parts:
        """The parts of a fold; see `make_parts`.

        Raises:
            DataError: what is left is too little.
        """
        return make_parts(self.table, self.config.windows, self.config.seed, fold) if fold else self.parts

    def view(self, params: TrialParams, fold: int = 0) -> LabelledView:
        """Values with the scaler that train alone determines, cut into steps; or texts with the vocabulary of train."""
        split, table = self.split(fold), self.table
        transform = self.scaled_by(split.train)
        tokenizer = self.tokenized_by(split.train, params)
        if tokenizer is not None:
            assert table.texts is not None  # or there would be nothing to tokenize
            inputs = Gather(tokenizer(table.texts.tolist()))
        elif table.window:
            inputs = Gather(transform.transform(table.values), range(-params.window, 0))
        else:
            steps = params.steps or len(table.columns)
            inputs = Gather(transform.transform(table.values).reshape(len(table), steps, -1))
        return LabelledView(split, transform, tokenizer, (inputs,), Gather(self.codes), len(self.classes))

    def tokenized_by(self, train: Items, params: TrialParams) -> Tokenizer | None:
        """The tokenizer that the texts of items (n,) alone determine; None: items are numbers.

        Args:
            train: items.
            params: of the trial.
        """
        if self.table.texts is None:
            return None
        from seqsweep.serving.texts import Tokenizer

        return Tokenizer.fit(self.table.texts[train].tolist(), params.tokens, params.vocabulary, params.longest)

    def scaled_by(self, train: Items) -> Transform:
        """The scale of each column, as items (n,) alone determine it; of windows the rows before the last one."""
        values = self.table.values[: train[-1]] if self.table.window else self.table.values[train]
        if not self.table.values.shape[1]:
            return Transform(None, False, np.ones(1), np.empty(0), np.empty(0))
        return fit_scale(values, self.config.windows.scaler)

    @cached_property
    def codes(self) -> Int64s:
        """(items,), the number of each item's class."""
        numbers = {name: number for number, name in enumerate(self.classes)}
        return np.array([numbers.get(str(label), -1) for label in self.table.labels], np.int64)

    def actual(self, items: Items) -> Int64s:
        """(n,), the numbers of their classes."""
        return self.codes[items]

    def score(
        self,
        actual: Int64s,
        predicted: Float64s,
        metrics: Sequence[str] = (),
        items: Items | None = None,  # noqa: ARG002
    ) -> dict[str, float]:
        """Metrics of probabilities (n, classes); by default the config's."""
        return {name: METRICS[name](actual, predicted) for name in metrics or self.config.task.metrics}

    def baselines(self, items: Items) -> Mapping[str, Float64s]:
        """The probabilities (n, classes) of each baseline of the config."""
        return {name: BASELINES[name](self.known, items) for name in self.config.task.baselines}

    def notes_on_baselines(self) -> Mapping[str, str]:
        """The penalty that the logistic regression chose."""
        if "logistic_regression" not in self.config.task.baselines:
            return {}
        return {"logistic_regression_C": f"{fitted(self.known).C:g}"}

    def facts(self) -> Facts:
        """Columns, and the classes of each part."""
        return facts(self.table, self.parts, self.classes, self.config.windows.split)

    @cached_property
    def known(self) -> Known:
        """What a baseline may know."""
        return Known(self.table, self.codes, len(self.classes), self.parts, self.config.task.objective)

    def whole(self) -> LabelledItems:
        """All items as train, whose classes are those that any of them has."""
        parts = all_learned(self.parts)
        return replace(self, parts=parts, classes=in_order(set(self.table.labels[parts.train].tolist())))

    def extent(self) -> str:
        """Its items."""
        return counted(self.rows, "item")

    def with_table(self, table: Table) -> LabelledItems:
        """The same with other items in the same parts: for the audit.

        Args:
            table: as many items; those of train have labels.
        """
        return replace(self, table=table, classes=in_order(set(table.labels[self.parts.train].tolist())))

    def __getstate__(self) -> dict[str, object]:
        """Without what is worked out again where it is needed, and without lines of files: no worker names any."""
        state = {name: value for name, value in vars(self).items() if name not in ("known", "codes")}
        return {**state, "table": replace(self.table, origin=self.table.origin.without_lines())}


def in_order(classes: set[str]) -> tuple[str, ...]:
    """Labels in the order in which people count, or by their letters."""
    if all(name.lstrip("-").isdecimal() for name in classes):
        return tuple(sorted(classes, key=lambda name: (int(name), name)))
    return tuple(sorted(classes))
