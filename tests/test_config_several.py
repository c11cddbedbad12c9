"""Several studies in one launch: named on the command line, or by a study that runs others."""

from __future__ import annotations

import pytest

from seqsweep import config
from seqsweep.errors import ConfigError
from seqsweep.launch import RULES

GROUP = """
    defaults: [config, {override tuner: grid}, _self_]
    question: all
    studies: [letters, quickstart]
    tuner: {max_trials: 2}
    search_space: {learning_rate: [0.01, 0.02]}
    """


def faults(study, *overrides, **kwargs):
    with pytest.raises(ConfigError) as caught:
        config.compose(study, overrides, RULES, **kwargs)
    return [str(fault) for fault in caught.value.faults]


@pytest.fixture
def write(tmp_path):
    """Write studies of the user's, by name; returns their folder."""

    def write(**texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.yaml").write_text(text)
        return tmp_path

    return write


def test_several_studies_named_with_commas_are_a_job_each_and_overrides_go_to_all():
    launch = config.compose("letters,quickstart", ["tuner.max_trials=2"], RULES, multirun=True)
    assert [job.study for job in launch.jobs] == ["letters", "quickstart"]
    assert [job.task.kind for job in launch.jobs] == ["next_symbol", "forecast"]
    assert [job.tuner.max_trials for job in launch.jobs] == [2, 2]
    assert launch.overrides == (("letters", "tuner.max_trials=2"), ("quickstart", "tuner.max_trials=2"))
    alone = config.compose("quickstart", ["tuner.max_trials=2"], RULES).jobs[0]
    assert launch.jobs[1] == alone


def test_a_study_that_runs_others_lays_its_own_values_over_theirs_and_leaves_their_questions(write):
    launch = config.compose("mine", [], RULES, write(mine=GROUP))
    letters, quickstart = launch.jobs
    assert (letters.study, quickstart.study) == ("letters", "quickstart")
    for job in launch.jobs:
        assert (job.tuner.kind, job.tuner.max_trials) == ("grid", 2)
        assert job.search_space["learning_rate"] == [0.01, 0.02]
        assert job.question == config.question(config.studies()[job.study])
    assert letters.search_space["units"] == [16, 32]  # the study's own
    assert quickstart.search_space["units"] == [8, 16, 32]


def test_a_study_that_runs_others_may_also_sweep_over_values(write):
    sweep = "hydra: {mode: MULTIRUN, sweeper: {params: {seed: '1,2'}}}"
    own = write(mine=f"defaults: [config, _self_]\nquestion: q\nstudies: [letters, digits]\n{sweep}\n")
    jobs = config.compose("mine", [], RULES, own).jobs
    assert [(job.study, job.seed) for job in jobs] == [(s, n) for s in ("letters", "digits") for n in (1, 2)]


def test_a_study_of_ones_own_may_be_among_those_that_run(write):
    small = "defaults: [quickstart, _self_]\nquestion: q\ntrial: {epochs: 3}\n"
    own = write(small=small, mine="defaults: [config, _self_]\nquestion: q\nstudies: [small]\n")
    [job] = config.compose("mine", [], RULES, own).jobs
    assert (job.study, job.trial.epochs, job.question) == ("small", 3, "q")


def test_several_studies_without_m_are_told_with_the_mend():
    assert faults("letters,digits") == ["letters,digits: several studies are several sweeps; add -m"]


def test_an_unknown_study_among_several_gets_the_nearest_name():
    assert faults("letters,digitz", multirun=True) == ["there is no study 'digitz'; did you mean 'digits'?"]


HEAD = "defaults: [config, _self_]\nquestion: q\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}studies: [leters]\n", "mine.yaml: studies: there is no study 'leters'; did you mean 'letters'?"),
        (f"{HEAD}studies: letters\n", "mine.yaml: studies=letters: names of studies are needed, such as"),
        (f"{HEAD}studies: []\n", "mine.yaml: studies=[]: names of studies are needed, such as"),
        (f"{HEAD}studies: [structures]\n", "mine.yaml: studies: 'structures' runs other studies itself; name those"),
        (f"{HEAD}studies: [mine]\n", "mine.yaml: studies: 'mine' runs other studies itself; name those"),
        (
            "defaults: [quickstart, _self_]\nquestion: q\nstudies: [letters]\n",
            "mine.yaml: defaults: a study that runs others starts from `config`",
        ),
        (
            "defaults: [structures, _self_]\nquestion: q\n",
            "mine.yaml: defaults: 'structures' runs other studies; start from `config` and name them under `studies`",
        ),
        (f"{HEAD}studies: [letters]\ntrial: {{epochs: x}}\n", "mine.yaml: trial.epochs=x: must be a whole number"),
    ],
)
def test_what_is_wrong_with_a_study_that_runs_others_is_told_once(text, said, write):
    [told] = faults("mine", own=write(mine=text))
    assert told.startswith(said)


def test_a_study_that_runs_others_cannot_be_one_of_several_on_a_command_line():
    [told] = faults("letters,structures", multirun=True)
    assert told == "structures.yaml: this study runs others; launch structures by itself"


def test_a_fault_in_one_of_several_refuses_the_launch():
    [told] = faults("letters,quickstart", "task.horizon=x", multirun=True)
    assert told.startswith("task.horizon=x: must be a whole number")


def test_a_setting_that_one_of_several_reads_may_be_given_to_all():
    jobs = config.compose("letters,quickstart", ["task.horizon=3"], RULES, multirun=True).jobs
    assert jobs[1].task.horizon == 3


def test_the_structures_are_four_studies_with_a_part_of_their_trials():
    jobs = config.compose("structures", [], RULES).jobs
    assert [job.study for job in jobs] == ["one_to_one", "caption", "digits", "dates"]
    assert [job.search_space.get("window") for job in jobs] == [1, None, None, None]
    for job in jobs:
        assert job.tuner.max_trials < config.compose(job.study).jobs[0].tuner.max_trials
