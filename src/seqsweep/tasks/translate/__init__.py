"""A text from a text: many to many.

`network` is the encoder, the decoder and the attention between them, `baselines` the memory of translations that it
must beat; all else is that of `tasks.decoding`.
"""

from seqsweep.tasks.translate.task import Translate

__all__ = ["Translate"]
