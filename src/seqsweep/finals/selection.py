"""Who is trained again, and who wins: pure functions over records."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from seqsweep.evidence import Interval, paired_interval
from seqsweep.finals.conclusion import Difference, Finalist
from seqsweep.metrics import Metric
from seqsweep.objectives import Objectives, value_of
from seqsweep.records import TrialRecord
from seqsweep.words import layer_name

MISSING = math.nan  # the score of a run that failed, where pairs are compared


def select_finalists(
    ranked: Sequence[TrialRecord], count: int, objectives: Objectives | None = None
) -> list[TrialRecord]:
    """The best `count` configurations, and after them the best of each layer type that is not among them.

    With several objectives the best are those of the front, spread over it, see `Objectives.spread`.

    Args:
        ranked: completed trials, best first. Of trials with the same parameters, as a promotion leaves them, the
            better one counts.
        count: 1 or more.
        objectives: of the sweep; None: it has one.
    """
    best: dict[object, TrialRecord] = {}
    for record in ranked:
        best.setdefault(_configuration(record), record)
    distinct = list(best.values())
    chosen, left = distinct[:count], distinct[count:]
    if objectives is not None and objectives.others:
        chosen = objectives.spread(distinct, count)
        left = [record for record in distinct if record not in chosen]
        left.sort(key=lambda record: bool(objectives.beyond(objectives.values(record))))
    layers = {record.params["layer"] for record in chosen}
    for record in left:
        if record.params["layer"] not in layers:
            layers.add(record.params["layer"])
            chosen.append(record)
    return chosen


def rank(
    chosen: Sequence[TrialRecord],
    runs: Mapping[str, Sequence[str]],
    ended: Mapping[str, TrialRecord],
    metric: Metric,
    objectives: Objectives | None = None,
) -> tuple[Finalist, ...]:
    """The finalists by their mean, best first; those of which a run failed come last, in the order of the search.

    Those that keep to the bounds of further objectives, by the means of these, come before those that do not.

    Args:
        chosen: what `select_finalists` gave.
        runs: ids of the final runs of each, by fold, then seed.
        ended: final runs by id.
        metric: the objective.
        objectives: of the sweep; None: it has one.
    """
    several = objectives or Objectives(metric)
    finalists = [_finalist(record, runs[record.trial_id], ended, several) for record in chosen]

    def place(finalist: Finalist) -> tuple[bool, bool, float]:
        score = finalist.searched if finalist.mean is None else finalist.mean
        return finalist.mean is None, bool(finalist.beyond), metric.cost(score)

    return tuple(sorted(finalists, key=place))


def differences(finalists: Sequence[Finalist], metric: Metric, confidence: float) -> tuple[Difference, ...]:
    """The winner against the runner-up, and against the best of each other layer type, by their costs.

    With several objectives it is compared with all others, by each objective: they were not chosen as the best by one.

    Args:
        finalists: the best mean first; those without a score for every run are left out.
        metric: the objective; gives the cost of a score.
        confidence: of the intervals, in (0, 1).
    """
    done = [finalist for finalist in finalists if finalist.mean is not None]
    if not done:
        return ()
    winner, others = done[0], done[1:]
    named = {"runner-up": others[0]} if others else {}
    for other in others:
        if other.layer != winner.layer:
            named.setdefault(f"best {layer_name(other.layer)}", other)
    told = {other.trial_id for other in named.values()}
    if winner.others:
        places = [(place, other) for place, other in enumerate(done, 1) if place > 1 and other.trial_id not in told]
        named |= {f"finalist in place {place}": other for place, other in places}
    return tuple(
        Difference(
            other.trial_id,
            other.name,
            reason,
            paired_interval(_costs(winner, metric), _costs(other, metric), level=confidence),
            {name: _trade(winner, other, name, confidence) for name in winner.others},
        )
        for reason, other in named.items()
    )


def _trade(winner: Finalist, other: Finalist, name: str, confidence: float) -> Interval | None:
    """How much more a winner has of a further objective, over pairs of the same seed and fold."""
    own, compared = (
        [MISSING if value is None else value for value in finalist.others[name]] for finalist in (winner, other)
    )
    return paired_interval(own, compared, level=confidence)


def scored_runs(winner: Finalist, seeds: int, metric: Metric, ensemble: bool) -> tuple[str, ...]:
    """The runs of the winner whose networks are scored and packaged, as their mean where there are several.

    Args:
        winner: the finalist of the best mean.
        seeds: runs on fold 0, which come first.
        metric: the objective.
        ensemble: all runs on fold 0; else the one that `median_run` gives.
    """
    return winner.runs[:seeds] if ensemble else (median_run(winner, seeds, metric),)


def scored_name(runs: Sequence[str]) -> str:
    """What is scored, by a name: the run's own, or `0005-mean-of-3`, whatever fold and seeds they are of."""
    return runs[0] if len(runs) == 1 else f"{runs[0].partition('-')[0]}-mean-of-{len(runs)}"


def median_run(winner: Finalist, seeds: int, metric: Metric) -> str:
    """The run of the winner on fold 0 that has the median score: whose network stands for it where one alone does.

    Of an even number the better of the two in the middle. The best of them would be a lucky one, and its test score
    would say less of the configuration.

    Args:
        winner: the finalist of the best mean; at least one of the runs in question has a score.
        seeds: runs on fold 0, which come first.
        metric: the objective.
    """
    first = list(zip(winner.scores, winner.runs, strict=True))[:seeds]
    runs = sorted((metric.cost(score), run) for score, run in first if score is not None)
    return runs[(len(runs) - 1) // 2][1]


def _finalist(
    record: TrialRecord, runs: Sequence[str], ended: Mapping[str, TrialRecord], objectives: Objectives
) -> Finalist:
    objective = f"val_{objectives.metric.name}"
    done = [ended[run] if run in ended and ended[run].status == "COMPLETED" else None for run in runs]
    scores = tuple(run.metrics[objective] if run is not None else None for run in done)
    whole = [score for score in scores if score is not None and math.isfinite(score)]
    complete = len(whole) == len(runs)
    others = {
        other.name: tuple(None if run is None else value_of(other, run) for run in done) for other in objectives.others
    }
    means = {name: statistics.fmean(v for v in values if v is not None) for name, values in others.items() if complete}
    return Finalist(
        trial_id=record.trial_id,
        number=record.number,
        name=record.name,
        layer=str(record.params["layer"]),
        params=dict(record.params),
        last_epoch=record.last_epoch,
        searched=record.metrics[objective],
        runs=tuple(runs),
        scores=scores,
        mean=statistics.fmean(whole) if complete else None,
        std=statistics.stdev(whole) if complete and len(whole) > 1 else None,
        reasons=tuple(_reason(run, ended.get(run)) for run, score in zip(runs, scores, strict=True) if score is None),
        others=others,
        beyond=objectives.beyond(means) if complete else (),
    )


def _reason(run: str, record: TrialRecord | None) -> str:
    return f"{run}: it has not ended" if record is None else f"{record.name}: {record.reason or 'it failed'}"


def _costs(finalist: Finalist, metric: Metric) -> list[float]:
    return [MISSING if score is None else metric.cost(score) for score in finalist.scores]


def _configuration(record: TrialRecord) -> tuple[tuple[str, object], ...]:
    return tuple(sorted(record.params.items()))
