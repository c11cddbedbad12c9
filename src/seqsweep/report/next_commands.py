"""What a user may type when a sweep has ended, and what for."""

from __future__ import annotations

from collections.abc import Sequence

from seqsweep.finals import Conclusion
from seqsweep.search import Outcome
from seqsweep.tasks import TASKS
from seqsweep.words import in_words, pasted, seconds, store_options

SKIP, RIDGE = "linear_skip", "linear"
"""A setting that puts the ridge into a network, and the baseline that is the ridge alone."""

WIDER = {"max_epochs": 2, "patience": 2, "min_gain": 0.5}
"""By how much a limit that ended a search is widened where more of it is offered."""


def next_commands(outcome: Outcome, conclusion: Conclusion | None, typed: Sequence[str]) -> list[tuple[str, str]]:
    """What a user may type now, and what it does.

    Args:
        outcome: of the sweep that ended.
        conclusion: of its finals.
        typed: the command that ran it, word for word.
    """
    commands = _with_the_runs(outcome, conclusion, typed) if outcome.config.tracking.kind == "mlflow" else []
    if outcome.records and all(record.status == "FAILED" for record in outcome.records):
        return commands  # more of the same would fail likewise
    commands += _longer(outcome, typed)
    commands += _further(outcome, typed)
    seed = f"seed={outcome.config.seed + 1}"
    return [*commands, (_again(typed, seed), "the same with another seed")]


def _with_the_runs(outcome: Outcome, conclusion: Conclusion | None, typed: Sequence[str]) -> list[tuple[str, str]]:
    """What can be done with the runs of the sweep in MLflow: look at them, promote the winner or what beats it."""
    tracking = outcome.config.tracking
    given = [word.partition("=")[2] for word in typed if word.startswith("tracking.uri=")]
    store = store_options(tracking.directory, given[-1] if given else tracking.uri)
    commands = [(pasted(["seqsweep", "ui", *store]), "every trial and its curves, in MLflow")]
    if conclusion is None or conclusion.winner is None:
        return commands
    purpose = "make the winner the model that others load, if it passes the gate"
    words = ["seqsweep", "promote", outcome.fingerprint]
    if (better := unbeaten_baseline(outcome, conclusion)) is not None:
        packaged = better_baseline(outcome, conclusion) is not None
        rest = "make it the model that others load" if packaged else "the gate refuses the winner as it is"
        purpose = f"no network beats {in_words(better)}: {rest}"
        words += ["--baseline", better] if packaged else []
    commands.append((pasted([*words, *store]), purpose))
    return commands + _from_the_ridge(outcome, conclusion, typed)


def _further(outcome: Outcome, typed: Sequence[str]) -> list[tuple[str, str]]:
    """More of the limit that ended the search, or else more trials."""
    tuner = outcome.config.tuner
    if tuner.time_limit is not None and "tuner.time_limit" in outcome.reason:
        longer = f"tuner.time_limit={2 * (seconds(tuner.time_limit) or 0):g}s"
        return [(_again(typed, longer), "go on for as long again")]
    reached = next((name for name in WIDER if f"tuner.{name}" in outcome.reason), None)
    if reached is not None:
        value = WIDER[reached] * (getattr(tuner, reached) or 1)
        return [(_again(typed, f"tuner.{reached}={value}"), "search on")]
    if tuner.max_trials is not None:
        return [(_again(typed, f"tuner.max_trials={2 * tuner.max_trials}"), "go on to more trials")]
    return []


def _from_the_ridge(outcome: Outcome, conclusion: Conclusion, typed: Sequence[str]) -> list[tuple[str, str]]:
    """Where no network beats a ridge, networks can begin with it; nothing where all of them did, or none can."""
    begun = {record.params.get(SKIP) for record in outcome.ranked}
    if unbeaten_baseline(outcome, conclusion) != RIDGE or begun <= {None, "ridge"}:
        return []
    return [(_again(typed, f"search_space.{SKIP}=ridge"), "networks that begin at the ridge, and learn what it leaves")]


def _longer(outcome: Outcome, typed: Sequence[str]) -> list[tuple[str, str]]:
    """Where the best network was best in its last epoch, and nothing but `trial.epochs` ended it: it learned still.

    Nothing where there is nothing left to learn.
    """
    config = outcome.config.trial
    if not outcome.ranked or outcome.ranked[0].best_epoch != config.epochs or config.max_samples is not None:
        return []
    best = outcome.ranked[0]
    if best.params.get("schedule", "constant") != "constant":  # its rate has come down by then
        return []
    if best.metrics[outcome.objective] == outcome.metric.best:
        return []
    purpose = "the best trial was best in its last epoch, so that it is undertrained: let all of them learn longer"
    return [(_again(typed, f"trial.epochs={2 * config.epochs}"), purpose)]


def better_baseline(outcome: Outcome, conclusion: Conclusion) -> str | None:
    """The best baseline, where no network beats it by the margin of the gate and it can be packaged.

    Args:
        outcome: of the search.
        conclusion: of its finals.
    """
    best = unbeaten_baseline(outcome, conclusion)
    return best if best is not None and TASKS[conclusion.task].serves_baseline(outcome.config, best) else None


def unbeaten_baseline(outcome: Outcome, conclusion: Conclusion) -> str | None:
    """The best baseline, where no network beats it by the margin of the gate.

    Args:
        outcome: of the search.
        conclusion: of its finals.
    """
    seen = conclusion.evaluation
    if seen is None or seen.skill is None or seen.skill > outcome.config.registry.min_skill:
        return None
    return seen.best_baseline


def _again(typed: Sequence[str], change: str) -> str:
    key = change.partition("=")[0]
    return pasted([*(word for word in typed if word.partition("=")[0].lstrip("+") != key), change])
