"""What a sweep knows of its runs in MLflow: kept in its folder as it ends, held against the store when it goes on.

To list runs, MLflow reads the parameters, tags and metrics of each: 1.5 ms of CPU a run, 15 s for 10,000. How many
match a query it says in a hundredth of that, so that a sweep whose runs are what it left needs no list.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from seqsweep.errors import StateError
from seqsweep.state_files import read_state, write_state
from seqsweep.tracking.mlflow_spelling import RUN_STATUS

if TYPE_CHECKING:
    from mlflow import MlflowClient

KNOWN = "runs.json"
"""Its file in the sweep's folder."""

AT_ONCE = 500  # ids that a query names: some 20 kB


@dataclass
class ChildRun:
    """A trial's run as far as the store has it."""

    run_id: str
    status: str = "RUNNING"
    described: bool = False  # its parameters are in
    tags: Mapping[str, str] = field(default_factory=dict)  # those it was made with, until it ends
    kind: str = "trial"


@dataclass
class Parameter:
    """The values that a parameter has had, over all trials of the search.

    Args:
        first: of them.
        trials: that have it.
        varies: not all of them have the first.
        numeric: all are numbers.
    """

    first: str
    trials: int = 0
    varies: bool = False
    numeric: bool = True

    def add(self, value: str) -> None:
        """One trial more."""
        self.trials += 1
        self.varies |= value != self.first
        self.numeric &= value.replace(".", "").removeprefix("-").isdigit()


@dataclass
class KnownRuns:
    """The runs of a sweep's trials, and what all of them came to.

    Args:
        parent: id of the sweep's own run.
        children: by the id of the trial.
        parameters: of the search, by name.
        best: score and name of the best trial; None: none has a score.
    """

    parent: str
    children: dict[str, ChildRun] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    best: tuple[float, str] | None = None

    def add(self, name: str, params: Mapping[str, str], score: float | None, *, lower_is_better: bool) -> None:
        """Take note of a trial of the search that ended.

        Args:
            name: of the trial.
            params: as its run has them.
            score: by the objective; None: it has none.
            lower_is_better: whether a lower score is.
        """
        for param, value in params.items():
            self.parameters.setdefault(param, Parameter(value)).add(value)
        sign = 1 if lower_is_better else -1
        if score is not None and (self.best is None or sign * score < sign * self.best[0]):
            self.best = score, name


def keep_runs(folder: Path, known: KnownRuns) -> None:
    """Write down those that have ended; a disk that refuses costs the next launch no more than the time of a list."""
    ended = {trial: replace(run, tags={}) for trial, run in known.children.items() if run.status in RUN_STATUS.values()}
    with suppress(StateError):
        write_state(folder / KNOWN, replace(known, children=ended))


def recall_runs(folder: Path, client: MlflowClient, experiment: str, parent: str, nested: str) -> KnownRuns | None:
    """What `keep_runs` wrote; None where that cannot be read, or the store has fewer runs, more, or others.

    Args:
        folder: of the sweep.
        client: of the store.
        experiment: id of the sweep's.
        parent: id of the sweep's own run.
        nested: the query of its trials' runs.
    """
    try:
        known = read_state(folder / KNOWN, KnownRuns)
    except StateError:
        return None
    is_so = known.parent == parent and _ended_are(known.children.values(), client, experiment, nested)
    return known if is_so else None


def _ended_are(runs: Collection[ChildRun], client: MlflowClient, experiment: str, nested: str) -> bool:
    """Whether each of these runs is in the store and has ended so, and no other has."""
    for status in set(RUN_STATUS.values()):
        ids = [run.run_id for run in runs if run.status == status]
        query = f"{nested} and attributes.status = '{status}'"
        queries = {query: len(ids)}
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            queries[f"{query} and attributes.run_id IN ({', '.join(map(repr, some))})"] = len(some)
        if not all(_matches(client, experiment, query, count) for query, count in queries.items()):
            return False
    return True


def _matches(client: MlflowClient, experiment: str, query: str, count: int) -> bool:
    """Whether so many runs match; False, too, of a store whose pages do not begin at a number.

    The page that holds the last of them alone is the last one: MLflow skips the others and reads nothing of them.
    """
    from mlflow.exceptions import MlflowException
    from mlflow.utils.search_utils import SearchUtils

    begin = SearchUtils.create_page_token(count - 1).decode() if count > 1 else None  # type: ignore[no-untyped-call]
    try:
        page = client.search_runs([experiment], query, max_results=1, page_token=begin)
    except MlflowException as error:
        if error.error_code != "INVALID_PARAMETER_VALUE":
            raise
        return False
    return len(page) == min(count, 1) and not page.token
