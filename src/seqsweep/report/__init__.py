"""What a person sees of a sweep: its progress and its leaderboard in the terminal."""

from seqsweep.report.leaderboard import leaderboard, next_commands, settings_of_best, verdict
from seqsweep.report.progress import Terminal
from seqsweep.report.table import Finished, jobs_table

__all__ = ["Finished", "Terminal", "jobs_table", "leaderboard", "next_commands", "settings_of_best", "verdict"]
