"""`seqsweep sweep`: from its arguments to sweeps that ran; checks everything before the first one starts.

Hydra composes the jobs and answers the flags that ask for information. The jobs run here, as they were checked: Hydra's
own launch composes each anew, and its sweeper writes overrides, resolved, with passwords and all, to a file.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from seqsweep import config
from seqsweep.api.jobs import RULES, progress, run
from seqsweep.arguments import FLAGS, Request, parse
from seqsweep.errors import FAILED, REFUSED, ConfigError, SeqsweepError
from seqsweep.redaction import redacted, remember
from seqsweep.schema import SweepConfig
from seqsweep.terminal import console
from seqsweep.words import command, pasted

if TYPE_CHECKING:
    from seqsweep.api.result import Result
    from seqsweep.comparison import FinishedSweep
    from seqsweep.config.launcher import Launcher
    from seqsweep.report import FinishedJob


def launch(arguments: list[str]) -> int:
    """Run what the arguments ask for; returns the exit code.

    Raises:
        ConfigError: with every fault, before anything was trained.
    """
    remember(*arguments)  # before anything is said of them
    request = parse(arguments)
    if request.help or (request.study is None and not request.overrides and not request.flags):
        from seqsweep.report.usage import usage

        usage(console(), request.own, FLAGS)
        return 0
    study = "quickstart" if request.informs and request.study is None else named_study(request, "sweep", arguments)
    checked = config.compose(
        study, request.overrides, [] if request.informs else RULES, request.own, request.multirun or request.informs
    )
    say_notes(checked)
    if request.config:
        if request.package is not None and request.package not in (*config.options(), *config.keys()):
            raise ConfigError([f"--package {config.no_such_key(request.package)}"])
        # Hydra would show the ranges of the search space as it is handed them: as texts.
        print("---\n".join(config.to_yaml(job, request.package) for job in checked.jobs), end="")
        return 0
    if request.informs:
        if not checked.arguments:
            raise ConfigError(["--info shows how one study is composed; name one of those that this one runs"])
        _ask_hydra(study, request, checked.arguments)
        return 0
    jobs = _Jobs(study, ["seqsweep", "sweep", *arguments], checked.overrides)
    if checked.launcher is None:
        for number, job in enumerate(checked.jobs):
            jobs.run(number, job)
    else:
        jobs.run_side_by_side(checked.jobs, checked.launcher)
    return jobs.close()


def named_study(request: Request, name: str, arguments: Sequence[str]) -> str:
    """The study that a command line names.

    Args:
        request: the command line, taken apart.
        name: of the command.
        arguments: as typed.

    Raises:
        ConfigError: it names none.
    """
    if request.study is not None:
        return request.study
    meant = command(["seqsweep", name, "STUDY", *arguments])
    raise ConfigError([f"name a study first: {meant}; there are: {', '.join(config.studies(request.own))}"])


def say_notes(checked: config.Launch) -> None:
    """Say beside what was asked for, which others may read by a pipe, what a user may not have meant."""
    for note in checked.notes:
        console(stderr=True).print(note, style="yellow", soft_wrap=True)


class _Jobs:
    """The jobs of a launch as they end.

    Args:
        study: the name of the study, or those of several.
        typed: the command, word for word.
        overrides: of each of them, as typed.
    """

    def __init__(self, study: str, typed: Sequence[str], overrides: Sequence[Sequence[str]]) -> None:
        self._study = study
        self._typed = typed
        self._overrides = [tuple(map(redacted, one)) for one in overrides]
        self._expected = len(overrides)
        self._ended: dict[int, FinishedJob] = {}  # by number
        self._errors: list[SeqsweepError] = []
        self._untold = False  # a store lacks something
        self._console = console()

    def run(self, number: int, job: SweepConfig) -> None:
        """Run one job; errors are kept for the end, so that later jobs run.

        Args:
            number: of the job, from 0.
            job: its config, checked.
        """
        self._head(number)
        observer = progress(job, self._console)
        try:
            ended = run(job, observer)
        except SeqsweepError as error:
            self._fail(number, error)
        except Exception as error:
            # A fault of ours: show all of it, and let the other jobs of a multirun have their turn.
            traceback.print_exc()
            self._fail(number, error, f"{type(error).__name__}: {error}")
        else:
            self._take(number, ended)

    def run_side_by_side(self, jobs: Sequence[SweepConfig], launcher: Launcher) -> None:
        """Run all jobs, some at once, and show each as it ends.

        Args:
            jobs: their configs, checked.
            launcher: that the command line names.
        """
        from seqsweep.api.side_by_side import place_of, prefixed, side_by_side

        say, width = prefixed(self._console)
        given, place = place_of(launcher, jobs, self._say, width)
        for number, overrides in enumerate(self._overrides, 1):
            self._say(f"job {number}: {command(overrides)}")
        with closing(side_by_side(given, place, say)) as ended:
            for number, came in ended:
                self._head(number)
                if isinstance(came, Exception):
                    self._fail(number, came)
                else:
                    self._take(number, came)

    def _head(self, number: int) -> None:
        if self._expected > 1:
            what = f"job {number + 1} of {self._expected}: {command(self._overrides[number])}"
            self._console.rule(Text(what), align="left")

    def _fail(self, number: int, error: Exception, told: str = "") -> None:
        """A job that failed.

        Args:
            number: of the job.
            error: of its user, or of ours.
            told: of one of ours whose traceback is shown already.
        """
        from seqsweep import report

        self._ended[number] = report.FinishedJob(
            self._overrides[number], None, redacted(told or str(error)), number + 1
        )
        if isinstance(error, SeqsweepError):
            self._errors.append(error)
        if self._expected > 1 and not told:  # that of a single job ends the command
            self._console.print("error: ", style="bold red", end="")
            self._say(redacted(str(error)))

    def _take(self, number: int, ended: Result) -> None:
        """A job that ended."""
        from seqsweep import report
        from seqsweep.comparison import FinishedSweep

        entry = FinishedSweep(ended.outcome, ended.conclusion)
        self._ended[number] = report.FinishedJob(self._overrides[number], entry, number=number + 1)
        self._show(ended)
        if ended.untold is not None:
            self._untold = True
            self._console.print("error: ", style="bold red", end="")
            self._say(f"{ended.untold}:\n  {pasted(self._typed)}")

    def close(self) -> int:
        """Show all jobs of a multirun side by side; returns the exit code.

        Raises:
            SeqsweepError: that of the only job.
        """
        from seqsweep import comparison, report

        if self._expected == 1 and self._errors:
            raise self._errors[0]
        jobs = self._each_sweep_once()
        entries = [job.entry for job in jobs if job.entry is not None]
        if self._expected > 1:
            self._console.print(report.jobs_table(jobs, self._console.width))
            named = comparison.labels(entries)
            for group in comparison.comparable_groups(entries):
                for sentence in report.verdicts(group, named):
                    self._tell(sentence)
            self._write_page(entries)
        failed = [job for job in self._ended.values() if job.entry is None]
        for job in failed if self._expected > 1 else []:
            self._say(f"failed: {command(job.overrides)}: {job.error}")
        without = [entry for entry in entries if not entry.outcome.ranked or (entry.conclusion and not entry.winner)]
        if failed and all(error.exit_code == REFUSED for error in self._errors) and len(self._errors) == self._expected:
            return REFUSED
        return FAILED if failed or without or self._untold or len(self._ended) < self._expected else 0

    def _each_sweep_once(self) -> list[FinishedJob]:
        """The jobs in their order; of those that make the same sweep the one that ran last, which has all of it."""
        last: dict[str, int] = {}  # by fingerprint
        for number, job in self._ended.items():  # in the order in which they ended
            if job.entry is not None:
                before = last.get(job.entry.outcome.fingerprint)
                if before is not None:
                    self._say(f"job {before + 1} and job {number + 1} are the same sweep, which the table has once")
                last[job.entry.outcome.fingerprint] = number
        jobs = sorted(self._ended.items())
        return [job for number, job in jobs if job.entry is None or last[job.entry.outcome.fingerprint] == number]

    def _write_page(self, entries: Sequence[FinishedSweep]) -> None:
        """One page over all jobs of a multirun that want a report."""
        from seqsweep import report

        wanted = [entry.outcome for entry in entries if entry.outcome.config.report.kind == "html"]
        if wanted:
            folder, name = Path(wanted[0].config.tracking.directory).resolve(), self._study.replace(",", "-")
            target = folder / f"multirun-{name}.html"
            self._say(f"Report over all jobs: {report.write_all([outcome.folder for outcome in wanted], target)}")

    def _show(self, ended: Result) -> None:
        from seqsweep import report

        outcome, conclusion = ended.outcome, ended.conclusion
        self._console.print(report.leaderboard(outcome, self._console.width))
        if conclusion is not None:
            self._console.print(report.finals_table(conclusion, outcome.config.finals.trials))
            if conclusion.evaluation is not None:
                self._console.print(report.test_table(conclusion, conclusion.evaluation))
                for table in report.task_tables(conclusion, self._console.width):
                    self._console.print(table)
        for sentence in (*report.headline(outcome, conclusion), *(report.details(conclusion) if conclusion else ())):
            self._tell(sentence)
        if outcome.ranked:
            whose = "the winner" if conclusion is not None and conclusion.winner is not None else "the best trial"
            self._say(f"Settings of {whose}: {report.settings_of_best(outcome, conclusion)}")
        if ended.page is not None:
            self._say(f"Report: {ended.page}")
        if self._expected == 1:
            self._say("\nNext:")
            for line, purpose in report.next_commands(outcome, conclusion, self._typed):
                self._say(f"  {line}\n      {purpose}")

    def _say(self, text: str) -> None:
        """A line that may be copied: it is not wrapped."""
        self._console.print(text, soft_wrap=True)

    def _tell(self, text: str) -> None:
        """Prose: wrapped at words on a terminal, whole where others read it."""
        self._console.print(text, soft_wrap=not self._console.is_terminal)


def _ask_hydra(study: str, request: Request, arguments: Sequence[str]) -> None:
    """Let Hydra say what its flags ask for.

    Args:
        study: its name.
        request: has the flags, and the user's folder.
        arguments: overrides of the jobs that were checked.
    """
    import hydra

    config.register(request.own)
    os.environ["HYDRA_FULL_ERROR"] = "1"  # whatever reaches Hydra from here on is a fault of ours: show all of it
    kept = sys.argv
    sys.argv = ["seqsweep sweep", *request.flags, *arguments]
    try:
        hydra.main(version_base="1.3", config_path=str(config.CONF), config_name=study)(lambda _: None)()
    finally:
        sys.argv = kept
