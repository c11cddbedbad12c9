"""What a test evaluation shows where the task is to forecast one series of numbers.

`arrays` reads what it left behind, `sections` draws that for a page, `sentences` says what it tells.
"""

from seqsweep.report.forecast.arrays import Forecasts, read
from seqsweep.report.forecast.sections import sections
from seqsweep.report.forecast.sentences import sentences

__all__ = ["Forecasts", "read", "sections", "sentences"]
