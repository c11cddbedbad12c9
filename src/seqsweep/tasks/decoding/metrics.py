"""How good texts are, of any task that says one an item."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.metrics import Metric, Score
from seqsweep.serving.array_types import Int64s
from seqsweep.tasks.decoding.predictions import Texts

SCORES = 100.0
"""The best BLEU and chrF."""


def exact_match(actual: Texts, predicted: Texts) -> float:
    """The share of items whose text is the true one, letter by letter."""
    return float((actual["text"] == predicted["text"]).mean())


def log_loss(actual: Texts, predicted: Texts) -> float:  # noqa: ARG001 (the predictions know what the truth cost)
    """Nats a piece of the true texts, their ends included, each said behind the true ones before it.

    NaN of who gives no probabilities.
    """
    count = int(predicted["count"].sum())
    return float(predicted["nll"].sum()) / count if count else math.nan


def symbol_error_rate(actual: Texts, predicted: Texts) -> float:
    """Letters that must be put in, taken out or changed to come to the true texts, as a share of their letters.

    Source: Levenshtein (1966), Soviet Physics Doklady 10(8); as the character error rate of speech recognition.
    """
    wrong = sum(distance(str(said), str(true)) for true, said in zip(actual["text"], predicted["text"], strict=True))
    return wrong / max(1, int(np.char.str_len(actual["text"]).sum()))


def bleu(actual: Texts, predicted: Texts) -> float:
    """Corpus BLEU of sacrebleu, from 0 to 100, with its own rules for words.

    Source: Papineni et al. (2002), ACL; Post (2018), A Call for Clarity in Reporting BLEU Scores, WMT.
    """
    from sacrebleu.metrics.bleu import BLEU

    return _in_range(BLEU(force=True).corpus_score(predicted["text"].tolist(), [actual["text"].tolist()]).score)


def chrf(actual: Texts, predicted: Texts) -> float:
    """Corpus chrF of sacrebleu, from 0 to 100: the F2 of sequences of up to six letters.

    Source: Popović (2015), chrF: character n-gram F-score for automatic MT evaluation, WMT.
    """
    from sacrebleu.metrics.chrf import CHRF

    return _in_range(CHRF().corpus_score(predicted["text"].tolist(), [actual["text"].tolist()]).score)


def catalog(*names: str) -> Catalog[Metric]:
    """The metrics of a task by name, in this order."""
    made: Catalog[Metric] = Catalog("metric", like=Score)
    for name in names:
        made.add(name, ALL[name], ALL[name].function)
    return made


def distance(said: str, true: str) -> int:
    """Fewest letters to put in, take out or change that make one text of another.

    Args:
        said: a text.
        true: another one.
    """
    before: Sequence[int] = range(len(true) + 1)
    if said == true:
        return 0
    for row, letter in enumerate(said, 1):
        now = [row]
        for column, other in enumerate(true, 1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (letter != other)))
        before = now
    return before[-1]


def bleu_statistics(actual: Texts, predicted: Texts) -> Int64s:
    """(n, 10): of each item, words in common and said by length of sequence, and the lengths of both texts.

    Their sums over items give the corpus BLEU of these items.

    Args:
        actual: (n,).
        predicted: (n,).
    """
    from sacrebleu.metrics.bleu import BLEU

    metric = BLEU(effective_order=True)
    pairs = zip(predicted["text"].tolist(), actual["text"].tolist(), strict=True)
    scored = [metric.sentence_score(said, [true]) for said, true in pairs]
    rows = [[*score.counts, *score.totals, score.sys_len, score.ref_len] for score in scored]
    return np.array(rows, np.int64).reshape(len(scored), -1)


def bleu_of(statistics: Int64s) -> float:
    """The corpus BLEU of items (n, 10) as `bleu_statistics` gives them."""
    from sacrebleu.metrics.bleu import BLEU

    total = [int(value) for value in statistics.sum(axis=0)]
    order = (len(total) - 2) // 2
    found = BLEU.compute_bleu(total[:order], total[order : 2 * order], total[-2], total[-1], smooth_method="exp")
    return _in_range(found.score)


def _in_range(score: float) -> float:
    return min(max(float(score), 0.0), SCORES)  # of a perfect text sacrebleu gives 100.00000000000004


ALL = {
    "exact_match": Metric("exact_match", exact_match, higher_is_better=True, highest=1.0, loss="zero-one"),
    "log_loss": Metric("log_loss", log_loss),
    "symbol_error_rate": Metric("symbol_error_rate", symbol_error_rate, can_rank=False, needs_decoding=True),
    "bleu": Metric("bleu", bleu, higher_is_better=True, highest=SCORES, can_rank=False, needs_decoding=True),
    "chrf": Metric("chrf", chrf, higher_is_better=True, highest=SCORES, can_rank=False, needs_decoding=True),
}
