"""Texts as a data set: an item is a block of symbols that stand one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqsweep.errors import DataError
from seqsweep.events import TrialParams
from seqsweep.schema import SweepConfig
from seqsweep.serving.array_types import Float32s, Int64s
from seqsweep.serving.gather import Gather
from seqsweep.serving.symbols import BEFORE, UNKNOWN, Alphabet, read_as, split
from seqsweep.serving.writing import SAID, judged
from seqsweep.tasks.dataset import Items
from seqsweep.tasks.facts import Facts
from seqsweep.tasks.next_symbol.baselines import BASELINES, Known, order
from seqsweep.tasks.next_symbol.blocks import Blocks
from seqsweep.tasks.next_symbol.codes import Coded, coded
from seqsweep.tasks.next_symbol.corpus import Corpus
from seqsweep.tasks.next_symbol.facts import facts
from seqsweep.tasks.next_symbol.metrics import METRICS, Said
from seqsweep.tasks.next_symbol.pieces import from_beginnings, subwords_of_train
from seqsweep.tasks.next_symbol.settings import own
from seqsweep.tasks.parts import Parts, all_learned
from seqsweep.words import counted

if TYPE_CHECKING:
    from seqsweep.serving.subwords import Subwords

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
        ends: (places + 1,), the signs before each place, of all documents.
        parts: of the sweep's own fold.
        learned_from: signs of each document that subwords were learned from; none where symbols are others.
    """

    config: SweepConfig
    corpus: Corpus
    blocks: Blocks
    alphabet: Alphabet
    numbers: Int32s
    ends: NDArray[np.uint32]
    parts: Parts
    learned_from: tuple[int, ...] = ()

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
        read = replace(corpus, texts=tuple(read_as(text, task.tokens, task.fold) for text in corpus.texts))

        def parted(lengths: Int64s) -> tuple[Blocks, Parts]:
            blocks = Blocks(lengths, task.block, apart)
            return blocks, blocks.parts(corpus.name, config.windows, config.seed)

        subwords: Subwords | None = None
        learned_from: tuple[int, ...] = ()
        if task.tokens == "subwords":
            subwords, learned_from = subwords_of_train(corpus.name, read.texts, task.vocabulary, parted)
        symbols = coded(split(text, task.tokens, subwords) for text in read.texts)
        return cls._read(config, read, symbols, *parted(symbols.lengths), subwords, learned_from)

    @classmethod
    def _read(
        cls,
        config: SweepConfig,
        corpus: Corpus,
        read: Coded,
        blocks: Blocks,
        parts: Parts,
        subwords: Subwords | None,
        learned_from: tuple[int, ...],
    ) -> Texts:
        """Symbols as numbers, by the alphabet of train."""
        every = blocks.spread([codes + np.int32(1) for codes in read.documents], 0)
        alphabet = _alphabet(every[blocks.places(parts.train)] - 1, read.symbols, config, subwords)
        if len(alphabet.vocabulary) < 2 <= own(config).vocabulary:
            told = f"all {alphabet.kind} of train are {alphabet.vocabulary[0]!r}, so there is nothing to predict"
            raise DataError(f"{corpus.name}: {told}; give another text")
        numbers = np.append(np.int32(BEFORE), alphabet.numbers_of(read.symbols))[every]
        widths = np.array([0, *map(len, read.symbols)], np.uint32)
        ends = np.zeros(len(every) + 1, np.uint32)  # a text of more signs than that would not fit into memory
        np.cumsum(widths[every], out=ends[1:])
        return cls(config, corpus, blocks, alphabet, numbers, ends, parts, learned_from)

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

    def whole(self) -> Texts:
        """All blocks as train, with the alphabet, and the subwords, of all texts."""
        task, texts, apart = own(self.config), self.corpus.texts, self.blocks.apart
        subwords, ends = None, self.learned_from
        if self.alphabet.subwords is not None:
            ends = tuple(map(len, texts))
            subwords = from_beginnings(self.name, texts, ends, task.vocabulary)
        symbols = coded(split(text, task.tokens, subwords) for text in texts)
        blocks = Blocks(symbols.lengths, task.block, apart)
        parts = all_learned(blocks.parts(self.name, self.config.windows, self.config.seed))
        return self._read(self.config, self.corpus, symbols, blocks, parts, subwords, ends)

    def extent(self) -> str:
        """Its symbols."""
        return counted(self.rows, self.alphabet.kind.removesuffix("s"))

    def passage(self, start: int, end: int) -> str:
        """What stands at places of one document, as it is read.

        Args:
            start: of a symbol.
            end: the place behind the last one.
        """
        document = self.blocks.document_at(start)
        begin = int(self.blocks.begins[document])
        before = int(self.ends[start]) - int(self.ends[begin])
        return self.corpus.texts[document][before : before + int(self.ends[end]) - int(self.ends[start])]

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

    def coded(self) -> Coded:
        """The documents as codes of their symbols, known or not."""
        return coded(map(self.alphabet.split, self.corpus.texts))

    def with_symbols(self, read: Coded) -> Texts:
        """Other symbols in the same parts: for the audit.

        Args:
            read: as many documents, each of as many symbols.
        """
        corpus, subwords = replace(self.corpus, texts=read.texts()), self.alphabet.subwords
        if subwords is not None:
            size = own(self.config).vocabulary
            subwords = from_beginnings(self.name, corpus.texts, self.learned_from, size)
        return self._read(self.config, corpus, read, self.blocks, self.parts, subwords, self.learned_from)

    def __getstate__(self) -> dict[str, object]:
        """Without what is worked out again where it is needed."""
        return {name: value for name, value in vars(self).items() if name not in ("known", "repeated")}


def _alphabet(codes: Int32s, symbols: Sequence[str], config: SweepConfig, subwords: Subwords | None) -> Alphabet:
    """The most frequent symbols of train, of equally frequent ones first what stands first.

    Args:
        codes: (n,), of the symbols of train in their order.
        symbols: by their codes.
        config: of the sweep.
        subwords: what makes them, where symbols are these.
    """
    counts, first = np.bincount(codes, minlength=len(symbols)), np.zeros(len(symbols), np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]  # of several values of one code the last one stays
    found = np.flatnonzero(counts)
    chosen = found[np.lexsort((first[found], -counts[found]))][: own(config).vocabulary]
    return Alphabet(own(config).tokens, own(config).fold, [symbols[code] for code in chosen], subwords)
