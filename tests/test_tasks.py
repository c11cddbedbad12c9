"""The border of a task: one that no file of the project knows goes all the way, from the search to the registry."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

import leaks
from conclusions import Silent
from seqsweep import package, registry, study
from seqsweep.api.jobs import RULES
from seqsweep.cli import main
from seqsweep.config import compose, from_yaml, task_keys, to_yaml
from seqsweep.errors import ConfigError
from seqsweep.explanation import explain, values
from seqsweep.reproduce import reproduce
from seqsweep.schema import TaskConfig
from seqsweep.schema.declare import setting
from seqsweep.tasks import TASKS, make_task
from seqsweep.tracking.store import open_store
from waves import WavesTask
from waves_predictor import frame_of

pytestmark = [pytest.mark.slow, pytest.mark.keras, pytest.mark.usefixtures("waves_task")]

STUDY = """
defaults: [config, {override search_space: waves}, {override task: waves}, _self_]
question: Does a network tell rising windows from falling ones?
tuner: {max_trials: 4}
trial: {epochs: 3}
finals: {trials: 1, seeds: 2}
executor: {kind: inline}
registry: {refit: train}
"""
TASK = "{kind: waves, loss: cross_entropy, metrics: [accuracy], objective: accuracy, baselines: [], noise: 2}"
SPACE = "{layer: [simple_rnn, gru], units: [2, 8], learning_rate: [0.0001, 0.05]}"


@pytest.fixture(scope="module")
def swept(waves_task, tmp_path_factory) -> SimpleNamespace:
    """A sweep of the task, whole."""
    folder = tmp_path_factory.mktemp("waves")
    (folder / "waves.yaml").write_text(STUDY)
    for group, content in (("search_space", SPACE), ("task", TASK)):
        (folder / group).mkdir()
        (folder / group / "waves.yaml").write_text(content)
    overrides = [f"tracking.directory={folder / 'mlruns'}", "task.noise=1"]
    (config,) = compose("waves", overrides, RULES, own=folder).jobs
    result = study.run(config, Silent())
    return SimpleNamespace(folder=folder, config=config, outcome=result.outcome, conclusion=result.conclusion,
                           page=result.page)  # fmt: skip


def test_more_is_better_from_the_first_trial_to_the_winner(swept):
    scores = [record.metrics["val_accuracy"] for record in swept.outcome.ranked]
    assert len(scores) == 4
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1]
    assert swept.outcome.best_baseline == "most_frequent"
    means = [finalist.mean for finalist in swept.conclusion.finalists]
    assert swept.conclusion.winner.mean == max(means)
    assert swept.conclusion.evaluation.best_baseline == "most_frequent"


def test_the_test_evaluation_is_counted_and_compared_by_the_task(swept):
    evaluation, data = swept.conclusion.evaluation, make_task(swept.config).load(None, print)
    items = data.split().test
    assert evaluation.baselines["most_frequent"]["accuracy"] == (data.labels[items] == 1).mean()
    reference = evaluation.baselines["most_frequent"]["accuracy"]
    assert evaluation.skill == pytest.approx((evaluation.scores["accuracy"] - reference) / (1 - reference))
    assert evaluation.comparison.test == "paired t"
    assert evaluation.comparison.difference.mean == pytest.approx(reference - evaluation.scores["accuracy"])
    assert swept.conclusion.audit.passed


def test_page_and_card_speak_of_the_task(swept):
    page, card = swept.page.read_text(), (swept.outcome.folder / "model" / "model_card.md").read_text()
    assert "higher is better" in page
    assert "accuracy" in page
    assert "the part of the way from the best baseline" in page
    assert "Forecast against actual" not in page
    assert "Tells rising windows from falling ones." in card
    assert "most frequent" in card


def test_the_package_answers_as_the_network_did(swept):
    parity = package.load_parity(swept.outcome.folder / "model")
    assert parity.items == 48
    data = make_task(swept.config).load(None, print)
    answer = package.load(swept.outcome.folder / "model").model.predict(frame_of(data.windows[data.split().test]))
    found = (answer["rises"].to_numpy() == data.actual(data.split().test)).mean()
    assert found == swept.conclusion.evaluation.scores["accuracy"]


def test_the_winner_is_promoted_and_answers_from_the_registry(swept, tmp_path):
    directory = ["--directory", str(swept.folder / "mlruns")]
    promoted = CliRunner().invoke(main, ["promote", swept.outcome.fingerprint, *directory], env={"COLUMNS": "200"})
    assert promoted.exit_code == 0, promoted.output
    data = make_task(swept.config).load(None, print)
    frame_of(data.windows[:5]).to_csv(tmp_path / "rows.csv", index=False)
    answers, version = registry.predict("waves", tmp_path / "rows.csv", swept.config.tracking)
    assert version == "waves version 1"
    assert set(answers["rises"]) <= {0, 1}
    assert len(answers) == 5
    again = CliRunner().invoke(main, ["promote", swept.outcome.fingerprint, *directory], env={"COLUMNS": "200"})
    assert "not better" in again.output or "already" in again.output


def test_a_key_of_the_task_is_its_own(swept):
    assert vars(swept.config.task).keys() == {
        "kind",
        "loss",
        "metrics",
        "objective",
        "objectives",
        "baselines",
        "noise",
    }
    assert swept.config.task.noise == 1
    assert swept.config.data.season is None  # of the series that the study would read by default
    assert "active      where task.kind is waves" in explain("task.noise")
    assert set(values("task.horizon")) == {"forecast"}
    for name, override, told in (
        ("quickstart", "task.noise=1", "task.noise=1: it has an effect only where task.kind is waves"),
        ("waves", "task.horizon=2", "task.horizon=2: it has an effect only where task.kind is forecast; choose task="),
        ("waves", "data.season=11", "data.season=11: it has an effect only where task.kind is forecast; choose task="),
        ("waves", "task.noise=-1", "task.noise=-1.0: must be a number, 0 or more"),
        ("waves", "task.nois=1", "task.nois: there is no such key; did you mean 'task.noise'?"),
    ):
        with pytest.raises(ConfigError) as caught:
            compose(name, [override], RULES, own=swept.folder)
        assert [fault.text[: len(told)] for fault in caught.value.faults] == [told]
    assert from_yaml(to_yaml(swept.config)) == swept.config


def test_two_tasks_that_declare_a_key_in_two_ways_are_told(monkeypatch):
    @dataclass
    class OtherConfig(TaskConfig):
        noise: int = setting("something else", at_least=1)

    leaks.restore(monkeypatch, TASKS)
    TASKS.add("other", type("Other", (WavesTask,), {"settings": OtherConfig}))
    with pytest.raises(TypeError, match=r"two tasks declare task\.noise in two ways"):
        task_keys.settings()


@pytest.mark.usefixtures("trains_here")
def test_a_trial_is_reproduced_to_the_bit(swept):
    _, client = open_store(swept.config.tracking)
    runs = client.search_runs([e.experiment_id for e in client.search_experiments()], "tags.kind = 'trial'")
    again = reproduce(swept.config.tracking, runs[0].info.run_id, lambda text: None)
    assert again.verdict == "equal to the bit"
    assert [figure.name for figure in again.figures] == ["val_accuracy"]
