"""The winner of a sweep as an MLflow model that needs no seqsweep: raw values in, forecasts in their unit out.

`code` copies the files of `serving` that travel with it, `spec` is what they are told, `card` what a person is told,
`build` puts them together, `loaded` is how its callers have it, `parity` proves that the whole still forecasts as the
trial did; `run` says when.
"""

from seqsweep.package.build import MODEL, build
from seqsweep.package.loaded import Loaded, load
from seqsweep.package.parity import Parity, load_parity
from seqsweep.package.run import keep

__all__ = ["MODEL", "Loaded", "Parity", "build", "keep", "load", "load_parity"]
