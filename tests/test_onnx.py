"""A winner as an ONNX file: what of its task is computed inside, held against the network, and told to its user."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from conclusions import ALL_AT_ONCE, Made, make_sweep, season, write_csv
from seqsweep import package
from seqsweep.api.jobs import RULES
from seqsweep.config import compose
from seqsweep.errors import ConfigError
from seqsweep.package import export
from seqsweep.package.export import FILE, Export, describe_export, load_export, write_export
from seqsweep.search.problem import build_problem
from seqsweep.search_space.points import complete
from seqsweep.tasks.classify.graph import make_graph as graph_of_classes
from seqsweep.tasks.decoding.graph import make_graph as graph_of_texts
from seqsweep.tasks.forecast.graph import make_graph, summing
from seqsweep.tasks.forecast.windows import ANCHORS
from seqsweep.tasks.graph import Graph, Port, alone
from seqsweep.tasks.next_symbol.graph import make_graph as graph_of_symbols
from tasks.tables import COLUMNS, waves
from tasks.texts import pairs, squares

pytestmark = pytest.mark.keras

GUIDE = Path(__file__).parents[1] / "docs" / "guides" / "serving.md"

# The whole way, once -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Made:
    folder = tmp_path_factory.mktemp("onnx")
    write_csv(folder / "shop.csv", season(), np.round(season(seed=1)))
    given = (*ALL_AT_ONCE, "windows.anchor=mean", "package.onnx=true")
    return make_sweep(folder / "shop.csv", folder / "mlruns", *given, epochs=1)


def test_the_file_says_what_the_network_says_of_the_whole_test_part(made):
    found = load_export(made.model)
    assert not found.fault
    assert found.items == len(made.job.data.split().test)
    assert 0 < found.largest <= 1e-5  # two ways of computing, not one compared with itself
    assert found.size == (made.model / FILE).stat().st_size
    assert found.seconds > 0 < found.keras_seconds
    assert FILE in json.loads((made.model / package.CHECKSUMS).read_text())["files"]


def test_the_code_of_the_guide_forecasts_as_the_packaged_model_does(made, monkeypatch, capsys):
    (code,) = re.findall(r"```python\n(import json.*?)```", GUIDE.read_text(), re.DOTALL)
    monkeypatch.chdir(made.folder)
    found: dict[str, object] = {}
    exec(code, found)
    loaded = package.load(made.model)
    np.testing.assert_allclose(found["forecast"][0], loaded.ask(loaded.example)["forecast"], rtol=1e-5)
    assert "[" in capsys.readouterr().out


def test_the_card_names_what_goes_in_and_out_with_code_that_runs(made, monkeypatch):
    card = (made.model / "model_card.md").read_text()
    assert "| `past` | float64 | series × 19 × 2 | the last 19 rows, the latest last" in card
    assert "| `forecast` | float64 | series × 3 | y of the next 3 rows, in its unit |" in card
    assert f"`{FILE}`: {load_export(made.model).figures}." in card
    monkeypatch.chdir(made.model)
    found: dict[str, object] = {}
    exec(re.findall(r"```python\n(.*?)```", card, re.DOTALL)[0], found)
    assert found["answer"].shape == (1, 3)
    assert found["lists"]["columns"] == ["y", "x1"]


def test_a_winner_that_is_packaged_without_it_is_packaged_again_where_it_is_asked_for(made, monkeypatch):
    built: list[Path] = []
    monkeypatch.setattr("seqsweep.finals.call", lambda context, known, function, folder, *_: built.append(folder))
    told: list[str] = []
    kept: dict[str, object] = {}
    tracker = SimpleNamespace(log_sweep=lambda metrics, tags: kept.update(metrics, **tags), log_model=lambda *_: None)
    observer = SimpleNamespace(say=told.append, stage=lambda *_: None)
    config = dataclasses.replace(made.config, registry=dataclasses.replace(made.config.registry, refit="train"))
    parts = {"state": SimpleNamespace(folder=made.folder), "tracker": tracker, "config": config, "observer": observer}
    context = SimpleNamespace(problem=made.problem, **parts)
    package.keep(context, made.conclusion)
    assert not built
    assert kept["onnx"] == "passed"
    assert kept["onnx_bytes"] == load_export(made.model).size
    monkeypatch.setattr("seqsweep.package.run.load_export", lambda folder: None)
    monkeypatch.setattr("seqsweep.finals.scored", lambda *_: (None, None))
    package.keep(context, made.conclusion)
    assert built == [made.folder]


# What is computed inside, without a conversion -----------------------------------------------------


def said_of(config_of, *overrides):
    """Problem, view and parameters of the first point of a space."""
    study, *others = overrides
    config = compose(study, ["executor=inline", "tracking=none", *config_of, *others]).jobs[0]
    problem, params = build_problem(config, lambda _: None), complete(config, {})
    return problem, problem.data.view(params), params


def as_the_network(graph: Graph, call, test) -> None:
    """The graph, op by op, says what its task makes of the network's outputs."""
    given = graph.read(test)
    for port, array in zip(graph.inputs, given, strict=True):
        assert array.dtype == port.type
        assert array.shape[1:] == tuple(port.axes[1:])
    said = np.asarray(graph.run(call, given))
    own = graph.expected(lambda arrays: np.asarray(call(arrays)), test)
    assert said.dtype == graph.output.type
    assert said.shape[1:] == tuple(graph.output.axes[1:])
    np.testing.assert_allclose(said, own, rtol=1e-5, atol=1e-6 * np.abs(own).max())


def outputs(inputs, horizon=3, quantiles=0):
    """A network of nothing but sums, of every number that it reads."""
    import keras

    total = sum(keras.ops.mean(array, axis=tuple(range(1, len(array.shape)))) for array in inputs)
    steps = np.linspace(0.1, 0.3, horizon, dtype=np.float32)
    output = total[:, None] * steps
    return output if not quantiles else output[:, :, None] + np.linspace(-0.1, 0.1, quantiles, dtype=np.float32)


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> tuple[str, ...]:
    file = tmp_path_factory.mktemp("shop") / "shop.csv"
    write_csv(file, season(), np.round(season(seed=1)))
    return ("data=csv", f"data.path={file}", "data.target=y", "search_space.window=6", "task.horizon=3")


@pytest.mark.parametrize(
    ("others", "quantiles"),
    [
        (ALL_AT_ONCE, 0),
        (("windows.anchor=last", "data.known_future=[x1]", "windows.scaler=robust"), 0),
        (("windows.anchor=mean", "data.known_future=[x1]", "data.difference=2"), 0),
        (("windows.anchor=standard", "windows.scaler=minmax", "task.lower=10"), 0),
        (("task.loss=quantile", "data.log1p=true", "data.seasonal_difference=1", "data.season=12"), 5),
    ],
)
def test_transform_scaler_and_anchor_are_inside(shop, others, quantiles):
    problem, view, params = said_of(shop, "quickstart", *others)
    graph = make_graph(problem.data, view, params)
    as_the_network(graph, lambda inputs: outputs(inputs, quantiles=quantiles), problem.data.split().test)


@pytest.fixture(scope="module")
def stores(tmp_path_factory) -> str:
    """Three series of other sizes, of two kinds."""
    file, days = tmp_path_factory.mktemp("stores") / "stores.csv", pd.date_range("2023-01-01", periods=120)
    frames = [
        pd.DataFrame({"day": days, "store": name, "kind": kind, "sales": size * season(120, seed).round(3)})
        for seed, (name, kind, size) in enumerate([("a", "inn", 1.0), ("b", "inn", 100.0), ("c", "bar", 0.01)])
    ]
    pd.concat(frames).to_csv(file, index=False)
    return str(file)


@pytest.mark.parametrize(
    ("others", "inputs"),
    [
        (("data.clip_quantile=0.9", "windows.anchor=last", "data.difference=1"), ["past", "number"]),
        (("data.static=[kind]", "search_space.series_embedding=2", "windows.scope=all"), ["past", "number"]),
        (("windows.scope=all",), ["past"]),
        (("data.calendar=[weekday]",), ["past", "ahead", "number"]),
    ],
)
def test_each_of_several_series_has_its_own_scale_by_its_number(stores, others, inputs):
    of = ("data=csv", f"data.path={stores}", "data.target=sales", "data.time=day", "data.series=[store]")
    problem, view, params = said_of((*of, "search_space.window=6", "task.horizon=3"), "quickstart", *others)
    graph = make_graph(problem.data, view, params)
    assert [port.name for port in graph.inputs] == inputs
    as_the_network(graph, outputs, problem.data.split().test)


def test_differences_are_summed_as_step_by_step():
    weights = summing(np.array([1.0, -1.0]), 3)  # each level is the latest one and all changes since
    assert weights.tolist() == [[1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]


def test_numbers_of_items_are_scaled_inside_and_probabilities_are_tempered(tmp_path):
    waves().to_csv(tmp_path / "waves.csv", index=False)
    columns = f"data.features=[{','.join(COLUMNS)}]"
    of = ("data=csv", f"data.path={tmp_path / 'waves.csv'}", "data.target=label", columns)
    problem, view, _ = said_of(of, "digits", "search_space.steps=3")
    graph = graph_of_classes(problem.data, view, 1.7)

    def call(inputs):
        import keras

        return keras.ops.softmax(outputs(inputs, 3), axis=1)

    as_the_network(graph, call, problem.data.split().test)
    assert graph.names["classes"] == ("falls", "flat", "rises")


@pytest.mark.parametrize("study", ["dates", "caption"])
def test_a_step_of_decoding_reads_what_is_told_as_a_caller_has_it(tmp_path, study):
    frame = pairs() if study == "dates" else squares()
    frame.to_csv(tmp_path / "told.csv", index=False)
    *told, said = (name for name in frame.columns if name != "who")
    columns = [f"data.features=[{','.join(told)}]", f"data.target={said}"]
    problem, view, _ = said_of(("data=csv", f"data.path={tmp_path / 'told.csv'}", *columns), study)
    graph = graph_of_texts(view, problem.data.table.columns)
    steps, size = graph.output.axes[1:]

    def call(inputs):
        flat = outputs([np.asarray(array, np.float32) for array in inputs], steps * size)
        return np.reshape(flat, (-1, steps, size))

    as_the_network(graph, call, problem.data.split().test)
    assert set(problem.data.table.targets[0]) <= set(graph.names["said"])
    assert ("read" in graph.names) == (study == "dates")


def test_a_step_of_writing_reads_numbers_of_symbols():
    problem, view, _ = said_of((), "letters", "search_space.layer=lstm", "search_space.units=16")
    graph = graph_of_symbols(view, problem.data.alphabet)
    block, classes = graph.output.axes[1:]

    def call(inputs):
        flat = outputs([np.asarray(inputs[0], np.float32)], block * classes)
        return np.reshape(flat, (-1, block, classes))

    as_the_network(graph, call, problem.data.split().test)
    assert len(graph.names["symbols"]) == classes + 1


# What cannot be ------------------------------------------------------------------------------------


def faults(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        compose("quickstart", overrides, RULES)
    return [str(fault) for fault in caught.value.faults]


def tiny() -> tuple[Graph, object]:
    """A dense layer alone, as that of a task that says nothing of graphs."""
    import keras

    _, view, _ = said_of((), "letters", "search_space.layer=lstm", "search_space.units=16")
    model = keras.Sequential([keras.Input(view.input_shapes[0]), keras.layers.Dense(2)])
    return alone(view), model


def test_a_task_that_says_nothing_of_graphs_has_its_network_alone(tmp_path):
    graph, model = tiny()
    found = write_export(tmp_path, graph, model, lambda arrays: np.asarray(model(arrays[0])), np.arange(20, 25))
    assert not found.fault
    assert "| `input_1` | int32 | items × " in describe_export(graph, found)


def test_a_file_whose_answers_are_others_is_not_left_behind(tmp_path):
    graph, model = tiny()
    wrong = dataclasses.replace(graph, expected=lambda call, items: graph.expected(call, items) * 1.001)
    found = write_export(tmp_path, wrong, model, lambda arrays: np.asarray(model(arrays[0])), np.arange(20, 25))
    assert found.fault == "its answers are up to 0.001 of their size from the network's"
    assert not (tmp_path / FILE).exists()
    assert load_export(tmp_path) == found
    assert "```" not in describe_export(graph, found)
    assert found.said == f"{FILE}: there is none: {found.fault}; all else of the model is whole"


def test_what_has_no_operator_is_told_and_the_model_stands(tmp_path):
    graph, model = tiny()

    def unknown(network, tensors):
        import tensorflow as tf

        return tf.math.lgamma(tf.cast(tensors[0], tf.float32))

    found = write_export(tmp_path, dataclasses.replace(graph, run=unknown), model, lambda a: a[0], np.arange(20, 25))
    assert found.fault.startswith("it could not be made: ")
    assert found.metrics == {}
    assert not (tmp_path / FILE).exists()


def test_what_is_not_installed_is_told_before_the_first_trial(monkeypatch):
    monkeypatch.setattr(export, "find_spec", lambda name: None if name == "tf2onnx" else object())
    told = "package.onnx=true needs tf2onnx: pip install 'seqsweep[onnx]', or leave it out"
    assert faults("package.onnx=true") == [told]
    compose("quickstart", [], RULES)


def test_an_anchor_of_ones_own_is_told_before_the_first_trial(monkeypatch):
    monkeypatch.setitem(ANCHORS._entries, "median", ANCHORS["last"])
    (fault,) = faults("package.onnx=true", "windows.anchor=median")
    assert "package.onnx=true: its graph has the anchors none, last, mean, standard, not median" in fault


def test_many_columns_are_told_by_their_list_alone():
    port = Port("past", ("series", 3, 40), "float64", "x")
    graph = Graph("said", [port], port, lambda *_: None, lambda *_: [], lambda *_: None)
    assert "Lists" not in describe_export(graph, Export(3, 1e-7, 10, 0.1, 0.2))
