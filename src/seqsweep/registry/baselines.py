"""A baseline of a sweep as what is to be promoted: where no network is better, it is what should serve."""

from __future__ import annotations

from dataclasses import replace

from seqsweep import finals, package
from seqsweep.config import find_data
from seqsweep.errors import ConfigError, DataError, RefusedError
from seqsweep.registry.candidates import Candidate
from seqsweep.registry.registered import Say
from seqsweep.search import build_problem
from seqsweep.trial import without_start_up_notes
from seqsweep.words import in_prose, in_words, percent


def of_baseline(candidate: Candidate, name: str, say: Say) -> Candidate:
    """The same sweep with a baseline in its winner's place, packaged if it was not.

    Args:
        candidate: a sweep.
        name: of the baseline.
        say: is told what happens.

    Raises:
        RefusedError: the sweep has not evaluated its baselines on test, or its data is another by now.
        UserError: it has no such baseline, or the baseline cannot be packaged.
    """
    conclusion = candidate.conclusion
    if conclusion is None or conclusion.evaluation is None:
        told = f"refused, nothing is changed: sweep {candidate.fingerprint} has no evaluation on its test part"
        raise RefusedError(f"{told}; run it with finals=default")
    config = replace(candidate.config, data=replace(candidate.config.data))  # the logged address stays as it is
    try:
        find_data(config, "run the study again with 'data.url=${oc.env:URL}'")
        problem = build_problem(config, lambda _: None)
    except (ConfigError, DataError) as error:
        raise RefusedError(f"refused, nothing is changed: the baseline needs the data: {error}") from error
    if problem.data.sha256 != conclusion.sha256:
        told = "refused, nothing is changed: the data has changed since the sweep"
        raise RefusedError(f"{told}; bring it back as it was, or run the study again on what it is now")
    say(f"the baseline {in_words(name)} takes the winner's place")
    with without_start_up_notes():  # of TensorFlow, which this may be the first to import
        own = package.build_baseline(candidate.folder, problem, conclusion, name, config.registry.refit)
    return replace(candidate, conclusion=own, baseline=own.finalists[0].trial_id)


def network_over(candidate: Candidate) -> tuple[float | None, str]:
    """The skill of the sweep's own winner over the baseline on the test part, and a sentence of it.

    Args:
        candidate: of a baseline.
    """
    whole = finals.load(candidate.folder)
    assert whole is not None and whole.evaluation is not None and whole.winner is not None  # or there were no baseline
    metric, seen = whole.metric, whole.evaluation
    own, other = seen.scores[metric.name], seen.baselines[candidate.baseline][metric.name]
    skill = metric.skill(own, other)
    return skill, f"the skill of {in_prose(whole.winner.name)}, the best network, over it is {percent(skill)}"
