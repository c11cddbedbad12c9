"""What this project relies on in other libraries that they do not document: docs/decisions/0006-private-parts.md.

Found in the source where an AST can find it; otherwise asked of the library, so that a release which changes it fails
here, by name.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqsweep
from private_parts import foreign_changes, private_uses
from seqsweep.schema import TrackingConfig
from seqsweep.serving.baselines.trees import Lags
from seqsweep.tasks.forecast.baseline_input import BaselineInput
from seqsweep.tasks.forecast.boosting import fit_one
from seqsweep.tasks.forecast.settings import ForecastConfig
from seqsweep.tracking import reaching, relocation, store, ui
from seqsweep.tracking.view import SavedView

SOURCE = Path(seqsweep.__file__).parent
TREES = {file.relative_to(SOURCE): ast.parse(file.read_text()) for file in sorted(SOURCE.rglob("*.py"))}
DECISION = Path(__file__).parents[1] / "docs" / "decisions" / "0006-private-parts.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in DECISION.read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| library")
]  # library, part, where, why, public way tried, test


# The source


def test_every_private_use_is_in_the_decision() -> None:
    listed = {(where, part) for _, parts, places, *_ in ROWS for where in codes(places) for part in codes(parts)}
    used = {(str(file), name) for file, name in private_uses(TREES, "seqsweep")}
    assert used - listed == set()
    assert {(where, part) for where, part in listed if re.search(r"(^|\.)_|\.src\.", part)} - used == set()


def test_nothing_is_changed_in_another_library() -> None:
    assert {str(file): changed for file, tree in TREES.items() if (changed := foreign_changes(tree, "seqsweep"))} == {}


def test_every_row_of_the_decision_names_files_and_tests_that_are_there() -> None:
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    assert len(ROWS) >= 4
    for library, _, places, _, _, named in ROWS:
        assert all((SOURCE / place).exists() for place in codes(places)), library
        assert codes(named) and all(f"def {name}(" in tests for name in codes(named)), library


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from lib._inner import f", {"lib._inner.f"}),
        ("from lib import _f", {"lib._f"}),
        ("import lib.src.engine", {"lib.src.engine"}),
        ("from lib._internal.utils import f", {"lib._internal.utils.f"}),
        ("import lib\nlib.thing()._hidden", {"._hidden"}),
        ("import lib\ngetattr(lib, '_hidden')", {"._hidden"}),
        ("import lib\nclass A(lib.B):\n def f(self): self._theirs()", {"._theirs"}),
        ("class A:\n def f(self): self._mine = 1\ndef g(a): return a._mine", set()),
        ("from seqsweep import _own\nfrom __future__ import annotations\nimport lib\nlib.__version__", set()),
        ("import os\nos._exit(1)", set()),
    ],
)
def test_a_private_use_is_found_by_its_name(code: str, found: set[str]) -> None:
    assert {name for _, name in private_uses({Path("a.py"): ast.parse(code)}, "seqsweep")} == found


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from lib import A\nA.merge = 3", {"A.merge"}),
        ("def f():\n import lib.inner\n lib.inner.A.merge = 3", {"lib.inner.A.merge"}),
        ("import lib\nsetattr(lib.A, name, 3)", {"lib.A.name"}),
        ("import lib\ndel lib.A", {"lib.A"}),
        ("import sys\nsys.argv = []", set()),  # the interpreter's own
        ("from seqsweep import mine\nmine.x = 3\nclass A: pass\nA.x = 3", set()),
    ],
)
def test_a_change_of_another_library_is_found(code: str, found: set[str]) -> None:
    assert foreign_changes(ast.parse(code), "seqsweep") == found


# KerasTuner


@pytest.mark.keras
def test_hyperparameters_tell_when_they_exist_and_turn_shares_into_values() -> None:
    import keras_tuner

    space = keras_tuner.HyperParameters()
    space.Choice("depth", ["1", "2"])
    with space.conditional_scope("depth", ["2"]):
        space.Float("rate", 1e-4, 1e-1, sampling="log", default=1e-2)
    depth, rate = space.space
    (condition,) = rate.conditions
    assert (condition.name, condition.values, depth.conditions) == ("depth", ["2"], [])
    assert [condition.is_active(point) for point in ({}, {"depth": "1"}, {"depth": "2"})] == [False, False, True]
    assert rate.prob_to_value(0.25) == pytest.approx(10**-3.25) and rate.value_to_prob(10**-3.25) == pytest.approx(0.25)
    assert rate.random_sample(7) == rate.random_sample(7) != rate.random_sample(8)
    assert (rate.min_value, rate.max_value, rate.step, rate.sampling) == (1e-4, 1e-1, None, "log")


@pytest.mark.keras
def test_no_name_of_ours_hides_one_of_a_class_that_it_extends() -> None:
    """A library calls its private methods by name: one of ours under that name would be called instead."""
    import keras
    import keras_tuner

    from seqsweep.layers.recurrent import Recurrent
    from seqsweep.model.adam import Adam
    from seqsweep.tuner.bayesian import Bayesian
    from seqsweep.tuner.model_hyperband import ModelHyperband
    from seqsweep.tuner.oracles import Grid, Random

    bases = {
        keras_tuner.Oracle(objective="loss", hyperparameters=keras_tuner.HyperParameters()): [
            Random,
            Grid,
            Bayesian,
            ModelHyperband,
        ],
        keras.layers.Layer(): [Recurrent],
        keras.optimizers.SGD(): [Adam],
    }
    for base, kinds in bases.items():
        theirs = {name for name in dir(base) if name.startswith("_") and not name.endswith("__")}
        for kind in kinds:
            own = [cls for cls in kind.__mro__ if cls.__module__.startswith("seqsweep")]
            assert own and not {name for cls in own for name in vars(cls)} & theirs


# MLflow


@pytest.mark.parametrize("name", sorted({*reaching.ENVIRONMENT, *ui.ENVIRONMENT}))
def test_mlflow_reads_the_variables_that_are_set_for_it(name: str) -> None:
    store.load_mlflow()
    from mlflow import environment_variables

    assert getattr(environment_variables, name).name == name


def test_the_module_that_is_imported_beforehand_is_the_one_that_opens_a_store() -> None:
    reaching.load_database_store()
    assert importlib.util.find_spec("mlflow.store.tracking.sqlalchemy_store") is not None
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    assert SqlAlchemyStore.__doc__ and "backend store" in SqlAlchemyStore.__doc__


def test_every_column_that_holds_the_path_of_a_file_is_moved_with_its_folder(tmp_path: Path) -> None:
    place, client = store.open_store(TrackingConfig(kind="mlflow", directory=str(tmp_path)))
    experiment = client.create_experiment("study", place.artifacts)
    run = client.create_run(experiment)
    client.log_text(run.info.run_id, "hello", "note.txt")
    model = client.create_logged_model(experiment, "model", run.info.run_id)
    client.create_registered_model("best")
    client.create_model_version("best", model.artifact_location, run.info.run_id)
    assert place.database is not None and place.artifacts is not None
    with closing(sqlite3.connect(place.database)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = [(table, row[1]) for table in tables for row in connection.execute(f"PRAGMA table_info({table})")]
        holding = {
            (table, column)
            for table, column in columns
            if connection.execute(f'SELECT 1 FROM "{table}" WHERE instr("{column}", ?)', [place.artifacts]).fetchone()
        }
    assert holding <= set(relocation.COLUMNS) <= set(columns)
    assert len(holding) >= 4


def test_the_ui_of_this_mlflow_knows_every_word_of_saved_views_and_links() -> None:
    import mlflow

    view = SavedView("best_val_mae", True, ["units"], ["loss"], ["units"])
    words = {*keys(view.state()), "viewStateShareKey", "compareRunsMode", "workflowType"}
    scripts = Path(mlflow.__file__).parent.glob("server/js/build/static/js/*.js")
    text = "".join(script.read_text() for script in scripts)
    known = set(re.findall(r"\w+", text))
    assert "mlflow.sharedViewState." in text and "deflate;" in text
    assert words - known == set()


def codes(cell: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", cell)


def keys(state: Any) -> Iterator[str]:
    if isinstance(state, dict):
        yield from state
    for inner in state.values() if isinstance(state, dict) else state if isinstance(state, list) else ():
        yield from keys(inner)


def test_trees_as_arrays_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    values = np.column_stack([random.normal(size=200).cumsum(), random.normal(size=200)])
    past = BaselineInput(values, 150, np.arange(150, 160), 2, 40, ForecastConfig(objective="mae"), known=1)
    trees, origins = fit_one(past), np.arange(10, 190)  # before row 39 there is no season: a missing value goes its way
    assert trees is not None
    inputs = Lags(trees.lags, 40, 1, 0).inputs(values, origins[30:], 2)
    inputs[::3] = np.nan
    served = trees.served(past)
    np.testing.assert_allclose(served.sums(inputs), trees.trees.predict(inputs), rtol=1e-12)
    assert served.depth > 3 and len(served.roots) == trees.trees.n_iter_
