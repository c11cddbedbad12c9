"""One declaration a hyperparameter, what the entries of a catalog bring of their own, and the points of a space."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any, Protocol

import pytest

from seqsweep.catalog import Catalog
from seqsweep.events import TrialParams
from seqsweep.hyperparameters import Hyperparameter, Setting

DECAY = Hyperparameter("weight_decay", float, at_least=0, default=0.004)
POOLING = Hyperparameter("pooling", str, choices=("max", "mean"), default="max", when={"depth": (2, 3)})


class Making(Protocol):
    """What makes something."""

    def __call__(self, rate: float) -> None: ...


@pytest.fixture
def catalog() -> Catalog[Making]:
    made: Catalog[Making] = Catalog("optimizer", Making)

    @made.register
    def sgd(rate: float) -> None: ...

    @made.register(hyperparameters=(DECAY, POOLING))
    def adamw(rate: float) -> None: ...

    @made.register(hyperparameters=[DECAY])
    def lion(rate: float) -> None: ...

    return made


@pytest.mark.parametrize(
    ("setting", "allowed", "refused"),
    [
        (Setting("units", int, at_least=1), [1, 64], [0, 1.5, 2.0, True, "2", None, [1]]),
        (Setting("dropout", float, at_least=0, below=1), [0, 0.5], [-0.1, 1, math.nan, math.inf, False, "0.1"]),
        (Setting("rate", float, above=0, at_most=1), [0.1, 1], [0, 1.01]),
        (Setting("clip", float, optional=True), [None, 3], ["none"]),
        (Setting("use_bias", bool), [True, False], [1, 0, "true", None]),
        (Setting("layer", str, choices=("lstm", "gru")), ["lstm"], ["lstn", 1, None, {"lstm": 1}]),
        (Setting("step", int, choices=(1, 7)), [1, 7], [2, True, "1"]),
        (Setting("lags", float, at_least=0, several=True), [[], [0, 1]], [1, [1, -1], [1, None], [0, 0.0], [1, 0, 1]]),
        (Setting("missing", object, several=True), [[1, True, "1", 0, False]], [[1, 2, 1.0]]),
        (Setting("points", dict, several=True), [[{}, {}]], [{}, [1]]),
    ],
)
def test_a_setting_allows_values_of_its_type_within_its_bounds(
    setting: Setting, allowed: list[Any], refused: list[Any]
) -> None:
    assert [value for value in allowed + refused if setting.allows(value)] == allowed
    assert [setting.fault("k", value) for value in allowed] == [None] * len(allowed)
    assert all((setting.fault("k", value) or "").startswith("k=") for value in refused)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (["a", "b", "b", "a"], "k=[a, b, b, a]: b is listed twice; leave one"),
        (["a", "a", "c"], "k=c: must be one of a, b"),
        ("a", "k=a: a list is needed, such as [a]"),
    ],
)
def test_the_first_thing_that_is_wrong_with_a_list_is_told(value: Any, said: str) -> None:
    assert Setting("metrics", str, choices=("a", "b"), several=True).fault("k", value) == said


@pytest.mark.parametrize(
    ("setting", "value", "fault"),
    [
        (Setting("u", int, at_least=1), 0, "key=0: must be a whole number, 1 or more"),
        (Setting("u", int, at_least=1), 1e30, "key=1e+30: must be a whole number, 1 or more"),
        (Setting("u", int, at_least=1), 8.0, "key=8.0: must be a whole number, 1 or more; write 8"),
        (Setting("u", int), "16", "key=16: must be a whole number; leave the quotation marks out"),
        (
            Setting("q", float, above=0.5, below=1, optional=True),
            0.4,
            "key=0.4: must be a number, above 0.5, below 1, or null",
        ),
        (Setting("b", bool), 1, "key=1: must be true or false"),
        (Setting("a", str, choices=("tanh", "relu")), "rely", "key=rely: must be one of tanh, relu"),
        (Setting("a", str), True, "key=true: must be text"),
    ],
)
def test_a_fault_states_the_value_the_rule_and_the_mend(setting: Setting, value: Any, fault: str) -> None:
    assert (setting.fault("key", value) or "").startswith(fault)


def test_a_near_miss_among_the_choices_is_offered() -> None:
    activation = Setting("activation", str, choices=("tanh", "relu"))
    assert (activation.fault("key", "rely") or "").endswith("; did you mean 'relu'?")
    assert (activation.fault("key", "linear") or "").endswith("tanh, relu")


@pytest.mark.parametrize("name", ["units_2", "_units", "per_layer", "values", "last_epoch", "drop out", "2nd"])
def test_a_name_that_something_else_has_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match="cannot be the name"):
        Hyperparameter(name, int, default=1)


def test_a_default_that_is_not_allowed_is_refused() -> None:
    with pytest.raises(TypeError, match="the default 0 must be a whole number, 1 or more"):
        Hyperparameter("units", int, at_least=1, default=0)


def test_all_conditions_must_hold() -> None:
    both = Hyperparameter("pooling", int, default=1, when={"layer": ("conv",), "depth": (2, 3)})
    assert both.is_active({"layer": "conv", "depth": 2})
    assert not both.is_active({"layer": "conv", "depth": 1})
    assert not both.is_active({"layer": "lstm", "depth": 2})
    assert not both.is_active({"depth": 2})


# What the entries of a catalog bring


def test_what_an_entry_brings_is_active_where_it_is_chosen(catalog: Catalog[Making]) -> None:
    assert list(catalog) == ["sgd", "adamw", "lion"]
    assert [catalog.own(name) for name in catalog] == [(), (DECAY, POOLING), (DECAY,)]
    decay, pooling = catalog.hyperparameters("optimizer", "training")
    assert (decay.name, decay.default, decay.section) == ("weight_decay", 0.004, "training")
    assert decay.when == {"optimizer": ("adamw", "lion")}
    assert pooling.when == {"optimizer": ("adamw",), "depth": (2, 3)}


def test_entries_of_which_no_space_has_two_may_declare_one_name_in_different_ways() -> None:
    apart: Catalog[Making] = Catalog("optimizer", Making, apart=True)
    other = Hyperparameter("weight_decay", int, at_least=1, default=1, unit="grams")

    @apart.register(hyperparameters=[DECAY])
    def adamw(rate: float) -> None: ...

    @apart.register(hyperparameters=[other])
    def lion(rate: float) -> None: ...

    assert (apart.own("adamw"), apart.own("lion")) == ((DECAY,), (other,))


def test_two_entries_cannot_declare_one_name_differently(catalog: Catalog[Making]) -> None:
    with pytest.raises(TypeError, match="'nadam' declares 'weight_decay' otherwise"):

        @catalog.register(hyperparameters=[Hyperparameter("weight_decay", float, default=0.1)])
        def nadam(rate: float) -> None: ...


def test_the_choices_of_a_catalog_are_those_that_it_has_by_then(catalog: Catalog[Making]) -> None:
    optimizer = Hyperparameter("optimizer", str, choices=catalog, default="adam")

    @catalog.register
    def adam(rate: float) -> None: ...

    assert optimizer.allows("adam")
    assert optimizer.fault("optimizer", "adan") is not None


# Points


POINT = TrialParams(layer="lstm", depth=2, units=(8, 16), window=12, clip_quantile=None)


def test_a_point_is_a_mapping_with_attributes() -> None:
    assert dict(POINT) == {"layer": "lstm", "depth": 2, "units": (8, 16), "window": 12, "clip_quantile": None}
    assert (POINT.window, POINT["units"], POINT.clip_quantile, POINT.depth) == (12, (8, 16), None, 2)
    assert POINT.get("weight_decay", 0.5) == 0.5


def test_what_is_not_active_is_asked_for_in_vain() -> None:
    with pytest.raises(AttributeError, match="no hyperparameter 'weight_decay'; it has layer, depth"):
        POINT.weight_decay  # noqa: B018
    with pytest.raises(KeyError, match="no hyperparameter 'weight_decay'"):
        POINT["weight_decay"]


def test_points_are_compared_by_value_and_cross_processes() -> None:
    for twin in (TrialParams(**POINT), pickle.loads(pickle.dumps(POINT)), copy.deepcopy(POINT), copy.copy(POINT)):
        assert twin == POINT
        assert len({twin, POINT}) == 1
    assert POINT.replace(window=13) != POINT


def test_a_point_never_changes() -> None:
    with pytest.raises(AttributeError, match="never changes"):
        POINT.window = 3
    assert POINT.replace(window=3).window == 3
    assert POINT.window == 12


def test_the_depth_is_the_length_of_what_has_a_value_a_layer() -> None:
    assert TrialParams(units=(8, 8, 8), dropout=(0.0,) * 3).depth == 3
    assert POINT.replace(units=(8,)).depth == 1
    for values in ({"units": (8, 8), "dropout": (0.0,)}, {"units": (8, 8), "depth": 3}):
        with pytest.raises(ValueError, match="one depth"):
            TrialParams(**values)
    with pytest.raises(ValueError, match="one depth"):
        POINT.replace(depth=3)
