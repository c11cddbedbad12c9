"""What turns raw values into a network's inputs, and its outputs into answers: written once, for training and service.

Training imports these modules, and a packaged model carries the very same files. They import numpy, pandas, keras,
tensorflow, mlflow, and each other by relative imports alone, so that they run under another name where there is no
seqsweep. `gather` says what a step takes from an array, `transforms` and `windows` how a series is seen; these need
NumPy alone. `model` is what MLflow loads; what it asks is the predictor of a task.
"""
