"""The registry of a store, open to one process at a time, and the names in it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from seqsweep.errors import LockedError, UserError
from seqsweep.hyperparameters import named
from seqsweep.interrupts import something_open
from seqsweep.spelling import nearest
from seqsweep.tracking.models import files_of
from seqsweep.tracking.reaching import reaching
from seqsweep.tracking.store import open_store

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion, RegisteredModel

    from seqsweep.schema import TrackingConfig
    from seqsweep.tracking.address import StoreAddress

CHAMPION = "champion"
"""The alias of the version that others load."""

PREVIOUS = "previous"
"""The alias of the version that a rollback leads to."""

LOCK_PATIENCE = 300.0  # seconds; a promotion that scores a champion takes some 15

Say = Callable[[str], None]


@dataclass(frozen=True)
class Registry:
    """A store whose registry is open.

    Args:
        place: of the store.
        client: of it.
        alone: whether the lock keeps every other process out: on a server there may be other machines.
    """

    place: StoreAddress
    client: MlflowClient
    alone: bool

    def model(self, name: str) -> RegisteredModel | None:
        """The registered model; None where there is none."""
        from mlflow.exceptions import MlflowException

        try:
            return self.client.get_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return None

    def existing(self, name: str) -> RegisteredModel:
        """The registered model.

        Raises:
            UserError: there is none; the text says which there are.
        """
        found = self.model(name)
        if found is None:
            names = [model.name for model in self.client.search_registered_models(max_results=1000)]
            known = nearest(name, names) or "; none was promoted yet: `seqsweep promote` does"
            raise UserError(f"there is no model {name!r} in {self.place}{known}")
        return found

    def versions(self, name: str) -> list[ModelVersion]:
        """All versions, the oldest first."""
        found = self.client.search_model_versions(f"name = '{name}'", max_results=10_000)
        return sorted(found, key=lambda version: int(version.version))

    def version(self, name: str, number: str) -> ModelVersion | None:
        """One version; None where it was deleted.

        Args:
            name: of the registered model.
            number: of the version, as text: `3`.
        """
        return next((version for version in self.versions(name) if str(version.version) == number), None)

    def files(self, version: ModelVersion) -> AbstractContextManager[Path]:
        """The folder of a version's files on this machine; brought here from a server, and taken away again."""
        location = self.client.get_model_version_download_uri(version.name, version.version)
        return files_of(location, self.place.uri)


@contextmanager
def opened(tracking: TrackingConfig, *, reading: bool = True) -> Iterator[Registry]:
    """The registry to read from; every failure of the store is a TrackingError.

    Args:
        tracking: names the store.
        reading: nothing will be written.

    Raises:
        TrackingError: the store cannot be reached or refuses.
    """
    place, client = open_store(tracking, reading=reading)
    with something_open(), reaching(place):
        yield Registry(place, client, place.database is not None)


@contextmanager
def owned(tracking: TrackingConfig, say: Say) -> Iterator[Registry]:
    """The registry to change: this process alone, of all that share `tracking.directory`.

    Args:
        tracking: names the store.
        say: is told if another process has to be waited for.

    Raises:
        LockedError: another process has it for minutes.
        TrackingError: the store cannot be reached or refuses.
    """
    with opened(tracking, reading=False) as registry:
        if registry.place.server and not registry.place.folder.is_dir():
            yield registry  # nothing of this machine's is there to own; the intent in its tag keeps others out
            return
        owner = registry.place.folder / ".registry.owner"
        lock = FileLock(registry.place.folder / ".registry.lock")
        _acquire(lock, owner, say)
        try:
            owner.write_text(str(os.getpid()))
            yield registry
        finally:
            owner.unlink(missing_ok=True)
            lock.release()


def model_name(text: str) -> str:
    """`text` as the name of a model: MLflow refuses / and :, and @ introduces an alias."""
    return re.sub(r"\s+", "-", named(text)) or "model"


def _acquire(lock: FileLock, owner: Path, say: Say) -> None:
    with suppress(Timeout):
        lock.acquire(timeout=0)
        return
    time.sleep(0.1)  # the owner may be about to write down who it is
    pid = owner.read_text() if owner.exists() else "unknown"
    say(f"process {pid} is changing this registry; waiting for it")
    try:
        lock.acquire(timeout=LOCK_PATIENCE)
    except Timeout:
        raise LockedError(
            f"process {pid} has kept this registry for {LOCK_PATIENCE:.0f} s; wait for it, or stop it: what it leaves "
            "half done, the next command mends"
        ) from None
