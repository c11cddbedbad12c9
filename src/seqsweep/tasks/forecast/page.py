"""All that a page shows of a test evaluation that forecasts alone have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqsweep.html import Section
from seqsweep.tasks.forecast.ahead import read_next
from seqsweep.tasks.forecast.by_series import of_all, of_middle, one_of, read_series, series_section
from seqsweep.tasks.forecast.intervals import read_intervals
from seqsweep.tasks.forecast.origins import next_section, origin_section
from seqsweep.tasks.forecast.quantile_intervals import compared_sections
from seqsweep.tasks.forecast.sections import sections
from seqsweep.tasks.results import Heading, TestPredictions


def all_sections(heading: Heading, details: Mapping[str, Any], seen: TestPredictions | None) -> list[Section]:
    """Forecast against actual, step by step and from single origins; the next forecast; what is left over.

    Args:
        heading: who is who.
        details: of the test evaluation.
        seen: the predictions; None: their file is gone.
    """
    each, intervals = read_series(details), read_intervals(details)
    if each:
        forecasts, *others = sections(heading, of_middle(intervals, each, seen), one_of(seen, each))
        found = [series_section(heading, each), of_all(forecasts, each) if intervals else forecasts]
    else:
        forecasts, *others = sections(heading, intervals, seen)
        found = [forecasts]
    found += compared_sections(details, heading.target, len(each) > 1)
    if seen is not None:
        found += origin_section(heading, intervals, each, seen)
        found += next_section(heading, intervals, each, seen, read_next(details))
    return [*found, *others]
