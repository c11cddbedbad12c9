"""What a packaged model of the task `waves` does with what it is given; it travels with the model."""

from __future__ import annotations

import numpy as np
import pandas as pd


class WavesPredictor:
    """Columns x0, x1 … in, a label and its probability out."""

    def __init__(self, spec, network):
        self.columns, self.network = [f"x{i}" for i in range(spec["window"])], network

    def predict(self, frame):
        outputs = self.network(frame[self.columns].to_numpy(np.float32)[:, :, None])
        return pd.DataFrame({"rises": outputs.argmax(axis=1), "probability": outputs.max(axis=1).astype(float)})


def frame_of(windows):
    return pd.DataFrame(windows[:, :, 0], columns=[f"x{i}" for i in range(windows.shape[1])])
