"""A series becomes windows and targets: split by time, transformed and scaled by what train alone shows.

`split` cuts the series and names the rows that are forecast, `transforms` fits what turns the target into what a
network sees, `windows` brings both together for one trial. What is done with values is written in `serving`, which also
travels with packaged models.

An *origin* is the last row that a forecast may see: from origin t the rows t+1 … t+horizon are forecast.
"""

from __future__ import annotations

from seqsweep.errors import Fault
from seqsweep.schema import SweepConfig
from seqsweep.serving.transforms import Transform
from seqsweep.windows.split import SPLITS, Split, make_split
from seqsweep.windows.transforms import SCALERS, fit_transform
from seqsweep.windows.windows import ANCHORS, Windows, make_windows

__all__ = [
    "ANCHORS",
    "SCALERS",
    "SPLITS",
    "Split",
    "Transform",
    "Windows",
    "faults",
    "fit_transform",
    "make_split",
    "make_windows",
]


def faults(config: SweepConfig) -> list[Fault]:
    """What is wrong with the config of the split, the scaler and the anchor, and with differencing."""
    windows, data = config.windows, config.data
    found = SPLITS.fault("windows.split", windows.split)
    found += SCALERS.fault("windows.scaler", windows.scaler)
    found += ANCHORS.fault("windows.anchor", windows.anchor)
    if windows.split in SPLITS:
        found += _part_faults(windows.split, {"validation": windows.validation, "test": windows.test})
    if data.seasonal_difference and data.season is None:
        mend = "give data.season (12 for months, 24 for hours)"
        told = f"data.seasonal_difference=1 needs the rows of a season; {mend}"
        found.append(Fault("data.seasonal_difference", told, also=("data.season",)))
    return found


def _part_faults(split: str, parts: dict[str, object]) -> list[Fault]:
    """What is wrong with the sizes of the parts: each kind of split takes another type."""
    found: list[Fault] = []
    for name, value in parts.items():
        key = f"windows.{name}"
        rule: str | None = None
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if split == "fraction" and not (number and 0 < float(str(value)) < 1):
            rule = "with windows=fraction this is a share of the series, above 0 and below 1"
        elif split == "rows" and not (isinstance(value, int) and number and value >= 1):
            rule = "with windows=rows this is a count of rows, 1 or more"
        elif split == "dates" and number:
            rule = "with windows=dates this is the first date of the part, such as 1990-01-01"
        if rule is not None:
            found.append(Fault(key, f"{key}={value}: {rule}", also=("windows.split",)))
    if not found and split == "fraction" and sum(float(str(value)) for value in parts.values()) >= 1:
        told = "windows.validation and windows.test leave nothing to train on; their sum must be below 1"
        found.append(Fault("windows.validation", told, also=("windows.test", "windows.split")))
    return found
