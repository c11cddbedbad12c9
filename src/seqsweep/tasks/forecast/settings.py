"""What a config says to forecasts alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from seqsweep.hyperparameters import Listed
from seqsweep.schema import SweepConfig, TaskConfig
from seqsweep.schema.declare import setting

RIDGE = {"task.baselines": Listed(("linear",))}

READS = (
    *(f"windows.{name}" for name in ("scaler", "anchor", "scope", "short_series", "train_on_filled")),
    *(f"data.{name}" for name in ("time", "time_format", "timezone", "sort", "missing", "frequency", "aggregate")),
    *(f"data.{name}" for name in ("series", "columns", "static", "known_future", "calendar")),
    *(f"data.{name}" for name in ("season", "clip_quantile", "log1p", "difference", "seasonal_difference")),
)
"""Keys of windows and of series."""


@dataclass
class ForecastConfig(TaskConfig):
    """How far ahead, and what the baselines may choose from."""

    horizon: int = setting("rows ahead, all predicted at once", unit="rows", at_least=1)
    moving_average: int = setting(
        "rows that the baseline moving_average averages",
        unit="rows",
        at_least=2,
        when={"task.baselines": Listed(("moving_average",))},
    )
    ridge_windows: list[int] = setting(
        "windows that the baseline linear chooses from", unit="rows", at_least=1, when=RIDGE
    )
    ridge_penalties: list[float] = setting("penalties that the baseline linear chooses from", at_least=0, when=RIDGE)
    lower: float | None = setting(
        "below which the target never is, such as 0 of sales: forecasts of networks and baselines, and lower ends of "
        "intervals, are clipped there; null: there is no bound",
        optional=True,
    )


def own(config: SweepConfig) -> ForecastConfig:
    """The group `task` of a config whose task this is."""
    return cast(ForecastConfig, config.task)
