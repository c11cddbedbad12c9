"""What a sweep keeps on disk: its identity, one record a finished trial, checkpoints, and a lock.

The folder is the source of truth. MLflow shows it and can be brought up to date from it at any time.

```
sweeps/FINGERPRINT/
  sweep.json        what makes two launches the same sweep
  config.yaml       the config that was launched last
  facts.json        what the data is, for people
  trials/ID.json    a finished trial, written once, before the oracle or MLflow hears of it
  finals/ID.json    likewise a finished final run; refits/ID.json: the winner on all of the data
  networks/ID.npz   the weights of final runs, and of those on all of the data
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
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from seqsweep.errors import LockedError, StateError, UserError
from seqsweep.events import Done
from seqsweep.records import RunKind, TrialRecord
from seqsweep.schema import LIMITS, SweepConfig
from seqsweep.state_files import MEND, read_state, to_json, write_bytes, write_state, writing
from seqsweep.tasks import TASKS, Dataset, Facts

FACTS = "facts.json"

IDENTITY = "sweep.json"
CONFIG = "config.yaml"

FOLDERS = ("trials", "finals", "refits", "networks", "checkpoints", "tuner")
"""Those in the folder of a sweep."""


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


def folder_of(directory: str | Path, fingerprint: str) -> Path:
    """Where a sweep keeps its state under `tracking.directory`.

    Args:
        directory: `tracking.directory`; a relative one starts at the current folder.
        fingerprint: of the sweep's identity.
    """
    return Path(directory).resolve() / "sweeps" / fingerprint


def folders(directory: str | Path) -> list[Path]:
    """The folder of every sweep that was begun under `tracking.directory`, by name."""
    return sorted(file.parent for file in folder_of(directory, "").glob(f"*/{IDENTITY}"))


@dataclass(frozen=True)
class SweepState:
    """The folder of one sweep."""

    folder: Path

    @property
    def tuner(self) -> Path:
        """Where the oracle keeps its state."""
        return self.folder / "tuner"

    def checkpoint(self, trial_id: str) -> Path:
        """Where what a trial's continuation needs is kept."""
        return self.folder / "checkpoints" / f"{trial_id}.npz"

    def network(self, trial_id: str) -> Path:
        """Where the weights of a final run are kept."""
        return self.folder / "networks" / f"{trial_id}.npz"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Own the sweep for as long as the context lasts; a killed owner's lock is free.

        Raises:
            LockedError: another process runs this sweep.
            UserError: there can be no such folder.
            StateError: the disk refuses.
        """
        owner = self.folder / "owner"
        lock = FileLock(self.folder / "lock")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            told = f"tracking.directory: the folder {self.folder} cannot be made ({reason})"
            raise UserError(f"{told}; make it writable or choose another tracking.directory") from error
        try:
            with writing(self.folder):
                lock.acquire(timeout=0)
        except Timeout:
            pid = owner.read_text() if owner.exists() else "unknown"
            raise LockedError(
                f"this sweep is being run by process {pid} already (its state is in {self.folder}); "
                "wait for it, or stop it and run the same command to resume"
            ) from None
        try:
            with writing(owner):
                owner.write_text(str(os.getpid()))
            yield
        finally:
            owner.unlink(missing_ok=True)
            lock.release()

    def begin(self, identity: Identity) -> None:
        """Write down what this sweep is, or check that the folder is of this very sweep.

        Raises:
            StateError: the folder holds something else, or a file that cannot be read.
        """
        for left in self.folder.rglob("*.tmp"):  # by processes that were killed while they wrote
            left.unlink(missing_ok=True)
        file = self.folder / IDENTITY
        if not file.exists():
            write_state(file, identity)
        elif plain(read_identity(self.folder)) != plain(identity):
            raise StateError(f"{file}: this is the state of another sweep; move the folder {self.folder} away")

    def write_facts(self, facts: Facts) -> None:
        """Keep what the data is, so that a report needs no data."""
        write_state(self.folder / FACTS, facts)

    def facts(self) -> Facts | None:
        """What `write_facts` kept; None: it is gone.

        Raises:
            StateError: the file is truncated or foreign.
        """
        file = self.folder / FACTS
        return read_state(file, Facts) if file.exists() else None

    def keep(self, trial_id: str, done: Done) -> None:
        """Keep the checkpoint and the weights that came with a trial's last event; its record is written after them.

        Args:
            trial_id: of the trial.
            done: the event.

        Raises:
            StateError: the disk refuses.
        """
        for content, file in ((done.checkpoint, self.checkpoint(trial_id)), (done.network, self.network(trial_id))):
            if content is not None:
                write_bytes(file, content)

    def read_checkpoint(self, trial_id: str) -> bytes | None:
        """The checkpoint of a trial; None where it is gone: its continuation then begins anew."""
        try:
            return self.checkpoint(trial_id).read_bytes()
        except OSError:
            return None

    def write(self, record: TrialRecord) -> None:
        """Keep a finished trial, or final run."""
        write_state(self.folder / f"{record.kind}s" / f"{record.trial_id}.json", record)

    def records(self, kind: RunKind = "trial") -> dict[str, TrialRecord]:
        """The finished trials, or final runs, by id, in the order of their numbers.

        Raises:
            StateError: a file is truncated or foreign.
        """
        found = [read_state(file, TrialRecord) for file in self.record_files(kind)]
        return {record.trial_id: record for record in sorted(found, key=lambda record: record.number)}

    def record_files(self, kind: RunKind) -> list[Path]:
        """The files of `records`, by name.

        Raises:
            StateError: their folder is a file.
        """
        place = self.folder / f"{kind}s"
        if place.is_file():
            raise StateError(f"{place}: this is a file, and a folder of records is needed; {MEND}")
        return sorted(place.glob("*.json"))

    def forget_networks(self, keep: Iterable[str]) -> None:
        """Delete the weights of all final runs but these."""
        kept = set(keep)
        for file in (self.folder / "networks").glob("*.npz"):
            if file.stem not in kept:
                file.unlink(missing_ok=True)

    def forget_checkpoints(self, keep: set[str]) -> None:
        """Delete the checkpoints of all trials that nobody can continue any more."""
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


def differences(folder: Path, identity: Identity) -> list[str]:
    """What the newest other sweep of the same study had otherwise: `data.sha256`, `search_space.window`; or nothing.

    Other jobs of the same multirun, which this process began itself, do not count.

    Args:
        folder: of this sweep; its neighbours are the others.
        identity: of this sweep.
    """
    import psutil

    before = psutil.Process().create_time()
    found = [(file.stat().st_mtime, file) for file in folder.parent.glob(f"*/{IDENTITY}")]
    others = [file for modified, file in sorted(found, reverse=True) if modified < before and file.parent != folder]
    now = flat(plain(identity))
    for file in others:
        then = flat(glanced(file))
        if then.get("study") == now["study"]:
            return sorted(key for key in now.keys() | then.keys() if now.get(key) != then.get(key))
    return []


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
