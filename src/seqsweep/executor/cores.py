"""How many cores this process may use."""

from __future__ import annotations

import os
from pathlib import Path


def available_cores(groups: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> float:
    """Cores, maybe a fraction, that affinity and the quotas of control groups allow this process.

    A container shows all cores of its host; what it may use of them stands in its control group alone.

    Args:
        groups: where control groups are mounted.
        own: the file that says which of them this process is in.

    Source: Linux, admin-guide/cgroup-v2 (cpu.max) and scheduler/sched-bwc (cpu.cfs_quota_us).
    """
    has_affinity = hasattr(os, "sched_getaffinity")  # macOS has none
    cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    return min([cores, *_quotas(groups, own)])


def _quotas(groups: Path, own: Path) -> list[float]:
    """The limits in cores on the control groups of this process and on all groups around them."""
    lines = _text(own).splitlines()
    quotas: list[float] = []
    for line in lines:
        _, controllers, path = line.split(":", maxsplit=2)  # 0::/path, or 4:cpu,cpuacct:/path in version 1
        mount = groups if not controllers else groups / "cpu"
        if controllers and "cpu" not in controllers.split(","):
            continue
        group = mount / path.lstrip("/")
        for folder in (group, *group.parents):
            quotas += _quota(folder)
            if folder == mount:
                break
    return quotas


def _quota(group: Path) -> list[float]:
    """The limit of one control group in cores: one number, or none."""
    fields = _text(group / "cpu.max").split() or [
        *_text(group / "cpu.cfs_quota_us").split(),
        *_text(group / "cpu.cfs_period_us").split(),
    ]
    if len(fields) != 2 or fields[0] in ("max", "-1"):
        return []
    return [int(fields[0]) / int(fields[1])]


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
