"""A study's job from its config to its end: search, finals, and what is left for its user to read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from seqsweep import finals, package, report, search
from seqsweep.errors import TrackingError
from seqsweep.finals import Conclusion
from seqsweep.schema import SweepConfig
from seqsweep.search import Observer, Outcome


@dataclass(frozen=True)
class JobResult:
    """What a job came to.

    Args:
        outcome: of the search.
        conclusion: of the finals; None where there were none.
        page: of the report; None: none is wanted.
        untold: why the store lacks some of it; None: it has all.
    """

    outcome: Outcome
    conclusion: Conclusion | None
    page: Path | None = None
    untold: TrackingError | None = None


def run(config: SweepConfig, observer: Observer) -> JobResult:
    """Run a job, or what is left of it.

    Args:
        config: of the job, composed and checked.
        observer: is told what happens.

    Raises:
        UserError: the data or the config cannot be used.
        SweepError: the sweep cannot go on; what it finished is kept.
    """
    ended = None
    try:
        with search.open_sweep(config, observer) as context:
            finals.check_count(context)
            outcome = search.search(context)
            package.prepare(context)
            conclusion = finals.run(context, outcome)
            if conclusion is not None:
                package.keep(context, conclusion)
            observer.stage("writing the page and bringing MLflow up to date")
            page = report.publish(outcome.folder, context.tracker) if config.report.kind == "html" else None
            ended = JobResult(outcome, conclusion, page)
    except TrackingError as error:
        if ended is None:
            raise
        return replace(ended, untold=error)  # all of it is in the sweep's folder
    finally:
        observer.finish()
    return ended
