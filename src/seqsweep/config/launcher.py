"""How the jobs of a multirun are launched: `hydra/launcher`, in Hydra's words and those of its launchers.

Jobs run as they were checked, so that no launcher of Hydra's runs, and none has to be installed: what is taken is which
one is meant, and its settings that say where, how long and on what jobs run.

Source: https://hydra.cc/docs/1.3/plugins/joblib_launcher/, https://hydra.cc/docs/1.3/plugins/submitit_launcher/
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import OverrideParseException

from seqsweep.config.check import InputFault
from seqsweep.config.launcher_settings import COUNT, GROUP, JOBLIB, LOCAL, SETTINGS, SLURM, value_fault
from seqsweep.errors import Fault
from seqsweep.schema import SweepConfig
from seqsweep.spelling import nearest

__all__ = ["ALL", "COUNT", "GROUP", "JOB", "JOBLIB", "LOCAL", "SETTINGS", "SLURM", "Launcher", "faults", "read"]

BASIC, RAY = "basic", "ray"
KINDS = (BASIC, JOBLIB, LOCAL, SLURM)
ELSEWHERE = ("ray_aws", "rq")  # what else Hydra's launchers are called
JOB = "SEQSWEEP_JOB"
"""The variable of the environment by which the process of a job knows what its command calls it."""
ALL = -1  # as many jobs as the cores allow, as joblib says it


@dataclass(frozen=True)
class Launcher:
    """What launches the jobs of a multirun side by side.

    Args:
        kind: JOBLIB, LOCAL or SLURM.
        settings: those that are given, without `hydra.launcher.`.
    """

    kind: str
    settings: Mapping[str, Any]

    @property
    def at_once(self) -> int:
        """How many jobs of joblib's run at once, or ALL."""
        return int(self.settings.get("n_jobs", ALL))


def read(overrides: Sequence[str]) -> tuple[list[str], Launcher | None, list[InputFault]]:
    """The overrides without those of the launcher, the launcher, and what is wrong with it.

    Args:
        overrides: as given on the command line, each key once.

    Returns:
        For the launcher None: jobs run one after the other.
    """
    given: dict[str, Override] = {}
    rest = []
    for text in overrides:
        parsed = _parsed(text)
        if parsed is None or not parsed.key_or_group.startswith((GROUP, SETTINGS)) or not _is_set(parsed):
            rest.append(text)
        else:
            given[parsed.key_or_group] = parsed
    kind = given.pop(GROUP, None)
    name = BASIC if kind is None else str(kind.value())
    if name not in KINDS:
        return rest, None, [_refused(name)]
    faults = [fault for override in given.values() if (fault := value_fault(override, name)) is not None]
    if name == BASIC or faults:
        return rest, None, faults
    settings = {key.removeprefix(f"{SETTINGS}."): override.value() for key, override in given.items()}
    return rest, Launcher(name, settings), []


def faults(launcher: Launcher | None, jobs: Sequence[SweepConfig], typed: Sequence[str]) -> list[Fault]:
    """Why a launcher cannot launch these jobs.

    Args:
        launcher: what `read` found.
        jobs: their configs.
        typed: the overrides of the command line.
    """
    if len(jobs) == 1 and any(text.startswith(GROUP) for text in typed):
        return [Fault(GROUP, f"{GROUP}: this is one sweep, and a launcher is for the several of -m; leave it out")]
    if launcher is None:
        return []
    if launcher.kind == JOBLIB:
        return _without_shares(jobs)
    found = []
    what = f"{GROUP}={launcher.kind}"
    if find_spec("submitit") is None:
        found.append(Fault(GROUP, f"{what} needs Submitit: pip install 'seqsweep[submitit]'"))
    if any(job.executor.kind == "ray" for job in jobs):
        told = f"{what}: each job runs its trials on its own node; choose executor=processes"
        found.append(Fault(GROUP, told, also=("executor.kind",)))
    return found + (_of_slurm(what, jobs) if launcher.kind == SLURM else [])


def _without_shares(jobs: Sequence[SweepConfig]) -> list[Fault]:
    """Jobs side by side on one Ray cluster: how much of it each may take nobody can tell but the user."""
    on_ray = [job.executor for job in jobs if job.executor.kind == "ray"]
    lacks = ["executor.address=auto"] if any(one.address is None for one in on_ray) else []
    lacks += ["executor.workers=N"] if any(one.workers is None for one in on_ray) else []
    if not lacks:
        return []
    told = (
        f"{GROUP}={JOBLIB}: jobs with executor=ray share one cluster, so say which it is, and how many trials at once"
    )
    return [Fault(GROUP, f"{told} each leads there; add {' '.join(lacks)}", also=("executor.kind", "executor.workers"))]


def _of_slurm(what: str, jobs: Sequence[SweepConfig]) -> list[Fault]:
    found = []
    if shutil.which("sbatch") is None or shutil.which("squeue") is None:
        told = f"{what}: Slurm's commands sbatch and squeue are not in PATH here; run it where they are (a login node)"
        found.append(Fault(GROUP, f"{told}, or write {GROUP}={JOBLIB}"))
    if any(job.tracking.kind == "mlflow" and (job.tracking.uri or "sqlite").startswith("sqlite") for job in jobs):
        told = f"{what}: jobs of several machines would write one SQLite file, which a network file system corrupts"
        mend = "give a server, tracking.uri=http://SERVER:5000, or write tracking=none"
        found.append(Fault(GROUP, f"{told}; {mend}", also=("tracking.kind", "tracking.uri")))
    return found


def _parsed(text: str) -> Override | None:
    try:
        [override] = OverridesParser.create().parse_overrides([text])
    except OverrideParseException:
        return None
    return override


def _is_set(override: Override) -> bool:
    """Whether it gives one value, as others are refused with all of Hydra's own settings."""
    return not (override.is_delete() or override.is_add() or override.is_sweep_override() or override.package)


def _refused(name: str) -> InputFault:
    told = f"there is no such launcher{nearest(name, KINDS)}"
    if name == RAY:
        told = f"write {GROUP}={JOBLIB} executor=ray executor.address=auto executor.workers=N: jobs are led from here"
        told += ", and each spreads its trials over the cluster"
    elif name in ELSEWHERE:
        told = f"seqsweep has no such launcher; write {GROUP}={JOBLIB} on this machine, or {GROUP}={SLURM} on a cluster"
    return InputFault(GROUP, f"{GROUP}={name}: {told}", left_out=(GROUP,))
