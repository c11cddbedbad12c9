"""Forecasts of one series of numbers.

`task` says what a forecast is, `dataset` what it learns from; `split` cuts the series, `windows` fits what a trial
sees of it, `baselines` and `ridge` are what a network must beat, `metrics` how far forecasts lie off, `audit` whether
anything leaked, `intervals` how far a forecast may be off, `predictor` serves, `requests` asks a packaged model,
`sentences`, `sections` and `card` say it.
"""

from seqsweep.tasks.forecast.task import Forecast

__all__ = ["Forecast"]
