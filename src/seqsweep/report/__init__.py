"""What a person sees of a sweep: its progress and its leaderboard in the terminal, its page in a browser."""

from seqsweep.report.facts import show_facts
from seqsweep.report.finals import finals_table, task_tables, test_table
from seqsweep.report.leaderboard import leaderboard, settings_of_best
from seqsweep.report.next_commands import next_commands
from seqsweep.report.notebook import Notebook
from seqsweep.report.page import (
    failed_page,
    live_page,
    markdown,
    publish,
    running_now,
    stamp,
    trial_page,
    write,
    write_all,
    write_data_page,
)
from seqsweep.report.progress import Terminal
from seqsweep.report.sentences import details, headline
from seqsweep.report.sweeps_table import FinishedJob, jobs_table, sweeps_table, verdicts

__all__ = [
    "FinishedJob",
    "Notebook",
    "Terminal",
    "details",
    "failed_page",
    "finals_table",
    "headline",
    "jobs_table",
    "leaderboard",
    "live_page",
    "markdown",
    "next_commands",
    "publish",
    "running_now",
    "settings_of_best",
    "show_facts",
    "stamp",
    "sweeps_table",
    "task_tables",
    "test_table",
    "trial_page",
    "verdicts",
    "write",
    "write_all",
    "write_data_page",
]
