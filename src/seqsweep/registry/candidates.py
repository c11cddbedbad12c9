"""From what a user calls a sweep to what it left behind: its folder, its conclusion, its run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seqsweep import finals
from seqsweep.errors import StateError, UserError
from seqsweep.finals import CONCLUSION, Conclusion
from seqsweep.package import MODEL, baseline_folder, packaged_evaluation
from seqsweep.registry.registered import Registry, model_name
from seqsweep.schema import SweepConfig
from seqsweep.search import IDENTITY, folders, load_config, read_identity
from seqsweep.spelling import nearest
from seqsweep.tracking.models import parent_run
from seqsweep.words import command

if TYPE_CHECKING:
    from mlflow.entities import Run


@dataclass(frozen=True)
class Candidate:
    """A sweep that was run.

    Args:
        conclusion: None: its finals are not finished.
        run: its parent run.
        baseline: the one that is to be promoted instead of the winner; empty: the winner is.
    """

    folder: Path
    config: SweepConfig
    conclusion: Conclusion | None
    run: Run
    baseline: str = ""

    @property
    def fingerprint(self) -> str:
        """Its identity."""
        return self.folder.name

    @property
    def model(self) -> Path:
        """The folder of its packaged winner, or of the baseline, which may not be there."""
        return self.folder / (baseline_folder(self.baseline) if self.baseline else MODEL)

    @property
    def packaged(self) -> str:
        """What its package holds, by a name; empty: there is none."""
        found = packaged_evaluation(self.model)
        return found[0] if found is not None else ""

    @property
    def registered_name(self) -> str:
        """Of the model that its winner may become the champion of."""
        named = self.config.registry.model or (self.conclusion.data if self.conclusion else self.config.study)
        return model_name(named)


def find(registry: Registry, target: str | None) -> Candidate:
    """The sweep that `target` means.

    Args:
        registry: whose store has its run.
        target: the name of a study, for its newest sweep that finished; the beginning of a fingerprint; the id of a
            run; None: the newest sweep of all that finished.

    Raises:
        UserError: there is none, or several.
    """
    begun = {folder.name: folder for folder in folders(registry.place.folder)}
    if not begun:
        raise UserError(
            f"{registry.place.folder / 'sweeps'}: no sweep was run here; `seqsweep sweep quickstart` runs one"
        )
    folder = _chosen(registry, target, begun)
    config = load_config(folder)
    return Candidate(folder, config, finals.load(folder), _parent(registry, config.study, folder.name))


def _chosen(registry: Registry, target: str | None, begun: dict[str, Path]) -> Path:
    if target is None:
        return _newest(list(begun.values()))
    studies: dict[str, list[Path]] = {}
    damaged: list[StateError] = []
    for folder in begun.values():
        try:
            studies.setdefault(read_identity(folder).study, []).append(folder)
        except StateError as error:
            damaged.append(error)
    if target in studies:
        return _newest(studies[target])
    alike = [name for name in begun if name.startswith(target.lower())]
    if len(alike) == 1:
        return begun[alike[0]]
    if len(alike) > 1:
        raise UserError(f"{target}: several sweeps begin so: {', '.join(alike)}; give more of it")
    if re.fullmatch(r"[0-9a-f]{32}", target):
        return _of_run(registry, target, begun)
    if damaged:
        raise damaged[0]  # it may be the one that is meant
    raise UserError(f"there is no sweep {target!r} in {registry.place.folder}{nearest(target, [*studies, *begun])}")


def _of_run(registry: Registry, run_id: str, begun: dict[str, Path]) -> Path:
    from mlflow.exceptions import MlflowException

    try:
        fingerprint = registry.client.get_run(run_id).data.tags.get("sweep", "")
    except MlflowException as error:
        raise UserError(f"{run_id}: {registry.place} has no such run") from error
    if fingerprint not in begun:
        raise UserError(f"{run_id}: the sweep of this run has left nothing in {registry.place.folder / 'sweeps'}")
    return begun[fingerprint]


def _newest(found: list[Path]) -> Path:
    """The one that concluded last; where none did, the one that began last."""
    for name in (CONCLUSION, IDENTITY):
        dated = [(file.stat().st_mtime, folder) for folder in found if (file := folder / name).exists()]
        if dated:
            return max(dated)[1]
    return found[0]


def _parent(registry: Registry, study: str, fingerprint: str) -> Run:
    run = parent_run(registry.client, study, fingerprint)
    if run is None:
        raise UserError(
            f"sweep {fingerprint} has no run in {registry.place}, so nothing could be registered from it; run "
            f"`{command(['seqsweep', 'sweep', study, 'tracking=mlflow'])}` with its overrides again, "
            "which trains nothing anew"
        )
    return run
