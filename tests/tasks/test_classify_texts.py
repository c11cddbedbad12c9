"""Texts: how they are cut into tokens, what is refused, what a network makes of them, how they are served."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from points import POINT
from seqsweep.api.jobs import RULES
from seqsweep.config import compose
from seqsweep.errors import ConfigError, DataError
from seqsweep.evidence import Bin
from seqsweep.search import load_data
from seqsweep.serving.texts import cleaned, lengths
from seqsweep.tasks import make_task
from seqsweep.tasks.classify import requests
from seqsweep.tasks.classify.audit import audit
from seqsweep.tasks.classify.dataset import LabelledItems
from seqsweep.tasks.classify.evaluation import Evaluation, PredictionSet
from seqsweep.tasks.classify.table import read_table
from seqsweep.tasks.classify.task import predictor as predictor_of

PRAISE, BLAME = ("great", "lovely", "tasty"), ("awful", "bland", "cold")


def sentences(rows: int = 80) -> pd.DataFrame:
    """Short sentences, each with a word of praise or of blame."""
    random = np.random.default_rng(0)
    said = [random.choice(PRAISE if row % 2 else BLAME) for row in range(rows)]
    filler = ["the soup", "our room", "that film, again", "it"]
    texts = [f"{random.choice(filler)} {random.integers(0, 99)} was {word}!" for word in said]
    return pd.DataFrame({"text": texts, "mood": ["bad", "good"] * (rows // 2)})


@pytest.fixture
def config(tmp_path, make_config):
    """The config of the study of sentences on these, or on a table of one's own."""

    def config(*overrides, frame=None):
        file = tmp_path / "moods.csv"
        (sentences() if frame is None else frame).to_csv(file, index=False)
        columns = ["data.path=moods.csv", "data.target=mood", "data.features=[text]"]
        made = make_config(*columns, *overrides, study="sentiment")
        made.data.path = str(file)
        return made

    return config


@pytest.fixture
def data(config) -> LabelledItems:
    return LabelledItems.of(config(), read_table(config().data, "words"))


def point(**changes):
    given = {"tokens": "words", "vocabulary": 12, "longest": 6, "embedding": 4, "pooling": "last", "layer": "gru"}
    return POINT.replace(**{**given, **changes})


@pytest.mark.parametrize(
    ("text", "tokens", "expected"),
    [
        ("Crust  is NOT good.", "words", "crust is not good"),
        ("Don't\tgo,it's\u00a0bad!!", "words", "dont go its bad"),
        ("\u0130stanbul\u2019da ya\u011fmur", "words", "istanbulda ya\u011fmur"),
        ("e\u0301te\u0301 snake_case", "words", "\u00e9t\u00e9 snake case"),
        ("Hi,  you!", "letters", "hi, you!"),
        ("!?.", "words", ""),
    ],
)
def test_a_text_is_cleaned_for_its_tokens(text, tokens, expected):
    assert cleaned(text, tokens) == expected


def test_lengths_count_tokens():
    assert lengths(["one, two  three!", "x"], "words").tolist() == [3, 1]
    assert lengths(["a  b", "x"], "letters").tolist() == [3, 1]


@pytest.mark.parametrize(
    ("text", "told"),
    [("", r"moods.csv, line 82, column 'text': the text is empty"), ("?!", r"line 82.*'\?!' holds none of the words")],
)
def test_a_text_without_a_token_is_refused_with_its_line(text, told, config):
    frame = pd.concat([sentences(), pd.DataFrame({"text": [text], "mood": ["good"]})])
    with pytest.raises(DataError, match=told):
        read_table(config(frame=frame).data, "words")


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("search_space.tokens=[numbers,words]", "items are numbers, rows or texts, for all trials alike"),
        ("data.features=[]", "search_space.tokens=words: a text is one column; name it"),
        ("data.features=[a,b]", "a text is one column"),
        ("search_space.steps=4", "search_space.steps"),
    ],
)
def test_what_texts_cannot_have_is_refused_before_anything_is_read(override, told):
    with pytest.raises(ConfigError, match=told):
        compose("sentiment", [override], RULES)


def test_what_is_cut_and_what_is_alike_is_told(config):
    said = []
    load_data(config("search_space.longest=4"), said.append)
    assert any("of the texts have more than the 4 words of search_space.longest" in note for note in said)
    assert any("is that of another one; those that are alike are in one part" in note for note in said)


def test_the_logistic_regression_counts_words(data):
    items = data.parts.test
    assert data.score(data.actual(items), data.baselines(items)["logistic_regression"])["accuracy"] == 1.0


@pytest.mark.keras
class TestKeras:
    """What needs Keras's layers."""

    def test_the_vocabulary_is_the_most_frequent_of_train(self, data):
        view = data.view(point(vocabulary=3))
        words = " ".join(cleaned(text, "words") for text in data.table.texts[data.parts.train]).split()
        counts = {word: words.count(word) for word in words}
        assert len(view.tokenizer.vocabulary) == 3
        assert min(counts[word] for word in view.tokenizer.vocabulary) >= sorted(counts.values())[-3]
        assert view.input_shapes == ((6,),)
        first = view.tokenizer.vocabulary[0]
        assert view.tokenizer([f"{first} unheard {first}"]).tolist() == [[2, 1, 2, 0, 0, 0]]
        assert view.tokenizer(["a b c d e f g h"]).shape == (1, 6)

    def test_letters_are_tokens_too(self, data):
        view = data.view(point(tokens="letters", vocabulary=40, longest=30))
        assert "e" in view.tokenizer.vocabulary
        assert " " in view.tokenizer.vocabulary

    @pytest.mark.parametrize("leaks", [False, True])
    def test_the_audit_sees_a_vocabulary_of_more_than_train(self, leaks, data):
        def tokenized_by(self, train, params):
            return LabelledItems.tokenized_by(self, np.arange(self.rows), params)

        parts = {name: getattr(data, name) for name in ("config", "table", "parts", "classes")}
        known = type("Leaky", (LabelledItems,), {"tokenized_by": tokenized_by})(**parts) if leaks else data
        found = audit(known, point(), lambda view, items: view.inputs[0].numpy(items))
        assert found.passed != leaks
        if leaks:
            assert "the vocabulary is that of more than train" in found.findings
        else:
            assert "the vocabulary has 12 words (was" in found.checked

    @pytest.mark.parametrize("pooling", ["last", "mean", "attention"])
    @pytest.mark.parametrize("layer", ["simple_rnn", "gru", "lstm"])
    def test_what_lies_behind_the_end_of_a_text_changes_nothing(self, pooling, layer, config, data):
        from seqsweep import model
        from seqsweep.layers import kernels_of, to_keras

        params, task = point(layer=layer, pooling=pooling, bidirectional=True), make_task(config())
        short = np.array([[2, 5, 3], [4, 4, 6]], np.int32)
        padded = np.pad(short, [(0, 0), (0, 6)])
        networks = [model.build(task, data.view(point(longest=long)), params, 3) for long in (3, 9)]  # of equal weights
        assert kernels_of(networks[1]) == "fast"
        outputs = networks[1](padded).numpy()
        assert outputs == pytest.approx(networks[0](short).numpy(), abs=1e-6)
        assert outputs.sum(axis=1) == pytest.approx(1)
        assert to_keras(networks[1])(padded).numpy() == pytest.approx(outputs, abs=1e-6)

    def test_the_predictor_reads_texts_as_training_did(self, data):
        view = data.view(point(longest=5))
        sets = (PredictionSet(0.8, 0.5, 0.8, 1.2),)
        found = Evaluation(data.classes, np.eye(2, dtype=int), 2.0, 1, 1, 0, 0, (Bin(0, 1, 1, 1, 1),), sets, ())
        spec = {**requests.make_spec(data, view, found)}
        seen = []

        def network(inputs):
            seen.append(inputs)
            return np.tile(np.array([[0.1, 0.9]], np.float32), (len(inputs), 1))

        predictor = predictor_of()(spec, network)
        items = data.parts.test
        (frame,) = requests.frames(data, items, 0)
        answer = predictor.predict(frame.assign(more=1))
        assert np.array_equal(seen[0], view.inputs[0].numpy(items))
        assert answer["label"].tolist() == ["good"] * len(items)
        assert answer["set_80"].tolist() == ["good"] * len(items)
        assert requests.probabilities([answer], spec)[0] == pytest.approx([0.1, 0.9], abs=1e-6)
        for text, told in [("", "row 2: the text is empty; give one"), ("...", "holds none of the words")]:
            from mlflow.exceptions import MlflowException

            with pytest.raises(MlflowException, match=told):
                predictor.predict(pd.DataFrame({"text": ["fine", text]}))


@pytest.mark.keras
def test_the_mean_of_all_steps_is_the_same_on_fast_kernels_and_on_keras(make_config):
    """Of numbers, which have no masks."""
    from seqsweep import model
    from seqsweep.layers import kernels_of, to_keras
    from seqsweep.serving.gather import Gather

    config = make_config(study="digits")
    random = np.random.default_rng(0)
    view = SimpleNamespace(input_shapes=((7, 3),), inputs=(Gather(random.normal(size=(5, 7, 3)).astype(np.float32)),),
                           tokenizer=None, classes=4)  # fmt: skip
    params = point(tokens="numbers", pooling="mean", units=(6, 5), dropout=(0.0, 0.0))
    outputs = {}
    for kernels in ("fast", "keras"):
        own = replace(config, model=replace(config.model, kernels=kernels))
        network = model.build(make_task(own), view, params, 1)
        assert kernels_of(network) == kernels
        outputs[kernels] = network(view.inputs[0].array).numpy()
        assert to_keras(network)(view.inputs[0].array).numpy() == pytest.approx(outputs[kernels], abs=1e-6)
    assert outputs["fast"] == pytest.approx(outputs["keras"], abs=1e-6)
    last = model.build(make_task(config), view, params.replace(pooling="last"), 1)(view.inputs[0].array).numpy()
    assert np.abs(last - outputs["fast"]).max() > 1e-3
