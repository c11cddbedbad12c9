"""A classification goes all the way: searched, judged, shown, packaged, promoted, asked."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from tables import COLUMNS, waves

from conclusions import Silent
from seqsweep import package, registry, study
from seqsweep.api.jobs import RULES
from seqsweep.cli import main
from seqsweep.config import compose
from seqsweep.package.parity import load_parity
from seqsweep.report import sentences
from seqsweep.reproduce import reproduce
from seqsweep.search import load_data
from seqsweep.tracking.store import open_store

pytestmark = [pytest.mark.slow, pytest.mark.keras]

OVERRIDES = [
    *("data=csv", "data.target=label", "data.name=waves"),
    *("search_space.steps=[2,3]", "search_space.layer=[simple_rnn,gru]", "search_space.units=[4,8]"),
    *(
        "search_space.depth=1",
        "search_space.dropout=0",
        "search_space.learning_rate=0.03",
        "search_space.batch_size=16",
    ),
    *("tuner.max_trials=2", "trial.epochs=4", "finals.trials=1", "finals.seeds=2", "executor=inline"),
    *("task.objective=accuracy", "windows.test=0.25", "task.baselines=[majority]"),
]


@pytest.fixture(scope="module")
def swept(tmp_path_factory) -> SimpleNamespace:
    """A sweep, whole."""
    folder = tmp_path_factory.mktemp("classify")
    waves(160).to_csv(folder / "waves.csv", index=False)
    where = [f"data.path={folder / 'waves.csv'}", f"tracking.directory={folder / 'mlruns'}"]
    (config,) = compose("digits", [*OVERRIDES, *where], RULES).jobs
    result = study.run(config, Silent())
    return SimpleNamespace(folder=folder, config=config, outcome=result.outcome, conclusion=result.conclusion,
                           page=result.page)  # fmt: skip


def test_trials_are_ranked_by_accuracy_beside_the_baselines(swept):
    scores = [record.metrics["val_accuracy"] for record in swept.outcome.ranked]
    assert scores == sorted(scores, reverse=True)
    assert set(swept.outcome.baselines) == {"majority"}
    assert {record.params["steps"] for record in swept.outcome.records} <= {2, 3}


def test_the_test_evaluation_holds_confusions_sets_and_a_test_over_items(swept):
    evaluation = swept.conclusion.evaluation
    assert evaluation.comparison.test == "McNemar"
    assert swept.conclusion.audit.passed, swept.conclusion.audit.findings
    assert sum(map(sum, evaluation.details["confusion"])) == 40
    right = np.trace(np.array(evaluation.details["confusion"]))
    assert right / 40 == pytest.approx(evaluation.scores["accuracy"])
    said = " ".join(sentences.details(swept.conclusion))
    assert f"It is right for {right} of 40 items of the test part" in said
    assert "Prediction sets: those of 80% hold the class of" in said
    assert "temperature" in said


def test_page_and_card_show_classes(swept):
    page, card = swept.page.read_text(), (swept.outcome.folder / "model" / "model_card.md").read_text()
    for told in ("Confusion matrix: items", "Most confident mistakes", "Reliability", "prediction sets", "rises"):
        assert told in page
    assert "Forecast against actual" not in page
    assert "Says which `label` an item has (`falls`, `flat`, `rises`), from 6 numbers in" in card


def test_the_package_answers_as_the_network_did(swept):
    assert load_parity(swept.outcome.folder / "model").passed
    _, data = load_data(swept.config, lambda text: None)
    items = data.split().test
    answer = package.load(swept.outcome.folder / "model").ask(waves(160)[COLUMNS].iloc[items])
    right = (answer["label"].to_numpy() == data.table.labels[items]).mean()
    assert right == pytest.approx(swept.conclusion.evaluation.scores["accuracy"])
    columns = [f"p_{name}" for name in data.classes]
    assert answer[columns].sum(axis=1).to_numpy() == pytest.approx(1)
    assert answer["probability"].tolist() == answer[columns].max(axis=1).tolist()
    assert all(label in told.split(" | ") for label, told in zip(answer["label"], answer["set_95"], strict=True))
    held = [label in told.split(" | ") for label, told in zip(data.table.labels[items], answer["set_95"], strict=True)]
    assert np.mean(held) == pytest.approx(swept.conclusion.evaluation.details["sets"][1]["coverage"])


def test_the_winner_is_promoted_and_answers_files_from_the_registry(swept, tmp_path):
    directory = ["--directory", str(swept.folder / "mlruns")]
    promoted = CliRunner().invoke(main, ["promote", swept.outcome.fingerprint, *directory], env={"COLUMNS": "200"})
    assert promoted.exit_code == 0, promoted.output
    waves(5, seed=9).assign(note="x").to_csv(tmp_path / "rows.csv", index=False)
    answers, version = registry.predict("waves", tmp_path / "rows.csv", swept.config.tracking)
    assert version == "waves version 1"
    assert set(answers["label"]) <= {"falls", "flat", "rises"}
    assert len(answers) == 5
    asked = ["predict", "waves", str(tmp_path / "rows.csv"), *directory]
    shown = CliRunner().invoke(main, asked, env={"COLUMNS": "120"}).output
    assert "waves version 1: predictions from" in shown
    assert str(answers["label"][0]) in shown
    table = (tmp_path / "rows.csv").read_bytes()
    piped = CliRunner().invoke(main, ["predict", "waves", "-", *directory], input=table, env={"COLUMNS": "120"}).output
    assert "waves version 1: predictions from standard input" in " ".join(piped.split())
    assert piped.partition("label")[2] == shown.partition("label")[2]
    for content, told in ((b"", "standard input: the file is empty"), (table.replace(b"x3", b"y"), "no column 'x3'"),
                          (table.replace(b"\n", b"\n,", 1), "standard input, line 2")):  # fmt: skip
        refused = CliRunner().invoke(main, ["predict", "waves", "-", *directory], input=content)
        assert refused.exit_code == 2
        assert told in " ".join(refused.output.split())


@pytest.mark.usefixtures("trains_here")
def test_a_trial_is_reproduced_to_the_bit(swept):
    _, client = open_store(swept.config.tracking)
    runs = client.search_runs([e.experiment_id for e in client.search_experiments()], "tags.kind = 'trial'")
    again = reproduce(swept.config.tracking, runs[0].info.run_id, lambda text: None)
    assert (again.verdict, again.unequal) == ("equal to the bit", 0)


REFUSED = {
    "a column less": (lambda frame: frame.rename(columns={"x3": "X3 "}), "there is no column 'x3'.*rename 'X3'"),
    "no number": (
        lambda frame: frame.astype(object).replace(frame["x1"][1], "much"),
        "column 'x1', row 2: 'much' is .*; give one, such as",
    ),
    "no value": (
        lambda frame: frame.replace(frame["x1"][1], np.nan),
        "column 'x1', row 2: the value is missing; give it",
    ),
    "too large": (
        lambda frame: frame.replace(frame["x1"][1], 1e90),
        "column 'x1', row 2: 1e\\+90 is beyond .*; mend it",
    ),
    "no row": (lambda frame: frame.iloc[:0], "there is no row; give one or more"),
    "twice": (lambda frame: pd.concat([frame, frame[["x2"]]], axis=1), "there are several columns 'x2'; leave one"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_request_that_cannot_be_used_is_refused_with_its_row(case, swept):
    from mlflow.exceptions import MlflowException

    change, told = REFUSED[case]
    served = package.load(swept.outcome.folder / "model").served
    with pytest.raises(MlflowException, match=told):
        served.predict(None, change(waves(3)[COLUMNS]))
