"""A network of texts as a graph: numbers of symbols in, logits of the symbol behind each of a block out."""

from __future__ import annotations

from seqsweep.serving.symbols import SPECIAL, Alphabet
from seqsweep.tasks.graph import BATCH, Graph, bare
from seqsweep.tasks.next_symbol.dataset import SymbolView


def make_graph(view: SymbolView, alphabet: Alphabet) -> Graph:
    """The graph of one step of writing.

    Args:
        view: as the network saw the texts.
        alphabet: the symbols.
    """
    reads = view.window + view.block - 1
    return bare(
        view,
        said=f"The numbers of {reads:,} symbols in, logits of what comes behind each of the last {view.block:,} out. "
        "Left to the caller: texts as numbers of symbols and back, and the loop that writes symbol after symbol, as "
        "`serving/symbols.py` and `serving/writing.py` in the model's code do.",
        names=["symbols"],
        told=["numbers of symbols, by their place in the list `symbols`; 0 before the beginning of a text"],
        output=("logits", "of what comes next; the first is of the number 1, which is a symbol that is not known"),
        shape=(BATCH, view.block, view.classes),
        lists={"symbols": [*[""] * SPECIAL, *alphabet.vocabulary]},
    )
