"""What a sweep keeps on disk: its identity, one record a finished trial, checkpoints, and a lock.

The folder is the source of truth. MLflow shows it and can be brought up to date from it at any time.

```
sweeps/FINGERPRINT/
  sweep.json        what makes two launches the same sweep
  config.yaml       the config that was launched last
  trials/ID.json    a finished trial, written once, before the oracle or MLflow hears of it
  finals/ID.json    likewise a finished final run
  networks/ID.npz   the weights of final runs
  checkpoints/      of trials that may still be promoted
  tuner/            the oracle's own state
  lock              held while the sweep runs; the process id of who holds it
```
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from seqsweep import files
from seqsweep.data import Series
from seqsweep.errors import LockedError, StateError
from seqsweep.events import Cause, Epoch
from seqsweep.records import RunKind, TrialRecord
from seqsweep.schema import SweepConfig


def identity(config: SweepConfig, series: Series) -> dict[str, Any]:
    """All that a figure of this sweep depends on; the same identity resumes, another one starts anew.

    Where trials run and where runs are kept is no part of it, so that a sweep can be resumed with more workers. The
    series counts by content, not by path. Nor are the limits at which a search stops: raise them to go on.
    """
    whole = asdict(config)
    reading = ("kind", "name", "path", "file", "url", "query", "dataset", "encoding", "separator")
    data = {key: value for key, value in whole["data"].items() if key not in reading}
    for limit in ("max_trials", "max_consecutive_failures"):
        del whole["tuner"][limit]
    return {
        "study": config.study,
        "seed": config.seed,
        "data": {**data, "sha256": series.sha256, "rows": series.rows},
        **{group: whole[group] for group in ("windows", "task", "search_space", "model", "trial", "tuner")},
        "executor": {"threads": config.executor.threads, "order": config.executor.order},
    }


def fingerprint(identity: Mapping[str, Any]) -> str:
    """The first 12 hex digits of the SHA-256 of an identity."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:12]


def folder_of(directory: str | Path, fingerprint: str) -> Path:
    """Where a sweep keeps its state under `tracking.directory`."""
    return Path(directory).resolve() / "sweeps" / fingerprint


def folders(directory: str | Path) -> list[Path]:
    """The folder of every sweep that was begun under `tracking.directory`, by name."""
    return sorted(file.parent for file in folder_of(directory, "").glob("*/sweep.json"))


@dataclass(frozen=True)
class SweepState:
    """The folder of one sweep."""

    folder: Path

    @property
    def tuner(self) -> Path:
        """Where the oracle keeps its state."""
        return self.folder / "tuner"

    def checkpoint(self, trial_id: str) -> Path:
        """Where a trial leaves what its continuation needs."""
        return self.folder / "checkpoints" / f"{trial_id}.npz"

    def network(self, trial_id: str) -> Path:
        """Where a final run leaves its weights."""
        return self.folder / "networks" / f"{trial_id}.npz"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Own the sweep for as long as the context lasts; a killed owner's lock is free.

        Raises:
            LockedError: another process runs this sweep.
            StateError: the disk refuses.
        """
        owner = self.folder / "owner"
        lock = FileLock(self.folder / "lock")
        try:
            with _writing(self.folder):
                self.folder.mkdir(parents=True, exist_ok=True)
                lock.acquire(timeout=0)
        except Timeout:
            pid = owner.read_text() if owner.exists() else "unknown"
            raise LockedError(
                f"this sweep is being run by process {pid} already (its state is in {self.folder}); "
                "wait for it, or stop it and run the same command to resume"
            ) from None
        try:
            with _writing(owner):
                owner.write_text(str(os.getpid()))
            yield
        finally:
            owner.unlink(missing_ok=True)
            lock.release()

    def begin(self, identity: Mapping[str, Any]) -> None:
        """Write down what this sweep is, or check that the folder is of this very sweep.

        Raises:
            StateError: the folder holds something else, or a file that cannot be read.
        """
        for left in self.folder.rglob("*.tmp"):  # by processes that were killed while they wrote
            left.unlink(missing_ok=True)
        file = self.folder / "sweep.json"
        if not file.exists():
            write_json(file, identity)
        elif read_json(file) != json.loads(json.dumps(identity)):
            raise StateError(f"{file}: this is the state of another sweep; move the folder {self.folder} away")

    def write(self, record: TrialRecord) -> None:
        """Keep a finished trial, or final run."""
        write_json(self.folder / f"{record.kind}s" / f"{record.trial_id}.json", asdict(record))

    def records(self, kind: RunKind = "trial") -> dict[str, TrialRecord]:
        """The finished trials, or final runs, by id, in the order of their numbers.

        Raises:
            StateError: a file is truncated or foreign.
        """
        found = [_record(file) for file in sorted((self.folder / f"{kind}s").glob("*.json"))]
        return {record.trial_id: record for record in sorted(found, key=lambda record: record.number)}

    def forget_networks(self, keep: Iterable[str]) -> None:
        """Delete the weights of all final runs but these."""
        kept = set(keep)
        for file in (self.folder / "networks").glob("*.npz"):
            if file.stem not in kept:
                file.unlink(missing_ok=True)

    def forget_checkpoints(self, keep: set[str]) -> None:
        """Delete the checkpoints of all trials that nobody can continue any more, and what killed workers left."""
        for file in (self.folder / "checkpoints").glob("*"):
            if file.name.partition(".")[0] not in keep:
                file.unlink(missing_ok=True)

    def size(self) -> int:
        """Bytes on disk."""
        total = 0
        for file in self.folder.rglob("*"):
            with contextlib.suppress(FileNotFoundError):  # a checkpoint may go while it is looked at
                total += file.stat().st_size
        return total


def differences(folder: Path, identity: Mapping[str, Any]) -> list[str]:
    """What the newest other sweep of the same study had otherwise: `data.sha256`, `search_space.window`; or nothing.

    Other jobs of the same multirun, which this process began itself, do not count.
    """
    import psutil

    before = psutil.Process().create_time()
    found = [(file.stat().st_mtime, file) for file in folder.parent.glob("*/sweep.json")]
    others = [file for modified, file in sorted(found, reverse=True) if modified < before]
    now = _flat(json.loads(json.dumps(identity)))
    for file in others:
        if file.parent == folder:
            continue
        with contextlib.suppress(StateError):
            then = _flat(read_json(file))
            if then.get("study") == now["study"]:
                return sorted(key for key in now.keys() | then.keys() if now.get(key) != then.get(key))
    return []


def write_json(file: Path, content: Any) -> None:
    """Write JSON as `write_text` does."""
    write_text(file, json.dumps(content))


def write_text(file: Path, text: str) -> None:
    """Put a text in place, see `files.atomic_write`.

    Raises:
        StateError: the disk refuses.
    """
    write_bytes(file, text.encode())


def write_bytes(file: Path, content: bytes) -> None:
    """As `write_text` does."""
    with _writing(file):
        files.atomic_write(file, content)


@contextlib.contextmanager
def _writing(file: Path) -> Iterator[None]:
    """Turn what the disk refuses into a StateError."""
    try:
        yield
    except Timeout:  # of the lock, which counts as an OSError
        raise
    except OSError as error:
        raise StateError(
            f"{file}: cannot write the state of the sweep: {error}. What was finished before is kept; "
            "make room and run the same command again"
        ) from error


def read_json(file: Path) -> Any:
    """The content of a state file.

    Raises:
        StateError: it is truncated or no JSON.
    """
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StateError(f"{file}: cannot read this state file ({error}); move it away to do its part again") from error


def _record(file: Path) -> TrialRecord:
    content = read_json(file)
    try:
        content["curve"] = tuple(Epoch(**point) for point in content["curve"])
        content["cause"] = content["cause"] and Cause(content["cause"])
        return TrialRecord(**content)
    except (KeyError, TypeError, ValueError) as error:
        raise StateError(f"{file}: this is no record of a trial ({error}); move it away") from error


def _flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in content.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
