"""The winner once more on all of the data, for what serves: its scores are known, and nothing is left to hold out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from seqsweep.events import REFIT, TrialSpec
from seqsweep.finals.final_runs import ALL, FinalRun, FinalRuns
from seqsweep.finals.networks import Trained, train, trained
from seqsweep.records import RunKind, TrialRecord
from seqsweep.search import Problem, SweepContext, mend_records, say_again
from seqsweep.tasks import Dataset
from seqsweep.trial import Network
from seqsweep.tuner import Proposal
from seqsweep.words import counted


@dataclass(frozen=True)
class Refit:
    """What serves, where that is not what was scored.

    Args:
        problem: of the sweep, with all of its data as train.
        network: of what serves.
        runs: that trained its networks; none of a baseline.
        epochs: of each.
    """

    problem: Problem
    network: Network
    runs: tuple[str, ...] = ()
    epochs: tuple[int, ...] = ()


@dataclass(frozen=True)
class Refitted:
    """The same as its weights, to be put back where TensorFlow is.

    Args:
        trained: its networks.
        runs: that trained them.
        epochs: of each.
    """

    trained: Trained
    runs: tuple[str, ...]
    epochs: tuple[int, ...]

    def restored(self, problem: Problem) -> Refit:
        """In this process.

        Args:
            problem: of the sweep.
        """
        whole = problem.data.whole()
        assert whole is not None  # or there would have been no such runs
        return Refit(replace(problem, data=whole), self.trained.network(problem), self.runs, self.epochs)


@dataclass
class RefitRuns(FinalRuns):
    """A run more of each network that was scored, on all of the data.

    Args:
        repeated: the final runs whose networks were scored, by their seeds.
        whole: all of the data as train.
    """

    kind: RunKind = "refit"
    repeated: Mapping[int, TrialRecord] = field(default_factory=dict)
    whole: Dataset | None = None

    def again(self) -> RefitRuns:
        """See FinalRuns."""
        return replace(self, ended=self.state.records("refit"))

    def spec_of(self, run: FinalRun) -> TrialSpec:
        """As many epochs as were best of the same seed, with the learning rates that they had there."""
        record = self.repeated[run.seed]
        epochs = record.best_epoch or 0
        rates = [epoch.metrics["learning_rate"] for epoch in record.curve if "learning_rate" in epoch.metrics]
        return replace(super().spec_of(run), last_epoch=epochs, rates=tuple(rates[:epochs]))

    def name(self, proposal: Proposal) -> str:
        """`trial 5: LSTM, 1 × 32 units, seed 2, on all`."""
        run = self.runs[proposal.trial_id]
        return f"{run.of.name}, seed {run.seed}, on all"

    def refitted(self, context: SweepContext) -> Refitted:
        """What they trained.

        Args:
            context: of the open sweep, whose folder holds the weights.
        """
        names = tuple(self.runs)
        return Refitted(trained(context, self, names), names, tuple(self.ended[run].epochs or 0 for run in names))


def train_on_all(context: SweepContext, networks: Sequence[str]) -> RefitRuns | None:
    """The runs on all of the data, trained if they were not; some may have failed. None: none are wanted or can be.

    Args:
        context: of the open sweep.
        networks: ids of the final runs whose networks are scored.
    """
    state, problem = context.state, context.problem
    if context.config.registry.refit != ALL or (whole := problem.data.whole()) is None:
        return None
    damaged = mend_records(state, "refit", problem.objective)
    finals = state.records("final")
    of = state.records()[finals[networks[0]].final_of or ""]
    known = FinalRuns(context.config, state, [of], finals).runs
    scored = {known[run].seed: finals[run] for run in networks}
    ended, extra = state.records("refit"), (REFIT, tuple(scored))
    runs = RefitRuns(context.config, state, [of], ended, extra, repeated=scored, whole=whole)
    say_again([run for run in runs.runs if run in damaged], "refit", damaged, context.observer.say)
    if not all(map(runs.has_ended, runs.runs.values())):
        more = counted(len(runs.runs), "more run")
        context.observer.say(
            f"{more} of the winner, on all {whole.extent()}, for serving; scores are of the runs before"
        )
        train(context, runs)
        runs = runs.again()
    return runs


def refit_runs(context: SweepContext, networks: Sequence[str]) -> RefitRuns | None:
    """As `train_on_all`; None as well where one of them failed, which the user is told."""
    runs = train_on_all(context, networks)
    if runs is None:
        return None
    failed = [record for run in runs.runs if (record := runs.ended[run]).status != "COMPLETED"]
    if failed:
        told = "what serves is what was scored, and has learned from train alone"
        context.observer.say(f"{failed[0].name}: {failed[0].reason}; {told}")
        return None
    return runs


def refit_names(networks: Sequence[str]) -> list[str]:
    """What the runs are called that repeat final runs on all of the data.

    Args:
        networks: ids of the final runs.
    """
    return [f"{run.rpartition('-')[0]}-all" for run in networks]
