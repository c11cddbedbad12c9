"""seqsweep finds the best recurrent network for a sequence, and says how sure that is.

    import seqsweep

    result = seqsweep.sweep("quickstart", ["tuner.max_trials=4"])
    print(result)              # what won, and how sure that is
    result.leaderboard         # DataFrames: also trials, curves, baselines, finals, test
    result.forecast()          # what follows its data; of other rows: result.forecast(frame)
    result.promote()           # the champion: seqsweep.load("sunspots").predict(frame)

`docs/guides/` has more. Names are imported when they are asked for: `import seqsweep` takes no time that a worker would
pay, and installs no handler of signals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqsweep.api.asked import explain, studies
    from seqsweep.api.compared import Comparison, compare
    from seqsweep.api.jobs import multirun, sweep
    from seqsweep.api.models import Model, load, promote
    from seqsweep.api.result import Result, result
    from seqsweep.errors import (
        ConfigError,
        DataError,
        LockedError,
        RefusedError,
        SeqsweepError,
        StateError,
        SweepError,
        TrackingError,
        UserError,
    )
    from seqsweep.search.observer import Observer, Silent

    __version__: str

__all__ = [
    "Comparison",
    "ConfigError",
    "DataError",
    "LockedError",
    "Model",
    "Observer",
    "RefusedError",
    "Result",
    "SeqsweepError",
    "Silent",
    "StateError",
    "SweepError",
    "TrackingError",
    "UserError",
    "__version__",
    "compare",
    "explain",
    "load",
    "multirun",
    "promote",
    "result",
    "studies",
    "sweep",
]

_PLACES = {
    "seqsweep.api.asked": ("explain", "studies"),
    "seqsweep.api.compared": ("Comparison", "compare"),
    "seqsweep.api.jobs": ("multirun", "sweep"),
    "seqsweep.api.models": ("Model", "load", "promote"),
    "seqsweep.api.result": ("Result", "result"),
    "seqsweep.search.observer": ("Observer", "Silent"),
}
"""Where what is offered is defined; errors are all in one module."""


def __getattr__(name: str) -> Any:
    """What is asked for: a name of the API, or `__version__`, whose look-up takes time that every worker would pay."""
    if name == "__version__":
        from importlib.metadata import version

        return version("seqsweep")
    if name not in __all__:
        raise AttributeError(f"module 'seqsweep' has no attribute {name!r}")
    from importlib import import_module

    place = next((module for module, names in _PLACES.items() if name in names), "seqsweep.errors")
    found = getattr(import_module(place), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Also what was not asked for yet."""
    return sorted({*globals(), *__all__})
