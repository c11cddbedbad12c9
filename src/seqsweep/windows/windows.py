"""A series as one trial sees it, and the parts in which it is trained and scored."""

from __future__ import annotations

from dataclasses import dataclass

from seqsweep.catalog import Catalog
from seqsweep.data import Series
from seqsweep.events import TrialParams
from seqsweep.serving import windows
from seqsweep.serving.windows import Anchor, SeriesView
from seqsweep.windows.split import Split
from seqsweep.windows.transforms import fit_transform

ANCHORS: Catalog[Anchor] = Catalog("anchor", like=Anchor)
for _anchor in windows.ANCHORS.values():
    ANCHORS.register(_anchor)


@dataclass(frozen=True, eq=False)
class Windows(SeriesView):
    """A series as one trial sees it.

    Args:
        split: the parts, and the origins in each.
    """

    split: Split


def make_windows(series: Series, split: Split, params: TrialParams, season: int | None) -> Windows:
    """The windows of one trial: transform and scaler fitted on the rows of train alone.

    Args:
        series: what is forecast.
        split: its parts.
        params: window, anchor, and how values are transformed.
        season: rows a season, for seasonal differences.

    Raises:
        DataError: the transform cannot take a value.
    """
    transform = fit_transform(
        series.values,
        split.train_end,
        scaler=params.scaler,
        clip_quantile=params.clip_quantile,
        log1p=params.log1p,
        difference=params.difference,
        seasonal_difference=params.seasonal_difference,
        season=season,
    )
    return Windows(series.values, transform, ANCHORS[params.anchor], params.window, split.horizon, split)
