"""What makes two launches the same sweep: all that a figure depends on, and its fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from seqsweep.schema import LIMITS, SweepConfig
from seqsweep.state_files import read_state, to_json
from seqsweep.tasks import TASKS, Dataset

IDENTITY = "sweep.json"


@dataclass(frozen=True)
class Identity:
    """All that a figure of a sweep depends on; the same identity resumes, another one starts anew.

    Where trials run and where runs are kept is no part of it, so that a sweep can be resumed with more workers. The
    data counts by content, not by path. Nor are the limits at which a search stops: raise them to go on.

    Args:
        study: its name.
        seed: of the sweep.
        data: the settings of that group, and their content; the other groups likewise.
        finals: those settings of that group that networks depend on, see `Evaluated.trained_for`; most have none.
    """

    study: str
    seed: int
    data: Mapping[str, Any]
    windows: Mapping[str, Any]
    task: Mapping[str, Any]
    search_space: Mapping[str, Any]
    model: Mapping[str, Any]
    trial: Mapping[str, Any]
    tuner: Mapping[str, Any]
    executor: Mapping[str, Any]
    finals: Mapping[str, Any] = field(default_factory=dict)


def identity(config: SweepConfig, data: Dataset) -> Identity:
    """What this config and this data make.

    Args:
        config: composed and checked; limits of the search, and where data lies, do not count.
        data: its content counts, by its SHA-256.
    """
    whole = asdict(config)
    where = ("kind", "name", "path", "file", "sheet", "url", "query", "dataset", "encoding", "separator", "skip_rows")
    read = {key: value for key, value in whole["data"].items() if key not in where}
    for limit in LIMITS:
        del whole["tuner"][limit]
    return Identity(
        study=config.study,
        seed=config.seed,
        data={**read, "sha256": data.sha256, "rows": data.rows},
        executor={"threads": config.executor.threads, "order": config.executor.order},
        finals=TASKS[config.task.kind].trained_for(config),
        **{group: whole[group] for group in ("windows", "task", "search_space", "model", "trial", "tuner")},
    )


def fingerprint(identity: Identity) -> str:
    """The first 12 hex digits of the SHA-256 of an identity."""
    content = {group: value for group, value in asdict(identity).items() if group != "finals" or value}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Launch:
    """A command that runs jobs side by side, each in a process of its own.

    Args:
        began: when, in seconds since 1970.
        searched: the folders of the sweeps whose search had come to an end by then.
    """

    began: float
    searched: frozenset[Path] = frozenset()


class _Present:
    launch: Launch | None = None


def part_of_a_launch(launch: Launch) -> None:
    """Take note that this process runs a job of a command that began in another one."""
    _Present.launch = launch


def present_launch() -> Launch | None:
    """The command whose job this process runs; None: this process is the command."""
    return _Present.launch


def differences(folder: Path, identity: Identity) -> list[str]:
    """What the newest other sweep of the same study had otherwise: `data.sha256`, `search_space.window`; or nothing.

    Other jobs of the same multirun, which the same command began, do not count.

    Args:
        folder: of this sweep; its neighbours are the others.
        identity: of this sweep.
    """
    import psutil

    before = psutil.Process().create_time() if _Present.launch is None else _Present.launch.began
    found = [(file.stat().st_mtime, file) for file in folder.parent.glob(f"*/{IDENTITY}")]
    others = [file for modified, file in sorted(found, reverse=True) if modified < before and file.parent != folder]
    now = flat(plain(identity))
    for file in others:
        then = flat(glanced(file))
        if then.get("study") == now["study"]:
            return _shortest(key for key in now.keys() | then.keys() if now.get(key) != then.get(key))
    return []


def _shortest(changed: Iterable[str]) -> list[str]:
    """Keys in order, without those inside of another one: where a value became a range, its bounds are no news."""
    found: list[str] = []
    for key in sorted(changed):
        if not any(key.startswith(f"{outer}.") for outer in found):
            found.append(key)
    return found


def read_identity(folder: Path) -> Identity:
    """What the sweep in `folder` is.

    Raises:
        StateError: its file is truncated or foreign.
    """
    return read_state(folder / IDENTITY, Identity)


def glanced(file: Path) -> dict[str, Any]:
    """What an identity's file has, whoever wrote it; nothing where that is no mapping.

    Read without pydantic, which would be loaded for it while no trial runs: 0.1 s of a sweep.
    """
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def flat(content: Mapping[str, Any]) -> dict[str, Any]:
    """The leaves of a nested mapping by dotted keys."""
    found: dict[str, Any] = {}
    for key, value in content.items():
        inner = flat(value) if isinstance(value, dict) else None
        found |= {key: value} if inner is None else {f"{key}.{name}": leaf for name, leaf in inner.items()}
    return found


def plain(identity: Identity) -> dict[str, Any]:
    """As its file has it: a tuple is a list."""
    content: dict[str, Any] = json.loads(to_json(identity))
    return content
