"""When a winner may become the champion: the keys of `registry`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seqsweep.schema.declare import setting


@dataclass
class RegistryConfig:
    """When a winner may become the champion."""

    model: str | None = setting("name of the registered model; null: that of the series", holds="name", optional=True)
    min_skill: float = setting(
        "share of the best baseline's error on the test part by which a champion's must be less", at_least=0, below=1
    )
    bounds: Any = setting(
        "of objectives behind the first: the highest value of one that is to be low, the lowest of one that is to be "
        "high. Among the finalists within all of them the best by task.objective wins; the gate refuses others. Of "
        "parameter_count and latency_ms they are of all networks whose mean serves",
        holds="mapping",
        optional=True,
    )
    refit: str = setting(
        "what the packaged model has learned from: `all` of the data, by training the winner once more for as many "
        "epochs as were best, after it was scored; or the `train` part alone, as it was scored",
        choices=("all", "train"),
    )
