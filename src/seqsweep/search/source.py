"""Where the loop's trials come from: the search, which asks a tuner, or whatever else has a list of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from seqsweep.events import Cause, TrialParams, TrialSpec
from seqsweep.metrics import Metric
from seqsweep.records import RunKind, TrialRecord
from seqsweep.schema import SweepConfig
from seqsweep.search.sweep_state import SweepState
from seqsweep.tasks import objectives_of
from seqsweep.trial import derive_seed
from seqsweep.tuner import Exhausted, Proposal, Tuner, Wait
from seqsweep.words import layer_name


class Source(Protocol):
    """Proposes trials and hears how they ended."""

    kind: RunKind

    def ask(self, slot: str) -> Proposal | Wait | Exhausted:
        """The next trial for a slot of the executor; the same one again until it was told."""

    def tell(self, record: TrialRecord, score: float | None) -> None:
        """How a trial ended.

        Args:
            record: with its result, or the reason why it failed.
            score: the objective, in the unit of its metric; None: it failed or was pruned.
        """

    def running(self) -> Sequence[Proposal]:
        """Trials that were asked for and not told, by this process or the one before it."""

    def spec(self, proposal: Proposal) -> TrialSpec:
        """What a worker is told."""

    def name(self, proposal: Proposal) -> str:
        """What the trial is called."""

    def final_of(self, proposal: Proposal) -> str | None:
        """The trial that it repeats; None: it is one of the search."""


@dataclass
class Search:
    """The search itself: a tuner's proposals.

    Args:
        config: of the sweep.
        state: keeps checkpoints of trials that may be promoted.
        tuner: chooses; it is told costs, of which lower is better.
        objective: ranks trials.
        lost: trials that the tuner was told of and whose records are gone: they run again, and it is not told again.
    """

    config: SweepConfig
    state: SweepState
    tuner: Tuner
    objective: Metric
    lost: Sequence[str] = ()
    kind: RunKind = "trial"
    _again: dict[str, str] = field(default_factory=dict, init=False)  # slot → the lost trial that it runs

    def __post_init__(self) -> None:
        """None of the lost trials runs yet."""
        self._left = list(self.lost)

    def ask(self, slot: str) -> Proposal | Wait | Exhausted:
        """A lost trial, or the tuner's next proposal."""
        if self._left and slot not in self._again:
            self._again[slot] = self._left.pop(0)
        again = self._again.get(slot)
        return self.tuner.ask(slot) if again is None else self.tuner.proposal(again)

    def tell(self, record: TrialRecord, score: float | None) -> None:
        """Tell the tuner, and delete the checkpoints that nobody can continue any more."""
        if record.trial_id in self.lost:
            self._again = {slot: trial_id for slot, trial_id in self._again.items() if trial_id != record.trial_id}
            return
        crashed = record.cause not in (None, Cause.DIVERGED)
        cost = None if score is None else self.objective.cost(score)
        costs = reported_costs(self.config, record, self.objective)
        pruned = record.status == "PRUNED"
        several = objective_costs(self.config, record)
        self.tuner.tell(
            record.trial_id, cost, record.reason, crashed=crashed, costs=costs, pruned=pruned, objectives=several
        )
        self.state.forget_checkpoints(self.tuner.promotable())

    def running(self) -> Sequence[Proposal]:
        """The tuner's."""
        return self.tuner.running()

    def spec(self, proposal: Proposal) -> TrialSpec:
        """With a seed that depends on the sweep's seed and the id of the trial that began the network, nothing else."""
        return TrialSpec(
            trial_id=proposal.trial_id,
            params=proposal.params,
            seed=derive_seed(self.config.seed, proposal.first_trial),
            first_epoch=proposal.first_epoch,
            last_epoch=proposal.last_epoch,
            continues=proposal.continues,
            continue_from=self.state.read_checkpoint(proposal.continues) if proposal.continues else None,
            checkpoint=proposal.trial_id in self.tuner.promotable(),
            bounds=proposal.bounds,
        )

    def name(self, proposal: Proposal) -> str:
        """`trial 13: GRU, 2 × 32 units`."""
        return f"trial {proposal.number}: {network_name(proposal.params)}"

    def final_of(self, proposal: Proposal) -> str | None:  # noqa: ARG002
        """None."""
        return None


def reported_costs(config: SweepConfig, record: TrialRecord, objective: Metric) -> tuple[float, ...]:
    """What a trial would have scored had it ended at each of its epochs, as costs; nothing where none is pruned.

    Args:
        config: of the sweep.
        record: of a trial that ended.
        objective: gives the cost of a score.
    """
    if config.tuner.pruner == "none" or record.status == "FAILED":
        return ()
    return tuple(objective.cost(score) for score in record.scores(f"val_{objective.name}"))


def objective_costs(config: SweepConfig, record: TrialRecord) -> tuple[float, ...]:
    """What a trial came to by each of several objectives, as costs; nothing where there is but one, or it failed.

    Args:
        config: of the sweep.
        record: of a trial that ended.
    """
    return objectives_of(config).costs(record) if config.task.objectives and record.status != "FAILED" else ()


def network_name(params: TrialParams) -> str:
    """`GRU, 2 × 32 units`, `Bi-LSTM, 64 and 32 units`: kind and widths of a network's layers."""
    kind = layer_name(params.layer)
    kind = f"Bi-{kind}" if params.get("bidirectional", False) else kind
    *first, last = map(str, params.units)
    equal = len(set(params.units)) == 1
    return f"{kind}, {params.depth} × {last} units" if equal else f"{kind}, {', '.join(first)} and {last} units"
