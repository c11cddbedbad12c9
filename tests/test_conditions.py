"""Hyperparameters that entries of catalogs bring: they exist where their conditions hold, and nowhere else."""

from __future__ import annotations

import functools
import itertools
from pathlib import Path
from typing import Any, Protocol

import pytest

import leaks
from searches import Ours, run, sweep_config
from seqsweep import search_space
from seqsweep.catalog import Catalog
from seqsweep.events import TrialParams
from seqsweep.hyperparameters import Hyperparameter
from seqsweep.layers import LAYERS
from seqsweep.model import OPTIMIZERS
from seqsweep.search_space import active, declared, dimensions, faults, hyperparameters, params, size, warm_start


class Pooling(Protocol):
    """What the catalog of the hyperparameter `pooling` holds."""

    def __call__(self, size: int) -> int: ...


POOLINGS: Catalog[Pooling] = Catalog("pooling", like=Pooling)


@POOLINGS.register
def whole(size: int) -> int:
    return size


@POOLINGS.register(hyperparameters=[Hyperparameter("pool_size", int, at_least=1, default=2)])
def steps(size: int) -> int:
    return size


POOLING = Hyperparameter("pooling", str, choices=POOLINGS, default="whole", when={"depth": (2, 3)})
KERNEL = Hyperparameter("kernel_size", int, at_least=1, default=3, unit="rows", per_layer=True)
DECAY = Hyperparameter("decay", float, at_least=0, default=0.25)
NESTEROV = Hyperparameter("nesterov", bool, default=False)
MOMENTUM = Hyperparameter("momentum", float, at_least=0, below=1, default=0.5, when={"nesterov": (True,)})


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer and two optimizers with hyperparameters of their own."""
    leaks.restore(monkeypatch, LAYERS, OPTIMIZERS)
    register(LAYERS, "conv", KERNEL, POOLING)
    register(OPTIMIZERS, "lion", DECAY)
    register(OPTIMIZERS, "muon", DECAY, NESTEROV, MOMENTUM)


def register(catalog: Catalog[Any], name: str, *own: Hyperparameter) -> None:
    """Add an entry that is never called."""
    entry = functools.wraps(next(iter(catalog.values())))(lambda *_: None)
    entry.__name__ = name
    catalog.register(hyperparameters=own)(entry)


SPACES: list[dict[str, Any]] = [
    {"layer": ["lstm", "conv"], "kernel_size": [2, 3]},
    {"layer": ["lstm", "conv"], "kernel_size": [2, 3], "depth": [1, 2, 3], "per_layer": ["kernel_size"]},
    {"layer": "conv", "kernel_size": [2, 3], "depth": [1, 2], "units": [4, 8], "per_layer": ["kernel_size", "units"]},
    {"layer": ["gru", "conv"], "depth": [1, 2, 3], "pooling": ["steps", "whole"], "pool_size": {"low": 2, "high": 4}},
    {"layer": ["gru", "conv"], "depth": [1, 2], "pooling": "steps", "pool_size": [2, 4]},
    {"optimizer": ["adam", "lion", "muon"], "decay": [0.1, 0.2], "nesterov": [False, True], "momentum": [0.1, 0.9]},
    {
        "optimizer": ["muon", "sgd"],
        "nesterov": True,
        "momentum": [0.1, 0.9],
        "layer": ["conv", "lstm"],
        "pooling": ["whole"],
    },
    {"optimizer": "adam", "decay": [0.1, 0.2], "units": [4, 8]},
]


def independently(space: dict[str, Any]) -> set[tuple[tuple[str, Any], ...]]:
    """Every point of a space, by trying each combination of values and leaving out what is not active."""

    def listed(name: str, default: Any) -> list[Any]:
        value = space.get(name, default)
        if isinstance(value, dict):
            return list(range(value["low"], value["high"] + 1))
        return value if isinstance(value, list) else [value]

    found = set()
    shared = ("layer", "depth", "optimizer", "pooling", "pool_size", "decay", "nesterov", "momentum")
    defaults = ("lstm", 1, "adam", "whole", 2, 0.25, False, 0.5)
    for chosen in itertools.product(*(listed(name, value) for name, value in zip(shared, defaults, strict=True))):
        point = dict(zip(shared, chosen, strict=True))
        several = space.get("per_layer", [])
        for units, kernels in itertools.product(
            *(
                itertools.product(listed(name, value), repeat=point["depth"])
                if name in several
                else [(each,) * point["depth"] for each in listed(name, value)]
                for name, value in (("units", 16), ("kernel_size", 3))
            )
        ):
            whole = {**point, "units": units, "kernel_size": kernels}
            if whole["layer"] != "conv":
                del whole["kernel_size"]
            if whole["layer"] != "conv" or whole["depth"] == 1:
                del whole["pooling"]
            if whole.get("pooling") != "steps":
                del whole["pool_size"]
            if whole["optimizer"] not in ("lion", "muon"):
                del whole["decay"]
            if whole["optimizer"] != "muon":
                del whole["nesterov"]
            if not whole.get("nesterov"):
                del whole["momentum"]
            found.add(tuple(sorted(whole.items())))
    return found


def of_point(point: TrialParams) -> tuple[tuple[str, Any], ...]:
    ours = (
        "layer",
        "depth",
        "units",
        "optimizer",
        "kernel_size",
        "pooling",
        "pool_size",
        "decay",
        "nesterov",
        "momentum",
    )
    return tuple(sorted((name, value) for name, value in point.items() if name in ours))


@pytest.mark.keras
@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize("space", SPACES, ids=range(len(SPACES)))
def test_combinations_of_conditions_make_the_points_that_they_say(space: dict[str, Any]) -> None:
    from seqsweep.tuner.oracles import every_point
    from seqsweep.tuner.vectors import Vectors

    searched, expected = sweep_config("random", **space), independently(space)
    assert faults(searched) == []
    declared_to_tuner = hyperparameters(searched)
    all_held = list(every_point(declared_to_tuner))
    points = [params(searched, held) for held in all_held]
    assert {of_point(point) for point in points} == expected
    assert len(points) == len(expected) == size(searched)
    for point, held in zip(points, all_held, strict=True):
        assert search_space.values(searched, point) == held
        assert set(active(searched, point)) == set(held)
        assert warm_start(sweep_config("random", **space, warm_start=[active(searched, point)])) == [point]
    vectors = Vectors(declared_to_tuner.space)
    rows = vectors.all_points()
    assert rows is not None
    assert {of_point(params(searched, vectors.decode(row))) for row in rows} == expected
    assert len(rows) == len(expected)
    assert len({tuple(row) for row in vectors.encode(all_held)}) == len(expected)


@pytest.mark.keras
@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize("kind", ["grid", "random", "bayesian"])
@pytest.mark.parametrize("space", SPACES, ids=range(len(SPACES)))
def test_a_search_walks_a_conditional_space_to_its_end(kind: str, space: dict[str, Any], tmp_path: Path) -> None:
    if kind == "bayesian" and size(sweep_config("random", **space)) > 20:
        pytest.skip("a model a trial takes long")
    tuner = {"max_trials": None if kind == "grid" else 1000}
    found = run(Ours(sweep_config(kind, tuner=tuner, **space), tmp_path), score=lambda proposal: float(proposal.number))
    assert sorted(of_point(proposal.params) for proposal in found) == sorted(independently(space))


@pytest.mark.usefixtures("entries")
def test_what_is_never_active_is_no_part_of_the_space() -> None:
    searched = sweep_config("random", optimizer="adam", decay=[0.1, 0.2])
    assert dimensions(searched) == []
    assert "decay" not in params(searched, {})
    assert "decay" not in search_space.settings(searched)
    assert search_space.settings(sweep_config("random", optimizer=["adam", "lion"]))["decay"] == 0.25


@pytest.mark.usefixtures("entries")
def test_a_dimension_says_what_it_depends_on() -> None:
    found = {d.name: d.when for d in dimensions(sweep_config("random", **SPACES[3]))}
    assert found == {
        "layer": {},
        "depth": {},
        "pooling": {"layer": ("conv",), "depth": (2, 3)},
        "pool_size": {"layer": ("conv",), "depth": (2, 3), "pooling": ("steps",)},
    }


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"decay": 0.1}, "search_space.warm_start[0].decay=0.1: it is active only where optimizer is lion or muon"),
        (
            {"layer": "conv", "pooling": "whole"},
            "warm_start[0].pooling=whole: it is active only where layer is conv and",
        ),
        (
            {"optimizer": "muon", "momentum": 0.1},
            "warm_start[0].momentum=0.1: it is active only where optimizer is muon",
        ),
    ],
)
def test_a_known_point_has_only_what_is_active_in_it(given: dict[str, Any], words: str) -> None:
    (fault,) = faults(sweep_config("random", warm_start=[given]))
    assert words in fault.text


@pytest.mark.usefixtures("entries")
def test_a_point_outside_the_space_is_shown_with_what_it_has() -> None:
    searched = sweep_config("random", units=[8, 16], warm_start=[{"optimizer": "lion", "decay": 0.5, "units": 8}])
    (point,) = warm_start(searched)
    assert search_space.values(searched, point) is None
    assert active(searched, point) == {"units": 8, "optimizer": "lion", "decay": 0.5}


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize("parent", ["units", "window", "later"])
def test_a_condition_names_what_stands_before_and_can_be_listed(parent: str) -> None:
    odd = Hyperparameter("odd", int, default=1, when={parent: (8,)})
    register(OPTIMIZERS, "oddity", odd, Hyperparameter("later", bool, default=True))
    with pytest.raises(TypeError, match=f"odd depends on '{parent}'"):
        declared()


@pytest.mark.usefixtures("entries")
def test_two_catalogs_cannot_bring_one_name() -> None:
    register(LAYERS, "dense", DECAY)
    with pytest.raises(TypeError, match="two hyperparameters 'decay'"):
        declared("forecast")
