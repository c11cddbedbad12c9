"""Reading a table of labelled rows: what is taken, and what is refused with its line."""

from __future__ import annotations

import pytest
from tables import COLUMNS, waves

from seqsweep.api.jobs import RULES
from seqsweep.config import compose
from seqsweep.data import load
from seqsweep.errors import ConfigError, DataError
from seqsweep.search_space import Space
from seqsweep.tasks import make_task
from seqsweep.tasks.classify.table import read_table

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def config(tmp_path, make_config):
    """The config of a study on a CSV with this content."""

    def config(content, *overrides):
        file = tmp_path / "waves.csv"
        file.write_text(content if isinstance(content, str) else content.to_csv(index=False))
        given = [] if any("data.target=" in override for override in overrides) else ["data.target=label"]
        made = make_config("data=csv", "data.path=waves.csv", *given, *overrides, study="digits")  # composed once
        made.data.path = str(file)
        return made

    return config


def test_all_columns_of_numbers_are_read_but_label_and_group(config):
    table = read_table(config(waves()).data)
    assert table.columns == tuple(COLUMNS)
    assert table.values.shape == (120, 6)
    assert sorted(set(table.labels)) == ["falls", "flat", "rises"]
    assert table.groups is None
    frame = waves().rename(columns={"label": "digit"}).assign(label=range(120))  # numbers, and none to learn from
    grouped = config(frame, "data.target=digit", "windows=grouped", "data.group=label").data
    assert "label" not in read_table(grouped).columns


def test_features_say_which_columns_and_in_which_order(config):
    table = read_table(config(waves(), "data.features=[x3,x0]").data)
    assert table.columns == ("x3", "x0")
    assert table.values[:, 1].tolist() == waves()["x0"].tolist()


def test_where_keeps_some_rows_and_places_name_their_lines(config):
    table = read_table(config(waves(), "data.where='label != \"flat\"'").data)
    assert len(table) == 80
    assert table.place(1).endswith("waves.csv, line 4")  # the second row that is kept is the third


def test_the_same_content_has_the_same_hash_and_a_changed_label_another(config):
    one, same, changed = waves(), waves(), waves()
    changed.loc[5, "label"] = "flat" if changed.loc[5, "label"] != "flat" else "rises"
    hashes = [read_table(config(frame).data).sha256 for frame in (one, same, changed)]
    assert hashes[0] == hashes[1] != hashes[2]


HEAD = "x0,x1,label\n"
ROWS = "".join(f"{k},{k},{'ab'[k % 2]}\n" for k in range(20))
REFUSED = {
    "no such column": (HEAD + ROWS, ["data.target=lable"], "data.target=lable: .*has no such column; did you mean"),
    "no number": (HEAD + ROWS + "x,1,a\n", [], r"line 22, column 'x0': 'x' is not a number; mend it, or take"),
    "missing value": (HEAD + ROWS + ",1,a\n", [], r"line 22, column 'x0': the value is missing; fill it"),
    "missing label": (HEAD + ROWS + "1,1,\n", [], r"line 22, column 'label': there is no label"),
    "one class": ("x0,x1,label\n1,2,a\n2,3,a\n", [], r"all 2 rows have the label 'a'; there is nothing to tell apart"),
    "numbers as labels": (HEAD + ROWS, ["data.target=x0"], "20 different labels in 20 rows are too many to learn"),
    "no numbers": ("t,label\nq,a\nr,b\n", [], "has no column of numbers beside data.target=label, but t"),
    "steps": (waves(), ["search_space.steps=[2,4]"], "steps=4: the 6 numbers of an item make no 4 even steps; 1, 2, 3"),
    "rare class": (
        HEAD + ROWS + "1.5,1,c\n",
        [],
        r"the class 'c' has too few different items to be in every part; leave it out with",
    ),
    "unknown in test": (
        HEAD + ROWS + "7,7,c\n",
        ["windows=chronological", "windows.test=0.1"],
        r"line 22, column 'label': the label 'c' is in the test part and not in train",
    ),
    "few groups": (
        HEAD.replace("label", "label,g") + ROWS.replace("\n", ",one\n"),
        ["windows=grouped", "data.group=g"],
        "too few groups for three parts",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_learned_from_is_refused_with_its_place(case, config):
    content, overrides, told = REFUSED[case]
    settings = config(content, "search_space.steps=null", *overrides)
    with pytest.raises(DataError, match=told):
        make_task(settings).load(Space(settings), print)


def test_the_mend_of_a_class_that_is_too_rare_mends_it(config):
    content, _, _ = REFUSED["rare class"]
    settings = config(content, "search_space.steps=null", "data.where='label != \"c\"'")
    assert make_task(settings).load(Space(settings), print).classes == ("a", "b")


KEYS = {
    "data.target=null": "data.target=null: name the column of labels",
    "windows.test=20": "with windows=stratified this is a share of the items",
    "windows.test=0.9": "leave nothing to train on",
    "windows=grouped": "windows=grouped needs data.group",
    "windows=fraction": "there is no way to split 'fraction'",
    "task.horizon=3": "task.horizon=3: it has an effect only where task.kind is forecast; choose",
    "windows.anchor=last": "windows.anchor=last: it has an effect only where task.kind is forecast",
    "data.difference=1": "data.difference=1: it has an effect only where task.kind is forecast",
    "task.loss=mae": "task.loss=mae: this is no loss of task=classify",
    "task.baselines=[last_value]": "there is no baseline 'last_value'",
    "task.metrics=[accuracy]": "task.objective=log_loss: this is not among task.metrics",
    "search_space.window=12": "search_space.window",
}


@pytest.mark.parametrize("override", KEYS)
def test_a_key_that_a_table_cannot_have_is_refused_before_anything_is_read(override):
    with pytest.raises(ConfigError) as refused:
        compose("digits", [override], RULES)
    assert KEYS[override] in str(refused.value)


def test_a_forecast_of_a_table_without_an_order_is_refused(make_config):
    with pytest.raises(DataError, match=r"data.name=digits: its rows have no order in time"):
        load(make_config("data=digits").data)


def test_a_loss_of_classes_is_none_of_a_forecast():
    with pytest.raises(ConfigError, match=r"task.loss=cross_entropy: this is no loss of task=forecast"):
        compose("quickstart", ["task.loss=cross_entropy"], RULES)
