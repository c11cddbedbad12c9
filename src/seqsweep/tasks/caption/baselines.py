"""What a captioning network must beat: texts that cost next to nothing, for exactly the items that it is scored on."""

from __future__ import annotations

from collections import Counter

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.serving.array_types import Int64s
from seqsweep.tasks.decoding.baselines import Baseline, Known
from seqsweep.tasks.decoding.predictions import Texts, texts

BASELINES: Catalog[Baseline] = Catalog("baseline", like=Baseline)


@BASELINES.register
def most_frequent(known: Known, items: Int64s) -> Texts:
    """The most frequent text of train for every item; of equally frequent ones the first in order."""
    counts = Counter(known.table.targets[known.parts.train].tolist())
    most = min(counts, key=lambda text: (-counts[text], text))
    return texts([most] * len(items))


@BASELINES.register
def nearest_neighbour(known: Known, items: Int64s) -> Texts:
    """The text of the item of train whose numbers, standardised by train, lie nearest (scikit-learn)."""
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train, values = known.parts.train, known.table.values
    _, codes = np.unique(known.table.targets[train].astype(str), return_inverse=True)
    model = make_pipeline(StandardScaler(), KNeighborsClassifier(n_neighbors=1))
    said = model.fit(values[train], codes).predict(values[items])
    names = np.unique(known.table.targets[train].astype(str))
    return texts(names[said].tolist())
