"""The winner of a sweep as an MLflow model that needs no seqsweep: raw values in, answers in their unit out.

`code` copies the files of `serving` and of the task that travel with it, `card` is what a person is told, `build` puts
them together, `export` writes what serves as an ONNX file too, `loaded` is how its callers have it, `parity` proves
that the whole still predicts as the trial did, `integrity` that nothing of it has changed since; `run` says when.
"""

from seqsweep.package.baseline import baseline_folder, build_baseline
from seqsweep.package.build import MODEL, build, packaged_evaluation, what_serves
from seqsweep.package.export import Export, faults, load_export
from seqsweep.package.integrity import CHECKSUMS, fault, seal
from seqsweep.package.loaded import Loaded, as_evaluated, ask, load
from seqsweep.package.parity import Parity, load_parity
from seqsweep.package.run import keep, prepare

__all__ = [
    "CHECKSUMS",
    "MODEL",
    "Export",
    "Loaded",
    "Parity",
    "as_evaluated",
    "ask",
    "baseline_folder",
    "build",
    "build_baseline",
    "fault",
    "faults",
    "keep",
    "load",
    "load_export",
    "load_parity",
    "packaged_evaluation",
    "prepare",
    "seal",
    "what_serves",
]
