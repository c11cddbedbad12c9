"""What the hyperparameters of forecasts ask where quantiles are learned."""

from __future__ import annotations

from collections.abc import Iterator

from seqsweep.errors import Fault
from seqsweep.hyperparameters import plain
from seqsweep.schema import SweepConfig
from seqsweep.tasks.dataset import Space
from seqsweep.tasks.forecast.quantiles import QUANTILE
from seqsweep.tasks.forecast.settings import own


def quantile_faults(config: SweepConfig, space: Space) -> Iterator[Fault]:
    """What cannot be learned, or made, beside quantiles; and what cannot without them.

    Args:
        config: of the sweep.
        space: what is searched.
    """
    losses, wanted = list(space.values("loss")), config.task.loss == QUANTILE
    if (QUANTILE in losses) != wanted or (wanted and set(losses) != {QUANTILE}):
        told = "networks of one sweep forecast quantiles, all of them or none"
        mend = f"give task.loss={QUANTILE} and no search_space.loss; a sweep each, with -m task.loss=mae,{QUANTILE}"
        given = config.search_space.get("loss")
        key = "search_space.loss"
        yield Fault(key, f"{key}={plain(given)}: {told}; {mend}, tells which is better", also=("task.loss",))
    elif wanted:
        yield from _added_up(config, space)
        if config.finals.adaptation and config.finals.intervals != "conformal":
            key = "finals.adaptation"
            told = "levels that adapt are of conformal intervals; give finals.intervals=conformal, or leave it 0"
            yield Fault(key, f"{key}={config.finals.adaptation:g}: {told}", also=("finals.intervals", "task.loss"))
    if not wanted and "pinball" in config.task.metrics:
        told = f"this scores quantiles, and there are none; give task.loss={QUANTILE}, or leave it out"
        yield Fault("task.metrics", f"task.metrics=pinball: {told}", also=("task.loss",))


def _added_up(config: SweepConfig, space: Space) -> Iterator[Fault]:
    """Differences that reach into the horizon: quantiles of changes do not add up to those of the value."""
    horizon, season = own(config).horizon, config.data.season
    lags = {"difference": 1, "seasonal_difference": season or horizon}
    for name, lag in lags.items():
        if horizon > lag and space.highest(name):
            given = "search_space" if name in config.search_space else "data"
            key, group = f"{given}.{name}", config.search_space if given == "search_space" else vars(config.data)
            told = f"task.loss={QUANTILE} forecasts {horizon} rows ahead, and quantiles of changes do not add up"
            mend = f"set it to 0 (windows.anchor=last takes the level off), or task.horizon to {lag}"
            yield Fault(key, f"{key}={plain(group[name])}: {told}; {mend}", also=("task.loss", "task.horizon"))
