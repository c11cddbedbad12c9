"""How a forecast's network comes from the last rows to all steps of the horizon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqsweep.events import TrialParams
from seqsweep.layers import body
from seqsweep.tasks.decoding.network import first_states
from seqsweep.tasks.forecast.head import by_step, end, linear, solved
from seqsweep.tasks.forecast.level import STANDARD, Level
from seqsweep.tasks.forecast.of_series import with_series
from seqsweep.tasks.forecast.panel_windows import PanelWindows
from seqsweep.tasks.forecast.quantiles import ascending
from seqsweep.tasks.forecast.windows import Windows

if TYPE_CHECKING:
    import keras

    from seqsweep.tasks.task import Inputs


def network(
    view: Windows | PanelWindows,
    params: TrialParams,
    inputs: Inputs,
    kernels: str,
    seeds: Sequence[int],
    quantiles: int = 0,
) -> keras.KerasTensor:
    """The last rows, and what is known ahead → (batch, horizon), with a linear path beside the recurrent layers.

    Of quantiles (batch, horizon, quantiles): a head has an output for each at each step, and what a ridge says is added
    to all of them.

    The layers read the last `window` rows, where a ridge may read more; beside each of them what is told of the series
    itself. Beside a ridge the head starts at 0: it learns what the ridge leaves.

    Args:
        view: what the trial sees.
        params: of the trial.
        inputs: of the network.
        kernels: what runs the layers.
        seeds: eight of them.
        quantiles: how many; 0: a forecast alone.
    """
    count = max(1, quantiles)
    rows = inputs[0][:, -params.window :] if view.window > params.window else inputs[0]
    level = Level.of(rows, view.known) if params.anchor == STANDARD else None
    rows = rows if level is None else level.normalised
    read = with_series(rows, inputs[-1], view, params, seeds[3]) if isinstance(view, PanelWindows) else rows
    known, path = (inputs[1] if view.known else None), view.path
    beside = None
    if path is not None:
        beside = solved(path, inputs[: 1 + bool(view.known)], params.linear_trainable)
        beside = beside if level is None else level.taken_off(beside)
    elif params.linear_skip == "true":
        beside = linear(rows, view.horizon * count, seeds[2])
    kind = params.get("head", "direct") if view.horizon > 1 else "direct"
    if kind == "recursive":
        output = recursive(view, params, read, known, beside, kernels, seeds)
    else:
        state = body(read, params, kernels, seeds[0])
        if kind == "decoder":
            output = decoder(view, params, state, known, kernels, seeds, count)
        else:
            output = direct(view, state, known, seeds, count)
        output = ascending(output, beside, view.horizon) if quantiles else _with(output, beside)
    return output if level is None else level.restored(output)


def direct(
    view: Windows | PanelWindows,
    state: keras.KerasTensor,
    known: keras.KerasTensor | None,
    seeds: Sequence[int],
    count: int = 1,
) -> keras.KerasTensor:
    """A dense layer over the horizon; each step adds what the state and what is known of its own time say together.

    Args:
        view: what the trial sees.
        state: of the recurrent layers, (batch, units).
        known: (batch, horizon, columns); None: nothing is known ahead.
        seeds: of the network.
        count: of the quantiles.
    """
    import keras

    output = end(view.path is not None, seeds[1], "head", view.horizon * count)(state)
    if known is None:
        return output
    own_time = by_step(state, known, seeds[4:6], view.path is not None, count)
    return keras.layers.Add(name="with_known")([output, own_time])


def decoder(
    view: Windows | PanelWindows,
    params: TrialParams,
    state: keras.KerasTensor,
    known: keras.KerasTensor | None,
    kernels: str,
    seeds: Sequence[int],
    count: int = 1,
) -> keras.KerasTensor:
    """A recurrent layer over the steps of the horizon, which starts from the state of the encoder.

    At each step it reads that state again, and what is known of the step; never what it said itself, so that no error
    is carried on. A step knows nothing of what is known of later ones.

    Source: Sutskever, Vinyals and Le (2014): a decoder that starts from the encoder's last state; Cho et al. (2014),
    section 2.2: which reads that state at each step, too; Wen et al. (2017), A Multi-Horizon Quantile Recurrent
    Forecaster: what is known of a step in the place of the last output, which is section 2.3's direct strategy.

    Args:
        view: what the trial sees.
        params: of the trial.
        state: of the recurrent layers, (batch, units).
        known: (batch, horizon, columns); None: nothing is known ahead.
        kernels: what runs layers.
        seeds: of the network.
        count: of the quantiles.
    """
    import keras

    units = params.get("decoder_units") or params.units[-1]
    own = params.replace(depth=1, units=(units,), dropout=params.dropout[-1:])
    if own.get("bidirectional", False):
        own = own.replace(bidirectional=False)
    read = keras.layers.RepeatVector(view.horizon, name="state_by_step")(state)
    if known is not None:
        read = keras.layers.Concatenate(name="state_and_known")([read, known])  # (batch, horizon, units + columns)
    states = first_states(state, own, seeds[6])
    steps = body(read, own, kernels, seeds[7], every_step=True, initial_state=states, name_prefix="decoder_")
    return keras.layers.Flatten(name="by_step")(end(view.path is not None, seeds[1], "head", count)(steps))


def recursive(
    view: Windows | PanelWindows,
    params: TrialParams,
    rows: keras.KerasTensor,
    known: keras.KerasTensor | None,
    beside: keras.KerasTensor | None,
    kernels: str,
    seeds: Sequence[int],
) -> keras.KerasTensor:
    """The recurrent layers, whose forecast of one step is the target of the row that they read next; see `Rolled`.

    Args:
        view: what the trial sees.
        params: of the trial.
        rows: that the layers read, (batch, window, features).
        known: (batch, horizon, columns); None: nothing is known ahead.
        beside: a linear forecast, (batch, horizon), a part of each that is read next; None: there is none.
        kernels: what runs the layers.
        seeds: of the network.
    """
    import keras

    from seqsweep.layers.rolling import Ends, rolled

    is_solved = view.path is not None
    ahead = []
    if known is not None:
        start = keras.initializers.GlorotUniform(seed=seeds[4])
        mixed = keras.layers.Dense(params.units[-1], "relu", kernel_initializer=start, name="mixed")
        ahead = [mixed, end(is_solved, seeds[5], "by_step")]
    ends = Ends(end(is_solved, seeds[1], "head"), ahead)
    layer = rolled(rows, params, kernels, seeds[0], ends, view.known, view.values.shape[1], view.horizon)
    return layer(rows, known=known, beside=beside)


def _with(output: keras.KerasTensor, beside: keras.KerasTensor | None) -> keras.KerasTensor:
    import keras

    return output if beside is None else keras.layers.Add(name="output")([output, beside])
