"""Studies and options of a user's own: data, not programs, and every fault of them is told with its file."""

from __future__ import annotations

import re

import pytest
import yaml

from seqsweep import config
from seqsweep.api.jobs import RULES
from seqsweep.errors import ConfigError

HEAD = "defaults: [config, _self_]\nquestion: q\n"
OF_HYDRA = "of Hydra's own settings a study sets hydra.mode and hydra.sweeper.params alone"
CODE = "a config is data, and names no code to run"

CALLBACK = "{_target_: os.getcwd}"


def faults(folder, *overrides, study="mine"):
    with pytest.raises(ConfigError) as caught:
        config.compose(study, overrides, RULES, own=folder)
    return [str(fault) for fault in caught.value.faults]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mine.yaml").write_text(HEAD)
    return tmp_path


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (f"hydra: {{callbacks: {{x: {CALLBACK}}}}}", f"hydra.callbacks: {OF_HYDRA}"),
        (f"hydra: {{launcher: {CALLBACK}}}", f"hydra.launcher: {OF_HYDRA}"),
        (f"hydra: {{sweeper: {CALLBACK}}}", f"hydra.sweeper._target_: {OF_HYDRA}"),
        ("hydra: {run: {dir: /tmp}}", f"hydra.run: {OF_HYDRA}"),
        ("hydra: {job: {env_set: {A: b}}}", f"hydra.job: {OF_HYDRA}"),
        ("hydra: {job_logging: {root: {level: DEBUG}}}", f"hydra.job_logging: {OF_HYDRA}"),
        ("hydra: 3", "hydra: must be a mapping"),
        ("hydra: {sweeper: 3}", "hydra.sweeper: must be a mapping"),
        ("hydra: {sweeper: {params: [1]}}", "hydra.sweeper.params: must be a mapping of keys"),
        ("hydra: {mode: multi}", "hydra.mode: must be one of RUN and MULTIRUN, not multi"),
        (f"data: {CALLBACK}", f"data._target_: {CODE}"),
        (f"search_space: {{warm_start: [{CALLBACK}]}}", f"search_space.warm_start[0]._target_: {CODE}"),
        (f"search_space: {{units: {CALLBACK}}}", f"search_space.units._target_: {CODE}"),
        (f"callbacks: {{x: {CALLBACK}}}", f"callbacks.x._target_: {CODE}"),
        ("study: other", "study=other: a study is called as its file is"),
        ("trial:", "trial: nothing is set; leave the line out"),
        ("trial: {epochs: {a: 3}}", "trial.epochs={a: 3}: must be a whole number, 1 or more"),
        ("seed: 1\nseed: 2", "line 4: seed stands here once more; leave one"),
        ("data: {season: 7, season: 8}", "line 3: season stands here once more; leave one"),
        ("trial.epochs: 3", "trial.epochs: in a file a key stands in its group; write {trial: {epochs: 3}}"),
        ("hydra.mode: RUN", "hydra.mode: in a file a key stands in its group; write {hydra: {mode: RUN}}"),
        ("seed: !!python/object/apply:os.getcwd []", "line 3: this is not YAML: could not determine a constructor"),
        ("a: &a [*a]", "this is not YAML"),
    ],
)
def test_a_line_that_is_no_setting_of_a_sweep_is_refused_by_name(lines, told, folder):
    (folder / "mine.yaml").write_text(f"{HEAD}{lines}\n")
    (said,) = faults(folder)
    assert said.startswith(f"mine.yaml: {told}")


@pytest.mark.parametrize(
    ("defaults", "told", "mended"),
    [
        (None, "begin it with `defaults: [config, _self_]`", "[config, _self_]"),
        ("config", "defaults=config: a list is needed, such as [config, _self_]", "[config, _self_]"),
        ("[_self_]", "begin it with `defaults: [config, _self_]`", "[config, _self_]"),
        ("[config]", "end the list with `_self_`", "[config, _self_]"),
        ("[_self_, config]", "what stands behind `_self_` replaces the study's own values", "[config, _self_]"),
        ("[confg, _self_]", "there is no study 'confg'; did you mean 'config'?", "[config, _self_]"),
        ("[mine, _self_]", "the study starts from itself, mine from mine; take 'mine' out", "[config, _self_]"),
        ("[other, _self_]", "the study starts from itself, mine from other from mine; take 'mine' out", None),
        ("[config, {data: co2}, _self_]", "write `override data: co2`", "[config, {override data: co2}, _self_]"),
        ("[config, {override dta: co2}, _self_]", "dta: there is no such group; did you mean 'data'?", None),
        ("[config, {override data: co3}, _self_]", "data=co3: there is no such option; did you mean 'co2'?", None),
        ("[config, {override data: '${x}'}, _self_]", "data=${x}: there is no such option", None),
        ("[{override data: co2}, config, _self_]", "put it first", "[config, {override data: co2}, _self_]"),
        ("[config, 3, _self_]", "3: an entry is a study, or one choice such as `override tuner: grid`", None),
        ("[config, {override hydra/callbacks: foo}, _self_]", f"hydra/callbacks: {OF_HYDRA}", "[config, _self_]"),
        ("[config, {/hydra/launcher: basic}, _self_]", f"/hydra/launcher: {OF_HYDRA}", "[config, _self_]"),
        (
            "[config, {override data@hydra.callbacks: co2}, _self_]",
            "data@hydra.callbacks: there is no such group",
            None,
        ),
    ],
)
def test_a_list_of_defaults_that_is_none_is_told_with_a_mend_that_works(defaults, told, mended, folder):
    (folder / "other.yaml").write_text("defaults: [config, mine, _self_]\nquestion: q\n")
    study = folder / "mine.yaml"
    study.write_text("question: q\n" + (f"defaults: {defaults}\n" if defaults else ""))
    assert any(told in said for said in faults(folder)), faults(folder)
    if mended is not None:
        study.write_text(f"question: q\ndefaults: {mended}\n")
        assert config.compose("mine", [], RULES, own=folder).jobs


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            "defaults: [_base]\nkind: csv\npth: x",
            "shop.yaml: data.pth: there is no such key; did you mean 'data.path'?",
        ),
        ("defaults: [_bas]\nkind: csv", "shop.yaml: defaults: there is no option '_bas'; did you mean '_base'?"),
        ("defaults: [_base]\nseason: abc", "shop.yaml: data.season=abc: must be a whole number, 2 or more, or null"),
        ("defaults: [_base, {/hydra/callbacks: foo}]", "an option starts from names of its group alone"),
        ("# @package _global_\nkind: csv", "shop.yaml: # @package _global_: keys stand where they belong"),
        ("kind: [", "shop.yaml: line 2: this is not YAML"),
        ("- 1", "shop.yaml: an option is a mapping of keys to values, this is a list"),
        (f"x: {CALLBACK}", f"shop.yaml: data.x._target_: {CODE}"),
        ("defaults: [own]", "own.yaml: data.pth: there is no such key"),
    ],
)
@pytest.mark.parametrize("chosen", ["by the command line", "by the study"])
def test_a_fault_of_an_option_of_ones_own_names_its_file(content, told, chosen, folder):
    (folder / "data").mkdir()
    (folder / "data" / "own.yaml").write_text("defaults: [_base]\npth: x\n")
    (folder / "data" / "shop.yaml").write_text(f"{content}\n")
    overrides = ["data=shop"] if chosen == "by the command line" else []
    if not overrides:
        (folder / "mine.yaml").write_text("defaults: [config, {override data: shop}, _self_]\nquestion: q\n")
    (said,) = faults(folder, *overrides)
    assert told in said


def test_a_file_of_ones_own_takes_the_place_of_none_that_is_shipped(folder):
    for path in ("hydra/launcher/basic.yaml", "launch.yaml", "config.yaml", "schema.yaml", "quickstart.yaml"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(f"hydra: {{launcher: {CALLBACK}}}\n")
    assert config.compose("mine", ["hydra.mode=MULTIRUN"], RULES, own=folder).jobs
    assert "a study of this name is shipped; give yours another name" in faults(folder, study="quickstart")[0]
    (folder / "tuner").mkdir()
    (folder / "tuner" / "grid.yaml").write_text("kind: random\n")
    assert faults(folder, "tuner=grid")[0] == ("grid.yaml: an option tuner=grid is shipped; give yours another name")


def test_a_study_that_is_named_by_its_path_is_told_how_to_name_it(folder):
    (told,) = faults(None, study=f"{folder}/mine.yaml")
    assert told.endswith(f"write seqsweep sweep mine --config-dir {folder}")


def test_a_study_whose_name_is_no_part_of_a_path_is_refused(folder):
    (folder / "a&b.yaml").write_text(HEAD)
    (told,) = faults(folder, study="a&b")
    assert told.startswith("a&b.yaml: the file of a study is called by a name: letters, digits, blanks and . _ -")


@pytest.mark.parametrize(
    ("override", "told"),
    [
        (f"+hydra.callbacks.x={CALLBACK}", OF_HYDRA),
        ("hydra.run.dir=/tmp", OF_HYDRA),
        ("hydra/launcher=basic", "this is one sweep"),
        ("hydra.launcher._target_=os.getcwd", "there is no such setting of a launcher"),
        ("~hydra.sweeper", OF_HYDRA),
        ("hydra.mode=RUN,MULTIRUN", OF_HYDRA),
        ("hydra.mode=multi", "must be one of RUN and MULTIRUN"),
        ("hydra.sweeper.params={seed: '1,2'}", "with -m, as in seed=1,2"),
        ("+data._target_=os.getcwd", CODE),
        ("search_space.units={_target_: os.getcwd}", CODE),
        ("+data@hydra.callbacks=csv", "an option belongs to its own group; write data=csv"),
        ("=3", "=3: there is no key before the =; write KEY=VALUE"),
        ("trial.epochs.x=3", "trial.epochs has no parts; write trial.epochs=VALUE"),
    ],
)
def test_an_override_that_is_no_setting_of_a_sweep_is_refused_by_name(override, told, folder):
    (said,) = faults(folder, override)
    assert override.partition("=")[0].lstrip("+~") in said
    assert told in said


def test_a_study_may_say_how_it_is_swept(folder):
    lines = {"hydra": {"mode": "MULTIRUN", "sweeper": {"params": {"seed": "1,2"}}}}
    (folder / "mine.yaml").write_text(HEAD + yaml.safe_dump(lines))
    assert [job.seed for job in config.compose("mine", [], RULES, own=folder).jobs] == [1, 2]
    assert len(config.compose("mine", ["hydra.mode=RUN"], RULES, own=folder).jobs) == 1


@pytest.mark.parametrize("given", ["7..56", "7-56", "7:56", "7 to 56", "interval(7,56)"])
def test_what_looks_like_a_range_is_told_how_to_write_one(given, folder):
    (told,) = faults(None, f"search_space.window={given}", study="quickstart")
    (range_,) = re.findall(r"\{low.*?\}", told)
    job = config.compose("quickstart", [f"search_space.window={range_}"], RULES).jobs[0]
    assert job.search_space["window"] == {"low": 7, "high": 56}


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("data.target=''", "data.target=: the text is empty; give one, or leave it null"),
        (f"data.target={'x' * 1001}", "1,001 characters, and the most are 1,000; shorten it"),
        ('data.target="a\\u0007b"', "holds the character '\\x07', which cannot be shown; take it out"),
        ("task.metrics=[unknown]", "task.metrics=unknown: there is no metric 'unknown'"),
        (
            "search_space.kernel_size=3",
            "search_space.kernel_size: there is no such key; possible in search_space: layer, ",
        ),
    ],
)
def test_a_text_that_cannot_be_is_one_fault(override, told, folder):
    (said,) = faults(None, override.encode().decode("unicode_escape"), study="quickstart")
    assert told in said
