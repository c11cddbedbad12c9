"""Config: everything shipped composes, and every fault is named in one message before anything heavy is imported."""

from __future__ import annotations

import functools
import itertools
import pickle
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import hydra
import pytest
from omegaconf import OmegaConf

import leaks
from seqsweep import config
from seqsweep.api.jobs import RULES
from seqsweep.config import check
from seqsweep.config.compose import setting_faults
from seqsweep.config.keys import ELSEWHERE, MEANT, group_of, keys, nearest_key
from seqsweep.config.task_keys import settings
from seqsweep.errors import ConfigError, Fault
from seqsweep.explanation import values
from seqsweep.hyperparameters import Hyperparameter
from seqsweep.model import OPTIMIZERS
from seqsweep.schema import SweepConfig

GIVEN = {  # what an option leaves to the user
    "data=csv": ["data.path=f.csv"],
    "data=folder": ["data.path=texts"],
    "data=parquet": ["data.path=f.parquet"],
    "data=excel": ["data.path=f.xlsx"],
    "data=sql": ["data.url=sqlite:///f.db", "data.query='SELECT y FROM t ORDER BY y'"],
    "data=kaggle": ["data.dataset=owner/name"],
    "windows=rows": ["windows.validation=20", "windows.test=20"],
    "windows=dates": ["windows.validation=1960-01-01", "windows.test=1990-01-01"],
}
TABLE = ["data=digits", "windows=stratified", "task=classify", "search_space=sequences", "data.group=digit"]
TEXTS = {
    "task=caption": ["data=captions", "windows=shuffled", "search_space=captions"],
    "task=next_symbol": ["data=text", "windows=chronological", "search_space=symbols"],
    "task=translate": ["data=dates", "windows=shuffled", "search_space=translations"],
}
OF_TEXTS = {
    "windows=shuffled": "task=translate", "search_space=captions": "task=caption",
    "search_space=translations": "task=translate", "search_space=symbols": "task=next_symbol",
}  # fmt: skip
OF_TABLES = ["task=classify", "windows=stratified", "windows=grouped", "windows=chronological", "search_space=texts"]
OPTIONS = [f"{group}={name}" for group, names in config.options().items() for name in names]


def faults(*overrides: str, study: str = "quickstart", **kwargs: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        config.compose(study, overrides, RULES, **kwargs)
    return [str(fault) for fault in caught.value.faults]


@functools.cache
def of_option(option: str) -> tuple[SweepConfig, set[str]]:
    """A config with an option, and the keys that are given beside it: what it leaves to the user, or needs."""
    # tuner=grid needs a space without ranges
    extra = ["search_space.learning_rate=[0.01,0.001]"] if option == "tuner=grid" else []
    if option in OF_TABLES:  # the others of its kind come with it
        others = [other for other in TABLE if other.split("=")[0] != option.split("=", maxsplit=1)[0]]
        extra = others if option == "windows=grouped" else others[:-1]
        extra += ["search_space.steps=8", "data.target=group"] if option == "windows=grouped" else []
        extra += ["data.features=[text]"] if option == "search_space=texts" else []
    if (task := OF_TEXTS.get(option, option)) in TEXTS:
        extra = [other for other in (task, *TEXTS[task]) if other != option]
    given = [*GIVEN.get(option, []), *extra]
    (made,) = config.compose("quickstart", [option, *given], RULES).jobs
    return made, {override.split("=")[0] for override in given}


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_of_every_group_composes_and_passes_the_checks(option):
    assert of_option(option)


@pytest.mark.parametrize("option", [option for option in OPTIONS if not option.startswith("search_space=")])
def test_the_values_that_are_told_of_an_option_are_those_that_hydra_composes(option):
    group, _, name = option.partition("=")
    made, given = of_option(option)
    given = given | {"trial.epochs", "windows.scaler"}  # of the study
    told = {key: values(key)[name] for key in settings() if key.startswith(f"{group}.") and name in values(key)}
    assert told
    for key, value in told.items():
        assert key in given or getattr(getattr(made, group), key.partition(".")[2]) == value, key


def test_no_yaml_of_conf_is_overlooked():
    shared = [file for file in config.CONF.rglob("*.yaml") if file.name.startswith("_")]
    root = list(config.CONF.glob("*.yaml"))
    assert len(OPTIONS) + len(shared) + len(root) == len(list(config.CONF.rglob("*.yaml")))
    assert len(OPTIONS) >= 24


@functools.cache
def of_study(study: str) -> config.Launch:
    return config.compose(study, of_its_command(study), RULES)


@pytest.mark.parametrize("study", sorted(config.studies()))
def test_every_study_composes_and_passes_the_checks(study):
    launch = of_study(study)
    named = {job.study for job in launch.jobs}
    assert named == {study} or f"studies:\n  - {launch.jobs[0].study}" in config.studies()[study].read_text()


@pytest.mark.parametrize("study", sorted(config.studies()))
def test_the_head_of_every_study_says_question_command_cost_and_result(study):
    text = config.studies()[study].read_text()
    heads = [line.split(":")[0] for line in text.splitlines() if line.startswith("# ")][:4]
    assert heads == ["# Question", "# Command", "# Cost", "# Expect"]
    assert "TODO" not in text
    assert len([line for line in text.splitlines() if line.strip()]) <= 32
    first = of_study(study).jobs[0]
    asks_of_any_data = study == "forecast"
    assert first.question == config.question(config.studies()[first.study]) or asks_of_any_data


def of_its_command(study: str) -> list[str]:
    """The overrides of the command in its head, for a study of a user's own data."""
    (command,) = re.findall("^# Command:  seqsweep sweep (.*)", config.studies()[study].read_text(), re.MULTILINE)
    return [word for word in command.split() if "=" in word] if study == "forecast" else []


@pytest.mark.parametrize(
    ("study", "overrides", "question"),
    [
        ("forecast", ["data.path=a/shop.csv", "data.target=sales"], "Which network forecasts sales of shop.csv best?"),
        ("forecast", ["data.path=shop.csv", "data.name=shop"], "Which network forecasts shop best?"),
        ("quickstart", ["data=co2"], "Which network forecasts co2 best?"),
        ("quickstart", ["data=co2", "question=Why?"], "Why?"),
        ("quickstart", ["seed=1"], "Does an LSTM forecast yearly sunspots better"),
        ("sentiment", ["data.path=my/copy.csv"], "Does a network that reads a sentence word by word"),
        ("digits", ["data=csv", "data.path=x.csv", "data.target=y"], "Which network predicts y of x.csv best?"),
    ],
)
def test_a_study_of_other_data_than_its_own_asks_about_these(study, overrides, question):
    assert config.compose(study, overrides).jobs[0].question.startswith(question)


def test_three_faults_are_told_at_once_with_the_nearest_names():
    told = faults("search_space.layr=[lstm]", "windows.horizn=3", "tuner=hyperbnd")
    assert [fault.split(";")[1].strip() for fault in told] == [
        "did you mean 'search_space.layer'?",
        "did you mean 'task.horizon'?",
        "did you mean 'hyperband'?",
    ]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("trial.epochs=many", "must be a whole number, 1 or more"),
        ("trial.epochs=0", "1 or more"),
        ("seed=-1", "0 or more"),
        ("task.objective=wape", "task.objective=wape: this is not among task.metrics; add it to them"),
        ("task.metrics=[mae,mae]", "task.metrics=[mae, mae]: mae is listed twice; leave one"),
        ("finals.levels=[0.8,0.80]", "finals.levels=[0.8, 0.8]: 0.8 is listed twice"),
        ("data.features=[a,b,a]", "data.features=[a, b, a]: a is listed twice"),
        ("task.metrics=[]", "task.metrics=[]: name one or more of mae, rmse"),
        ("search_space.warm_start=3", "search_space.warm_start=3: a list is needed"),
        ("task.loss=mape", "did you mean 'mae'?"),
        ("task.objective=rmsee", "task.metrics; did you mean 'rmse'?"),
        ("task.metrics=[mae,mapse]", "did you mean 'mase'?"),
        ("task.baselines=[last_valu]", "did you mean 'last_value'?"),
        ("windows.scaler=minmx", "did you mean 'minmax'?"),
        ("windows.validation=1.5", "above 0 and below 1"),
        ("windows.validation=0.6 windows.test=0.5", "leave nothing to train on"),
        ("windows=rows", "windows.validation: a value is needed"),
        ("data.seasonal_difference=1 data.season=null", "needs the rows of a season"),
        ("search_space.layer=[lstn]", "did you mean 'lstm'?"),
        ("search_space.optimizer=adan", "did you mean 'adam'?"),
        ("search_space.anchor=[none,lats]", "did you mean 'last'?"),
        ("search_space.dropout=1.0", "dropout"),
        ("executor=inline executor.workers=2", "1 trial at a time"),
        ("+unknown.key=1", "no such key"),
        ("data.path=???", "left open"),
        ("novalue", "write KEY=VALUE"),
        ("tuner=random,grid", "add -m"),
        ("data=7", "no such option"),
        ("data=null", "no such option"),
        ("+trial.epochs=3", "leave out the +"),
        ("+tuner=grid", "leave out the +"),
        ("~tuner", "a sweep needs this group"),
        ("~data.path", "a sweep needs this key"),
        ("seed=interval(0,1)", "write the values with -m"),
        ("seed=${trial.epoch}", "${trial.epoch} names no key; did you mean 'trial.epochs'?"),
        ("search_space.units={low:1} tuner=grid", "needs `high`"),
        ("task.baselines=[{}]", "must be text"),
    ],
)
def test_bad_input_is_named_with_its_key_and_mend(override, said):
    told = faults(*override.split(" "))
    assert any(said in fault for fault in told), told
    assert any(override.split(" ")[0].split("=")[0].lstrip("+~") in fault for fault in told)


def test_faults_come_together():
    told = faults("tuner.max_trials=0", "search_space.layer=lstn", "windows=rows", "task.metrics=[mae,mapse]")
    assert len(told) == 5  # two for windows=rows, which leaves two values open
    told = faults("trial.epochs=abc", "search_space.layr=lstm", "tuner=hyperbnd", "windows.scaler=[1]")
    assert len(told) == 4


ALL_KINDS = [
    ("search_space.layr=[lstm]", "search_space.layr: there is no such key; did you mean 'search_space.layer'?"),
    ("windows.horizn=3", "windows.horizn: there is no such key; did you mean 'task.horizon'?"),
    ("tuner=hyperbnd", "tuner=hyperbnd: there is no such option; did you mean 'hyperband'?"),
    ("trial.patience=soon", "trial.patience=soon: must be a whole number, 1 or more, or null"),
    ("trial.epochs=0", "trial.epochs=0: must be a whole number, 1 or more"),
    ("task.objective=maee", "task.objective=maee: this is not among task.metrics; did you mean 'mae'?"),
    ("search_space.units=[-3]", "search_space.units=-3: must be a whole number, 1 or more"),
]


def test_one_message_holds_the_faults_of_keys_options_types_bounds_and_rules():
    overrides, told = zip(*ALL_KINDS, strict=True)
    assert faults(*overrides) == list(told)
    # beside a fault of each kind, every other one is told too, in any order
    for one, said in ALL_KINDS:
        assert set(faults("trial.epochs=0", one, "task.objective=maee")) == {ALL_KINDS[4][1], said, ALL_KINDS[5][1]}


def test_a_fault_carries_the_key_that_it_is_about():
    with pytest.raises(ConfigError) as caught:
        config.compose("quickstart", [override for override, _ in ALL_KINDS], RULES)
    told = [fault.key for fault in pickle.loads(pickle.dumps(caught.value)).faults]
    assert told == [override.split("=")[0] for override, _ in ALL_KINDS]


def test_a_fault_concerns_its_keys_their_parts_and_their_groups_alone():
    fault = Fault("search_space.units[0]", "data.path and seed are words of the sentence alone", also=("data.season",))
    concerned = ["search_space", "search_space.units", "search_space.units[0]", "data", "data.season"]
    assert [name for name in [*concerned, "data.path", "seed", "search_space.unit", "sea"] if fault.concerns(name)] == (
        concerned
    )


@pytest.mark.parametrize(
    ("overrides", "count"),
    [
        ("data=csv data.pth=f.csv", 1),  # no word of data.path, which the user meant to give
        ("data=csv data.path=[1]", 1),
        ("data=csv data.path=[", 1),
        ("windows=rows windows.validation=??? windows.test=3", 1),
        ("trial.epochs=0 trial.epochs=many", 1),
        ("tuner=qqq tuner.initial_points=30", 1),  # what a rule says would be of a tuner that nobody chose
        ("task.kind=forecst search_space.units=0", 2),  # wrong with any task
        ("tuner=qqq tuner.max_trials=0", 2),  # out of bounds with any tuner
        ("tuner=bayesia tuner.initial_points=30 tuner.max_trials=30", 2),  # the rules are those of the nearest name
        ("tuner=bayesian tuner.initial_points=30 tuner.max_trials=many", 1),
        ("windows.validation=0.9 windows.test=[", 1),  # no word of a sum of which one part is not known
        ("windows.validation=[ windows.test=0.9", 1),
        ("tuner=hyperband tuner.max_trials=5 trial.epochs=many", 2),  # the limit is wrong with any epochs
    ],
)
def test_what_is_left_out_of_the_check_causes_no_further_faults(overrides, count):
    told = faults(*overrides.split())
    assert len(told) == count, told


def test_a_fault_in_any_job_of_a_multirun_refuses_the_launch():
    told = faults("search_space.layer=[lstm],[lstn]", multirun=True)
    assert told == ["search_space.layer=lstn: must be one of simple_rnn, lstm, gru; did you mean 'lstm'?"]
    told = faults("tuner=random,hyperbnd", "trial.epochs=1,0", "search_space.layer=[lstm],[lstn]", multirun=True)
    assert sorted(fault.split(":")[0] for fault in told) == [
        "search_space.layer=lstn",
        "trial.epochs=0",
        "tuner=hyperbnd",
    ]


def test_several_values_without_m_are_told_beside_other_faults():
    told = faults("tuner=random,grid", "seed=0,1", "trial.epochs=0", "windows.scaler=minmx")
    assert len(told) == 4
    assert [fault for fault in told if "add -m" in fault] == told[:2]


def test_a_glob_takes_the_options_that_fit():
    launch = config.compose("quickstart", ["tuner=glob([r*,b*])"], RULES, multirun=True)
    assert [job.tuner.kind for job in launch.jobs] == ["bayesian", "random"]
    assert "no option fits" in faults("tuner=glob(x*)", multirun=True)[0]


def test_a_multirun_composes_one_config_a_job():
    launch = config.compose("quickstart", ["tuner=random,bayesian", "seed=0,1"], RULES, multirun=True)
    assert [(job.tuner.kind, job.seed) for job in launch.jobs] == [
        ("random", 0),
        ("random", 1),
        ("bayesian", 0),
        ("bayesian", 1),
    ]


def test_a_committed_multirun_expands_by_itself_and_yields_to_the_command_line():
    launch = config.compose("airbnb_rnn_vs_lstm")
    assert [job.search_space["layer"] for job in launch.jobs] == [["simple_rnn"], ["lstm"], ["gru"]]
    launch = config.compose("airbnb_rnn_vs_lstm", ["search_space.layer=[lstm]"])
    assert [job.search_space["layer"] for job in launch.jobs] == [["lstm"]]
    launch = config.compose("airbnb_rnn_vs_lstm", ["seed=1,2"])
    jobs = [(job.search_space["layer"], job.seed) for job in launch.jobs]
    assert jobs == [([layer], seed) for layer in ("simple_rnn", "lstm", "gru") for seed in (1, 2)]


@pytest.mark.parametrize("prefix", ["", "++"])
def test_values_of_the_command_line_take_the_place_of_those_that_a_study_sweeps_over(prefix, tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "defaults: [config, {override data: sunspots}, _self_]\nquestion: q\n"
        "hydra: {mode: MULTIRUN, sweeper: {params: {seed: '1,2,3', trial.epochs: '5,6'}}}\n"
    )

    def jobs(*overrides):
        launch = config.compose("mine", overrides, own=tmp_path)
        return [(job.trial.epochs, job.seed) for job in launch.jobs]

    assert jobs(f"{prefix}trial.epochs=9") == [(9, 1), (9, 2), (9, 3)]
    assert jobs(f"{prefix}seed=7,8") == [(5, 7), (5, 8), (6, 7), (6, 8)]  # the command line's vary fastest
    assert jobs(f"{prefix}seed=7", f"{prefix}trial.epochs=9") == [(9, 7)]


def test_faults_in_the_file_of_a_study_name_the_file(tmp_path):
    wrong = "trail: {epochs: 3}\ntrial: {epochs: x}\n"
    (tmp_path / "mine.yaml").write_text(f"defaults: [config, _self_]\nquestion: q\n{wrong}")
    told = faults(study="mine", own=tmp_path)
    assert any(fault.startswith("mine.yaml: trail") for fault in told)
    assert any(fault.startswith("mine.yaml: trial.epochs=x") for fault in told)


def test_faults_in_the_file_of_a_study_and_of_the_command_line_come_in_one_message(tmp_path):
    lines = """
        defaults: [base, {override tuner: hyperbnd}, _self_]
        question: q
        tracing: {uri: x}
        task: {horizn: 3, objective: maee}
        hydra: {mode: MULTIRUN, sweeper: {params: {search_space.layer: "[lstm],[lstn]", trial.patienc: "2,3"}}}
        """
    (tmp_path / "base.yaml").write_text("defaults: [config, _self_]\ntrial: {epochs: x}\nseed: -1\n")
    (tmp_path / "mine.yaml").write_text(lines)
    told = faults("windows.scaler=minmx", "executor.workrs=2", study="mine", own=tmp_path)
    assert [fault.split(";")[0] for fault in told] == [
        "mine.yaml: tuner=hyperbnd: there is no such option",
        "mine.yaml: tracing: there is no such key",
        "mine.yaml: task.horizn: there is no such key",
        "mine.yaml: trial.patienc: there is no such key",
        "base.yaml: trial.epochs=x: must be a whole number, 1 or more",
        "executor.workrs: there is no such key",
        "seed=-1: must be a whole number, 0 or more",
        "windows.scaler=minmx: there is no scaler 'minmx'",
        "task.objective=maee: this is not among task.metrics",
        "search_space.layer=lstn: must be one of simple_rnn, lstm, gru",
    ]


def test_a_date_in_the_file_of_a_study_needs_no_quotes(tmp_path):
    dates = "windows: {validation: 1960-01-01, test: 1990-01-01}\n"
    (tmp_path / "mine.yaml").write_text(
        f"defaults: [config, {{override windows: dates}}, _self_]\nquestion: q\n{dates}"
    )
    assert config.compose("mine", [], RULES, tmp_path).jobs[0].windows.test == "1990-01-01"


def test_a_study_that_is_no_yaml_is_said_to_be_none(tmp_path):
    (tmp_path / "mine.yaml").write_text("a: [1\n")
    assert "this is not YAML" in faults(study="mine", own=tmp_path)[0]


def test_an_unknown_study_gets_the_nearest_name():
    assert faults(study="quikstart") == ["there is no study 'quikstart'; did you mean 'quickstart'?"]


RANGE, LOG = {"low": 1, "high": 2}, {"low": 0.001, "high": 0.02, "log": True}
WAYS = {"[0.1,0.2]": [0.1, 0.2], "{low: 1, high: 2}": RANGE, "0.5": 0.5, "{low: 1e-3, high: 2e-2, log: true}": LOG}
RANGES = [way for way, made in WAYS.items() if isinstance(made, dict)]


@pytest.mark.parametrize(
    ("before", "after"), [*itertools.pairwise([*WAYS, *WAYS][:5]), *itertools.permutations(RANGES, 2)]
)
def test_a_hyperparameter_replaces_the_one_before_it_whole(before, after, tmp_path):
    def rate(name, *overrides):
        return config.compose(name, overrides, RULES, own=tmp_path).jobs[0].search_space["learning_rate"]

    head = "defaults: [config, {override search_space: mine}, _self_]\nquestion: q\n"
    (tmp_path / "search_space").mkdir()
    (tmp_path / "search_space" / "base.yaml").write_text(f"learning_rate: {before}\n")
    (tmp_path / "search_space" / "mine.yaml").write_text(f"defaults: [base]\nlearning_rate: {after}\n")
    (tmp_path / "option.yaml").write_text(head)
    assert rate("option") == WAYS[after]  # an option over another
    override = f"search_space.learning_rate={before}"
    assert rate("option", override) == WAYS[before]  # the command line over an option
    assert rate("option", override, f"search_space.learning_rate={after}") == WAYS[after]  # over itself
    (tmp_path / "study.yaml").write_text(f"{head}search_space: {{learning_rate: {before}}}\n")
    assert rate("study") == WAYS[before]  # a study over an option
    lines = f"defaults: [study, _self_]\nsearch_space: {{learning_rate: {after}}}\n"
    (tmp_path / "further.yaml").write_text(lines)
    assert rate("further") == WAYS[after]  # a study over another
    (tmp_path / "further.yaml").write_text(f"{lines}trial: {{epochs: x}}\n")
    assert len(faults(study="further", own=tmp_path)) == 1  # what has no fault is composed all the same


def test_of_a_key_that_is_given_more_than_once_the_last_value_counts_as_for_hydra_and_that_is_told():
    given = ["seed=1", "tuner=grid", "trial.epochs=3", "seed=abc", "data.path=a(", "tuner=random", "+seed=2"]
    left, notes = check.last_of_each(given)
    assert left == ["+seed=2", "tuner=random", "trial.epochs=3", "data.path=a("]
    told = "is given more than once, and the last one counts"
    assert notes == [f"seed=1 seed=abc +seed=2: seed {told}", f"tuner=grid tuner=random: tuner {told}"]
    launch = config.compose("quickstart", ["seed=1,2", "seed=3", "seed=4"], RULES, multirun=True)
    assert [job.seed for job in launch.jobs] == [4]
    assert launch.notes == (f"seed=1,2 seed=3 seed=4: seed {told}",)
    assert config.compose("quickstart", ["seed=1"], RULES).notes == ()
    secret = config.compose("quickstart", ["tracking.uri=http://u:hunter2-@h/d"] * 2).notes
    assert "http://u:***@h/d" in str(secret)


def test_a_variable_that_is_not_there_has_its_default_or_is_named(monkeypatch):
    monkeypatch.delenv("NOT_THERE", raising=False)
    assert config.compose("quickstart", ["seed=${oc.env:NOT_THERE,3}"], RULES).jobs[0].seed == 3
    (told,) = faults("seed=${oc.env:NOT_THERE}")
    assert told == "seed: there is no variable NOT_THERE in the environment; export it first"


def test_what_is_swept_may_be_ranges_too(tmp_path):
    def swept(*overrides, name="quickstart", multirun=False):
        jobs = config.compose(name, overrides, RULES, own=tmp_path, multirun=multirun).jobs
        return [job.search_space["window"] for job in jobs]

    ways = "{low: 4, high: 8},[5,6],7,{low: 4, high: 16, log: true}"
    wanted = [{"low": 4, "high": 8}, [5, 6], 7, {"low": 4, "high": 16, "log": True}]
    assert swept(f"search_space.window={ways}", multirun=True) == wanted
    params = f"hydra: {{mode: MULTIRUN, sweeper: {{params: {{search_space.window: '{ways}'}}}}}}\n"
    (tmp_path / "mine.yaml").write_text(f"defaults: [config, _self_]\nquestion: q\n{params}")
    assert swept(name="mine") == wanted
    assert swept("search_space.window={low: 9, high: 12}", name="mine") == [{"low": 9, "high": 12}]


def test_an_interpolation_in_a_range_becomes_a_number(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "defaults: [config, _self_]\nquestion: q\nsearch_space: {window: {low: 2, high: '${data.season}'}}\n"
    )
    for study, override in (("mine", "seed=1"), ("quickstart", "search_space.window={low: 2, high: ${data.season}}")):
        space = config.compose(study, [override], RULES, own=tmp_path).jobs[0].search_space
        assert space["window"] == {"low": 2, "high": 11}
    assert config.compose("quickstart", ["task.ridge_windows=${search_space.window}"]).jobs[0].task.ridge_windows == [
        12,
        24,
    ]


def test_a_part_of_a_hyperparameter_is_refused_with_the_mend():
    whole = "a hyperparameter is replaced as a whole; write 'search_space.units={low: 7, high: 32}'"
    assert faults("search_space.units.low=7") == [f"search_space.units.low=7: {whole}"]
    (told,) = faults("search_space.learning_rate.high=0.1", "search_space.learning_rate.step=2")
    assert "write 'search_space.learning_rate={low: 0.001, high: 0.1, log: true, step: 2}'" in told
    assert "write 'search_space.units={low: 70, high: HIGH}'" in faults("search_space.units.low=70")[0]


def test_a_hyperparameter_that_is_never_active_is_told_where_the_command_line_sets_it(registered):
    (told,) = faults("search_space.decay=0.1")
    assert told == (
        "search_space.decay=0.1: it is active only where optimizer is lion, which no point of this space has; leave it "
        "out, or search that too"
    )
    (told,) = faults("search_space.window=7", study="digits")
    assert told.startswith(
        "search_space.window=7: it is active only where tokens is rows, which no point of this space"
    )
    (told,) = faults("search_space.window=7", study="dates")
    assert told == "search_space.window=7: task=translate has no such hyperparameter; leave it out"
    (told,) = faults("search_space.embedding=null", study="dates")  # next_symbol alone takes it
    assert told == "search_space.embedding=null: must be a whole number, 1 or more"
    for optimizer in ("lion", "[adam,lion]"):
        space = config.compose("quickstart", ["search_space.decay=0.1", f"search_space.optimizer={optimizer}"], RULES)
        assert space.jobs[0].search_space["decay"] == 0.1
    several = ["search_space.decay=0.1", "search_space.optimizer=adam,lion"]  # one of the jobs has it
    jobs = config.compose("quickstart", several, RULES, multirun=True).jobs
    assert ["decay" in job.search_space for job in jobs] == [False, True]


def test_an_entry_that_was_just_registered_is_known_everywhere(registered, capsys):
    from seqsweep.launch import launch

    space = config.compose("quickstart", ["search_space.optimizer=lion"], RULES).jobs[0].search_space
    assert (space["optimizer"], space["decay"]) == ("lion", 0.25)
    assert "did you mean 'search_space.decay'?" in faults("search_space.decai=0.1")[0]
    assert "search_space.decay=-1: must be a number, 0 or more" in faults(
        "search_space.optimizer=lion", "search_space.decay=-1"
    )
    launch(["--help"])
    assert "decay" in capsys.readouterr().out


@pytest.fixture
def registered(monkeypatch):
    """An optimizer with a hyperparameter of its own."""
    leaks.restore(monkeypatch, OPTIMIZERS)
    entry = functools.wraps(OPTIMIZERS["adam"])(lambda *_: None)
    entry.__name__ = "lion"
    OPTIMIZERS.register(hyperparameters=[Hyperparameter("decay", float, at_least=0, default=0.25)])(entry)


def test_no_other_library_is_patched():
    code = (
        "from omegaconf.basecontainer import BaseContainer as Base; before = dict(vars(Base))\n"
        "from seqsweep import config; config.compose('quickstart', ['search_space.units={low: 1, high: 2}'])\n"
        "assert vars(Base) == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "given",
    [
        ["seed=3", "trial.epochs=4", "tuner=grid"],
        ["data=csv", "data.path='a b.csv'", "data.url=${oc.env:HOME}", "data.features=[x,y]", "trial.patience=null"],
        ["search_space.units=[2,3]", "++search_space.units=4", "trial.epochs=5", "++seed=2"],
        ["trial.epochs=3", "trial.patience=2", "hydra.mode=RUN"],
    ],
)
def test_values_are_set_as_by_hydra_in_what_the_same_options_made_before(given):
    with config.jobs.hydra(None, {}):
        for overrides in (given, given[:1], given):
            by_hydra = hydra.compose("quickstart", ["study=quickstart", *overrides])
            (found,) = config.jobs.compose_jobs("quickstart", "quickstart", overrides, False).configs
            assert OmegaConf.to_yaml(found) == OmegaConf.to_yaml(by_hydra)


def test_other_mappings_merge_key_by_key(make_config):
    assert make_config("trial.epochs=3").trial.patience == make_config().trial.patience


def test_a_users_folder_adds_studies_and_options(tmp_path):
    (tmp_path / "mine.yaml").write_text("defaults: [config, {override data: shop}, _self_]\nquestion: Is it?\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "shop.yaml").write_text("defaults: [_base]\nkind: csv\npath: shop.csv\ntarget: sales\n")
    launch = config.compose("mine", [], RULES, own=tmp_path)
    assert (launch.jobs[0].data.path, launch.jobs[0].question) == ("shop.csv", "Is it?")
    assert "shop" in config.options(tmp_path)["data"]


def test_the_yaml_of_a_config_says_all_of_it(make_config):
    import yaml

    written = yaml.safe_load(config.to_yaml(make_config("seed=3")))
    assert written["seed"] == 3
    assert set(written) == {field.name for field in fields(SweepConfig)}


def test_overrides_of_jobs_are_as_they_were_typed(monkeypatch):
    monkeypatch.setenv("SEED", "7")
    given = ["seed=${oc.env:SEED},2", "search_space.units={low: 2, high: 4}", "data.query=null", "hydra.mode=MULTIRUN"]
    launch = config.compose("quickstart", given)
    assert [job.seed for job in launch.jobs] == [7, 2]
    assert launch.overrides == tuple((f"seed={seed}", *given[1:3]) for seed in ("${oc.env:SEED}", "2"))
    assert config.compose("quickstart", given[1:3]).overrides == (tuple(given[1:3]),)


NAMES = ["study", "data.name", "registry.model"]  # each becomes a path, a model or a word of a command


@pytest.mark.parametrize("key", NAMES)
def test_a_name_is_checked_with_the_rest_of_a_config(key):
    given = ["data=csv", "data.path=f.csv", f"{key}=../../zz", "seed=-1"]
    rule = "must be a name: letters, digits, blanks and . _ - after a letter or digit, 60 characters at most"
    null = "" if key == "study" else ", or null"
    told = faults(*given)
    assert f"{key}=../../zz: {rule}{null}; write zz" in told
    assert len(told) == 2
    assert config.compose("quickstart", [*given[:2], f"{key}=zz"], RULES).jobs


@pytest.mark.parametrize(
    ("text", "near"),
    [
        *[("..", ""), ("/etc/x", "etc-x"), ("a/b", "a-b"), ("a:b@c", "a-b-c"), ('"><script>', "script"), (" a", "a")],
        *[("-rf", "rf"), ("$(x)", "x"), ("a'b", "a-b"), ("a\nb", "a-b"), ("a ", "a"), (" ", ""), ("", "")],
        ("é" * 61, "é" * 60),
    ],
)
def test_what_is_no_name_is_refused_with_the_nearest_one(text, near):
    setting = settings()["study"]
    said = setting.fault("study", text)
    assert said is not None
    assert said.endswith(f"; write {near}" if near else "at most")
    assert not near or setting.allows(near)


@pytest.mark.parametrize("name", ["a", "quick start", "shop_2024-01.v2", "Übersicht", "7", "a" * 60])
def test_a_name_that_files_models_and_commands_can_have_is_taken(name):
    assert settings()["study"].allows(name)


@pytest.mark.parametrize("url", ["postgresql://me:se:c/r@et@host/shop", "mysql+pymysql://me:secret@host:3306/shop"])
def test_a_password_is_not_written_down(url, make_config):
    made = make_config()
    made.data.url = url
    written = config.to_yaml(made)
    assert "://me:***@host" in written
    assert "c/r@et" not in written
    assert "secret" not in written


BEYOND = [
    ("trial.epochs", 0, "must be a whole number, 1 or more"),
    ("trial.divergence_factor", 1.0, "must be a number, above 1"),
    ("data.difference", 3, "must be a whole number, 0 or more, 2 or less"),
    ("data.clip_quantile", 1.0, "must be a number, above 0.5, below 1, or null"),
    ("finals.levels", [0.8, 95.0], "must be a number, above 0, below 1"),
    ("task.ridge_windows", [6, 0], "must be a whole number, 1 or more"),
    ("task.ridge_penalties", [1.0, float("nan")], "must be a number, 0 or more"),
    ("task.metrics", "mae", "a list is needed, such as [mae]"),
    ("executor.workers", "2", "must be a whole number, 1 or more, or null; leave the quotation marks out"),
]


@pytest.mark.parametrize(("key", "value", "said"), BEYOND)
def test_a_value_that_its_setting_does_not_allow_is_told(key, value, said, make_config):
    made = make_config()
    assert setting_faults(made) == []
    group, _, name = key.partition(".")
    setattr(getattr(made, group), name, value)
    (fault,) = setting_faults(made)
    assert fault.key == key
    wrong = value[1] if isinstance(value, list) else value
    assert fault.text == f"{key}={wrong}: {said}"


def test_every_bound_of_the_schema_is_checked(make_config):
    bounded = 0
    for key, setting in settings().items():
        beyond = {
            "at_least": lambda bound: bound - 1,
            "above": lambda bound: bound,
            "at_most": lambda bound: bound + 1,
            "below": lambda bound: bound,
            "choices": lambda _: "none of these",
        }
        for name, outside in beyond.items():
            if getattr(setting, name) is None:
                continue
            bounded += 1
            made, value = make_config(), setting.clean(outside(getattr(setting, name)))
            group, _, own = key.rpartition(".")
            setattr(getattr(made, group) if group else made, own, [value] if setting.several else value)
            assert [fault.key for fault in setting_faults(made)] == [key]
    assert bounded >= 40


def test_keys_names_every_field():
    assert {"seed", "task.horizon", "search_space.units_"} - set(check.keys()) == {"search_space.units_"}


def test_a_refused_config_imports_nothing_heavy():
    overrides, told = zip(*ALL_KINDS, strict=True)
    heavy = ["tensorflow", "keras", "keras_tuner", "mlflow", "pandas", "sklearn", "statsmodels", "scipy", "sqlalchemy"]
    code = (
        "import sys\n"
        "from seqsweep.cli import main\n"
        f"try: main(['sweep', 'quickstart', *{overrides}])\n"
        "except SystemExit as stop: assert stop.code == 2, stop.code\n"
        f"assert not set({heavy}) & set(sys.modules), set({heavy}) & set(sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.startswith(f"{len(told)} errors:")
    assert all(fault in ran.stderr for fault in told)


def test_conf_and_studies_are_found_where_they_are():
    assert (config.CONF / "config.yaml").is_file()
    assert Path(config.STUDIES / "quickstart.yaml").is_file()


def test_an_interpolation_that_is_no_list_is_refused_where_a_list_is_needed():
    with pytest.raises(ConfigError) as refused:
        config.compose("quickstart", ["data.features=${seed}", "finals.levels=${seed}", "trial.epochs=0"], RULES)
    assert [fault.split("=")[0] for fault in map(str, refused.value.faults)] == [
        "data.features",
        "trial.epochs",
        "finals.levels",
    ]
    assert "such as [0]" in str(refused.value.faults[0])


def test_what_other_libraries_call_a_key_leads_to_it():
    known = set(keys())
    assert set(ELSEWHERE) <= known
    assert {name: nearest_key(f"data.{name}") for name in MEANT} == MEANT
    assert not {f"{group_of(key)}.{name}" for name, key in MEANT.items()} & known
