"""What a test evaluation shows where the task is to forecast one series of numbers."""

from seqsweep.report.forecast.sentences import sentences

__all__ = ["sentences"]
