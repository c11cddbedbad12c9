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
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from seqsweep.errors import LockedError, StateError, UserError
from seqsweep.events import Done
from seqsweep.memory import no_search_for_garbage
from seqsweep.records import RunKind, TrialRecord
from seqsweep.search.owner import Owner, read_owner, this_process
from seqsweep.search.sweep_identity import IDENTITY, Identity, plain, read_identity
from seqsweep.state_files import MEND, read_state, write_bytes, write_state, writing
from seqsweep.tasks import Facts

FACTS = "facts.json"

CONFIG = "config.yaml"

FOLDERS = ("trials", "finals", "refits", "networks", "checkpoints", "tuner")
"""Those in the folder of a sweep."""


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
    """The folder of one sweep; each record is read once, and again where its file has changed since."""

    folder: Path
    _read: dict[Path, tuple[tuple[int, ...], TrialRecord]] = field(default_factory=dict, repr=False, compare=False)

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
            holder = _holder(owner)
            raise LockedError(
                f"this sweep is being run by {holder or 'an unknown process'} already (its state is in {self.folder}); "
                "wait for it, or stop it and run the same command to resume",
                holder.job if holder else None,
            ) from None
        try:
            with writing(owner):
                owner.write_text(this_process().written())
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
        with no_search_for_garbage():
            found = [self.record(file) for file in self.record_files(kind)]
        return {record.trial_id: record for record in sorted(found, key=lambda record: record.number)}

    def record(self, file: Path) -> TrialRecord:
        """What one of `record_files` holds.

        Raises:
            StateError: it is truncated or foreign.
        """
        stamp: tuple[int, ...] = ()
        with contextlib.suppress(OSError):  # told by the read
            now = file.stat()
            stamp = now.st_mtime_ns, now.st_size, now.st_ino
        if file not in self._read or self._read[file][0] != stamp:
            self._read[file] = stamp, read_state(file, TrialRecord)
        return self._read[file][1]

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


def _holder(owner: Path) -> Owner | None:
    """Who owns a folder that is locked: it says so a moment after it has the lock."""
    for _ in range(20):
        with contextlib.suppress(OSError, ValueError):
            return read_owner(owner)
        time.sleep(0.05)
    return None
