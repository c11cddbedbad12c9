"""What a sweep came to: tables, the winner, its page, and the winner as a model."""

from __future__ import annotations

import html
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqsweep import package, report
from seqsweep.api import models, tables
from seqsweep.api.stores import RUNS
from seqsweep.comparison import finished
from seqsweep.errors import TrackingError, UserError
from seqsweep.finals import Conclusion, TestEvaluation
from seqsweep.html import standalone
from seqsweep.records import Value
from seqsweep.search import Outcome, load_data

if TYPE_CHECKING:
    import pandas as pd

    from seqsweep.registry import Promoted


class Page(type(Path())):  # type: ignore[misc]  # until Python 3.12 Path alone cannot be a base
    """The path of a page, which a notebook shows."""

    def _repr_html_(self) -> str:
        content = html.escape(standalone(self.read_text(encoding="utf-8")))
        return f'<iframe srcdoc="{content}" style="width: 100%; height: 40em; border: 0"></iframe>'


@dataclass(frozen=True, eq=False)
class Result:
    """All that a sweep came to; `seqsweep.sweep` returns it, `seqsweep.result` finds that of a finished sweep.

    Args:
        outcome: of the search.
        conclusion: of the finals; None: there were none.
        page: of the report; None: none was wanted.
        untold: why the MLflow store lacks some of it; None: it has all.
    """

    outcome: Outcome
    conclusion: Conclusion | None
    page: Path | None = None
    untold: TrackingError | None = None

    @property
    def study(self) -> str:
        """The name of the study."""
        return self.outcome.config.study

    @property
    def fingerprint(self) -> str:
        """What the commands call this sweep."""
        return self.outcome.fingerprint

    @property
    def folder(self) -> Path:
        """Where its state lies."""
        return self.outcome.folder

    @cached_property
    def leaderboard(self) -> pd.DataFrame:
        """Completed trials and baselines, best first, by their scores on validation."""
        return tables.leaderboard(self.outcome)

    @cached_property
    def front(self) -> pd.DataFrame:
        """With several objectives: the trials that no other one beats in all of them, and what each came to."""
        return tables.front(self.outcome)

    @cached_property
    def trials(self) -> pd.DataFrame:
        """Every trial by its number: settings, scores, how it ended."""
        return tables.trials(self.outcome)

    @cached_property
    def curves(self) -> pd.DataFrame:
        """A row an epoch of each trial."""
        return tables.curves(self.outcome.records)

    @cached_property
    def baselines(self) -> pd.DataFrame:
        """A row a baseline, best first: its scores on validation."""
        return tables.baselines(self.outcome)

    @cached_property
    def finals(self) -> pd.DataFrame:
        """A row a finalist, best mean first."""
        return tables.finals(self.conclusion)

    @cached_property
    def test(self) -> pd.DataFrame:
        """The winner and every baseline on the test part, best first."""
        return tables.test(self.conclusion)

    @property
    def winner(self) -> dict[str, Value]:
        """The settings of the winner; without finals those of the best trial; empty where no trial completed."""
        if self.conclusion is not None and self.conclusion.winner is not None:
            return dict(self.conclusion.winner.params)
        return dict(self.outcome.ranked[0].params) if self.outcome.ranked else {}

    @property
    def evaluation(self) -> TestEvaluation | None:
        """The one evaluation of the winner on the test part: scores, skill, evidence; None: there were no finals."""
        return self.conclusion.evaluation if self.conclusion is not None else None

    @property
    def verdict(self) -> list[str]:
        """What won, by how much over the best baseline, and how sure that is, in sentences."""
        more = report.details(self.conclusion) if self.conclusion is not None else []
        return [*report.headline(self.outcome, self.conclusion), *more]

    @cached_property
    def model(self) -> models.Model:
        """The packaged winner.

        Raises:
            UserError: there is no winner.
        """
        folder = self.folder / package.MODEL
        if self.evaluation is None or not folder.is_dir():
            told = "there is no winner to predict with; run the sweep with finals=default"
            raise UserError(f"sweep {self.fingerprint} of study {self.study!r}: {told}")
        return models.Model(f"{self.study} {self.fingerprint}", package.load(folder))

    def predict(self, data: Any, future: Any = None) -> pd.DataFrame:
        """What the winner says: what follows the last row, or the class or text of each one.

        Args:
            data: a DataFrame or Series with the columns of the sweep's data, or a file of such rows.
            future: the rows to be forecast, with what is known ahead of them; None: they stand in `data`.

        Raises:
            UserError: there is no winner.
            DataError: the rows cannot be used.
        """
        return self.model.predict(data, future)

    def forecast(self, data: Any = None, future: Any = None) -> pd.DataFrame:
        """What follows the last row, with intervals.

        Args:
            data: rows to go on from; None: the sweep's own data, which is read again, so that new rows count.
            future: as for `predict`.

        Raises:
            UserError: there is no winner, or it is none that says what follows.
            DataError: the rows cannot be used.
        """
        return self.predict(self._own_rows() if data is None else data, future)

    def _own_rows(self) -> pd.DataFrame:
        model = self.model
        task, data = load_data(self.outcome.config, lambda _: None)
        rows = task.latest(data, model.loaded)
        if rows is None:
            told = "nothing follows the data of this task; result.predict(rows) asks about rows"
            raise UserError(f"forecast: task.kind={self.outcome.config.task.kind}: {told}")
        return rows

    def report(self, *, single_file: bool = False) -> Path:
        """Write the page of the sweep anew; returns its path, which a notebook shows as the page.

        Args:
            single_file: it holds the script of its figures, so that it can be sent; else the pages of the folder share
                it.

        Raises:
            StateError: a file of the sweep is truncated, or the disk refuses.
        """
        elsewhere = None if os.access(self.folder, os.W_OK) else Path.cwd() / f"report-{self.folder.name}.html"
        return Page(report.write(self.folder, elsewhere, single_file=single_file).resolve())

    def promote(self, *, replace: bool = False, force: str = "", baseline: str = "") -> Promoted:
        """Make the winner the champion that others load, if it passes the gate.

        Args:
            replace: take the place of a champion of other data, without a comparison.
            force: the reason to overrule the gate, which is recorded.
            baseline: the one to promote instead of the winner, where no network beats it; empty: the winner.

        Raises:
            RefusedError: a condition does not hold, and nothing was changed.
            TrackingError: the store cannot be reached or refuses.
        """
        tracking = self.outcome.config.tracking
        directory = self.outcome.directory
        return models.promote(
            self.fingerprint, directory, tracking.uri, replace=replace, force=force, baseline=baseline
        )

    def plain(self) -> dict[str, Any]:
        """What it came to as values that JSON has."""
        names = ("leaderboard", *(["front"] if self.outcome.front else []), "finals", "test")
        return {
            "study": self.study,
            "sweep": self.fingerprint,
            "question": self.outcome.config.question,
            "verdict": self.verdict,
            "winner": self.winner,
            **{name: tables.plain(getattr(self, name)) for name in names},
        }

    def __str__(self) -> str:
        """The verdict."""
        return "\n".join(self.verdict)

    def __repr__(self) -> str:
        """Which sweep it is."""
        return f"<seqsweep.Result of {self.study}, sweep {self.fingerprint}>"

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in self.verdict)
        return said + shown_rows(self.leaderboard)


def shown_rows(frame: pd.DataFrame) -> str:
    """A table as a notebook shows it."""
    return str(frame.head(20).to_html(index=False, na_rep="", border=0, float_format="{:.4g}".format))


def result(name: str | None = None, directory: str | Path = RUNS, say: Callable[[str], None] | None = None) -> Result:
    """What a finished sweep came to.

    Args:
        name: a study, whose newest sweep is taken, the name of a sweep, or the first digits of its fingerprint; None:
            the newest of all.
        directory: `tracking.directory` of the sweep.
        say: is told which other sweeps cannot be read; None: nobody is.

    Raises:
        UserError: there is no such sweep.
        StateError: a file of it is truncated.
    """
    entry = finished(Path(directory), [name] if name else (), say or (lambda _: None))[-1]
    return Result(entry.outcome, entry.conclusion)
