"""What a network reads of a series itself, beside each row of its window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqsweep.events import TrialParams
from seqsweep.tasks.forecast.panel_windows import PanelWindows

if TYPE_CHECKING:
    import keras

FORGOTTEN = 0.1
"""Of the windows of training the share that is not told which series it is of: what new series are is learned so."""


def with_series(
    rows: keras.KerasTensor, told: keras.KerasTensor, view: PanelWindows, params: TrialParams, seed: int
) -> keras.KerasTensor:
    """(batch, window, columns) → (batch, window, columns + numbers of the series), where there are any.

    What a series is stands beside each of its rows, as in DeepAR (Salinas et al., 2020, International Journal of
    Forecasting 36(3)). Each series' vector begins as zeros and is learned; in training it is zeros again for a tenth of
    the windows, so that the network knows how to forecast a series that it knows nothing of: a new one, whose vector is
    never learned and stays zeros.

    Args:
        rows: of the windows.
        told: what is told of each window's series, see `PanelWindows.inputs`; the last input.
        view: what the trial sees.
        params: of the trial.
        seed: of what training forgets.
    """
    import keras

    parts = []
    if view.encoder is not None:
        parts.append(told[:, : view.encoder.width])
    if view.ids is not None:
        ids = keras.layers.Embedding(
            len(view.ids) + 1, params.series_embedding, embeddings_initializer="zeros", name="series"
        )(told[:, -1])
        parts.append(keras.layers.Dropout(FORGOTTEN, noise_shape=(None, 1), seed=seed, name="forgotten")(ids))
    if not parts:
        return rows
    vector = parts[0] if len(parts) == 1 else keras.layers.Concatenate(name="of_series")(parts)
    beside = keras.layers.RepeatVector(rows.shape[1], name="series_by_row")(vector)
    return keras.layers.Concatenate(name="rows_and_series")([rows, beside])
