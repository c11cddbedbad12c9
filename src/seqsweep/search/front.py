"""The Pareto front of a search, as a tracker shows it."""

from __future__ import annotations

import json

from seqsweep.objectives import Resource
from seqsweep.schema import SweepConfig
from seqsweep.search.outcome import Outcome
from seqsweep.tracking import Tracker

FRONT = "pareto_front.json"
"""The file of a sweep's run that has the trials on its front."""

ON_FRONT = "pareto_front"
"""The tag of a trial: `yes` where no other one beats it in all objectives, else `no`."""


def log_front(outcome: Outcome, tracker: Tracker) -> None:
    """Tag each completed trial, and keep the front as a file; nothing where there is but one objective.

    Args:
        outcome: of the search.
        tracker: open, with the runs of its trials.
    """
    if not outcome.objectives.others:
        return
    front = {record.trial_id for record in outcome.front}
    for record in outcome.ranked:
        tracker.tag_trial(record.trial_id, {ON_FRONT: "yes" if record.trial_id in front else "no"})
    tracker.log_text(front_file(outcome), FRONT)


def front_file(outcome: Outcome) -> str:
    """The objectives, which way each improves, and what the trials on the front came to, as JSON."""
    objectives = outcome.objectives
    spreads = [one.spread for one in objectives.others if isinstance(one, Resource) and one.spread]
    content = {
        "objectives": [
            {"name": one.name, "direction": "max" if one.higher_is_better else "min", "unit": one.unit}
            for one in objectives
        ],
        "front": [
            {
                "trial": record.number,
                "name": record.name,
                **objectives.values(record),
                **{name: getattr(record, name) for name in spreads},
                "params": dict(record.params),
            }
            for record in outcome.front
        ],
    }
    return json.dumps(content, indent=1)


def ranked_by_first(config: SweepConfig) -> str:
    """What a search does by the first of several objectives alone, in a sentence; nothing where it does nothing so."""
    settings = config.tuner
    who = ["tuner=hyperband promotes"] if settings.kind == "hyperband" else []
    who += [f"tuner.pruner={settings.pruner} prunes"] if settings.pruner != "none" else []
    if not config.task.objectives or not who:
        return ""
    told = "the first objective, since others are known at the end of a trial"
    return f"{' and '.join(who)} by {config.task.objective}, {told}; the front is of all trials that complete"
