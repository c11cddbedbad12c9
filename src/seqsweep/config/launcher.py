"""How the jobs of a multirun are launched: `hydra/launcher`, in Hydra's words and those of its joblib launcher.

Jobs run as they were checked, so that no launcher of Hydra's runs, and none has to be installed: what is taken is which
one is meant, and how many jobs at once.

Source: https://hydra.cc/docs/1.3/plugins/joblib_launcher/
"""

from __future__ import annotations

from collections.abc import Sequence

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import OverrideParseException

from seqsweep.config.check import InputFault
from seqsweep.errors import Fault
from seqsweep.hyperparameters import plain
from seqsweep.schema import SweepConfig
from seqsweep.spelling import nearest

GROUP, SETTINGS = "hydra/launcher", "hydra.launcher"
COUNT = f"{SETTINGS}.n_jobs"
BASIC, JOBLIB = "basic", "joblib"
ELSEWHERE = ("ray", "ray_aws", "rq", "submitit_local", "submitit_slurm")  # what Hydra's other launchers are called
ALL = -1  # as many jobs as the cores allow, as joblib says it


def read(overrides: Sequence[str]) -> tuple[list[str], int | None, list[InputFault]]:
    """The overrides without those of the launcher, how many jobs it runs at once, and what is wrong with it.

    Args:
        overrides: as given on the command line, each key once.

    Returns:
        For the number of jobs ALL, a number, or None: one after the other.
    """
    given: dict[str, Override] = {}
    rest = []
    for text in overrides:
        parsed = _parsed(text)
        if parsed is None or not parsed.key_or_group.startswith((GROUP, SETTINGS)) or not _is_set(parsed):
            rest.append(text)
        else:
            given[parsed.key_or_group] = parsed
    kind, count = (given.get(key) for key in (GROUP, COUNT))
    faults = [_unknown(override) for key, override in given.items() if key not in (GROUP, COUNT)]
    name = BASIC if kind is None else str(kind.value())
    if kind is not None and name not in (BASIC, JOBLIB):
        faults.append(_refused(name))
    elif count is not None:
        faults += _count_faults(count, name)
    if name != JOBLIB or faults:
        return rest, None, faults
    return rest, ALL if count is None else int(str(count.value())), []


def faults(at_once: int | None, jobs: Sequence[SweepConfig], typed: Sequence[str]) -> list[Fault]:
    """Why a launcher cannot launch these jobs.

    Args:
        at_once: what `read` found.
        jobs: their configs.
        typed: the overrides of the command line.
    """
    if len(jobs) == 1 and any(text.startswith(GROUP) for text in typed):
        return [Fault(GROUP, f"{GROUP}: this is one sweep, and a launcher is for the several of -m; leave it out")]
    if at_once is not None and any(job.executor.kind == "ray" for job in jobs):
        told = (
            f"{GROUP}={JOBLIB}: with executor=ray the trials of one job after the other are spread over the cluster; "
            "leave the launcher out, or choose executor=processes"
        )
        return [Fault(GROUP, told, also=("executor.kind",))]
    return []


def _parsed(text: str) -> Override | None:
    try:
        [override] = OverridesParser.create().parse_overrides([text])
    except OverrideParseException:
        return None
    return override


def _is_set(override: Override) -> bool:
    """Whether it gives one value, as others are refused with all of Hydra's own settings."""
    return not (override.is_delete() or override.is_add() or override.is_sweep_override() or override.package)


def _unknown(override: Override) -> InputFault:
    key = override.key_or_group
    told = f"{override.input_line}: of a launcher {COUNT} alone is taken; leave it out"
    return InputFault(key, told, left_out=(key,))


def _refused(name: str) -> InputFault:
    told = f"there is no such launcher{nearest(name, [BASIC, JOBLIB])}"
    if name in ELSEWHERE:
        here = f"jobs run side by side on this machine alone, write {GROUP}={JOBLIB}"
        told = f"{here}; over several machines executor=ray spreads the trials of each job"
    return InputFault(GROUP, f"{GROUP}={name}: {told}", left_out=(GROUP,))


def _count_faults(count: Override, name: str) -> list[InputFault]:
    value = count.value()
    if not isinstance(value, int) or isinstance(value, bool) or (value < 1 and value != ALL):
        told = f"{COUNT}={plain(value)}: must be a whole number, 1 or more, or {ALL}: as many as the cores allow"
        return [InputFault(COUNT, told, left_out=(COUNT,))]
    if name != JOBLIB:
        told = f"{count.input_line}: has an effect only with {GROUP}={JOBLIB}; add that, or leave it out"
        return [InputFault(COUNT, told, left_out=(COUNT,))]
    return []
