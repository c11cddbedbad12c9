"""What a translating network must beat: a memory of translations."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.serving.array_types import Int64s
from seqsweep.tasks.decoding.baselines import Baseline, Known
from seqsweep.tasks.decoding.predictions import Texts, texts

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import NearestNeighbors

CANDIDATES = 8
"""Sources of train, the nearest by counted letters, among which chrF chooses: to hold each of them against each item
would take hours."""

BASELINES: Catalog[Baseline] = Catalog("baseline", like=Baseline)


@BASELINES.register
def translation_memory(known: Known, items: Int64s) -> Texts:
    """The target of the source in train that is nearest by chrF, of the eight nearest by TF-IDF of up to 4 letters."""
    from sacrebleu.metrics.chrf import CHRF

    assert known.table.texts is not None  # what is translated is a text
    train, memory, metric = known.parts.train, _memory(known), CHRF()
    asked = known.table.texts[items].tolist()
    near = memory[1].kneighbors(memory[0].transform([f" {text} " for text in asked]), return_distance=False)
    said = []
    for text, places in zip(asked, near, strict=True):
        candidates = train[np.sort(places)]
        scores = [metric.sentence_score(str(known.table.texts[item]), [text]).score for item in candidates]
        said.append(known.table.targets[candidates[int(np.argmax(scores))]])
    return texts(said)


@lru_cache(maxsize=2)
def _memory(known: Known) -> tuple[TfidfVectorizer, NearestNeighbors]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import NearestNeighbors

    assert known.table.texts is not None
    train = known.table.texts[known.parts.train].tolist()
    counted = TfidfVectorizer(analyzer="char", ngram_range=(2, 4), lowercase=False, dtype=np.float32)
    matrix: Any = counted.fit_transform([f" {text} " for text in train])
    near = NearestNeighbors(n_neighbors=min(CANDIDATES, len(train)), metric="cosine", algorithm="brute")
    return counted, near.fit(matrix)
