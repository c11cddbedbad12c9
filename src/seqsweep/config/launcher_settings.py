"""The settings of launchers, `hydra.launcher.KEY`, in the words of Hydra's plugins.

Source: https://hydra.cc/docs/1.3/plugins/submitit_launcher/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hydra.core.override_parser.types import Override

from seqsweep.config.check import InputFault
from seqsweep.hyperparameters import plain
from seqsweep.spelling import closest

GROUP, SETTINGS = "hydra/launcher", "hydra.launcher"
JOBLIB, LOCAL, SLURM = "joblib", "submitit_local", "submitit_slurm"
COUNT = f"{SETTINGS}.n_jobs"

Kind = tuple[str, Callable[[Any], bool]]
"""What a value must be, in words, and whether one is."""


def _is_whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_text(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip() != ""


def _is_above_zero(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


_ONE_OR_MORE: Kind = ("a whole number, 1 or more", lambda value: _is_whole(value, 1))
_ZERO_OR_MORE: Kind = ("a whole number, 0 or more", lambda value: _is_whole(value, 0))
_ONE: Kind = ("1: a job is one sweep on one node, whose trials are its processes", lambda value: value == 1)
_NUMBER: Kind = ("a number above 0", _is_above_zero)
_TEXT: Kind = ("a text", _is_text)
_TEXTS: Kind = ("a list of commands", lambda value: isinstance(value, list) and all(map(_is_text, value)))
_PAIRS: Kind = (
    "options of sbatch and their values, {mail-user: NAME}",
    lambda value: (
        isinstance(value, dict)
        and all(_is_text(one) or isinstance(one, bool) for pair in value.items() for one in pair)
    ),
)
_AT_ONCE: Kind = (
    "a whole number, 1 or more, or -1: as many as the cores allow",
    lambda value: _is_whole(value, 1) or value == -1,
)

_SUBMITIT: Mapping[str, Kind] = {
    "submitit_folder": _TEXT,
    "timeout_min": _ONE_OR_MORE,
    "cpus_per_task": _ONE_OR_MORE,
    "gpus_per_node": _ZERO_OR_MORE,
    "tasks_per_node": _ONE,
    "nodes": _ONE,
    "mem_gb": _NUMBER,
    "name": _TEXT,
}
_SLURM: Mapping[str, Kind] = {
    "partition": _TEXT,
    "qos": _TEXT,
    "account": _TEXT,
    "comment": _TEXT,
    "constraint": _TEXT,
    "exclude": _TEXT,
    "gres": _TEXT,
    "signal_delay_s": _ONE_OR_MORE,
    "max_num_timeout": _ZERO_OR_MORE,
    "additional_parameters": _PAIRS,
    "array_parallelism": _ONE_OR_MORE,
    "setup": _TEXTS,
}
_OF: Mapping[str, Mapping[str, Kind]] = {
    JOBLIB: {"n_jobs": _AT_ONCE},
    LOCAL: _SUBMITIT,
    SLURM: {**_SUBMITIT, **_SLURM},
}


def value_fault(override: Override, launcher: str) -> InputFault | None:
    """What is wrong with a setting of a launcher.

    Args:
        override: of it.
        launcher: the name of the one that is chosen; `basic` has no settings.
    """
    key = override.key_or_group
    name = key.removeprefix(SETTINGS).removeprefix(".")
    owners = (
        [launcher] if name in _OF.get(launcher, {}) else [owner for owner, settings in _OF.items() if name in settings]
    )
    known = list(_OF.get(launcher) or dict.fromkeys(setting for settings in _OF.values() for setting in settings))
    if not owners:
        meant = closest(name, known)
        mend = f"did you mean {meant!r}?" if meant else f"leave it out; there are: {', '.join(known)}"
        told = f"{override.input_line}: there is no such setting of a launcher; {mend}"
        return InputFault(key, told, left_out=(key,))
    needed, fits = _OF[owners[0]][name]
    value = override.value()
    if not fits(value):
        return InputFault(key, f"{key}={plain(value)}: must be {needed}", left_out=(key,))
    if launcher not in owners:
        with_one = " or ".join(f"{GROUP}={owner}" for owner in owners)
        told = f"{override.input_line}: has an effect only with {with_one}; add that, or leave it out"
        return InputFault(key, told, left_out=(key,))
    return None
