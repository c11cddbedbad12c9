"""What may differ between the trials of a forecast, beside layers and training."""

from __future__ import annotations

from seqsweep.hyperparameters import Hyperparameter
from seqsweep.tasks.forecast.losses import LOSSES
from seqsweep.tasks.forecast.windows import ANCHORS
from seqsweep.tasks.lookback import WINDOW
from seqsweep.tasks.scaling import SCALERS

LINEAR_SKIP = ("false", "true", "ridge")
"""What `search_space.linear_skip` may be."""

HEADS = ("direct", "recursive", "decoder")
"""What `search_space.head` may be."""

HYPERPARAMETERS = (
    WINDOW,
    Hyperparameter(
        "loss",
        str,
        choices=LOSSES,
        follows="task.loss",
        section="training",
        meaning="what training lowers: mae where mae ranks; one trial's loss is no measure of another's",
    ),
    Hyperparameter(
        "head",
        str,
        choices=HEADS,
        default="direct",
        section="head",
        meaning="how all steps of task.horizon are forecast: by one dense layer; by the layers themselves, which read "
        "their forecast of each step before they make the next; or by a second recurrent layer over the steps, which "
        "reads what is known of each; a decoder takes up to twice the time of direct, recursive some three times",
    ),
    Hyperparameter(
        "decoder_units",
        int,
        at_least=1,
        optional=True,
        section="head",
        unit="numbers",
        when={"head": ("decoder",)},
        meaning="width of the decoder; null: that of the last layer",
    ),
    Hyperparameter(
        "linear_skip",
        str,
        choices=LINEAR_SKIP,
        default="false",
        section="head",
        meaning="a linear path from window to output beside the recurrent one: none, one that is trained, or the ridge "
        "regression that is solved, whose errors the recurrent one learns",
    ),
    Hyperparameter(
        "linear_window",
        int,
        at_least=1,
        optional=True,
        section="head",
        unit="rows",
        when={"linear_skip": ("ridge",)},
        meaning="rows that the ridge sees; null: the one of task.ridge_windows that is best on validation",
    ),
    Hyperparameter(
        "linear_trainable",
        bool,
        default=False,
        section="head",
        when={"linear_skip": ("ridge",)},
        meaning="whether training changes the ridge's weights too",
    ),
    Hyperparameter(
        "anchor",
        str,
        choices=ANCHORS,
        follows="windows.anchor",
        section="preprocessing",
        meaning="level that is taken off each window and its targets; with standard each window is divided by its own "
        "standard deviation too, and the forecast has both again",
    ),
    Hyperparameter(
        "scaler",
        str,
        choices=SCALERS,
        follows="windows.scaler",
        section="preprocessing",
        meaning="how values are scaled, by what train alone shows",
    ),
    Hyperparameter(
        "clip_quantile",
        float,
        above=0.5,
        below=1,
        optional=True,
        follows="data.clip_quantile",
        section="preprocessing",
        meaning="quantile q: the target is clipped to train's quantiles 1 - q and q; null does not clip",
    ),
    Hyperparameter(
        "log1p", bool, follows="data.log1p", section="preprocessing", meaning="whether training sees log(1 + target)"
    ),
    Hyperparameter(
        "difference",
        int,
        at_least=0,
        at_most=2,
        follows="data.difference",
        section="preprocessing",
        unit="times",
        meaning="how often the target is differenced",
    ),
    Hyperparameter(
        "seasonal_difference",
        int,
        at_least=0,
        at_most=1,
        follows="data.seasonal_difference",
        section="preprocessing",
        unit="times",
        meaning="how often the target is differenced by data.season rows",
    ),
    Hyperparameter(
        "scope",
        str,
        choices=("series", "all"),
        follows="windows.scope",
        needs=("data.series", "data.columns"),
        section="preprocessing",
        meaning="of several series: each is scaled by its own train part, or all by that of all of them",
    ),
    Hyperparameter(
        "series_embedding",
        int,
        at_least=0,
        default=0,
        needs=("data.series", "data.columns"),
        section="preprocessing",
        unit="numbers",
        meaning="of several series: numbers that the network learns of each, and reads beside each row; in training "
        "a tenth of the windows has zeros, as a new series has; 0: none",
    ),
)
