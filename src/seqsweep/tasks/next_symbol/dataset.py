"""Texts as a data set: an item is a block of symbols that stand one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from seqsweep.errors import DataError
from seqsweep.events import TrialParams
from seqsweep.schema import SweepConfig
from seqsweep.serving.array_types import Float32s, Int64s
from seqsweep.serving.gather import Gather
from seqsweep.serving.symbols import BEFORE, UNKNOWN, Alphabet, split
from seqsweep.serving.writing import SAID, judged
from seqsweep.tasks.dataset import Items
from seqsweep.tasks.facts import Facts
from seqsweep.tasks.next_symbol.baselines import BASELINES, Known, order
from seqsweep.tasks.next_symbol.blocks import Blocks
from seqsweep.tasks.next_symbol.corpus import Corpus
from seqsweep.tasks.next_symbol.facts import facts
from seqsweep.tasks.next_symbol.metrics import METRICS, Said
from seqsweep.tasks.next_symbol.settings import own
from seqsweep.tasks.parts import Parts

Int32s = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class SymbolView:
    """The texts as one trial sees them.

    Args:
        split: the parts.
        numbers: of all symbols.
        window: symbols before a block.
        block: symbols of a block.
        classes: what a symbol may be.
    """

    split: Parts
    numbers: Int32s
    window: int
    block: int
    classes: int

    @property
    def input_shapes(self) -> tuple[tuple[int, ...], ...]:
        """(window + block - 1,): all that stands before any symbol of the block."""
        return ((self.window + self.block - 1,),)

    @cached_property
    def inputs(self) -> tuple[Gather, ...]:
        """The symbols before a block and those of it but the last."""
        return (Gather(self.numbers, range(-self.window, self.block - 1)),)

    @cached_property
    def targets(self) -> Gather:
        """The numbers of a block, BEFORE behind the end of a text."""
        return Gather(self.numbers, range(self.block))

    def inverse_transform(self, items: Items, outputs: Float32s) -> Said:
        """What logits (n, block, classes) say."""
        return judged(outputs, self.targets.numpy(items))


@dataclass(frozen=True, eq=False)
class Texts:
    """What is learned from.

    The alphabet, which is what may be predicted, is that of the sweep's own train part in all folds: figures of other
    alphabets cannot be compared.

    Args:
        config: of the sweep.
        corpus: the documents, as their symbols are read.
        blocks: where their symbols lie.
        alphabet: the most frequent symbols of train.
        numbers: of all symbols, see `Blocks.spread`.
        widths: of all symbols, in signs.
        parts: of the sweep's own fold.
    """

    config: SweepConfig
    corpus: Corpus
    blocks: Blocks
    alphabet: Alphabet
    numbers: Int32s
    widths: Int32s
    parts: Parts

    @classmethod
    def of(cls, config: SweepConfig, corpus: Corpus, apart: int) -> Texts:
        """Documents, cut into blocks and parted by the rules of the sweep.

        Args:
            config: of the sweep.
            corpus: the documents.
            apart: places between documents: as many as any trial's window, and as a block, at least.

        Raises:
            DataError: they cannot be parted so.
        """
        task = own(config)
        documents = [split(text.casefold() if task.fold else text, task.tokens) for text in corpus.texts]
        blocks = Blocks(np.array([len(document) for document in documents], np.int64), task.block, apart)
        parts = blocks.parts(corpus.name, config.windows, config.seed)
        return cls._read(config, corpus, documents, blocks, parts)

    @classmethod
    def _read(
        cls, config: SweepConfig, corpus: Corpus, documents: Sequence[Sequence[str]], blocks: Blocks, parts: Parts
    ) -> Texts:
        """Symbols as numbers, by the alphabet of train."""
        import pandas as pd

        codes, symbols = pd.factorize(np.array(list(chain.from_iterable(documents)), object))
        every = blocks.spread(np.split(codes.astype(np.int32) + 1, np.cumsum(blocks.lengths)[:-1]), 0)
        del codes
        alphabet = _alphabet(every[blocks.places(parts.train)] - 1, symbols.tolist(), config)
        if len(alphabet.vocabulary) < 2 <= own(config).vocabulary:
            told = f"all {alphabet.kind} of train are {alphabet.vocabulary[0]!r}, so there is nothing to foretell"
            raise DataError(f"{corpus.name}: {told}; give another text")
        numbers = np.append(np.int32(BEFORE), alphabet.numbers_of(symbols))[every]
        widths = np.array([0, *map(len, symbols)], np.int32)[every]
        read = replace(corpus, texts=tuple(map("".join, documents)))
        return cls(config, read, blocks, alphabet, numbers, widths, parts)

    @property
    def name(self) -> str:
        """Of the corpus."""
        return self.corpus.name

    @property
    def target(self) -> str:
        """`next letter`."""
        return f"next {self.alphabet.kind.removesuffix('s')}"

    @property
    def rows(self) -> int:
        """Symbols."""
        return int(self.blocks.lengths.sum())

    @property
    def sha256(self) -> str:
        """Of the documents."""
        return self.corpus.sha256

    def split(self, fold: int = 0) -> Parts:
        """The parts of a fold; see `Blocks.parts`.

        Raises:
            DataError: what is left is too little.
        """
        return self.blocks.parts(self.name, self.config.windows, self.config.seed, fold) if fold else self.parts

    def view(self, params: TrialParams, fold: int = 0) -> SymbolView:
        """Numbers by the alphabet of the sweep's own train part: a fold's is a part of it, or lies in its past."""
        return SymbolView(self.split(fold), self.numbers, params.window, self.blocks.block, self.alphabet.classes)

    def actual(self, items: Items) -> Said:
        """(n, block), the symbols themselves."""
        said = np.zeros((len(items), self.blocks.block), SAID)
        said["symbol"] = Gather(self.numbers, range(self.blocks.block)).numpy(items)
        return said

    def score(
        self,
        actual: Said,
        predicted: Said,
        metrics: Sequence[str] = (),
        items: Items | None = None,  # noqa: ARG002
    ) -> dict[str, float]:
        """Metrics of predictions (n, block)."""
        return {name: METRICS[name](actual, predicted) for name in metrics or self.config.task.metrics}

    def baselines(self, items: Items) -> Mapping[str, Said]:
        """What each baseline of the config says."""
        return {name: BASELINES[name](self.known, items) for name in self.config.task.baselines}

    def notes_on_baselines(self) -> Mapping[str, str]:
        """How many symbols the n-gram looks at."""
        return {"ngram_context": str(order(self.known))} if "ngram" in self.config.task.baselines else {}

    def facts(self) -> Facts:
        """Parts, symbols, what is not known and what is repeated."""
        return facts(self)

    @cached_property
    def known(self) -> Known:
        """What a baseline may know."""
        task = own(self.config)
        places = self.blocks.places(self.parts.train)
        return Known(
            self.numbers,
            places,
            self.parts.validation,
            task.block,
            self.alphabet.classes,
            task.objective,
            task.ngram_context,
        )

    def passage(self, start: int, end: int) -> str:
        """What stands at places of one document, as it is read.

        Args:
            start: of a symbol.
            end: the place behind the last one.
        """
        document = self.blocks.document_at(start)
        begin = int(self.blocks.begins[document])
        before = int(self._ends[start] - self._ends[begin])
        return self.corpus.texts[document][before : before + int(self._ends[end] - self._ends[start])]

    @cached_property
    def _ends(self) -> Int64s:
        """(places,), the signs before each place, of all documents."""
        return np.concatenate([[0], np.cumsum(self.widths)])

    @cached_property
    def repeated(self) -> Mapping[str, Items]:
        """The items of validation and test whose text, to the last sign, stands somewhere in train."""
        train = [self.passage(start, end) for start, end in self.blocks.stretches(self.parts.train)]
        found = {}
        for name in ("validation", "test"):
            items = getattr(self.parts, name)
            texts = [self.passage(int(item), self.blocks.end(int(item))) for item in items]
            found[name] = items[[any(text in stretch for stretch in train) for text in texts]]
        return found

    def unknown(self, items: Items) -> float:
        """The share of their symbols that the alphabet does not know."""
        return float((self.numbers[self.blocks.places(items)] == UNKNOWN).mean())

    def with_symbols(self, documents: Sequence[Sequence[str]]) -> Texts:
        """Other symbols in the same parts: for the audit.

        Args:
            documents: as many, each of as many symbols.
        """
        return self._read(self.config, self.corpus, documents, self.blocks, self.parts)

    def __getstate__(self) -> dict[str, object]:
        """Without what is worked out again where it is needed."""
        return {name: value for name, value in vars(self).items() if name not in ("known", "repeated", "_ends")}


def _alphabet(codes: Int64s, symbols: Sequence[str], config: SweepConfig) -> Alphabet:
    """The most frequent symbols of train, of equally frequent ones first what stands first.

    Args:
        codes: (n,), of the symbols of train in their order.
        symbols: by their codes.
        config: of the sweep.
    """
    found, first, counts = np.unique(codes, return_index=True, return_counts=True)
    chosen = found[np.lexsort((first, -counts))][: own(config).vocabulary]
    return Alphabet(own(config).tokens, own(config).fold, [str(symbols[code]) for code in chosen])
