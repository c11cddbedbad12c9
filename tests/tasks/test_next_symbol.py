"""Texts that go on: symbols, blocks, n-grams, audit, what a network writes, requests."""

from __future__ import annotations

import json
import pickle
from collections import Counter, defaultdict
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from points import POINT
from seqsweep.api.jobs import RULES
from seqsweep.config import compose
from seqsweep.errors import ConfigError, DataError
from seqsweep.package.parity import compare
from seqsweep.search import load_data
from seqsweep.serving.subwords import Subwords, learned
from seqsweep.serving.symbols import Alphabet, split
from seqsweep.serving.writing import SAID, Writer, drawn, judged
from seqsweep.tasks import TestPredictions, make_task
from seqsweep.tasks.next_symbol import requests
from seqsweep.tasks.next_symbol.audit import audit
from seqsweep.tasks.next_symbol.baselines import BASELINES, order
from seqsweep.tasks.next_symbol.completions import complete
from seqsweep.tasks.next_symbol.evaluation import Evaluation, evaluate
from seqsweep.tasks.next_symbol.metrics import METRICS
from seqsweep.tasks.next_symbol.ngram import kneser_ney
from seqsweep.tasks.next_symbol.task import predictor as predictor_of
from seqsweep.words import one_line

LINES = [
    "the cat sat on the mat.",
    "a dog ran to the cat,",
    "the mat was flat; so\tthe dog sat",
    "cats and dogs!\n\nThe end",
]


def text(seed=0, lines=60) -> str:
    random = np.random.default_rng(seed)
    return "\n".join(LINES[k] for k in random.integers(0, len(LINES), lines)) + "\n"


@pytest.fixture
def load(tmp_path, make_config):
    """The data of the study of texts: of these texts, a file each, or of one."""

    def load(*overrides, texts=None, said=None):
        folder = tmp_path / "texts"
        folder.mkdir(exist_ok=True)
        for number, content in enumerate(texts or [text()]):
            (folder / f"{number}.txt").write_text(content, encoding="utf-8")
        config = make_config("search_space.window=6", study="text")
        for override in ["task.block=8", "task.ngram_context=4", *overrides]:  # to compose each anew takes its time
            key, _, value = override.partition("=")
            group, _, name = key.partition(".")
            (config.search_space.__setitem__ if group == "search_space" else partial(setattr, getattr(config, group)))(
                name, yaml.safe_load(value)
            )
        config.data.path = str(folder if texts else folder / "0.txt")
        return load_data(config, (said if said is not None else []).append)[1]

    return load


def point(**changes):
    given = {"window": 6, "embedding": None, "layer": "gru", "units": (8,), "dropout": (0.0,)}
    return POINT.replace(**{**given, **changes})


# Symbols


@pytest.fixture(scope="module")
def subwords():
    """Of the made up texts."""
    return Subwords(learned([line for line in text().split("\n") if "\t" not in line], 60, exact=True))


KINDS = ("letters", "words", "subwords")


def parts_of(said, kind, subwords):
    return list(split(said, kind, subwords if kind == "subwords" else None))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("said", [text(), "", " a  b", "x\n\n  y \n", "İstanbul'da 3,5 \u00a0 ça va?", "\t\t"])
def test_the_symbols_of_a_text_joined_are_the_text(said, kind, subwords):
    assert "".join(parts_of(said, kind, subwords)) == said


def test_words_carry_the_blank_before_them():
    assert list(split("the cat,  sat\n\non", "words")) == ["the", " cat", ",", "  ", "sat", "\n\n", "on"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_cut_between_two_symbols_has_the_same_symbols(kind, subwords):
    symbols = parts_of(text(3, 8) + "  x\n  \n     y the   \tthe cats", kind, subwords)
    for cut in range(len(symbols)):
        first, rest = "".join(symbols[:cut]), "".join(symbols[cut:])
        assert [*parts_of(first, kind, subwords), *parts_of(rest, kind, subwords)] == symbols


def test_an_alphabet_of_subwords_travels_and_reads_the_sign_of_a_blank_as_one(subwords):
    alphabet = Alphabet("subwords", True, ["the", " c", "at", "\n"], subwords)
    back = Alphabet.from_json(json.loads(json.dumps(alphabet.to_json())))
    assert back.to_json() == alphabet.to_json()
    assert "".join(back.split("THE\u2581CAT\n")) == "the cat\n"
    assert back.text(back.numbers("THE\n")) == "the\n"
    assert pickle.loads(pickle.dumps(subwords)).model == subwords.model


def test_subwords_are_learned_from_train_alone_and_their_symbols_are_the_text(load):
    data = load("task.tokens=subwords", "task.vocabulary=60")
    (end,), ((_, last),) = data.learned_from, data.blocks.stretches(data.parts.train)
    assert 0 < end <= int(data.ends[last]) < len(text())
    assert data.passage(data.blocks.items[0], data.blocks.end(int(data.blocks.items[-1]))) == text()
    assert data.rows < 0.7 * len(text())
    assert any(len(symbol) > 2 for symbol in data.alphabet.vocabulary)
    texts = [text(k, 9) for k in range(9)]
    shared = load("task.tokens=subwords", "task.vocabulary=60", "windows.split=shuffled", texts=texts)
    train = shared.blocks.stretches(shared.parts.train)
    ends = {shared.blocks.document_at(start): int(shared.ends[end] - shared.ends[start]) for start, end in train}
    assert {document: end for document, end in enumerate(shared.learned_from) if end} == ends


def test_a_vocabulary_that_cannot_hold_the_letters_of_train_is_refused(load):
    with pytest.raises(DataError, match=r"task.vocabulary=9: subwords know each of the \d\d letters of train"):
        load("task.tokens=subwords", "task.vocabulary=9")


def test_subwords_without_their_library_are_refused_before_anything_is_read(monkeypatch):
    monkeypatch.setattr("seqsweep.tasks.next_symbol.task.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"task.tokens=subwords: .* pip install 'seqsweep\[text\]'"):
        compose("text", ["task.tokens=subwords"], RULES)


def test_the_audit_finds_subwords_that_were_learned_from_more_than_train(load):
    data = load("task.tokens=subwords", "task.vocabulary=60")
    leaky = replace(data, learned_from=(len(text()),))
    assert "the alphabet is that of more than train" in audit(leaky, point(), counting).findings


def test_an_alphabet_numbers_what_it_knows_and_takes_all_else_for_one():
    alphabet = Alphabet.from_json(json.loads(json.dumps(Alphabet("letters", True, ["a", "b"]).to_json())))
    assert alphabet.numbers("aBx").tolist() == [2, 3, 1]
    assert alphabet.text([2, 3, 1, 0]) == "ab\ufffd"
    assert alphabet.classes == 3


# What a trial sees


def test_an_item_reads_all_before_each_of_its_symbols_and_nothing_behind_it(load):
    data = load()
    view, item = data.view(point()), data.parts.validation[:1]
    (inputs,), (targets,) = view.inputs[0].numpy(item), view.targets.numpy(item)
    place = int(item[0])
    assert inputs.tolist() == data.numbers[place - 6 : place + 7].tolist()
    assert targets.tolist() == data.numbers[place : place + 8].tolist()
    assert data.passage(place, place + 8) == text()[place - int(data.blocks.begins[0]) :][:8]


def test_no_window_and_no_block_reaches_into_another_text(load):
    data = load(texts=["abcdefghijk", "lmnopqrst", "uvwxyz" * 3])
    view = data.view(point())
    first = data.blocks.items[data.blocks.document == 1]
    assert view.inputs[0].numpy(first)[0].tolist()[:6] == [0] * 6
    last = data.blocks.items[data.blocks.document == 0][-1:]
    assert (view.targets.numpy(last)[0] > 0).sum() == 3
    assert data.passage(int(last[0]), data.blocks.end(int(last[0]))) == "ijk"


def test_trials_with_any_context_are_scored_on_the_same_symbols(load):
    data = load("search_space.window=[2,6]")
    items = data.parts.test
    wide, narrow = data.view(point(window=6)), data.view(point(window=2))
    assert np.array_equal(wide.targets.numpy(items), narrow.targets.numpy(items))
    assert wide.input_shapes == ((13,),)
    assert narrow.input_shapes == ((9,),)


def test_the_parts_of_a_text_follow_each_other_and_those_of_folds_too(load):
    data = load()
    for fold in (0, 1, 2):
        parts = data.split(fold)
        assert parts.train.max() < parts.validation.min()
    assert data.parts.validation.max() < data.parts.test.min()
    assert len(data.split(1).test) == 0


def test_whole_documents_are_parted_at_random_where_that_is_asked_for(load):
    data = load(
        "windows.split=shuffled", "windows.validation=0.2", "windows.test=0.2", texts=[text(k, 5) for k in range(10)]
    )
    documents = {
        name: set(data.blocks.document[np.isin(data.blocks.items, part)]) for name, part in data.parts._asdict().items()
    }
    assert sum(map(len, documents.values())) == 10
    assert len(documents["test"]) == 2


def test_the_alphabet_is_the_most_frequent_symbols_of_train_alone(load):
    said = []
    data = load("task.vocabulary=5", texts=["aaab" * 30 + "zz" * 12], said=said)
    assert data.alphabet.vocabulary == ("a", "b")
    assert data.unknown(data.parts.test) == 1
    assert any("100% of the letters of test are not known" in note for note in said)
    counts = Counter(text()[: len(data.blocks.places(data.parts.train))])
    known = load("task.vocabulary=3").alphabet.vocabulary
    assert set(known) <= {symbol for symbol, _ in counts.most_common(4)}


def test_case_is_folded_where_that_is_asked_for(load):
    assert "T" in load("task.vocabulary=100").alphabet.vocabulary
    assert "T" not in load("task.fold=true").alphabet.vocabulary


def test_what_train_holds_too_is_told(load):
    said = []
    data = load(texts=["artificial"] * 3, said=said)
    assert len(data.repeated["test"]) == len(data.parts.test)
    data = load("windows.validation=0.33", "windows.test=0.33", "task.block=16", texts=["artificial"] * 3, said=said)
    assert "train holds the whole text of test too: what is asked is whether a network knows it by heart" in said
    assert ("test", "10", "1", "0%", "1") in data.facts().tables[1].rows


def test_a_worker_gets_the_same_data(load):
    data = load()
    copy = pickle.loads(pickle.dumps(data))
    assert np.array_equal(copy.actual(data.parts.test), data.actual(data.parts.test))


def test_targets_of_a_constant_lose_their_entropy_and_nothing_behind_an_end(load):
    task = make_task(load().config)
    assert task.constant_loss(np.array([[2, 3, 3, 3], [0, 0, 0, 0]])) == pytest.approx(0.5623, abs=1e-4)


# Baselines


def slow_kneser_ney(train, wanted, classes, longest, discount):
    """The textbook's recursion over dictionaries; `train` and `wanted`: pairs of a context and a symbol."""
    raw, followed = defaultdict(Counter), defaultdict(lambda: defaultdict(set))
    for context, symbol in train:
        raw[context][symbol] += 1
        for length in range(longest):
            rest = context[len(context) - length :]
            followed[rest][symbol].add(context[len(context) - length - 1])

    def probability(context, symbol, is_highest):
        counts = raw[context] if is_highest else {s: len(b) for s, b in followed[context].items()}
        lower = probability(context[1:], symbol, False) if context else 1 / classes
        total = sum(counts.values())
        if not total:
            return lower
        left = discount * len(counts) / total
        return max(counts.get(symbol, 0) - discount, 0) / total + left * lower

    return [probability(context, symbol, True) for context, symbol in wanted]


@pytest.mark.parametrize("longest", [1, 2, 3])
def test_the_ngram_agrees_with_the_recursion_of_the_textbook(longest, monkeypatch):
    monkeypatch.setattr("seqsweep.tasks.next_symbol.ngram._discounts", lambda _: np.array([0, 0.5, 0.5, 0.5]))
    random = np.random.default_rng(1)
    numbers = np.concatenate([np.zeros(longest + 1, int), random.integers(1, 5, 200), np.zeros(4, int)]).astype(
        np.int32
    )
    train, wanted = np.arange(longest + 1, 150), np.arange(150, 200)

    def pairs(places):
        return [(tuple(numbers[p - longest : p]), numbers[p]) for p in places]

    *_, said = kneser_ney(numbers, train, wanted, 5, longest)
    assert said.probability == pytest.approx(slow_kneser_ney(pairs(train), pairs(wanted), 5, longest, 0.5))
    for place, best, highest in zip(wanted, said.best, said.best_probability, strict=True):
        context = tuple(numbers[place - longest : place])
        every = slow_kneser_ney(pairs(train), [(context, symbol) for symbol in range(1, 6)], 5, longest, 0.5)
        assert sum(every) == pytest.approx(1)
        assert highest == pytest.approx(max(every))
        assert every[best] == pytest.approx(highest)


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_learns_from_train_alone(name, load):
    data = load()
    items = data.parts.test
    said = BASELINES[name](data.known, items)
    numbers = data.numbers.copy()
    numbers[data.blocks.places(items)[-1:]] = 2
    changed = BASELINES[name](replace(data.known, numbers=numbers), items)
    assert np.array_equal(said[:-1], changed[:-1])
    assert said["nll"].min() >= 0
    assert (said["best"] <= said["nll"] + 1e-12).all()


def test_the_ngram_chooses_its_order_on_validation_and_beats_the_most_frequent_symbol(load):
    data = load()
    scores = {
        name: data.score(data.actual(data.parts.test), said) for name, said in data.baselines(data.parts.test).items()
    }
    assert scores["ngram"]["bits_per_symbol"] < scores["most_frequent"]["bits_per_symbol"] - 1
    assert data.notes_on_baselines() == {"ngram_context": str(order(data.known))}
    validation = data.parts.validation
    made = [data.known.said(validation, each) for each in data.known.counted(validation, 4)]
    bits = [METRICS["bits_per_symbol"](data.actual(validation), said) for said in made]
    assert int(np.argmin(bits)) == order(data.known)


# Metrics, comparisons


def said_of(numbers, probabilities):
    """(n, block) of what a network says that gives each class of each place a probability."""
    return judged(np.log(np.asarray(probabilities, np.float32)), np.asarray(numbers, np.int32))


def test_bits_perplexity_and_accuracy_are_means_over_the_symbols_that_there_are():
    numbers = [[1, 2], [3, 0]]
    probabilities = [[[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]], [[0.25, 0.25, 0.5], [0.9, 0.05, 0.05]]]
    said, actual = said_of(numbers, probabilities), np.zeros((2, 2), SAID)
    actual["symbol"] = numbers
    assert METRICS["bits_per_symbol"](actual, said) == pytest.approx((1 + 2 + 1) / 3)
    assert METRICS["perplexity"](actual, said) == pytest.approx(2 ** (4 / 3))
    assert METRICS["accuracy"](actual, said) == pytest.approx(2 / 3)
    said["nll"][0, 0] = np.nan
    assert METRICS["bits_per_symbol"](actual, said) == np.inf
    assert METRICS["accuracy"](actual, said) == 0


@pytest.mark.parametrize("objective", ["bits_per_symbol", "perplexity", "accuracy"])
def test_predictions_are_compared_over_stretches_of_neighbours(objective, load):
    data = load(f"task.objective={objective}", texts=[text(0, 300)])
    made, actual = data.baselines(data.parts.test), data.actual(data.parts.test)
    found = make_task(data.config).compare(actual, made["ngram"], made["most_frequent"], 0.95)
    assert found.test == "paired bootstrap"
    assert found.difference.high < 0
    own, other = (METRICS[objective](actual, made[name]) for name in ("ngram", "most_frequent"))
    assert abs(found.difference.mean) == pytest.approx(abs(own - other))


# Leaks


def counting(view, items):
    """A predictor that reads what stands before each symbol and nothing else."""
    inputs, targets = view.inputs[0].numpy(items), view.targets.numpy(items)
    weights = np.random.default_rng(0).normal(size=(int(view.numbers.max()) + 2, view.classes)).astype(np.float32)
    sums = np.cumsum(weights[inputs], axis=1)[:, -view.block :]
    return judged(sums, targets)


def seeing_ahead(view, items):
    said = counting(view, items).copy()
    said["symbol"] += view.targets.numpy(items)[:, ::-1]
    return said


def reading_all(view, items):
    said = counting(view, items).copy()
    said["nll"] += view.numbers.sum()
    return said


@pytest.mark.parametrize("symbols", KINDS)
def test_the_audit_passes_what_reads_the_past_alone(symbols, load):
    data = load(f"task.tokens={symbols}")
    found = audit(data, point(), counting)
    assert found.passed, found.findings
    assert "train holds the text of" in found.checked


@pytest.mark.parametrize(
    ("predict", "told"),
    [(seeing_ahead, "moves what was said before it"), (reading_all, "what the network says of train moved")],
)
def test_the_audit_finds_what_reads_ahead(predict, told, load):
    found = audit(load(), point(), predict)
    assert not found.passed
    assert told in "; ".join(found.findings)


def test_the_audit_finds_an_alphabet_of_more_than_train(load):
    data = load("task.vocabulary=100")
    leaky = type("Leaky", (type(data),), {"with_symbols": lambda self, read: replace(
        self, alphabet=Alphabet("letters", False, sorted(read.symbols)))})  # fmt: skip
    fields = {name: getattr(data, name) for name in data.__dataclass_fields__}
    found = audit(leaky(**fields), point(), counting)
    assert "the alphabet is that of more than train" in found.findings


# Refused


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("data.features=[]", r"data.features=\[\]: texts are one column; name it"),
        ("search_space.bidirectional=[false,true]", "it would read what it is to predict"),
        ("task.tokens=syllables", "must be one of letters, words, subwords"),
        ("task.block=0", "task.block=0: must be a whole number"),
        ("windows.split=dates", "there is no way to split"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_read(override, told):
    with pytest.raises(ConfigError, match=told):
        compose("text", [override], RULES)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the file is empty; give one with text"),
        (b" \n ", "the file holds nothing but blanks"),
        (b"caf\xe9 au lait " * 20, "is not utf-8; try data.encoding=cp1252"),
        (b"x", "1 symbol, 1 block of 8, and three parts need a block each; give more text"),
        (b"short text", "2 blocks of 8, and three parts"),
    ],
)
def test_a_text_that_cannot_be_used_is_refused(content, told, load, tmp_path):
    data = load()
    (tmp_path / "texts" / "0.txt").write_bytes(content)
    with pytest.raises(DataError, match=told):
        load_data(data.config, print)


# A network, made up


class Parrot:
    """A network that says with much confidence that the symbol of some places before comes again.

    Args:
        back: so many places.
        classes: that there are.
    """

    def __init__(self, back, window, block, classes):
        self.back, self.window, self.block, self.classes = back, window, block, classes

    def __call__(self, *inputs):
        numbers = np.asarray(inputs[0][0] if isinstance(inputs[0], list) else inputs[0])
        logits = np.zeros((len(numbers), self.block, self.classes), np.float32)
        for place in range(self.block):
            before = numbers[:, self.window + place - self.back]
            logits[np.arange(len(numbers)), place, np.maximum(before - 1, 0)] = np.where(before > 1, 5, 0)
        return logits


def parrot(data, back=3):
    view = data.view(point())
    return view, Parrot(back, view.window, view.block, view.classes)


def test_a_writer_goes_on_as_it_was_scored_whatever_the_length(load):
    data = load()
    view, network = parrot(data)
    writer = Writer(network, view.window, view.block, view.classes)
    known = data.alphabet.numbers("the cat sat on the mat"[:20])
    judgement = writer.judge(known[:0], known)
    for cut in range(1, len(known)):
        chances = writer.next([known[:cut]])[0]
        assert np.exp(chances).sum() == pytest.approx(1)
        assert -chances[known[cut] - 1] == pytest.approx(judgement["nll"][cut], abs=1e-5)
    assert data.alphabet.text(writer.write([data.alphabet.numbers("the")], [7], [0.0], [0])[0]) == "thethet"


def test_at_temperature_1_symbols_are_drawn_by_their_probability_and_less_so_below():
    random, chances = np.random.default_rng(0), np.log([0.1, 0.2, 0.7])
    drawn_at = {heat: Counter(drawn(chances, heat, random) for _ in range(2000)) for heat in (0.0, 0.5, 1.0)}
    assert drawn_at[0.0] == {2: 2000}
    assert drawn_at[1.0][2] / 2000 == pytest.approx(0.7, abs=0.04)
    assert drawn_at[0.5][2] / 2000 == pytest.approx(0.49 / 0.54, abs=0.03)


def seen_of(data):
    view, network = parrot(data)
    said = {
        part: view.inverse_transform(items, network(view.inputs[0].numpy(items)))
        for part, items in data.parts._asdict().items()
    }
    return TestPredictions(
        data.parts.validation, data.actual(data.parts.validation), said["validation"],
        data.parts.test, data.actual(data.parts.test), said["test"], None,
    )  # fmt: skip


def test_an_evaluation_finds_what_cost_most_and_survives_json(load):
    data = load()
    view, network = parrot(data)
    details = {**evaluate(data, seen_of(data)), **complete(data, view, network)}
    found = Evaluation.read(json.loads(json.dumps(details)))
    bits = [surprise.bits for surprise in found.surprises]
    assert bits == sorted(bits, reverse=True)
    assert sum(cost.share for cost in found.costs) <= 1 + 1e-9
    assert found.symbols == len(data.blocks.places(data.parts.test))
    assert len(found.completions) == 3
    assert all(len(entry.written) == 3 for entry in found.completions)
    where = text().index(f"{found.completions[0].prompt}{found.completions[0].actual}")
    assert where >= 0


def test_short_texts_are_completed_from_each_of_their_beginnings(load):
    data = load("windows.validation=0.33", "windows.test=0.33", "task.block=16", texts=["artificial"] * 3)
    view, network = parrot(data)
    made = complete(data, view, network)["completions"]
    assert [entry["prompt"] for entry in made] == ["artificial"[:cut] for cut in range(1, 10)]
    assert [entry["actual"] for entry in made] == ["artificial"[cut:] for cut in range(1, 10)]


def test_what_is_shown_tells_blanks_and_ends_of_lines():
    assert [one_line(said) for said in ("the\n", " a", "  ", "x ")] == ["the⏎", "␣a", "␣␣", "x␣"]


# Served


def test_parity_bears_a_tie_that_rounding_decides_and_nothing_else():
    own = np.zeros((250, 64), SAID)
    own["nll"] = own["best"] = 1.0
    served = own.copy()
    served["symbol"][0, 0] += 1
    assert compare(served, own).passed
    served["symbol"][0, :3] += 1
    assert not compare(served, own).passed
    served = own.copy()
    served["nll"][7, 7] += 1e-4
    assert not compare(served, own).passed


@pytest.mark.keras
class TestServed:
    @pytest.fixture
    def served(self, load):
        data = load()
        view, network = parrot(data)
        spec = json.loads(json.dumps(requests.make_spec(data, view)))
        return SimpleNamespace(
            data=data, view=view, network=network, spec=spec, predictor=predictor_of()(spec, network)
        )

    def test_the_answers_to_requests_are_what_was_scored(self, served):
        data, items = served.data, served.data.parts.test
        frames = list(requests.frames(data, served.spec, items))
        found = requests.said([served.predictor.predict(frame) for frame in frames], served.spec)
        own = served.view.inverse_transform(items, served.network(served.view.inputs[0].numpy(items)))
        stands = own["symbol"] > 0
        assert np.array_equal(found["symbol"], own["symbol"])
        assert found["nll"] == pytest.approx(own["nll"], abs=1e-6)
        assert stands.sum() == len(data.blocks.places(items))

    def test_a_text_is_answered_with_what_comes_next_and_how_it_goes_on(self, served):
        answer = served.predictor.predict(pd.DataFrame({"text": ["the", "cat"], "length": [4, 0]}))
        assert answer["next"].tolist() == ["t", "c"]
        assert answer["completion"].tolist() == ["thet", ""]
        assert "log_probabilities" not in answer
        whole = served.predictor.predict(pd.DataFrame({"text": ["the"]}))
        assert len(whole["completion"][0]) == requests.LENGTH
        warm = pd.DataFrame({"text": ["the"] * 3, "temperature": 3.0, "seed": [1, 1, 2]})
        first, same, other = served.predictor.predict(warm)["completion"]
        assert first == same != other

    @pytest.mark.parametrize(
        ("frame", "told"),
        [
            ({"words": ["a"]}, "there is no column 'text', which holds the texts: the columns are words"),
            ({"text": []}, "there is no row; give one or more"),
            ({"text": ["a", None]}, "column 'text', row 2: the text is missing; give one"),
            ({"text": ["a"], "length": [-1]}, "column 'length', row 1: -1 must be a whole number, 0 to 10,000"),
            ({"text": ["a"], "temperature": ["hot"]}, "column 'temperature', row 1: hot must be a number"),
        ],
    )
    def test_a_request_that_cannot_be_answered_says_why(self, frame, told, served):
        from mlflow.exceptions import MlflowException

        with pytest.raises(MlflowException, match=told):
            served.predictor.predict(pd.DataFrame(frame))

    @pytest.mark.parametrize("embedding", [None, 4])
    def test_a_network_says_nothing_by_what_comes_later_and_loses_nothing_behind_an_end(self, embedding, served):
        from seqsweep import model
        from seqsweep.layers import kernels_of, to_keras

        task, params = make_task(served.data.config), point(embedding=embedding)
        network = model.build(task, served.view, params, 3)
        assert kernels_of(network) == "fast"
        inputs = served.view.inputs[0].numpy(served.data.parts.test[:4])
        logits = network(inputs).numpy()
        changed = inputs.copy()
        changed[:, -3:] = 2
        assert np.array_equal(network(changed).numpy()[:, :-3], logits[:, :-3])
        assert to_keras(network)(inputs).numpy() == pytest.approx(logits, abs=1e-5)
        targets = served.view.targets.numpy(served.data.parts.test[:4])
        targets[2:, 4:] = 0
        bits = judged(logits, targets)["nll"][targets > 0].mean()
        assert float(np.mean(task.loss(targets, logits))) == pytest.approx(bits, rel=1e-5)
