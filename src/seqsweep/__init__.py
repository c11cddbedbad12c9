"""seqsweep finds the best recurrent network for a sequence, and proves it."""

from importlib.metadata import version

__version__ = version("seqsweep")
