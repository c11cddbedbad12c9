"""What the hyperparameters of forecasts ask of the rest of the config."""

from __future__ import annotations

from collections.abc import Iterator

from seqsweep.errors import Fault
from seqsweep.hyperparameters import plain
from seqsweep.schema import SweepConfig
from seqsweep.tasks.dataset import Space
from seqsweep.tasks.forecast.graph import ANCHORS as GRAPH_ANCHORS
from seqsweep.tasks.forecast.head_faults import head_faults
from seqsweep.tasks.forecast.quantile_faults import quantile_faults

USUAL = ("series", "left_out")
"""What the keys of several series are where nobody gives them."""


def space_faults(config: SweepConfig, space: Space) -> list[Fault]:
    """Differencing by a season needs one, a ridge the baseline that it is, what is said of several series these.

    Args:
        config: of the sweep.
        space: what is searched.
    """
    found = [*_ridge_faults(config, space), *head_faults(config, space), *_onnx_faults(config, space)]
    return [*found, *_panel_faults(config), *_season_faults(config, space), *quantile_faults(config, space)]


def _ridge_faults(config: SweepConfig, space: Space) -> Iterator[Fault]:
    if "ridge" in space.values("linear_skip") and "linear" not in config.task.baselines:
        told = "a network that starts as the ridge is held against it; add linear to task.baselines"
        yield Fault("search_space.linear_skip", f"search_space.linear_skip=ridge: {told}", also=("task.baselines",))


def _onnx_faults(config: SweepConfig, space: Space) -> Iterator[Fault]:
    others = [name for name in space.values("anchor") if name not in GRAPH_ANCHORS] if config.package.onnx else []
    if others:
        told = f"its graph has the anchors {', '.join(GRAPH_ANCHORS)}, not {others[0]}; take these, or leave it out"
        yield Fault("package.onnx", f"package.onnx=true: {told}", also=("search_space.anchor", "windows.anchor"))


def _panel_faults(config: SweepConfig) -> Iterator[Fault]:
    if config.data.series or config.data.columns:
        return
    mend = "it is of several series; name them with data.series or data.columns, or leave it out"
    given = {f"search_space.{name}": config.search_space.get(name) for name in ("scope", "series_embedding")}
    windows = {"windows.scope": config.windows.scope, "windows.short_series": config.windows.short_series}
    given |= {key: value for key, value in windows.items() if value not in USUAL}
    for key, value in given.items():
        if value is not None:
            yield Fault(key, f"{key}={plain(value)}: {mend}", also=("data.series", "data.columns"))


def _season_faults(config: SweepConfig, space: Space) -> list[Fault]:
    follows = "seasonal_difference" not in config.search_space
    if config.data.season is not None or (follows and config.data.seasonal_difference == 1):
        return []  # what is wrong with the key that it follows is told of that
    key, told = "search_space.seasonal_difference", "needs data.season, the rows of a season; set it"
    if space.highest("seasonal_difference"):
        given = config.search_space.get("seasonal_difference", config.data.seasonal_difference)
        text = f"{key}={given}: {told}, or set seasonal_difference to 0"
        return [Fault(key, text, also=("data.season",))]
    starts = [i for i, point in enumerate(space.warm_starts()) if point.seasonal_difference]
    keys = [f"search_space.warm_start[{i}].seasonal_difference" for i in starts]
    return [Fault(key, f"{key}=1: {told}", also=("data.season",)) for key in keys]
