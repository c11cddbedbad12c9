"""A text from numbers: one to many.

`baselines` are what a network must beat, `sections` shows images with their captions; all else is that of
`tasks.decoding`.
"""

from seqsweep.tasks.caption.task import Caption

__all__ = ["Caption"]
