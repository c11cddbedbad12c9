"""What a person sees of a sweep: its progress and its leaderboard in the terminal, its page in a browser."""

from seqsweep.reporting.facts import show_facts
from seqsweep.reporting.finals import finals_table, test_table
from seqsweep.reporting.leaderboard import leaderboard, next_commands, settings_of_best
from seqsweep.reporting.page import markdown, publish, write, write_all, write_data_page
from seqsweep.reporting.progress import Terminal
from seqsweep.reporting.sentences import details, headline
from seqsweep.reporting.sweeps_table import FinishedJob, jobs_table, sweeps_table, verdicts

__all__ = [
    "FinishedJob",
    "Terminal",
    "details",
    "finals_table",
    "headline",
    "jobs_table",
    "leaderboard",
    "markdown",
    "next_commands",
    "publish",
    "settings_of_best",
    "show_facts",
    "sweeps_table",
    "test_table",
    "verdicts",
    "write",
    "write_all",
    "write_data_page",
]
