"""A text goes all the way: learned by heart, judged, shown, packaged, promoted, asked, trained again."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from conclusions import Silent
from elsewhere import printed
from seqsweep import package, study
from seqsweep.api.jobs import RULES
from seqsweep.cli import main
from seqsweep.config import compose
from seqsweep.package.parity import load_parity
from seqsweep.report import sentences
from seqsweep.reproduce import reproduce
from seqsweep.tracking.store import open_store

pytestmark = [pytest.mark.slow, pytest.mark.keras]

OVERRIDES = [
    *("search_space.layer=[gru]", "search_space.units=[32,33]", "search_space.learning_rate=0.03", "trial.epochs=40"),
    *("tuner.max_trials=1", "finals.trials=1", "finals.seeds=1", "executor=inline", "registry.refit=train"),
]


@pytest.fixture(scope="module")
def swept(tmp_path_factory) -> SimpleNamespace:
    """The study of letters, smaller."""
    folder = tmp_path_factory.mktemp("letters")
    (config,) = compose("letters", [*OVERRIDES, f"tracking.directory={folder / 'mlruns'}"], RULES).jobs
    result = study.run(config, Silent())
    return SimpleNamespace(folder=folder, config=config, outcome=result.outcome, conclusion=result.conclusion,
                           page=result.page)  # fmt: skip


def ask(swept, *words, **more):
    command = [*words, "--directory", str(swept.folder / "mlruns")]
    return CliRunner().invoke(main, command, env={"COLUMNS": "200"}, **more)


def test_every_letter_is_right_and_the_terminal_ends_by_saying_so(swept):
    evaluation = swept.conclusion.evaluation
    assert evaluation.scores["accuracy"] == 1
    assert swept.conclusion.audit.passed, swept.conclusion.audit.findings
    said = sentences.details(swept.conclusion)
    assert "artificia → l" in said
    told = " ".join(said)
    assert "It is right for 10 of 10 letters of the test part, 100%" in told
    assert "9 of 9 completions are what the text has: a → rtificial; ar → tificial;" in told
    assert "All of the test part stands in train too, so nothing is said about other texts." in told


def test_page_and_card_show_what_is_written(swept):
    page, card = swept.page.read_text(), (swept.outcome.folder / "model" / "model_card.md").read_text()
    for told in ("What the network writes", "written at 0.5", "What letters cost", "Greatest surprises"):
        assert told in page
    assert "Says which of 7 letters comes next in `letters`, and goes on." in card


def test_the_package_says_of_each_symbol_what_the_network_said(swept):
    assert load_parity(swept.outcome.folder / "model").passed
    model = swept.outcome.folder / "model"
    loaded = package.load(model)
    answer = package.as_evaluated(model, loaded).ask(loaded.example.assign(text=["artificial"], scores=True))
    assert answer["expected"][0] == list("artificial")
    assert answer["bits_per_symbol"][0] == pytest.approx(
        swept.conclusion.evaluation.scores["bits_per_symbol"], rel=1e-3
    )


def test_the_champion_goes_on_with_a_line_of_standard_input(swept):
    promoted = ask(swept, "promote", swept.outcome.fingerprint)
    assert promoted.exit_code == 0, promoted.output
    answered = ask(swept, "predict", "letters", "-", input="artificia\n")
    assert answered.exit_code == 0, answered.output
    assert answered.output.splitlines()[-2].split()[0] == "l"


@pytest.mark.usefixtures("trains_here")
def test_a_trial_is_reproduced_to_the_bit(swept):
    _, client = open_store(swept.config.tracking)
    runs = client.search_runs([e.experiment_id for e in client.search_experiments()], "tags.kind = 'trial'")
    again = reproduce(swept.config.tracking, runs[0].info.run_id, lambda text: None)
    assert again.verdict == "equal to the bit"


@pytest.mark.slow
def test_the_package_loads_without_seqsweep(swept):
    asked = "model.predict(pd.DataFrame({'text': ['artificia']}))['next'][0]"
    assert printed(swept.outcome.folder / "model", asked) == ["l"]
