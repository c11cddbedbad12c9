"""A point of the search space that several tests start from."""

from __future__ import annotations

from seqsweep.events import TrialParams

POINT = TrialParams(
    layer="simple_rnn",
    units=(6,),
    activation="tanh",
    dropout=(0.1,),
    use_bias=True,
    bidirectional=False,
    recurrent_dropout=0.0,
    window=6,
    learning_rate=0.01,
    batch_size=32,
    optimizer="adam",
    schedule="constant",
    clip_norm=None,
    linear_skip="false",
    anchor="none",
    scaler="standard",
    clip_quantile=None,
    log1p=False,
    difference=0,
    seasonal_difference=0,
    loss="mse",
)
