"""The final runs as a source of trials: every finalist from every seed on every fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from seqsweep import search_space
from seqsweep.events import CALIBRATION, REFIT, TrialSpec
from seqsweep.records import RunKind, TrialRecord
from seqsweep.schema import SweepConfig
from seqsweep.search import Phase, SweepState
from seqsweep.tasks import Task, make_task
from seqsweep.trial import derive_seed
from seqsweep.tuner import Exhausted, Proposal, Wait

KEPT = (0, CALIBRATION, REFIT)
"""The folds whose networks are kept: they predict."""


SUFFIX = {CALIBRATION: "c", REFIT: "all"}
"""How the id of a run ends whose fold is no rolling origin."""

PHASES: Mapping[int, Phase] = {CALIBRATION: "calibration", REFIT: "refit"}
"""What their phases are called; that of all others is `final`."""

ALL = "all"
"""What `registry.refit` says where the winner is trained once more."""


def planned(config: SweepConfig) -> dict[Phase, int]:
    """How many runs follow the search, as far as that is known before it."""
    finals = config.finals
    layers = config.search_space.get("layer")
    finalists = max(finals.trials, len(layers) if isinstance(layers, list) else 1) if finals.trials else 0
    held = type(make_task(config)).calibration is not Task.calibration and finals.calibration == "train"
    networks = finals.seeds if finals.ensemble else 1
    return {
        "final": finalists * finals.seeds * finals.folds,
        "calibration": networks if held and finalists else 0,
        "refit": networks if config.registry.refit == ALL and finalists else 0,
    }


@dataclass(frozen=True)
class FinalRun:
    """One of them. Seeds count from 1, folds from 0, which is the sweep's own split."""

    of: TrialRecord
    seed: int
    fold: int

    @property
    def trial_id(self) -> str:
        """`0005-s1-f0`; `0005-s1-c` where it is of the fold CALIBRATION, `0005-s1-all` of REFIT."""
        return f"{self.of.trial_id}-s{self.seed}-{SUFFIX.get(self.fold, f'f{self.fold}')}"


@dataclass
class FinalRuns:
    """Proposes those that have not ended; implements `search.Source`.

    A run keeps its id, seed and parameters whatever the counts of seeds, folds and finalists, so that raising one of
    them trains what is new alone.

    Args:
        config: of the sweep.
        state: where networks are kept.
        chosen: the finalists' records.
        ended: ids of final runs that have a result.
        extra: a fold of KEPT beside the finals' own, and the seeds of which networks are trained on it; None: it is
            the finals.
    """

    config: SweepConfig
    state: SweepState
    chosen: Sequence[TrialRecord]
    ended: Mapping[str, TrialRecord]
    extra: tuple[int, Sequence[int]] | None = None
    kind: RunKind = "final"
    _slots: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """List the runs: by fold, then seed, then finalist, so that all finalists advance together."""
        finals = self.config.finals
        folds: Sequence[int] = range(finals.folds)
        seeds: Sequence[int] = range(1, finals.seeds + 1)
        if self.extra is not None:
            folds, seeds = [self.extra[0]], self.extra[1]
        order = product(folds, seeds, self.chosen)
        listed = [FinalRun(record, seed, fold) for fold, seed, record in order]
        self.runs = {run.trial_id: run for run in listed}
        self._pending = [run.trial_id for run in listed if not self.has_ended(run)]

    def again(self) -> FinalRuns:
        """The same runs, as the folder knows them now."""
        return FinalRuns(self.config, self.state, self.chosen, self.state.records("final"), self.extra)

    def has_ended(self, run: FinalRun) -> bool:
        """Whether there is a result, and where the test evaluation may need it, the network too."""
        record = self.ended.get(run.trial_id)
        lost = run.fold in KEPT and not self.state.network(run.trial_id).exists()
        return record is not None and not (record.status == "COMPLETED" and lost)

    def of(self, record: TrialRecord) -> list[str]:
        """Ids of a finalist's runs, by fold, then seed."""
        return [trial_id for trial_id, run in self.runs.items() if run.of.trial_id == record.trial_id]

    def ask(self, slot: str) -> Proposal | Wait | Exhausted:
        """The next run."""
        if slot not in self._slots:
            if not self._pending:
                return Exhausted("every final run has ended")
            self._slots[slot] = self._pending.pop(0)
        return self._proposal(self.runs[self._slots[slot]])

    def tell(self, record: TrialRecord, score: float | None) -> None:  # noqa: ARG002
        """The slot is free again; the record says the rest."""
        self._slots = {slot: trial_id for slot, trial_id in self._slots.items() if trial_id != record.trial_id}

    def running(self) -> Sequence[Proposal]:
        """None that this process has not asked for: what a killed process left begins anew."""
        return [self._proposal(self.runs[trial_id]) for trial_id in self._slots.values()]

    def spec(self, proposal: Proposal) -> TrialSpec:
        """Seeds are the same for every finalist, so that they can be compared in pairs."""
        return self.spec_of(self.runs[proposal.trial_id])

    def spec_of(self, run: FinalRun) -> TrialSpec:
        """What a worker is told of a run."""
        return TrialSpec(
            trial_id=run.trial_id,
            params=search_space.complete(self.config, run.of.params),
            seed=derive_seed(self.config.seed, f"final {run.seed}"),
            first_epoch=0,
            last_epoch=run.of.last_epoch,
            fold=run.fold,
            network=run.fold in KEPT,
        )

    def name(self, proposal: Proposal) -> str:
        """`trial 5: LSTM, 1 × 32 units, seed 2`, with the fold behind it where there are several."""
        run = self.runs[proposal.trial_id]
        fold = f", fold {run.fold}" if self.config.finals.folds > 1 else ""
        fold = ", for intervals" if run.fold == CALIBRATION else fold
        return f"{run.of.name}, seed {run.seed}{fold}"

    def final_of(self, proposal: Proposal) -> str | None:
        """The finalist's trial in the search."""
        return self.runs[proposal.trial_id].of.trial_id

    def _proposal(self, run: FinalRun) -> Proposal:
        spec = self.spec_of(run)
        return Proposal(
            trial_id=run.trial_id,
            number=run.of.number,
            params=spec.params,
            values={},
            first_epoch=0,
            last_epoch=spec.last_epoch,
            continues=None,
            first_trial=run.trial_id,
            origin="finals",
        )
