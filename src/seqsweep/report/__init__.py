"""What a person sees of a sweep: its progress and its leaderboard in the terminal, its page in a browser."""

from seqsweep.report.finals import beats_baselines, finals_table, sentences, test_table
from seqsweep.report.leaderboard import leaderboard, next_commands, settings_of_best, verdict
from seqsweep.report.page import markdown, publish, write, write_all
from seqsweep.report.progress import Terminal
from seqsweep.report.sweeps_table import FinishedJob, jobs_table, sweeps_table, verdicts

__all__ = [
    "FinishedJob",
    "Terminal",
    "beats_baselines",
    "finals_table",
    "jobs_table",
    "leaderboard",
    "markdown",
    "next_commands",
    "publish",
    "sentences",
    "settings_of_best",
    "sweeps_table",
    "test_table",
    "verdict",
    "verdicts",
    "write",
    "write_all",
]
