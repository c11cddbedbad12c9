"""Which class an item belongs to: many to one.

`table` reads rows with a label each, `split` parts them, `dataset` says what a trial sees of them; `baselines` are what
a network must beat, `metrics` how good probabilities are, `audit` whether anything leaked, `evaluation` what a test
evaluation adds (confusions, calibration, prediction sets), `predictor` serves, `requests` asks a packaged model,
`sentences`, `sections`, `facts` and `card` say it.
"""

from seqsweep.tasks.classify.task import Classify

__all__ = ["Classify"]
