"""What can go wrong, split by what its reader should do: mend the input, resume later, or read the leaderboard.

```
SeqsweepError
├── UserError            mend the input and run the same command again
│   ├── ConfigError      the composed config or the command line
│   ├── DataError        the series: file, column, row
│   └── RefusedError     the gate of the registry: a winner that others should not load
├── SweepError           the sweep stopped; finished trials are kept, the same command resumes
│   ├── StateError       a state file is truncated, foreign, or not writable
│   ├── LockedError      another process runs this sweep
│   └── TrackingError    the MLflow store cannot be reached
└── TrialError           one trial failed; the sweep goes on
    └── DivergedError    its loss became NaN, infinite, or far worse than a constant forecast
```

EXIT_CODES says what a command ends with; that of an error is its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from seqsweep.redaction import redacted

REFUSED, FAILED = 2, 1

EXIT_CODES = (
    "Exit codes: 0 done; 2 the command line, the config or the data is refused, and nothing was done; 1 it began and "
    "failed; 130 Ctrl-C, 143 SIGTERM, 129 SIGHUP."
)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a config.

    Args:
        key: the dotted key that it is about: `data.path`; a group alone where it is about all of it; nothing where it
            is about an argument that is no key.
        text: the sentence for the user: key, value received, rule, and how to mend it.
        also: further keys whose values it judges; without the value of any of them it need not be said.
    """

    key: str
    text: str
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The sentence."""
        return self.text

    def concerns(self, name: str) -> bool:
        """Whether it is about the key or group `name`, or about a part of it."""
        return any(key == name or key.startswith((f"{name}.", f"{name}[")) for key in (self.key, *self.also))


class SeqsweepError(Exception):
    """Whatever seqsweep raises on purpose; its text is written for the user and needs no traceback.

    Args:
        text: may quote an address: its secrets are hidden.
    """

    exit_code: ClassVar[int] = FAILED
    """Of the command that it ends."""

    def __init__(self, text: str = "") -> None:
        super().__init__(redacted(text))


class UserError(SeqsweepError):
    """The input is at fault: nothing was trained, nothing was lost."""

    exit_code = REFUSED


class ConfigError(UserError):
    """Every fault found in a config, in one error.

    Args:
        faults: one a fault; the sentence alone where no key is at fault but an argument: a study, a run, a flag.
    """

    def __init__(self, faults: Sequence[Fault | str]) -> None:
        told = (Fault("", fault) if isinstance(fault, str) else fault for fault in faults)
        self.faults = tuple(replace(fault, text=redacted(fault.text)) for fault in told)
        super().__init__("\n".join(fault.text for fault in self.faults))

    def __reduce__(self) -> tuple[type[ConfigError], tuple[tuple[Fault, ...]]]:
        # Exceptions cross from worker to parent by pickle, which would call __init__ with the joined text.
        return type(self), (self.faults,)


class DataError(UserError):
    """The series cannot be used; the text names file, column and first bad row."""


class RefusedError(UserError):
    """A winner does not pass the gate; nothing was changed."""

    exit_code = FAILED  # the command was sound, and this is its answer


class SweepError(SeqsweepError):
    """The sweep cannot go on; what it finished is kept and the same command resumes it."""


class StateError(SweepError):
    """A state file is truncated, belongs to something else, or cannot be written."""


class LockedError(SweepError):
    """Another process runs the same sweep.

    Args:
        text: the sentence for the user.
        job: what the command that runs that process beside others calls it; None: no command does.
    """

    def __init__(self, text: str = "", job: str | None = None) -> None:
        super().__init__(text)
        self.job = job


class TrackingError(SweepError):
    """The MLflow store cannot be reached or refuses what it is given.

    Args:
        text: the sentence for the user.
        away: why the store does not answer now, where it may do so later: a sweep that runs does not stop for that.
    """

    def __init__(self, text: str = "", away: str = "") -> None:
        super().__init__(text)
        self.away = away


class TrialError(SeqsweepError):
    """One trial failed; its reason goes into the leaderboard and the sweep goes on."""


class DivergedError(TrialError):
    """The loss of a trial became NaN, infinite, or far worse than that of a constant forecast."""
