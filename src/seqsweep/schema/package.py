"""The config group `package`: what a winner becomes."""

from __future__ import annotations

from dataclasses import dataclass

from seqsweep.hyperparameters import Unless
from seqsweep.schema.declare import setting


@dataclass
class PackageConfig:
    """What lies in a packaged model beside what MLflow loads."""

    onnx: bool = setting(
        "whether the winner is also written as model/network.onnx: the network with its scaling inside, which needs "
        "no TensorFlow, checked by onnxruntime on the test part; pip install 'seqsweep[onnx]'",
        when={"finals.trials": Unless((0,))},
    )
