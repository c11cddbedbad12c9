"""What produced a figure: the versions of what computed it, and the commit of the folder it was started from."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "seqsweep",
    "tensorflow",
    "keras",
    "keras-tuner",
    "mlflow",
    "hydra-core",
    "numpy",
    "pandas",
    "scikit-learn",
)


def lineage() -> dict[str, str]:
    """Tags: `version_PACKAGE` each, `python`, `platform`, and the git commit where there is one."""
    tags = {f"version_{name}": _version(name) for name in PACKAGES}
    tags |= {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}"}
    commit = _git("rev-parse", "HEAD")
    if commit:
        tags["git_commit"] = commit + ("-dirty" if _git("status", "--porcelain", "--untracked-files=no") else "")
    return tags


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _git(*arguments: str) -> str:
    """What git says of the current folder; empty where there is no git or no repository."""
    try:
        answer = subprocess.run(["git", *arguments], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
