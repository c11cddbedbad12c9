from __future__ import annotations

import itertools
import json
import math
from typing import Any

import pytest

from searches import SPACE, sweep_config
from seqsweep import search_space
from seqsweep.config import CONF
from seqsweep.events import TrialParams
from seqsweep.schema import OPEN, SweepConfig
from seqsweep.search_space import (
    Points,
    Space,
    active,
    declared,
    dimensions,
    faults,
    hyperparameters,
    params,
    size,
    values,
    warm_start,
)


def config(**space: Any) -> SweepConfig:
    return sweep_config("random", **space)


LAYERED: dict[str, Any] = {"depth": [1, 3], "units": [8, 16], "dropout": [0, 0.1], "per_layer": ["units"]}


# The three ways to write a dimension


@pytest.mark.parametrize(
    ("name", "setting", "choices", "default"),
    [
        ("units", 16, (16,), 16),
        ("units", [32, 8, 16], (8, 16, 32), 32),
        ("dropout", [0, 0.25], (0.0, 0.25), 0.0),
        ("layer", ["lstm", "gru"], ("lstm", "gru"), "lstm"),
        ("log1p", [True, False], (True, False), True),
        ("clip_quantile", [None, 0.99, 0.95], (0.95, 0.99, None), None),
        ("dropout", {"low": 0, "high": 0.5, "step": 0.1}, (0.0, 0.1, 0.2, 0.3, 0.4, 0.5), 0.0),
        ("dropout", {"low": 0, "high": 0.3, "step": 0.1}, (0.0, 0.1, 0.2, 0.3), 0.0),  # 0.3 / 0.1 is below 3
        ("dropout", {"low": 0, "high": 0.5, "step": 0.2}, (0.0, 0.2, 0.4), 0.0),
        ("units", {"low": 8, "high": 64, "log": True, "step": 2}, (8, 16, 32, 64), 8),
        ("learning_rate", {"low": 0.001, "high": 0.5, "log": True, "step": 10}, (0.001, 0.01, 0.1), 0.001),
        ("learning_rate", {"low": 1e-4, "high": 0.1, "log": True, "step": 10}, (1e-4, 0.001, 0.01, 0.1), 1e-4),
        ("depth", {"low": 1, "high": 4}, (1, 2, 3, 4), 1),
    ],
)
def test_a_list_of_choices_is_read_in_order(name: str, setting: Any, choices: tuple[Any, ...], default: Any) -> None:
    values_of = search_space.distributions(config(**{name: setting}))[name]
    assert faults(config(**{name: setting})) == []
    assert values_of.choices == choices
    assert [type(choice) for choice in values_of.choices or ()] == [type(choice) for choice in choices]
    assert values_of.default == default


@pytest.mark.keras
@pytest.mark.parametrize(
    ("name", "setting", "reached"),
    [
        ("units", {"low": 8, "high": 12}, {8, 9, 10, 11, 12}),
        ("units", {"low": 8, "high": 13, "step": 2}, {8, 10, 12}),
        ("units", {"low": 8, "high": 14, "step": 2}, {8, 10, 12, 14}),
        ("window", {"low": 2, "high": 6, "log": True}, {2, 3, 4, 5, 6}),
        ("dropout", {"low": 0.1, "high": 0.3, "step": 0.1}, {0.1, 0.2, 0.3}),
    ],
)
def test_both_ends_of_a_range_are_drawn_where_steps_lead_there(name: str, setting: Any, reached: set[Any]) -> None:
    searched = config(**{name: setting})
    declared = hyperparameters(searched).space[0]
    points = Points(searched)
    drawn = {getattr(points.params({name: declared.random_sample(seed)}), name) for seed in range(300)}
    assert {entry[0] if isinstance(entry, tuple) else entry for entry in drawn} == reached
    assert size(searched) == len(reached)


@pytest.mark.keras
def test_a_log_range_makes_each_factor_as_likely_as_the_next() -> None:
    searched = config(learning_rate={"low": 1e-4, "high": 1e-1, "log": True})
    declared = hyperparameters(searched).space[0]
    points = Points(searched)
    drawn = [points.params({"learning_rate": declared.random_sample(seed)}).learning_rate for seed in range(600)]
    decades = [sum(low <= rate < 10 * low for rate in drawn) / 600 for low in (1e-4, 1e-3, 1e-2)]
    assert decades == pytest.approx([1 / 3] * 3, abs=0.07)
    assert all(1e-4 <= rate <= 1e-1 for rate in drawn)


# Dimensions


def test_what_has_one_value_is_no_dimension() -> None:
    assert dimensions(config(units=[16], window=12)) == []
    assert size(config()) == 1


def test_dimensions_are_described_for_tables() -> None:
    found = dimensions(
        config(**LAYERED, learning_rate={"low": 0.001, "high": 0.1, "log": True}, window={"low": 2, "high": 9})
    )
    assert [(d.name, d.hyperparameter, d.kind, dict(d.when)) for d in found] == [
        ("depth", "depth", "choices", {}),
        ("units_1", "units", "choices", {}),
        ("units_2", "units", "choices", {"depth": (3,)}),
        ("units_3", "units", "choices", {"depth": (3,)}),
        ("dropout", "dropout", "choices", {}),
        ("window", "window", "whole numbers", {}),
        ("learning_rate", "learning_rate", "numbers", {}),
    ]
    assert (found[-1].distribution.low, found[-1].distribution.high, found[-1].distribution.log) == (0.001, 0.1, True)


def test_layers_of_a_fixed_depth_always_exist() -> None:
    assert [(d.name, dict(d.when)) for d in dimensions(config(depth=2, units=[8, 16], per_layer=["units"]))] == [
        ("units_1", {}),
        ("units_2", {}),
    ]


@pytest.mark.parametrize(
    ("space", "points"),
    [
        ({"layer": ["lstm", "gru"], "units": [8, 16, 32]}, 6),
        (LAYERED, 2 * (2 + 2**3)),
        ({**LAYERED, "per_layer": ["units", "dropout"]}, 2 * 2 + 2**3 * 2**3),
        ({**LAYERED, "window": {"low": 1, "high": 10}}, 10 * 2 * (2 + 2**3)),
        ({"window": {"low": 10, "high": 20, "log": True}}, 11),
        ({"dropout": {"low": 0, "high": 0.5}}, math.inf),
    ],
)
def test_the_size_counts_distinct_points(space: dict[str, Any], points: float) -> None:
    assert size(config(**space)) == points


@pytest.mark.keras
def test_a_layer_that_is_not_there_has_no_dimension_in_keras_tuner() -> None:
    declared = hyperparameters(config(**LAYERED))
    assert {name for name in ("depth", "units_1", "units_2", "units_3", "dropout") if declared.is_active(name)} == {
        "depth",
        "units_1",
        "dropout",
    }
    declared.values["depth"] = "3"
    assert declared.is_active("units_3")


# Points


@pytest.mark.keras
def test_every_point_of_a_space_is_found_and_found_again() -> None:
    from seqsweep.tuner.oracles import every_point

    searched = config(**LAYERED, layer=["lstm", "gru"], clip_quantile=[None, 0.99], log1p=[False, True])
    points = [params(searched, held) for held in every_point(hyperparameters(searched))]

    units = [widths for depth in (1, 3) for widths in itertools.product((8, 16), repeat=depth)]
    shared = itertools.product(("lstm", "gru"), units, (0.0, 0.1), (None, 0.99), (False, True))
    expected = {(layer, widths, (rate,) * len(widths), clip, log) for layer, widths, rate, clip, log in shared}
    assert {(p.layer, p.units, p.dropout, p.clip_quantile, p.log1p) for p in points} == expected
    assert len(points) == len(expected) == size(searched)
    for point in points:
        held = values(searched, point)
        assert held is not None
        assert params(searched, held) == point
        assert json.loads(json.dumps(held)) == held


def test_points_hold_plain_types() -> None:
    searched = config(**LAYERED, clip_quantile=[None, 0.99], window={"low": 5, "high": 9})
    point = params(
        searched,
        {"depth": "3", "units_2": "16", "dropout": "0.1", "clip_quantile": "null", "window": 7, "tuner/epochs": 3},
    )
    assert point == TrialParams(
        layer="lstm",
        units=(8, 16, 8),
        activation="tanh",
        dropout=(0.1, 0.1, 0.1),
        use_bias=True,
        window=7,
        learning_rate=0.01,
        batch_size=64,
        optimizer="adam",
        linear_skip="false",
        anchor="none",
        scaler="standard",
        clip_quantile=None,
        log1p=False,
        difference=0,
        seasonal_difference=0,
        loss="mse",
        clip_norm=None,
        bidirectional=False,
        recurrent_dropout=0.0,
        schedule="constant",
        scope="series",
        series_embedding=0,
        head="direct",
    )


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, {"depth": 1, "units_1": 8, "dropout": 0.0}),
        ({"depth": 3, "units_3": 16}, {"depth": 3, "units_1": 8, "units_2": 8, "units_3": 16, "dropout": 0.0}),
        ({"units": [16, 8, 8]}, {"depth": 3, "units_1": 16, "units_2": 8, "units_3": 8, "dropout": 0.0}),
        ({"units": 16}, {"depth": 1, "units_1": 16, "dropout": 0.0}),
        ({"layer": "gru"}, {"depth": 1, "units_1": 8, "dropout": 0.0, "layer": "gru"}),
        ({"depth": 2, "dropout": [0.1, 0]}, {"depth": 2, "units_1": 8, "units_2": 8, "dropout": "0.1 0.0"}),
        ({"units_2": 16, "units_3": 8}, {"depth": 3, "units_1": 8, "units_2": 16, "units_3": 8, "dropout": 0.0}),
    ],
)
def test_what_sets_a_point_apart_is_what_it_has_of_the_dimensions(given: dict[str, Any], shown: dict[str, Any]) -> None:
    searched = config(**{**LAYERED, "depth": [1, 2, 3]}, warm_start=[given])
    assert faults(searched) == []
    (point,) = warm_start(searched)
    assert active(searched, point) == shown


@pytest.mark.parametrize(
    ("given", "inside"),
    [
        ({}, True),
        ({"units": 16, "depth": 3}, True),
        ({"units": [16, 8, 8]}, True),
        ({"dropout": [0.1, 0, 0]}, False),  # shared by all layers
        ({"units": 32}, False),
        ({"depth": 2}, False),
        ({"layer": "gru"}, False),
        ({"learning_rate": 0.05}, True),
        ({"learning_rate": 0.5}, False),
        ({"window": 14}, True),
        ({"window": 13}, False),
    ],
)
def test_a_known_point_is_inside_or_outside_the_space(given: dict[str, Any], inside: bool) -> None:
    searched = config(
        **LAYERED,
        learning_rate={"low": 0.001, "high": 0.1, "log": True},
        window={"low": 10, "high": 20, "step": 2},
        warm_start=[given],
    )
    assert faults(searched) == []
    held = values(searched, warm_start(searched)[0])
    assert (held is not None) == inside
    if held is not None:
        assert params(searched, held) == warm_start(searched)[0]


@pytest.mark.parametrize(("window", "inside"), [(4, True), (5, False), (7, True), (8, False), (10, True), (13, False)])
def test_a_range_with_steps_holds_what_steps_from_its_low_end_lead_to(window: int, inside: bool) -> None:
    searched = config(window={"low": 4, "high": 12, "step": 3}, warm_start=[{"window": window}])
    assert (values(searched, warm_start(searched)[0]) is not None) == inside
    searched.search_space["window"] = {"low": 4, "high": 12, "log": True}
    assert (values(searched, warm_start(searched)[0]) is not None) == (window <= 12)


def test_a_record_names_a_point_by_layer_where_layers_differ() -> None:
    searched = config(**LAYERED)
    for given, units in (({"depth": 3}, {"units": 8}), ({"units": [8, 16]}, {"units_1": 8, "units_2": 16})):
        point = search_space.complete(searched, given)
        written = search_space.plain(point)
        assert {name: value for name, value in written.items() if name.startswith("units")} == units
        assert search_space.complete(searched, written) == point


def test_what_a_leaderboard_shows_of_a_point_leads_to_it_again() -> None:
    searched = config(**LAYERED)
    point = params(searched, {"depth": "3", "units_1": "16", "units_2": "8", "units_3": "16", "dropout": "0.1"})
    assert warm_start(config(**LAYERED, warm_start=[active(searched, point)])) == [point]


# Faults


@pytest.mark.parametrize(
    ("space", "words"),
    [
        ({"units": 0}, "search_space.units=0: must be a whole number, 1 or more"),
        ({"units": 8.5}, "search_space.units=8.5: must be a whole number, 1 or more"),
        ({"units": 8.0}, "search_space.units=8.0: must be a whole number, 1 or more; write 8"),
        ({"units": True}, "search_space.units=true: must be a whole number, 1 or more"),
        ({"units": "16"}, "=16: must be a whole number, 1 or more; leave the quotation marks out"),
        ({"units": None}, "search_space.units=null: must be a whole number, 1 or more"),
        ({"window": [12, 0]}, "search_space.window=0: must be a whole number, 1 or more"),
        ({"dropout": 1}, "search_space.dropout=1: must be a number, 0 or more, below 1"),
        ({"learning_rate": [0.1, 0]}, "search_space.learning_rate=0: must be a number, above 0"),
        ({"learning_rate": math.inf}, "search_space.learning_rate=inf: must be a number, above 0"),
        ({"batch_size": -1}, "search_space.batch_size=-1: must be a whole number, 1 or more"),
        ({"use_bias": 1}, "search_space.use_bias=1: must be true or false"),
        (
            {"activation": ["tanh", "rely"]},
            "search_space.activation=rely: must be one of tanh, relu, sigmoid; did you mean 'relu'?",
        ),
        ({"layer": 3}, "search_space.layer=3: must be one of simple_rnn, lstm, gru"),
        ({"clip_quantile": 0.4}, "=0.4: must be a number, above 0.5, below 1, or null"),
        ({"difference": 3}, "search_space.difference=3: must be a whole number, 0 or more, 2 or less"),
        ({"units": []}, "search_space.units=[]: the list is empty; give at least one value, each a whole number"),
        ({"units": [8, 16, 8]}, "search_space.units lists 8 more than once; leave one"),
        ({"dropout": [0, 0.0]}, "search_space.dropout lists 0.0 more than once; leave one"),
        ({"units": {"low": 8, "hihg": 16}}, "search_space.units.hihg: a range has no such key; did you mean 'high'?"),
        ({"units": {"low": 8}}, "search_space.units: a range needs `high`; write {low: …, high: …}"),
        ({"units": {"low": 16, "high": 8}}, "search_space.units: low=16 is not below high=8; swap them"),
        ({"units": {"low": 8, "high": 8}}, "search_space.units: low=8 is not below high=8"),
        ({"units": {"low": 0, "high": 8}}, "search_space.units.low=0: must be a whole number, 1 or more"),
        (
            {"units": {"low": 8, "high": 16, "step": 0}},
            "search_space.units.step=0: the distance from one value to the next must be a whole number, above 0",
        ),
        ({"units": {"low": 8, "high": 16, "step": 0.5}}, "search_space.units.step=0.5: the distance"),
        (
            {"units": {"low": 8, "high": 16, "step": 9}},
            "search_space.units.step=9: from low=8 it leads beyond high=16; make it smaller",
        ),
        (
            {"units": {"low": 8, "high": 64, "step": 1, "log": True}},
            "search_space.units.step=1: the factor from one value to the next must be a whole number, above 1",
        ),
        (
            {"units": {"low": 8, "high": 64, "step": 9, "log": True}},
            "search_space.units.step=9: from low=8 it leads beyond high=64; make it smaller",
        ),
        ({"units": {"low": 8, "high": 64, "log": "yes"}}, "search_space.units.log=yes: must be true or false"),
        (
            {"dropout": {"low": 0, "high": 0.5, "log": True}},
            "search_space.dropout: log: true needs low above 0, not 0;",
        ),
        ({"clip_quantile": {"low": None, "high": 0.9}}, "search_space.clip_quantile: a range needs two numbers"),
        (
            {"layer": {"low": 1, "high": 2}},
            "search_space.layer: a range needs numbers, and layer is one of simple_rnn, lstm",
        ),
        (
            {"per_layer": ["unit"]},
            "search_space.per_layer=unit: must be one of units, dropout; did you mean 'units'?",
        ),
        ({"seasonal_difference": [0, 1]}, "search_space.seasonal_difference=[0, 1]: needs data.season"),
        (
            {"warm_start": [{"unit": 8}]},
            "search_space.warm_start[0].unit: there is no such hyperparameter; did you mean 'units'?",
        ),
        ({"warm_start": [{}, {"units": 0}]}, "search_space.warm_start[1].units=0: must be a whole number, 1 or more"),
        ({"warm_start": [{"units_2": -1}]}, "search_space.warm_start[0].units_2=-1: must be a whole number"),
        (
            {"warm_start": [{"depth": 3, "units": [8, 8]}]},
            "search_space.warm_start[0].units=[8, 8]: does not fit 3 layers",
        ),
        (
            {"warm_start": [{"depth": 1, "dropout_2": 0.1}]},
            "search_space.warm_start[0].dropout_2=0.1: does not fit 1 layers",
        ),
        ({"warm_start": [{"units": 16}, {}]}, "search_space.warm_start[1] is the same as warm_start[0]; leave one"),
        (
            {"warm_start": [{"seasonal_difference": 1}]},
            "search_space.warm_start[0].seasonal_difference=1: needs data.season",
        ),
        ({"per_layer": "units"}, "search_space.per_layer=units: a list is needed, such as [units]"),
        ({"warm_start": ["lstm"]}, "search_space.warm_start=lstm: must be a mapping"),
    ],
)
def test_a_fault_names_the_key_the_value_and_the_mend(space: dict[str, Any], words: str) -> None:
    found = faults(config(**space))
    assert len(found) == 1
    assert words in found[0].text


def test_all_faults_are_found_at_once() -> None:
    assert len(faults(config(units=0, window=[], dropout=2, warm_start=[{"unit": 3}]))) == 4


def test_what_a_space_leaves_out_has_its_default() -> None:
    searched = config(units=[8, 16], window=OPEN)
    for name in ("layer", "dropout", "anchor", "per_layer", "warm_start"):
        del searched.search_space[name]
    searched.windows.anchor = "last"
    searched.windows.scaler = "minmax"
    assert faults(searched) == []
    point = params(searched, {"units": "16"})
    assert (point.layer, point.dropout, point.anchor, point.window) == ("lstm", (0.0,), "last", 24)
    assert values(searched, point) == {"units": "16"}
    assert values(searched, point.replace(units=(8, 16), dropout=(0.0, 0.0))) is None
    settings = search_space.settings(searched)
    assert {name: settings.pop(name) for name in SPACE} == {
        **SPACE,
        "units": [8, 16],
        "window": 24,
        "anchor": "last",
        "scaler": "standard",
    }
    rest = {"bidirectional": False, "recurrent_dropout": 0.0, "schedule": "constant"}
    assert settings == {**rest, "scope": "series", "series_embedding": 0, "head": "direct"}


def test_names_are_checked_against_their_catalogs() -> None:
    found = faults(config(layer=["lstm", "lstn"], warm_start=[{"layer": "lsmt"}, {"units": 8}]))
    assert [fault.text for fault in found] == [
        "search_space.layer=lstn: must be one of simple_rnn, lstm, gru; did you mean 'lstm'?",
        "search_space.warm_start[0].layer=lsmt: must be one of simple_rnn, lstm, gru; did you mean 'lstm'?",
    ]


ALL_FAST: dict[str, Any] = {"layer": ["gru", "lstm"], "bidirectional": [False, True], "recurrent_dropout": 0}


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ({"recurrent_dropout": [0, 0.2]}, "search_space.recurrent_dropout=0.2, only 0.0"),
        ({"recurrent_dropout": {"low": 0, "high": 0.3}}, "search_space.recurrent_dropout=0.3, only 0.0"),
        (
            {"warm_start": [{}, {"recurrent_dropout": 0.1}]},
            "search_space.warm_start[1].recurrent_dropout=0.1, only 0.0",
        ),
    ],
)
def test_what_no_fast_kernel_runs_is_refused_where_there_must_be_one(space: dict[str, Any], said: str) -> None:
    searched = config(**ALL_FAST | space)
    searched.model.kernels = "fast"
    (found,) = faults(searched)
    assert (found.key, found.also) == ("model.kernels", (said.partition("=")[0],))
    value = said.partition("=")[2].partition(",")[0]
    assert found.text == (
        f"model.kernels=fast: no fast kernel runs {said}; choose model.kernels=auto, or leave {value} out"
    )
    searched.search_space |= ALL_FAST | {"warm_start": [{}]}
    assert faults(searched) == []
    for kernels in ("auto", "keras"):
        asked = config(**ALL_FAST | space)
        asked.model.kernels = kernels
        assert faults(asked) == []


def test_what_is_wrong_with_a_followed_key_is_not_told_twice() -> None:
    searched = config(anchor="lats")
    searched.windows.anchor = "lats"
    assert faults(searched) == []  # windows tells it
    searched.windows.anchor = "last"
    assert [fault.key for fault in faults(searched)] == ["search_space.anchor"]


@pytest.mark.parametrize(
    ("name", "kind", "default", "bounds", "when"),
    [
        ("bidirectional", bool, False, (None, None), {"layer": ("simple_rnn", "lstm", "gru")}),
        ("recurrent_dropout", float, 0.0, (0, 1), {"layer": ("simple_rnn", "lstm", "gru")}),
        ("weight_decay", float, 0.004, (0, None), {"optimizer": ("adamw",)}),
        ("schedule", str, "constant", (None, None), {}),
    ],
)
def test_what_layers_optimizers_and_training_declare(
    name: str, kind: type, default: Any, bounds: Any, when: Any
) -> None:
    found = declared("forecast")[name]
    assert (found.type, found.default, found.when) == (kind, default, when)
    assert (found.at_least, found.below) == bounds
    assert set(found.choices or ()) == ({"constant", "cosine", "plateau"} if name == "schedule" else set())


def test_every_declaration_is_complete() -> None:
    assert list(declared("forecast"))[:6] == ["layer", "depth", "units", "activation", "dropout", "use_bias"]
    for hyperparameter in declared().values():
        assert hyperparameter.meaning
        assert hyperparameter.follows or hyperparameter.allows(hyperparameter.default), hyperparameter.name
        assert hyperparameter.type is not int or hyperparameter.unit, hyperparameter.name


# What is shipped


@pytest.mark.parametrize("option", sorted(path.stem for path in (CONF / "search_space").glob("[!_]*.yaml")))
def test_a_shipped_space_has_no_fault(option: str) -> None:
    from omegaconf import OmegaConf

    settings = OmegaConf.to_container(OmegaConf.load(CONF / "search_space" / f"{option}.yaml"))
    assert isinstance(settings, dict)
    of = {"texts": "classify", "captions": "caption", "translations": "translate", "symbols": "next_symbol"}
    other = of.get(option)
    if other is not None:
        assert set(settings) <= {*declared(other), "per_layer", "warm_start"}
        return
    assert set(settings) <= {*declared("forecast"), "per_layer", "warm_start"}
    assert not any(settings.get(name, OPEN) == entry.default for name, entry in declared("forecast").items())
    searched = config(**settings)
    assert faults(searched) == []
    assert len(dimensions(searched)) >= 5
    assert warm_start(searched)[0].units == (50, 50, 50, 50) if option == "tutorial" else not warm_start(searched)


def test_the_shipped_spaces_are_those_that_are_tested() -> None:
    shipped = {path.stem for path in (CONF / "search_space").glob("*.yaml")}
    assert shipped == {"small", "default", "tutorial", "sequences", "texts", "symbols", "captions", "translations"}


def test_a_space_says_each_value_that_a_trial_may_have(make_config):
    given = [
        "search_space.units={low: 4, high: 10, step: 3}",
        "search_space.linear_skip=[false,ridge]",
        "search_space.linear_window=[null,9]",
        "search_space.warm_start=[{units: 99, linear_skip: ridge, linear_window: 5}]",
    ]
    space = Space(make_config(*given))
    assert space.values("units")[:3] == [4, 7, 10]
    assert space.values("units")[3:] == [99]
    assert set(space.values("linear_window")) == {9, None, 5}
    assert space.values("use_bias") == [True, True]  # of the space by its default, and of the warm start
    assert Space(make_config("search_space.linear_skip=false")).values("linear_window") == []
