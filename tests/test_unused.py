"""What is given and has no effect is refused, with the choice that gives it one; all follows from the declarations."""

from __future__ import annotations

import re

import pytest

from seqsweep import config
from seqsweep.api.jobs import RULES
from seqsweep.config.folders import option_values
from seqsweep.config.task_keys import settings
from seqsweep.errors import ConfigError
from seqsweep.search_space import declared
from test_config import GIVEN, OF_TABLES, TABLE

CONDITIONAL = [  # of keys of single tasks those of forecasts alone: the study that is composed is one
    (key, other)
    for key, setting in settings().items()
    for other in setting.when
    if setting.when.get("task.kind", ("forecast",)) == ("forecast",)
    or ("forecast" in setting.when["task.kind"] and other != "task.kind")
]
WITHOUT = {  # what makes a condition false that no option decides
    "data.frequency": ["data.frequency=null"],
    "task.baselines": ["task.baselines=[last_value]"],
    "finals.trials": ["finals=none"],
    "task.kind": TABLE[:-1],
    "tuner.pruner": [],  # none is what all studies have
    "task.loss": [],  # mse is what all options have
    "task.objectives": ["task.objectives=[mae,rmse]"],
}
WITH = {"data.frequency": ["data.frequency=YS"]}  # what makes it true, beside the condition that is tested
NEEDED = {"data.seasonal_difference": ["data.season=11"], "executor.autoscaling": ["executor.workers=2"]}
NEEDED |= {key: ["data.series=[store]"] for key in ("windows.scope", "windows.short_series", "data.static")}
RULED = ("tuner.max_trials", "data.time")  # have rules of their own
VALUES = {"data.encoding": "cp1252", "data.aggregate": "sum", "tracking.uri": "http://127.0.0.1:5000"}
VALUES |= {"data.query": "'SELECT y FROM t ORDER BY y'", "data.dataset": "owner/name"}
VALUES |= {
    "data.timezone": "UTC",
    "data.missing": "drop",
    "data.frequency": "YS",
    "windows.anchor": "last",
    "data.clip_quantile": "0.9",
}
VALUES |= {"data.seasonal_difference": "1", "data.season": "11", "data.difference": "1", "data.time_format": "count"}
VALUES |= {
    "executor.start_method": "spawn",
    "tuner.prior": "study",
    "task.objective": "mae",
    "tuner.pruner": "median",
    "windows.scope": "all",
}
VALUES |= {"windows.short_series": "scaling", "data.columns": "[a,b]", "data.static": "[size]"}
VALUES |= {"data.series": "[store]", "data.known_future": "[promo]", "data.calendar": "[hour]"}
VALUES |= {
    "tuner.sampler": "random",
    "task.ridge_windows": "[3]",
    "task.ridge_penalties": "[0.5]",
    "finals.levels": "[0.5]",
}


def value_of(key):
    numbers = {int: "3", float: "0.5", bool: "true"}
    return VALUES.get(key) or numbers.get(settings()[key].type, "x")


def without(key, other):
    """Overrides with which a setting has no effect, by one of its conditions."""
    if other in WITHOUT:
        return WITHOUT[other]
    allowed = settings()[key].when[other]
    group, _, entry = other.partition(".")
    option = next(name for name in config.options()[group] if option_values(group, name).get(entry) not in allowed)
    return [f"{group}={option}", *GIVEN.get(f"{group}={option}", [])]


def faults(*overrides, study="quickstart", **kwargs):
    with pytest.raises(ConfigError) as caught:
        config.compose(study, overrides, RULES, **kwargs)
    return caught.value.faults


@pytest.mark.parametrize(("key", "other"), CONDITIONAL)
def test_a_setting_without_effect_is_refused_and_the_choice_that_is_advised_takes_it(key, other):
    given = f"{key}={value_of(key)}"
    met = [extra for name in settings()[key].when if name != other for extra in WITH.get(name, [])]
    told = [fault.text for fault in faults(*without(key, other), given, *met) if fault.key == key]
    assert len(told) == 1
    choices = re.findall(r"\w+=\w+(?= or |, or leave)", told[0].partition("; choose ")[2])
    for choice in choices:
        needed = [given for given in TABLE if not given.startswith("windows=")] if choice in OF_TABLES else []
        every = (*GIVEN.get(choice, []), *needed, *met, *NEEDED.get(key, []))
        extra = [more for more in every if not more.startswith(f"{key}=")]
        space = ["search_space.learning_rate=[0.01,0.001]"] if choice == "tuner=grid" else []
        assert config.compose("quickstart", [choice, given, *extra, *space], RULES).jobs
    assert bool(choices) == ((other not in WITHOUT or other == "task.kind") and key not in RULED)


def test_conditions_are_said_in_words():
    told = faults("tuner=random", "tuner.factor=3")[0].text
    assert told == (
        "tuner.factor=3: it has an effect only where tuner.kind is hyperband; choose tuner=hyperband, or leave it out"
    )
    assert (
        "only where task.baselines has linear; set that too"
        in faults("task.baselines=[last_value]", "task.ridge_windows=[3]")[0].text
    )
    assert "only where finals.trials is not 0" in faults("finals=none", "finals.seeds=3")[0].text
    assert "choose data=csv or data=kaggle, or leave it out" in faults("data.separator=tab")[0].text


def test_null_is_no_setting_and_one_job_that_uses_it_is_enough():
    assert config.compose("quickstart", ["tuner=random", "tuner.factor=null"], RULES).jobs
    jobs = config.compose("quickstart", ["tuner=random,hyperband", "tuner.factor=4"], RULES, multirun=True).jobs
    assert [job.tuner.factor for job in jobs] == [None, 4]  # it would make another sweep of the first


def test_it_is_told_beside_the_faults_of_other_keys_and_once():
    told = faults("tuner=random", "tuner.factor=3", "trial.epochs=0", "windows.scaler=minmx")
    assert sorted(fault.key for fault in told) == ["trial.epochs", "tuner.factor", "windows.scaler"]
    assert [fault.key for fault in faults("tuner=hyperband", "tuner.max_trials=3")] == ["tuner.max_trials"]
    assert [fault.key for fault in faults("tuner=qqq", "tuner.factor=3")] == ["tuner"]  # of a tuner that nobody chose


STUDY = "defaults: [config, {{override tuner: {tuner}}}, _self_]\nquestion: q\n{lines}\n"


def test_a_line_of_a_study_is_judged_by_the_studys_own_choice(tmp_path):
    (tmp_path / "mine.yaml").write_text(STUDY.format(tuner="random", lines="tuner: {factor: 4}"))
    (told,) = faults(study="mine", own=tmp_path)
    assert told.text.startswith("mine.yaml: tuner.factor=4: it has an effect only where tuner.kind is hyperband")
    (tmp_path / "mine.yaml").write_text(STUDY.format(tuner="hyperband", lines="tuner: {factor: 4}"))
    assert config.compose("mine", [], RULES, own=tmp_path).jobs[0].tuner.factor == 4
    # who starts from it, or calls it, may choose otherwise, and what it said for its own choice leaves no trace
    assert config.compose("mine", ["tuner=random"], RULES, own=tmp_path).jobs[0].tuner.factor is None
    lines = "defaults: [mine, {override tuner: random}, _self_]\n"
    (tmp_path / "further.yaml").write_text(lines)
    assert config.compose("further", [], RULES, own=tmp_path).jobs[0].tuner.factor is None
    (tmp_path / "further.yaml").write_text(f"{lines}tuner: {{initial_points: 3}}\n")
    assert [fault.key for fault in faults(study="further", own=tmp_path)] == ["tuner.initial_points"]


def test_a_hyperparameter_of_a_study_that_no_trial_has_is_told(tmp_path):
    (tmp_path / "mine.yaml").write_text(STUDY.format(tuner="random", lines="search_space: {weight_decay: 0.1}"))
    (told,) = faults(study="mine", own=tmp_path)
    assert told.text.startswith("mine.yaml: search_space.weight_decay=0.1: it is active only where optimizer is adamw")
    assert config.compose("mine", ["search_space.optimizer=adamw"], RULES, own=tmp_path).jobs
    assert config.compose("mine", ["search_space.optimizer=adam"], RULES, own=tmp_path).jobs  # its user's own choice
    swept = "hydra: {mode: MULTIRUN, sweeper: {params: {search_space.weight_decay: '0.1,0.2'}}}"
    (tmp_path / "mine.yaml").write_text(STUDY.format(tuner="random", lines=swept))
    assert [fault.key for fault in faults(study="mine", own=tmp_path)] == ["search_space.weight_decay"]


NAMES = {"scope": "all", "anchor": "last", "scaler": "none", "loss": "mae"}
FOLLOWED = {own.follows: name for name, own in declared().items() if own.follows is not None}


@pytest.mark.parametrize("key", FOLLOWED)
def test_a_setting_that_the_search_space_overrules_is_told(key):
    value = {bool: "true", int: "1", float: "0.9"}.get(settings()[key].type) or NAMES[key.partition(".")[2]]
    given = [f"{key}={value}", f"search_space.{FOLLOWED[key]}={value}", "data.season=11", "data.series=[store]"]
    (told,) = faults(*given)
    assert f"search_space.{FOLLOWED[key]} says it for every trial; leave one of the two out" in told.text
    for alone in given[:2]:
        assert config.compose("quickstart", [alone, *given[2:]], RULES).jobs
    known = ["search_space.warm_start=[{units: 8}]"]  # a point that leaves it out has it
    assert config.compose("quickstart", [*given, *known], RULES).jobs
