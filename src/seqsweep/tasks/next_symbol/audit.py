"""Whether what is learned, read or said depends on text that comes later.

All text outside train becomes noise: the alphabet, what is read of train and what is said of it may not move by a bit.
Then, at places inside validation and test, what follows becomes noise: what the network takes for the next symbol
there, and what it said of all before, may not move either: it would read what it is to predict.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from seqsweep.events import TrialParams
from seqsweep.serving.array_types import Int64s
from seqsweep.tasks.dataset import Predict
from seqsweep.tasks.next_symbol.dataset import Texts
from seqsweep.tasks.results import Audit
from seqsweep.words import counted, counted_share

Int32s = NDArray[np.int32]

SAMPLE = 64  # items of train that the network is asked for
CUTS = 5  # places inside validation and test
SHOWN = 8  # symbols of the alphabet that the verdict names
NOISE = "\u2042\u203b\u2055"  # signs that no text is likely to have


def audit(data: Texts, params: TrialParams, predict: Predict) -> Audit:
    """The verdict.

    Args:
        data: of the sweep.
        params: of the winner.
        predict: the winner's network.
    """
    later = np.sort(np.concatenate([data.parts.validation, data.parts.test]))
    findings = [*_moved(data, noised(data, data.blocks.places(later)), params, predict)]
    cuts = [int(later[k]) + (k * 7 + 3) % data.blocks.block for k in np.linspace(0, len(later) - 1, CUTS).astype(int)]
    cuts = sorted({min(cut, data.blocks.end(int(later[np.searchsorted(later, cut, "right") - 1])) - 1) for cut in cuts})
    findings += [told for cut in cuts for told in _seen_ahead(data, cut, params, predict)]
    known = data.alphabet.vocabulary
    first = " ".join(repr(symbol)[1:-1] if symbol.strip() else repr(symbol) for symbol in known[:SHOWN])
    checked = (
        "noise for all text outside train moves neither the alphabet nor what is learned from, and noise behind each "
        f"of {counted(len(cuts), 'cut')} moves nothing before it; the alphabet has {len(known):,} {data.alphabet.kind} "
        f"({first}{' …' if len(known) > SHOWN else ''}); {repeats(data)}"
    )
    return Audit(not findings, checked, tuple(findings))


def repeats(data: Texts) -> str:
    """Which share of validation and test stands in train too, to the last sign."""
    parts = {name: (len(items), len(getattr(data.parts, name))) for name, items in data.repeated.items()}
    told = [f"{counted_share(count / size)} of the blocks of {name}" for name, (count, size) in parts.items()]
    return f"train holds the text of {' and '.join(told)} too"


def noised(data: Texts, places: Int32s | Int64s) -> Texts:
    """The texts with other symbols at these places.

    Args:
        data: as it is.
        places: of symbols, ascending.
    """
    random, read = np.random.default_rng(0), data.coded()
    known = {symbol: code for code, symbol in enumerate(read.symbols)}
    noise = np.array([[known.setdefault(_noise(sign, length, data.alphabet.kind), len(known)) for sign in NOISE]
                      for length in (1, 2, 3)], np.int32)  # fmt: skip
    for begin, codes in zip(data.blocks.begins, read.documents, strict=True):
        inside = places[(places >= begin) & (places < begin + len(codes))] - begin
        codes[inside] = noise[inside % 3, random.integers(0, len(NOISE), len(inside))]
    return data.with_symbols(read._replace(symbols=list(known)))


def _noise(sign: str, length: int, kind: str) -> str:
    return f" {sign * length}" if kind == "words" else sign


def _moved(before: Texts, after: Texts, params: TrialParams, predict: Predict) -> Iterator[str]:
    if before.alphabet.to_json() != after.alphabet.to_json():
        yield "the alphabet is that of more than train"
        return
    train, old, new = before.parts.train, before.view(params), after.view(params)
    if not np.array_equal(old.inputs[0].numpy(train), new.inputs[0].numpy(train)):
        yield "what is read of train moved"
    if not np.array_equal(old.targets.numpy(train), new.targets.numpy(train)):
        yield "what is to be said of train moved"
    some = train[:SAMPLE]
    if not np.array_equal(predict(old, some), predict(new, some)):
        yield "what the network says of train moved: it reads later text"


def _seen_ahead(data: Texts, cut: int, params: TrialParams, predict: Predict) -> Iterator[str]:
    items = data.blocks.items
    place = int(np.searchsorted(items, cut, "right")) - 1
    item, here = items[place : place + 1], cut - int(items[place])
    after = noised(data, np.arange(cut, data.blocks.end(int(items[place]))))
    old, new = (predict(texts.view(params), item)[0] for texts in (data, after))
    same = all(np.array_equal(old[name][:here], new[name][:here]) for name in ("nll", "best"))
    if not (same and np.array_equal(old["symbol"][: here + 1], new["symbol"][: here + 1])):
        number = cut - int(data.blocks.begins[data.blocks.document_at(cut)]) + 1
        yield f"noise from symbol {number:,} of a text on moves what was said before it"
