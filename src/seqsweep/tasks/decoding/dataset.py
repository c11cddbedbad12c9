"""Items with a text each as a data set: what a trial sees of them, and what its outputs mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.events import TrialParams
from seqsweep.metrics import Metric
from seqsweep.schema import SweepConfig
from seqsweep.serving.array_types import Float32s
from seqsweep.serving.gather import Gather
from seqsweep.serving.transforms import Transform
from seqsweep.tasks.dataset import Call, Items
from seqsweep.tasks.decoding.baselines import Baseline, Known
from seqsweep.tasks.decoding.facts import facts
from seqsweep.tasks.decoding.predictions import Texts, texts
from seqsweep.tasks.decoding.split import SPLITS
from seqsweep.tasks.decoding.table import Pairs
from seqsweep.tasks.facts import Facts
from seqsweep.tasks.parts import Parts, all_learned, make_parts
from seqsweep.tasks.scaling import fit_scale
from seqsweep.words import counted

if TYPE_CHECKING:
    from seqsweep.serving.pieces import Int32s, Pieces


@dataclass(frozen=True, eq=False)
class PairedView:
    """The items as one trial sees them.

    Args:
        split: the parts.
        table: the items.
        source: the pieces of the texts that are read, of train alone; None: items are numbers.
        transform: of numbers, fitted on train; None: items are texts.
        target: the pieces of the texts that are said, of train alone.
    """

    split: Parts
    table: Pairs
    source: Pieces | None
    transform: Transform | None
    target: Pieces

    @property
    def input_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of what is read, (pieces,) or (columns,); and of what was said before each step, (steps,)."""
        return tuple(gather.array.shape[1:] for gather in self.inputs)

    @cached_property
    def inputs(self) -> tuple[Gather, ...]:
        """(items, pieces) or (items, columns); and (items, steps), the true text up to each step."""
        from seqsweep.serving.pieces import prefixes

        return Gather(self._read), Gather(prefixes(self.targets.array))

    @cached_property
    def targets(self) -> Gather:
        """(items, steps), the pieces of the true text and its end; 0 behind it."""
        return Gather(self.target.targets(self.table.targets.tolist()))

    @cached_property
    def _read(self) -> Int32s | Float32s:
        if self.source is not None:
            assert self.table.texts is not None  # or there would be no pieces of them
            return self.source.read(self.table.texts.tolist())
        assert self.transform is not None
        return self.transform.transform(self.table.values)

    def inverse_transform(self, items: Items, outputs: Float32s) -> Texts:
        """What a network says where the true text stands before each step, (n, steps, numbers) → (n,).

        Its texts are the true ones exactly where those that it says by itself, most probable piece by most probable
        piece, are; elsewhere they are not what it would say.

        Args:
            items: (n,).
            outputs: probabilities.
        """
        from seqsweep.serving.decoding import most_probable, nats

        targets = self.targets.numpy(items)
        said = self.target.written(most_probable(outputs))
        return texts(said, nats(outputs, targets).sum(axis=1), (targets > 0).sum(axis=1))

    def decoded(self, call: Call, items: Items, beam: int) -> Texts:
        """What a network says by itself, beside what the true text costs it.

        Args:
            call: the network.
            items: (n,).
            beam: texts that are followed at once.
        """
        from seqsweep.serving.decoding import batches, decode, nats

        told, before = (gather.numpy(items) for gather in self.inputs)
        targets, size = self.targets.numpy(items), self.target.size
        steps = targets.shape[1]
        cost = np.zeros(len(items))
        for rows in batches(len(items), steps * size):
            cost[rows] = nats(call([told[rows], before[rows]]), targets[rows]).sum(axis=1)
        made = decode(lambda *arrays: call(arrays), [told], steps, size, beam=beam, guess=targets)
        return texts(self.target.written(made.numbers), cost, (targets > 0).sum(axis=1))


@dataclass(frozen=True, eq=False)
class PairedItems:
    """What is learned from. A task's own data set says which metrics and baselines there are.

    Args:
        config: of the sweep.
        table: the items.
        parts: of the sweep's own fold.
    """

    METRICS: ClassVar[Catalog[Metric]]
    BASELINES: ClassVar[Catalog[Baseline]]

    config: SweepConfig
    table: Pairs
    parts: Parts

    @property
    def name(self) -> str:
        """Of the table."""
        return self.table.name

    @property
    def target(self) -> str:
        """The column of texts that are said."""
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
        """The parts of a fold.

        Raises:
            DataError: what is left is too little.
        """
        return parted(self.table, self.config, fold) if fold else self.parts

    def view(self, params: TrialParams, fold: int = 0) -> PairedView:
        """The items with the vocabularies, and the scale, that train alone determines."""
        split = self.split(fold)
        return PairedView(split, self.table, self.read_by(split.train, params), self.scaled_by(split.train),
                          self.said_by(split.train, params))  # fmt: skip

    def read_by(self, train: Items, params: TrialParams) -> Pieces | None:
        """The pieces that the texts of items (n,) alone determine; None: items are numbers.

        Args:
            train: items.
            params: of the trial.
        """
        from seqsweep.serving.pieces import Pieces

        if self.table.texts is None:
            return None
        return Pieces.fit(
            self.table.texts[train].tolist(), params.source_tokens, params.source_vocabulary, params.source_longest
        )

    def said_by(self, train: Items, params: TrialParams) -> Pieces:
        """The pieces of what is said, as items (n,) alone determine them.

        Args:
            train: items.
            params: of the trial.
        """
        from seqsweep.serving.pieces import Pieces

        told = self.table.targets[train].tolist()
        return Pieces.fit(told, params.target_tokens, params.target_vocabulary, params.target_longest)

    def scaled_by(self, train: Items) -> Transform | None:
        """The scale of each column of numbers, as items (n,) alone determine it; None: items are texts."""
        if self.table.texts is not None:
            return None
        return fit_scale(self.table.values[train], self.config.windows.scaler)

    def actual(self, items: Items) -> Texts:
        """(n,), the true texts."""
        return texts(self.table.targets[items].tolist(), 0.0)

    def score(
        self,
        actual: Texts,
        predicted: Texts,
        metrics: Sequence[str] = (),
        items: Items | None = None,  # noqa: ARG002
    ) -> dict[str, float]:
        """Metrics of texts (n,), by default the config's."""
        return {name: self.METRICS[name](actual, predicted) for name in metrics or self.config.task.metrics}

    def baselines(self, items: Items) -> Mapping[str, Texts]:
        """The texts (n,) of each baseline of the config."""
        return {name: self.BASELINES[name](self.known, items) for name in self.config.task.baselines}

    def notes_on_baselines(self) -> Mapping[str, str]:
        """They choose nothing."""
        return {}

    def facts(self) -> Facts:
        """Columns, lengths, and texts that occur in several parts."""
        return facts(self.table, self.parts, self.config.windows.split)

    @cached_property
    def known(self) -> Known:
        """What a baseline may know."""
        return Known(self.table, self.parts)

    def whole(self) -> PairedItems:
        """All items as train."""
        return replace(self, parts=all_learned(self.parts))

    def extent(self) -> str:
        """Its items."""
        return counted(self.rows, "item")

    def with_table(self, table: Pairs) -> PairedItems:
        """The same with other items in the same parts: for the audit."""
        return replace(self, table=table)

    def __getstate__(self) -> dict[str, object]:
        """Without what is worked out again where it is needed, and without lines of files: no worker names any."""
        state = {name: value for name, value in vars(self).items() if name != "known"}
        return {**state, "table": replace(self.table, origin=self.table.origin.without_lines())}


def parted(table: Pairs, config: SweepConfig, fold: int = 0) -> Parts:
    """The parts of a fold, see `parts.make_parts`.

    Args:
        table: that is parted.
        config: of the sweep.
        fold: 0 or more.

    Raises:
        DataError: a part would be empty.
    """
    windows = config.windows
    return make_parts(table.rows, SPLITS[windows.split], windows, config.seed, fold)
