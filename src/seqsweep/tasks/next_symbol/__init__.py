"""Which symbol comes next: many to many in training, one symbol at a time in use.

`corpus` reads documents, `dataset` cuts them into blocks, of which each is an item; `ngram` and `baselines` must be
beaten, `audit` turns later text into noise, `evaluation` finds what surprises and what the network writes, `predictor`
serves. How a text becomes symbols, and how a network reads and writes, lies in `serving.symbols` and `serving.writing`.
"""

from seqsweep.tasks.next_symbol.task import NextSymbol

__all__ = ["NextSymbol"]
