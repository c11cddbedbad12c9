"""Texts from texts and from numbers go all the way: searched, judged, shown, packaged, promoted, asked, reproduced."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from texts import pairs, squares

from conclusions import Silent
from elsewhere import printed
from seqsweep import package, registry, study
from seqsweep.api.jobs import RULES
from seqsweep.cli import main
from seqsweep.config import compose
from seqsweep.finals import load_test_predictions
from seqsweep.package.parity import load_parity
from seqsweep.report import sentences
from seqsweep.reproduce import reproduce
from seqsweep.search import load_data
from seqsweep.tracking.store import open_store

pytestmark = [pytest.mark.slow, pytest.mark.keras]

SMALL = ("executor=inline", "tuner.max_trials=1", "finals.trials=1", "finals.seeds=1", "search_space.batch_size=8",
         "registry.refit=train")  # fmt: skip
PAIRS = ("data=csv", "data.features=[english]", "data.target=turkish", "data.name=pairs", "search_space.layer=gru",
         "search_space.units=24", "search_space.attention=additive", "search_space.learning_rate=0.02",
         "trial.epochs=14", "search_space.beam=2", "windows.test=0.2", "search_space.source_tokens=subwords",
         "search_space.source_vocabulary=60")  # fmt: skip
SQUARES = ("data=csv", "data.target=caption", "data.name=squares", "search_space.layer=lstm", "search_space.units=16",
           "search_space.encoder=16", "search_space.learning_rate=0.02", "trial.epochs=10")  # fmt: skip


def swept(folder, name, frame, overrides) -> SimpleNamespace:
    frame.to_csv(folder / "x.csv", index=False)
    where = [f"data.path={folder / 'x.csv'}", f"tracking.directory={folder / 'mlruns'}"]
    (config,) = compose(name, [*SMALL, *overrides, *where], RULES).jobs
    result = study.run(config, Silent())
    model = result.outcome.folder / "model"
    return SimpleNamespace(folder=folder, config=config, outcome=result.outcome, conclusion=result.conclusion,
                           page=result.page.read_text(), model=model)  # fmt: skip


@pytest.fixture(scope="module")
def translated(tmp_path_factory) -> SimpleNamespace:
    return swept(tmp_path_factory.mktemp("translate"), "dates", pairs(2), PAIRS)


@pytest.fixture(scope="module")
def captioned(tmp_path_factory) -> SimpleNamespace:
    return swept(tmp_path_factory.mktemp("caption"), "caption", squares(), SQUARES)


@pytest.fixture(params=["translated", "captioned"])
def made(request) -> SimpleNamespace:
    return request.getfixturevalue(request.param)


def test_a_network_says_new_texts_better_than_a_memory(translated):
    evaluation = translated.conclusion.evaluation
    assert evaluation.best_baseline == "translation_memory"
    assert evaluation.baselines["translation_memory"]["exact_match"] < 0.2
    assert evaluation.scores["exact_match"] > 0.5
    assert evaluation.scores["bleu"] > evaluation.baselines["translation_memory"]["bleu"]
    assert evaluation.comparison.test == "paired bootstrap"


def test_a_network_says_what_numbers_show(captioned):
    evaluation = captioned.conclusion.evaluation
    assert evaluation.scores["exact_match"] == 1.0
    assert evaluation.scores["symbol_error_rate"] == 0.0
    assert evaluation.baselines["most_frequent"]["exact_match"] < 0.6


def test_nothing_leaked(made):
    assert made.conclusion.audit.passed, made.conclusion.audit.findings


def test_the_package_says_what_the_trial_said_to_any_caller(made):
    assert load_parity(made.model).passed
    _, data = load_data(made.config, lambda text: None)
    seen = load_test_predictions(made.outcome.folder)
    table, items = data.table, data.split().test
    told = table.values[items] if table.texts is None else table.texts[items][:, None]
    answer = package.load(made.model).ask(pd.DataFrame(told, columns=list(table.columns)).assign(other=1))
    assert answer["text"].tolist() == seen.test_predicted["text"].tolist()
    assert answer["probability"].between(0, 1).all()
    assert list(answer) == ["text", "probability", "whole"]
    assert answer["whole"].all()
    right = (answer["text"] == table.targets[items]).mean()
    assert right == pytest.approx(made.conclusion.evaluation.scores["exact_match"])


def test_a_true_text_in_a_request_is_judged_and_not_read(translated):
    model = package.load(translated.model)
    frame = pairs().iloc[:3]
    judged, alone = model.ask(frame), model.ask(frame[["english"]])
    assert judged["text"].tolist() == alone["text"].tolist()
    assert judged["tokens"].tolist() == [len(text) + 1 for text in frame["turkish"]]
    same = judged["text"] == frame["turkish"]
    assert np.exp(-judged["nats"][same]).to_numpy() == pytest.approx(judged["probability"][same].to_numpy(), rel=1e-4)


def test_terminal_page_and_card_show_texts(translated, captioned):
    said = " ".join(sentences.details(translated.conclusion))
    assert "texts of the test part letter by letter as they are" in said
    assert "By BLEU it is better than the translation memory" in said
    assert "Right: A " in said
    for told in ("Right texts, test part", "Wrong texts, test part", "translation memory", "Attention, test part"):
        assert told in translated.page
    for told in ("Images and what is said of them, test part", '"text":"bottom!"', "Right texts, test part"):
        assert told in captioned.page
    assert "Forecast against actual" not in translated.page
    card = (translated.model / "model_card.md").read_text()
    assert "Says `turkish` from `english` (up to" in card
    assert "by a beam of 2" in card
    assert "Says `caption` from 9 numbers" in (captioned.model / "model_card.md").read_text()


def test_weights_of_the_attention_are_kept_for_a_few_items(translated):
    more = load_test_predictions(translated.outcome.folder).more
    weights, read, said = (more[name] for name in ("attention", "attention_read", "attention_said"))
    assert weights.shape == (4, said.shape[1], read.shape[1])
    assert weights.sum(axis=2) == pytest.approx(1, abs=1e-5)
    assert weights[np.broadcast_to((read == "")[:, None, :], weights.shape)] == pytest.approx(0, abs=1e-6)
    assert "".join(read[0]).startswith("▁A▁")
    assert "⏎" in said[0]


def test_the_winner_is_promoted_and_says_texts_that_were_not_in_the_data(translated, tmp_path):
    directory = ["--directory", str(translated.folder / "mlruns")]
    promoted = CliRunner().invoke(main, ["promote", translated.outcome.fingerprint, *directory], env={"COLUMNS": "200"})
    assert promoted.exit_code == 0, promoted.output
    pd.DataFrame({"english": ["A red sea, A red sea", "A green tree."]}).to_csv(tmp_path / "ask.csv", index=False)
    answers, version = registry.predict("pairs", tmp_path / "ask.csv", translated.config.tracking)
    assert version == "pairs version 1"
    assert answers["whole"].tolist() == [False, answers["whole"][1]]
    assert (answers["text"].str.len() > 3).all()
    asked = CliRunner().invoke(
        main, ["predict", "pairs", "-", *directory], input="A green tree.\n", env={"COLUMNS": "120"}
    )
    assert "pairs version 1: predictions from standard input" in " ".join(asked.output.split())
    assert answers["text"][1] in asked.output


@pytest.mark.slow
def test_the_package_loads_without_seqsweep(made):
    assert ("sentencepiece==" in (made.model / "requirements.txt").read_text()) == (made.config.data.name == "pairs")
    loaded = package.load(made.model)
    said = printed(made.model, "*model.predict(model.input_example)['text'], sep='\\n'")
    assert said == loaded.ask(loaded.example)["text"].tolist()


@pytest.mark.usefixtures("trains_here")
def test_a_trial_is_reproduced_to_the_bit(made):
    _, client = open_store(made.config.tracking)
    runs = client.search_runs([e.experiment_id for e in client.search_experiments()], "tags.kind = 'trial'")
    again = reproduce(made.config.tracking, runs[0].info.run_id, lambda text: None)
    assert (again.verdict, again.unequal) == ("equal to the bit", 0)
    # What used TensorFlow before in this process has fixed its threads.
    assert {text.split(":")[0] for text in again.changed} <= {"threads"}


REFUSED = {
    "a column less": (lambda frame: frame.rename(columns={"english": "englis"}), "no column 'english'.*rename 'englis"),
    "an empty text": (lambda frame: frame.assign(english=["x", " ", "y"]), "column 'english', row 2: the text is empt"),
    "no text": (lambda frame: frame.assign(english=["x", None, "y"]), "row 2: the text is empty; give one"),
    "an empty true text": (lambda frame: frame.assign(turkish=["", "a", "b"]), "'turkish', row 1: the text is empty"),
    "no row": (lambda frame: frame.iloc[:0], "there is no row; give one or more"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_request_that_cannot_be_used_is_refused_with_its_row(case, translated):
    from mlflow.exceptions import MlflowException

    change, told = REFUSED[case]
    served = package.load(translated.model).served
    with pytest.raises(MlflowException, match=told):
        served.predict(None, change(pairs().iloc[:3].reset_index(drop=True)))
