"""Config: everything shipped composes, and every fault is named in one message before anything heavy is imported."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from seqsweep import config
from seqsweep.config import check
from seqsweep.config.compose import bound_faults
from seqsweep.errors import ConfigError
from seqsweep.launch import RULES
from seqsweep.schema import SweepConfig, groups

GIVEN = {  # what an option leaves to the user
    "data=csv": ["data.path=f.csv"],
    "data=parquet": ["data.path=f.parquet"],
    "data=sql": ["data.url=sqlite:///f.db", "data.query='SELECT y FROM t ORDER BY y'"],
    "data=kaggle": ["data.dataset=owner/name"],
    "windows=rows": ["windows.validation=20", "windows.test=20"],
    "windows=dates": ["windows.validation=1960-01-01", "windows.test=1990-01-01"],
}
OPTIONS = [f"{group}={name}" for group, names in config.options().items() for name in names]


def faults(*overrides: str, study: str = "quickstart", **kwargs: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        config.compose(study, overrides, RULES, **kwargs)
    return list(caught.value.faults)


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_of_every_group_composes_and_passes_the_checks(option):
    # tuner=grid needs a space without ranges
    extra = ["search_space.learning_rate=[0.01,0.001]"] if option == "tuner=grid" else []
    assert config.compose("quickstart", [option, *GIVEN.get(option, []), *extra], RULES).jobs


def test_no_yaml_of_conf_is_overlooked():
    shared = [file for file in config.CONF.rglob("*.yaml") if file.name.startswith("_")]
    root = list(config.CONF.glob("*.yaml"))
    assert len(OPTIONS) + len(shared) + len(root) == len(list(config.CONF.rglob("*.yaml")))
    assert len(OPTIONS) >= 24


@pytest.mark.parametrize("study", sorted(config.studies()))
def test_every_study_composes_and_passes_the_checks(study):
    launch = config.compose(study, [], RULES)
    assert [job.study for job in launch.jobs] == [study] * len(launch.jobs)


@pytest.mark.parametrize("study", sorted(config.studies()))
def test_the_head_of_every_study_says_question_command_cost_and_result(study):
    text = config.studies()[study].read_text()
    heads = [line.split(":")[0] for line in text.splitlines() if line.startswith("# ")][:4]
    assert heads == ["# Question", "# Command", "# Cost", "# Expect"]
    assert "TODO" not in text
    assert len([line for line in text.splitlines() if line.strip()]) <= 32
    assert config.compose(study).jobs[0].question == config.question(config.studies()[study])


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
        ("trial.epochs=many", "could not be converted to Integer"),
        ("trial.epochs=0", "at least 1"),
        ("seed=-1", "at least 0"),
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
    ],
)
def test_bad_input_is_named_with_its_key_and_mend(override, said):
    told = faults(*override.split(" "))
    assert any(said in fault for fault in told), told
    assert any(override.split(" ")[0].split("=")[0].lstrip("+") in fault for fault in told)


def test_faults_come_together():
    told = faults("tuner.max_trials=0", "search_space.layer=lstn", "windows=rows", "task.metrics=[mae,mapse]")
    assert len(told) == 5  # two for windows=rows, which leaves two values open
    told = faults("trial.epochs=abc", "search_space.layr=lstm", "tuner=hyperbnd", "windows.scaler=[1]")
    assert len(told) == 4


def test_a_fault_in_any_job_of_a_multirun_refuses_the_launch():
    told = faults("search_space.layer=[lstm],[lstn]", multirun=True)
    assert told == ["search_space.layer=lstn: there is no layer 'lstn'; did you mean 'lstm'?"]


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
    assert [job.search_space.layer for job in launch.jobs] == [["simple_rnn"], ["lstm"], ["gru"]]
    launch = config.compose("airbnb_rnn_vs_lstm", ["search_space.layer=[lstm]"])
    assert [job.search_space.layer for job in launch.jobs] == [["lstm"]]


def test_faults_in_the_file_of_a_study_name_the_file(tmp_path):
    wrong = "trail: {epochs: 3}\ntrial: {epochs: x}\n"
    (tmp_path / "mine.yaml").write_text(f"defaults: [config, _self_]\nquestion: q\n{wrong}")
    told = faults(study="mine", own=tmp_path)
    assert any(fault.startswith("mine.yaml: trail") for fault in told)
    assert any(fault.startswith("mine.yaml: trial.epochs=x") for fault in told)


def test_a_study_that_is_no_yaml_is_said_to_be_none(tmp_path):
    (tmp_path / "mine.yaml").write_text("a: [1\n")
    assert "this is not YAML" in faults(study="mine", own=tmp_path)[0]


def test_an_unknown_study_gets_the_nearest_name():
    assert faults(study="quikstart") == ["there is no study 'quikstart'; did you mean 'quickstart'?"]


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("search_space.learning_rate=[0.1,0.2]", [0.1, 0.2]),  # a list over a range
        ("search_space.learning_rate={low: 1, high: 2}", {"low": 1, "high": 2}),  # a range over one with `log`
        ("search_space.learning_rate=0.5", 0.5),
    ],
)
def test_a_dimension_replaces_the_one_before_it_whole(override, expected, tmp_path):
    assert config.compose("quickstart", [override]).jobs[0].search_space.learning_rate == expected
    key, value = override.removeprefix("search_space.").split("=")
    study = "defaults: [config, {override search_space: small}, _self_]\nquestion: q\n"
    (tmp_path / "mine.yaml").write_text(f"{study}search_space: {{{key}: {value}}}\n")
    assert config.compose("mine", own=tmp_path).jobs[0].search_space.learning_rate == expected


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


@pytest.mark.parametrize("url", ["postgresql://me:se:c/r@et@host/shop", "mysql+pymysql://me:secret@host:3306/shop"])
def test_a_password_is_not_written_down(url, make_config):
    made = make_config()
    made.data.url = url
    written = config.to_yaml(made)
    assert "://me:***@host" in written
    assert "c/r@et" not in written
    assert "secret" not in written


def test_every_bound_of_the_schema_is_checked(make_config):
    made = make_config()
    bounded = 0
    for group in groups():
        section = getattr(made, group)
        for setting in fields(section):
            if not setting.metadata:
                continue
            bounded += 1
            limits = setting.metadata
            kept = getattr(section, setting.name)
            beyond = limits.get("at_least", limits.get("above", 1)) - 1 if "one_of" not in limits else "none of these"
            setattr(section, setting.name, beyond)
            assert any(f"{group}.{setting.name}={beyond}" in fault for fault in bound_faults(made))
            setattr(section, setting.name, kept)
    assert bounded >= 20


def test_keys_names_every_field():
    assert {"seed", "task.horizon", "search_space.units_"} - set(check.keys()) == {"search_space.units_"}


def test_a_refused_config_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from seqsweep.cli import main\n"
        "try: main(['sweep', 'quickstart', 'search_space.layr=[lstm]', 'windows.horizn=3', 'tuner=hyperbnd'])\n"
        "except SystemExit as stop: assert stop.code == 2, stop.code\n"
        "heavy = {'tensorflow', 'keras', 'keras_tuner', 'mlflow', 'pandas', 'sklearn', 'statsmodels', 'scipy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.count("did you mean") == 3


def test_conf_and_studies_are_found_where_they_are():
    assert (config.CONF / "config.yaml").is_file()
    assert Path(config.STUDIES / "quickstart.yaml").is_file()
