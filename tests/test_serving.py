"""Serving: what a packaged model computes from raw rows is, to the bit, what its network was trained on."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from points import POINT
from seqsweep.serving import windows as served
from seqsweep.serving.gather import Gather
from seqsweep.serving.transforms import Transform
from seqsweep.serving.windows import SeriesView
from seqsweep.tasks.forecast.split import make_split
from seqsweep.tasks.forecast.windows import ANCHORS, make_windows
from seqsweep.tasks.scaling import SCALERS

SEASON = 7


def drawn(seed, make_config, make_series):
    """The windows of a random trial of a random series."""
    random = np.random.default_rng(seed)
    columns, order = int(random.integers(1, 4)), str(random.choice(["C", "F"]))
    values = np.asarray(random.gamma(2.0, 10.0 ** random.integers(-2, 4), size=(160, columns)), order=order)
    params = POINT.replace(
        window=int(random.integers(1, 20)),
        anchor=str(random.choice(sorted(ANCHORS))),
        scaler=str(random.choice(sorted(SCALERS))),
        clip_quantile=random.choice([None, 0.9]),
        log1p=bool(random.integers(2)),
        difference=int(random.integers(3)),
        seasonal_difference=int(random.integers(2)),
    )
    split = make_split(make_series(values), make_config().windows, int(random.integers(1, 5)), 40)
    return make_windows(make_series(values), split, params, SEASON), params


def in_service(windows, params, origins):
    """The same trial's view of requests: of each origin the rows that a forecast needs, one after the other."""
    transform = Transform.from_json(json.loads(json.dumps(windows.transform.to_json())))
    rows = windows.window + transform.n_dropped
    requests = np.concatenate([windows.values[origin - rows + 1 : origin + 1] for origin in origins])
    view = SeriesView(requests, transform, served.ANCHORS[params.anchor], windows.window, windows.horizon)
    return view, rows * np.arange(1, len(origins) + 1) - 1


def bits(array):
    return np.ascontiguousarray(array).view(f"u{array.itemsize}")


@pytest.mark.parametrize("seed", range(24))
def test_inputs_in_service_are_those_of_training_to_the_bit(seed, make_config, make_series):
    windows, params = drawn(seed, make_config, make_series)
    origins = np.random.default_rng([seed, 1]).choice(np.r_[windows.split.train, windows.split.test], 30)
    view, last = in_service(windows, params, origins)
    assert np.array_equal(bits(view.inputs[0].numpy(last)), bits(windows.inputs[0].numpy(origins)))
    forecast = np.random.default_rng(seed).normal(size=(30, windows.horizon)).astype(np.float32)
    ours, theirs = view.inverse_transform(last, forecast), windows.inverse_transform(origins, forecast)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_a_series_of_other_size_in_the_same_request_moves_no_bit(make_config, make_series):
    windows, params = drawn(3, make_config, make_series)
    for anchor in ANCHORS:
        params = params.replace(anchor=anchor)
        windows = dataclasses.replace(windows, anchor=ANCHORS[anchor])
        view, last = in_service(windows, params, np.array([60, 70]))
        values = view.values.copy()
        values[: last[0] + 1] = 1e30
        beside = dataclasses.replace(view, values=values)
        assert np.array_equal(bits(beside.inputs[0].numpy(last[1:])), bits(view.inputs[0].numpy(last[1:])))


@pytest.mark.keras
@pytest.mark.parametrize("seed", range(6))
def test_a_graph_gathers_what_numpy_does_to_the_bit(seed, make_config, make_series):
    import tensorflow as tf

    windows, _ = drawn(seed, make_config, make_series)
    origins = np.random.default_rng(seed).permutation(windows.split.train)
    for gather in (*windows.inputs, windows.targets):
        inside = [tf.function(gather.tensor)(tf.constant(origins, tf.int32)) for _ in range(2)]  # of two graphs
        for tensor in inside:
            assert np.array_equal(bits(tensor.numpy()), bits(gather.numpy(origins)))


@pytest.mark.parametrize("anchored", [False, True])
@pytest.mark.parametrize("shape", [(50,), (50, 1), (50, 3), (50, 4, 2)])
@pytest.mark.parametrize("offsets", [range(-4, 1), range(1, 4), range(2, 3), range(-9, 1, 3), range(0, 6, 2)])
def test_a_gather_takes_the_rows_at_its_offsets_less_the_row_of_the_anchors(offsets, shape, anchored):
    random = np.random.default_rng(0)
    array, anchors = random.normal(size=(2, *shape))
    items = random.integers(9, 45, size=20)
    taken = Gather(array, offsets, anchors if anchored else None).numpy(items)
    for item, rows in zip(items, taken, strict=True):
        assert np.array_equal(rows, np.array([array[item + by] for by in offsets]) - anchored * anchors[item])


def test_a_gather_changes_nothing_of_what_it_takes_from():
    array = np.arange(20.0)
    Gather(array, range(1), array).numpy(np.arange(20))
    assert np.array_equal(array, np.arange(20.0))
