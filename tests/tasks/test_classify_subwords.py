"""Subwords: what they are learned from, what is refused; and a folder of texts that is read by them, all the way."""

from __future__ import annotations

import json
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from conclusions import Silent
from elsewhere import printed
from points import POINT
from seqsweep import study
from seqsweep.api.jobs import RULES
from seqsweep.cli import main
from seqsweep.config import compose
from seqsweep.errors import ConfigError, DataError
from seqsweep.finals import load_test_predictions
from seqsweep.package.parity import load_parity
from seqsweep.search import load_data
from seqsweep.serving.subwords import Subwords, learned
from seqsweep.serving.texts import Tokenizer, lengths
from seqsweep.tasks.classify.attention import sections
from seqsweep.tasks.classify.evaluation import Evaluation
from seqsweep.tasks.classify.metrics import METRICS
from seqsweep.tasks.results import Heading

TEXTS = ["walking and talking", "walked, talked", "he walks", "she talks; they walk"] * 5
GOOD, BAD = ("great", "lovely", "tasty"), ("awful", "bland", "cold")


def test_subwords_are_the_frequent_parts_of_words_and_the_same_each_time():
    model = learned(TEXTS, 40)
    made = Subwords(model)
    assert model == learned(TEXTS, 40)
    assert any("alk" in piece for piece in made.pieces)
    assert len(made.pieces) <= 40
    assert len(learned(TEXTS, 4000)) > len(model)  # as many as there are to be had
    (numbers,) = made(["walks \u00e7"])
    assert 1 in numbers  # a letter that was not seen
    assert min(numbers) >= 1


def test_a_tokenizer_of_subwords_pads_cuts_and_comes_back_from_json():
    tokenizer = Tokenizer.fit(TEXTS, "subwords", 40, 6)
    numbers = tokenizer(["She Walks", "they walk and talk and walk"])
    assert numbers.shape == (2, 6)
    assert (numbers[0] == 0).sum() == 6 - lengths(["She Walks"], "subwords", tokenizer._subwords)[0]
    assert (numbers[1] > 0).all()
    again = Tokenizer.from_json(json.loads(json.dumps(tokenizer.to_json())))
    assert (again(TEXTS) == tokenizer(TEXTS)).all()
    assert again.vocabulary == tokenizer.vocabulary


def write(folder, rows: int = 60) -> None:
    random = np.random.default_rng(0)
    for row in range(rows):
        label, words = (("good", GOOD), ("bad", BAD))[row % 2]
        (folder / label).mkdir(parents=True, exist_ok=True)
        thing = random.choice(["soup", "room", "film"])
        (folder / label / f"{row}.txt").write_text(f"The {thing}, {row}, was {random.choice(words)}!\n")


def overrides(folder, *more):
    return [
        *("data=folder", f"data.path={folder / 'texts'}", f"tracking.directory={folder / 'mlruns'}"),
        *("search_space.tokens=subwords", "search_space.vocabulary=80", "search_space.longest=20"),
        *("search_space.pooling=attention", "search_space.layer=gru", "search_space.units=8"),
        *("search_space.embedding=8", "search_space.bidirectional=false", "search_space.dropout=0"),
        *("search_space.depth=1", "search_space.learning_rate=0.03", "search_space.batch_size=8"),
        *("tuner.max_trials=1", "trial.epochs=6", "finals.trials=1", "finals.seeds=1", "executor=inline"),
        *("task.baselines=[majority]", "report=none", *more),
    ]


def test_a_vocabulary_that_cannot_hold_the_letters_is_told_before_a_trial(tmp_path):
    write(tmp_path / "texts")
    (config,) = compose("sentiment", overrides(tmp_path, "search_space.vocabulary=[9,80]"), RULES).jobs
    with pytest.raises(DataError, match=r"search_space.vocabulary=9: subwords know each of the \d\d letters"):
        load_data(config, print)
    said = []
    (config,) = compose("sentiment", overrides(tmp_path), RULES).jobs
    load_data(config, said.append)
    assert any("subwords, half of them" in note for note in said)


def test_that_the_library_is_not_there_is_told_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setattr("seqsweep.tasks.classify.task.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"sentencepiece, which is not installed: pip install 'seqsweep\[text\]'"):
        compose("sentiment", ["search_space.tokens=[words,subwords]"], RULES)
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(ImportError, match="not installed: pip install 'sentencepiece"):
        learned(TEXTS, 40)


@pytest.fixture(scope="module")
def swept(tmp_path_factory) -> SimpleNamespace:
    """A sweep of a folder of texts, by subwords, with attention."""
    folder = tmp_path_factory.mktemp("subwords")
    write(folder / "texts")
    (config,) = compose("sentiment", overrides(folder), RULES).jobs
    result = study.run(config, Silent())
    return SimpleNamespace(folder=folder, config=config, outcome=result.outcome, conclusion=result.conclusion)


@pytest.mark.keras
def test_a_folder_of_texts_is_learned_by_subwords_and_packaged(swept):
    model = swept.outcome.folder / "model"
    assert swept.conclusion.audit.passed, swept.conclusion.audit.findings
    assert "the vocabulary has" in swept.conclusion.audit.checked
    assert load_parity(model).passed
    assert "sentencepiece==" in (model / "requirements.txt").read_text()
    assert swept.conclusion.evaluation.scores["accuracy"] > 0.6
    point, data = POINT.replace(tokens="subwords", vocabulary=80, longest=20), load_data(swept.config, print)[1].whole()
    kept = Tokenizer.from_json(json.loads((model / "artifacts" / "spec.json").read_text())["text"])
    assert (kept(["The film was tasty!"]) == data.view(point).tokenizer(["The film was tasty!"])).all()


@pytest.mark.keras
def test_the_page_shows_where_the_network_looks_in_its_surest_texts(swept):
    more = load_test_predictions(swept.outcome.folder).more
    weights, read = more["attention"], more["attention_read"]
    assert weights.shape == read.shape and 1 <= len(weights) <= 9
    assert weights.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert not weights[read == ""].any()
    seen, evaluation = load_test_predictions(swept.outcome.folder), swept.conclusion.evaluation
    heading = Heading("GRU", "label", METRICS["log_loss"], None)
    (section,) = sections(heading, Evaluation.read(evaluation.details), seen)
    page = "".join(section.blocks)
    strongest, share = re.escape(str(read[0][weights[0].argmax()])), f"{weights[0].max():.1%}"
    assert re.search(rf'rgba\(0,114,178,0.75\)[^>]*title="{share}">{strongest}<', page)


@pytest.mark.keras
def test_a_line_of_standard_input_is_a_text(swept):
    directory = ["--directory", str(swept.folder / "mlruns")]
    promoted = CliRunner().invoke(main, ["promote", swept.outcome.fingerprint, *directory], env={"COLUMNS": "200"})
    assert promoted.exit_code == 0, promoted.output
    asked = ["predict", "texts", "-", *directory]
    said = CliRunner().invoke(main, asked, input="The soup was lovely.\nThe soup was awful.\n", env={"COLUMNS": "120"})
    lines = [line.split() for line in said.output.splitlines()]
    labels = [line[0] for line in lines if line and line[0] in ("good", "bad")]
    assert labels == ["good", "bad"]
    refused = CliRunner().invoke(main, asked, input="fine\n\n")
    assert refused.exit_code == 2
    assert "standard input, line 2" in refused.output


@pytest.mark.keras
@pytest.mark.slow
def test_the_package_of_subwords_loads_without_seqsweep(swept):
    asked = "model.predict(pd.DataFrame({'text': ['The soup was lovely.']}))['label'][0]"
    assert printed(swept.outcome.folder / "model", asked) == ["good"]
