"""Every key has a declaration that says what it means, and `seqsweep explain` shows it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from seqsweep import config, explanation
from seqsweep.catalog import Catalog
from seqsweep.cli import main
from seqsweep.explanation import explain, overview
from seqsweep.hyperparameters import Hyperparameter, Setting
from seqsweep.schema import SweepConfig, groups
from seqsweep.search_space import by_task
from seqsweep.tasks import TASKS

KEYS = config.settings()


def said(key: str, task: str = "forecast") -> dict[str, str]:
    """The entries of an explanation by their names; where tasks declare the key in different ways, those of one."""
    blocks = [block.splitlines() for block in explain(key).split("\n\n")]
    found = [{line[2:12].strip(): line[14:] for line in lines} for _, *lines in blocks]
    assert all(head.startswith(f"{key}: ") for head, *_ in blocks)
    assert len(blocks) > 1 or blocks[0][0] == f"{key}: {KEYS[key].meaning}"
    return next((entries for entries in found if task in entries.get("task", task).split(", ")), found[0])


def test_every_key_of_a_config_is_declared():
    made = config.compose("quickstart").jobs[0]
    named = {"study", "question", "seed"} | {f"search_space.{name}" for name in made.search_space}
    for group in set(groups()) - {"search_space"}:
        named |= {f"{group}.{name}" for name in vars(getattr(made, group))}
    assert named <= set(KEYS)
    assert {key.split(".")[0] for key in KEYS} == set(vars(SweepConfig()))
    assert list(KEYS) == config.keys()


@pytest.mark.parametrize("key", KEYS)
def test_every_declaration_says_what_a_user_needs(key):
    setting = KEYS[key]
    declared = by_task().get(setting.name, {}) if isinstance(setting, Hyperparameter) else {}
    for tasks, own in (declared or {("forecast",): setting}).items():
        check_entries(own, said(key, tasks[0]))


def check_entries(setting: Setting, entries: dict[str, str]) -> None:
    assert setting.meaning and setting.meaning == setting.meaning.strip(". ")
    assert setting.type is not int or setting.unit or setting.name.endswith("seed"), "a count has a unit"
    assert entries["must be"]
    assert entries["default"]
    assert entries.get("unit", "") == setting.unit
    assert ("active" in entries) == bool(setting.when)
    for name, allowed in setting.when.items():
        chooser = KEYS[f"search_space.{name}" if isinstance(setting, Hyperparameter) else name]
        assert set(allowed) <= set(possible(chooser) or allowed)
    for name in possible(setting):
        assert str(name) in entries["must be"]
    assert ("written as" in entries) == isinstance(setting, Hyperparameter)


def possible(setting: Setting) -> list[object]:
    """The values that a setting lists, or that its catalog has."""
    if setting.catalog == "task":
        key = next(key for key, known in KEYS.items() if known == setting)
        return [name for task in TASKS.values() for name in task.names(key)]
    if not setting.catalog:
        return list(setting.choices or ())
    module, _, name = setting.catalog.partition(":")
    __import__(module)
    catalog = getattr(sys.modules[module], name)
    assert isinstance(catalog, Catalog)
    return list(catalog)


def test_an_explanation_of_a_setting():
    entries = said("tuner.max_trials")
    assert entries["must be"] == "a whole number, 1 or more, or null"
    assert entries["unit"] == "trials"
    assert entries["active"] == "where tuner.kind is random, grid or bayesian"
    assert entries["default"] == "12 (tuner=random)"
    assert entries["options"] == "tuner=grid: null; tuner=hyperband: null"


def test_an_explanation_of_a_hyperparameter_that_an_entry_brings():
    entries = said("search_space.weight_decay")
    assert entries["must be"] == "a number, 0 or more"
    assert entries["written as"].startswith("one value, a list of choices, or {low")
    assert entries["default"] == "0.004"
    assert entries["active"] == "where optimizer is adamw"
    assert "each layer" not in entries


def test_a_hyperparameter_that_tasks_declare_in_different_ways_is_explained_for_each():
    rows, symbols = said("search_space.window"), said("search_space.window", "next_symbol")
    assert (rows["unit"], symbols["unit"]) == ("rows", "symbols")
    assert said("search_space.window", "classify")["active"] == "where tokens is rows"
    assert "active" not in rows and "active" not in symbols
    assert "search_space=symbols: 16" in symbols["options"] and "symbols" not in rows["options"]
    assert said("search_space.embedding", "next_symbol")["must be"].endswith("or null")
    assert said("search_space.embedding", "caption") == said("search_space.embedding", "translate")
    assert said("search_space.pooling")["task"] == "classify"
    assert "task" not in said("search_space.units")


def test_defaults_that_follow_another_key_and_values_by_layer():
    assert said("search_space.anchor")["default"] == "what windows.anchor says"
    assert said("search_space.anchor")["written as"] == "one value, or a list of choices"
    assert "search_space=small: [8, 16, 32]" in said("search_space.units")["options"]
    assert "per_layer=[units]" in said("search_space.units")["each layer"]
    assert said("windows.validation")["options"] == "windows=dates: none: give one; windows=rows: none: give one"


def test_without_a_key_all_are_listed_and_a_group_lists_its_own():
    lines = overview().splitlines()
    known = config.settings()
    assert [line.split()[0] for line in lines] == list(known)
    assert all(known[line.split()[0]].meaning in line for line in lines)
    (window,) = (line for line in lines if line.startswith("search_space.window "))
    assert "sees (task=classify or forecast); symbols that are read before the first one" in window
    own = [line.split(maxsplit=1) for line in lines if line.startswith("trial.")]
    assert [line.split(maxsplit=1) for line in explain("trial").splitlines()] == own


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("tuner.facter", "tuner.facter: there is no such key; did you mean 'tuner.factor'?"),
        ("epochs", "did you mean 'trial.epochs'?"),
        ("search_space.weight_decai", "did you mean 'search_space.weight_decay'?"),
    ],
)
def test_an_unknown_key_gets_the_nearest(key, told):
    answer = CliRunner().invoke(main, ["explain", key])
    assert answer.exit_code == 2
    assert told in answer.output


def test_the_command_explains_without_a_heavy_library():
    heavy = ["tensorflow", "keras", "keras_tuner", "mlflow", "pandas", "sklearn", "statsmodels", "scipy", "sqlalchemy"]
    code = (
        "import sys\n"
        "from seqsweep.cli import main\n"
        "for arguments in ([], ['search_space.layer'], ['data.kind'], ['task.metrics'], ['tuner.kind']):\n"
        "    main(['explain', *arguments], standalone_mode=False)\n"
        f"assert not set({heavy}) & set(sys.modules), set({heavy}) & set(sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "must be     one of simple_rnn, lstm, gru" in ran.stdout


def test_the_reference_of_the_docs_is_what_the_declarations_say():
    page = (Path(__file__).parents[1] / "docs" / "reference.md").read_text()
    assert page == explanation.reference(), "make reference"
    assert all(f"| `{key}` |" in page for key in KEYS)
