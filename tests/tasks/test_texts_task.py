"""Tasks that say texts, without a trained network: reading, what a trial sees, metrics, baselines, audit, requests."""

from __future__ import annotations

import dataclasses
import json
import pickle
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from texts import pairs, squares

from points import POINT
from seqsweep.errors import DataError
from seqsweep.search_space import Space
from seqsweep.serving.pieces import END, FIRST, START, Pieces
from seqsweep.tasks import TASKS, TestPredictions, make_task
from seqsweep.tasks.decoding import requests
from seqsweep.tasks.decoding.audit import audit
from seqsweep.tasks.decoding.dataset import PairedItems
from seqsweep.tasks.decoding.evaluation import Evaluation, compare, evaluate
from seqsweep.tasks.decoding.metrics import ALL, bleu_of, bleu_statistics, distance
from seqsweep.tasks.decoding.predictions import texts
from seqsweep.tasks.results import Heading
from seqsweep.tasks.translate.baselines import BASELINES as MEMORIES

pytestmark = pytest.mark.filterwarnings("error")

TRANSLATE = ("data=csv", "data.features=[english]", "data.target=turkish", "data.path=x.csv")
CAPTION = ("data=csv", "data.target=caption", "data.path=x.csv")

PARAMS = POINT.replace(
    source_tokens="letters", target_tokens="letters", source_longest=None, target_longest=None, source_vocabulary=100,
    target_vocabulary=100, embedding=8, attention="dot", beam=1, encoder=8,
)  # fmt: skip


@pytest.fixture
def load(tmp_path, make_config):
    """A task, its data and what was said of them: of a table, with overrides of the study `dates`."""

    def load(frame, *overrides):
        file = tmp_path / "x.csv"
        frame.to_csv(file, index=False)
        given, study = (CAPTION, "caption") if "caption" in frame else (TRANSLATE, "dates")
        config = make_config(*given, *overrides, study=study)
        config.data.path = str(file)
        task, notes = make_task(config), []
        assert not task.faults()
        data = task.load(Space(config), notes.append)
        return SimpleNamespace(task=task, data=data, notes=notes, file=file)

    return load


@pytest.fixture
def translated(load) -> PairedItems:
    return load(pairs()).data


@pytest.fixture
def captioned(load) -> PairedItems:
    return load(squares()).data


# Reading and parts


def test_a_pair_keeps_its_capitals_and_marks_and_one_source_stays_in_one_part(load):
    frame = pairs()
    twice = frame.assign(turkish=frame["turkish"].str.upper())
    found = load(pd.concat([frame, twice], ignore_index=True))
    table, parts = found.data.table, found.data.parts
    assert table.targets[0] == "al bir araba."
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert not np.intersect1d(table.alike[parts[one]], table.alike[parts[other]]).size
    assert any("the text of 60 items is that of another one" in note for note in found.notes)
    assert len(parts.train) + len(parts.validation) + len(parts.test) == 120


def test_texts_that_are_not_clean_are_read_cleaned_and_said_so(load):
    frame = pairs()
    frame.loc[3, "turkish"] = "  iki   boşluk\t."
    found = load(frame)
    assert found.data.table.targets[3] == "iki boşluk ."
    assert any(note.startswith("1 text read and scored cleaned: blanks folded") for note in found.notes)


def test_what_is_longer_than_a_limit_and_what_cannot_be_said_are_told_with_their_share(load):
    frame = pairs()
    found = load(frame, *("search_space.source_longest=10", "search_space.target_tokens=words"))
    said = " ".join(found.notes)
    longer = sum(len(text) > 10 for text in frame["english"])
    assert f"{longer} texts of 60 in english" in said
    assert ": longer than 10 letters, search_space.source_longest, and cut there; the longest has 14" in said
    frame["turkish"] += [f" {k}" for k in range(len(frame))]
    said = " ".join(load(frame, *("search_space.target_tokens=words",)).notes)
    assert "18 texts of 18 in turkish outside train (100%) cannot be said: one of their words is not among the" in said


FAULTS = {
    "an empty text": (lambda f: f.assign(turkish=f["turkish"].where(f.index != 4, " ")),
                      r"line 6, column 'turkish': the text is empty; give one, or take the row out"),
    "one text alone": (lambda f: f.assign(turkish="ev"), "all 60 rows have the text 'ev'; there is nothing to learn"),
    "one pair": (lambda f: f.iloc[:1], "all 1 rows have the text|too few for the parts"),
    "two pairs": (lambda f: f.iloc[:2], "too few for the parts"),
    "another column": (lambda f: f.rename(columns={"turkish": "turkce"}), "did you mean 'turkce'"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_a_table_that_cannot_be_used_is_refused_with_what_mends_it(case, load):
    change, told = FAULTS[case]
    with pytest.raises(DataError, match=told):
        load(change(pairs()))


def test_what_both_sides_are_must_be_said_once(make_config):
    def faults(*overrides):
        return [fault.text for fault in make_task(make_config(*overrides, study="dates")).faults()]

    assert "data.features=[]: a text is one column; name it" in faults("data.features=[]")[0]
    assert "data.target=null: name the column of texts to say" in faults("data.target=null")[0]
    assert "task.baselines" in faults("task.baselines=[majority]")[0]
    assert "nothing can be ranked by this metric" in faults("task.objective=bleu")[0]


# What a trial sees


SUBWORDS = ("search_space.source_tokens=subwords", "search_space.target_tokens=subwords")


@pytest.mark.keras
def test_subwords_are_those_of_train_and_texts_come_back_from_them_and_from_json(load):
    found = load(pairs(), *SUBWORDS, "search_space.source_vocabulary=60", "search_space.target_vocabulary=60").data
    params = PARAMS.replace(
        source_tokens="subwords", target_tokens="subwords", source_vocabulary=60, target_vocabulary=60
    )
    view = found.view(params)
    spec = json.loads(json.dumps(requests.make_spec(found, view, 1)))
    for side, known, texts_of in (
        ("source", view.source, found.table.texts),
        ("said", view.target, found.table.targets),
    ):
        told = [str(text) for text in texts_of]
        numbers = Pieces.from_json(spec[side]).targets(told)
        assert (numbers == known.targets(told)).all()
        assert known.written(numbers) == told
        assert numbers.shape[1] < max(map(len, told)) and known.vocabulary == tuple(known.subwords.pieces)
    assert audit(found, params, lambda view, items: found.actual(items)).passed
    strange = view.source.read(["Ω car"])
    assert (strange == 1).sum() == 1 and "Ω" not in "".join(view.source.vocabulary)


def test_subwords_need_their_library_and_room_for_each_letter(load, monkeypatch):
    with pytest.raises(DataError, match=r"target_vocabulary=5: subwords know each of the \d\d letters of train"):
        load(pairs(), SUBWORDS[1], "search_space.target_vocabulary=5")
    task = load(pairs(), SUBWORDS[0]).task
    monkeypatch.setattr("seqsweep.tasks.decoding.task.find_spec", lambda name: None)
    (fault,) = task.space_faults(Space(task.config))
    assert fault.text.startswith("search_space.source_tokens=subwords: subwords are made by")


@pytest.mark.keras
def test_a_view_has_what_is_read_what_was_said_before_each_step_and_what_is_said(translated):
    view = translated.view(PARAMS)
    read, before = (gather.numpy(np.array([0])) for gather in view.inputs)
    said = view.targets.numpy(np.array([0]))
    assert view.source.written(read) == ["A red car."]
    assert view.target.written(said) == ["al bir araba."]
    assert said[0, 13] == END
    assert before[0, 0] == START
    assert before[0, 1:14].tolist() == said[0, :13].tolist()
    assert view.input_shapes == ((view.source.longest,), (view.target.longest + 1,))


@pytest.mark.keras
def test_vocabularies_lengths_and_scale_are_those_of_train_alone(translated, captioned):
    view = translated.view(PARAMS)
    train = translated.table.targets[translated.parts.train]
    assert set(view.target.vocabulary) == {letter.replace(" ", "▁") for text in train for letter in text}
    assert view.target.longest == max(len(text) for text in train)
    seen = captioned.view(PARAMS)
    values = captioned.table.values[captioned.parts.train]
    assert seen.transform.offset == pytest.approx(values.min(axis=0))
    assert seen.inputs[0].array.shape == (120, 9)


@pytest.mark.keras
def test_a_worker_gets_the_same_data(translated):
    copy = pickle.loads(pickle.dumps(translated))
    assert np.array_equal(copy.view(PARAMS).targets.array, translated.view(PARAMS).targets.array)
    assert copy.table.targets.tolist() == translated.table.targets.tolist()


def certain(targets, size):
    """Outputs of a network that gives each true piece nine tenths."""
    outputs = np.full((*targets.shape, size), 0.1 / (size - 1), np.float32)
    np.put_along_axis(outputs, targets[..., None], 0.9, axis=2)
    return outputs


@pytest.mark.keras
def test_teacher_forced_outputs_say_what_is_right_and_what_the_truth_costs(translated):
    view, items = translated.view(PARAMS), np.arange(4)
    outputs = certain(view.targets.numpy(items), view.target.size)
    outputs[2, 5] = 0
    outputs[2, 5, FIRST] = 1.0
    said = view.inverse_transform(items, outputs)
    actual = translated.actual(items)
    assert (said["text"] == actual["text"]).tolist() == [True, True, False, True]
    assert said["count"].tolist() == [len(text) + 1 for text in translated.table.targets[:4]]
    assert said["nll"][0] == pytest.approx(-np.log(0.9) * said["count"][0], rel=1e-5)


@pytest.mark.keras
def test_the_loss_is_nats_a_piece_and_behind_an_end_there_is_none(translated):
    from seqsweep.tasks.decoding.network import loss

    view, items = translated.view(PARAMS), np.arange(6)
    targets = view.targets.numpy(items)
    assert float(loss(targets, certain(targets, view.target.size))) == pytest.approx(-np.log(0.9), rel=1e-5)
    said = view.inverse_transform(items, certain(targets, view.target.size))
    assert ALL["log_loss"](translated.actual(items), said) == pytest.approx(-np.log(0.9), rel=1e-5)


def test_constant_outputs_lose_the_entropy_of_the_pieces(load):
    task = load(pairs()).task
    assert task.constant_loss(np.array([[4, 5, 3, 0], [4, 4, 4, 3]])) == pytest.approx(0.9557, abs=1e-4)


# Metrics

TRUE = ["three", "The cat sat on the mat.", "Ağaç", "four"]
SAID = ["thre", "The cat sat on a mat.", "ağaç", "four"]


def test_metrics_of_texts_agree_with_other_ways_to_them():
    from sacrebleu import corpus_bleu, corpus_chrf

    actual, said = texts(TRUE, 0.0), texts(SAID, [1.0, 2.0, 3.0, 0.5], [6, 24, 5, 5])
    assert ALL["exact_match"](actual, said) == 0.25
    assert ALL["log_loss"](actual, said) == pytest.approx(6.5 / 40)
    assert ALL["symbol_error_rate"](actual, said) == pytest.approx((1 + 3 + 1) / 36)
    assert ALL["bleu"](actual, said) == pytest.approx(corpus_bleu(SAID, [TRUE]).score)
    assert ALL["chrf"](actual, said) == pytest.approx(corpus_chrf(SAID, [TRUE]).score)
    for metric in ALL.values():
        assert metric(actual, texts(TRUE, 0.0, 1)) == metric.best
    assert np.isnan(ALL["log_loss"](actual, texts(SAID)))


def test_a_distance_is_the_shortest_way_by_single_changes():
    @cache
    def slow(one: str, other: str) -> int:
        if not one or not other:
            return len(one) + len(other)
        change = slow(one[1:], other[1:]) + (one[0] != other[0])
        return min(slow(one[1:], other) + 1, slow(one, other[1:]) + 1, change)

    random = np.random.default_rng(0)
    for _ in range(60):
        one, other = ("".join(random.choice(list("abc"), random.integers(0, 7))) for _ in range(2))
        assert distance(one, other) == slow(one, other)


def test_statistics_of_items_add_up_to_the_corpus_bleu():
    actual, said = texts(TRUE * 3), texts(SAID * 2 + TRUE)
    rows = bleu_statistics(actual, said)
    assert bleu_of(rows) == pytest.approx(ALL["bleu"](actual, said))
    some = np.array([1, 1, 3, 0])
    assert bleu_of(rows[some]) == pytest.approx(ALL["bleu"](actual[some], said[some]))


def test_directions_are_those_of_the_field():
    assert {name for name, metric in ALL.items() if metric.higher_is_better} == {"exact_match", "bleu", "chrf"}
    assert {name for name, metric in ALL.items() if metric.can_rank} == {"exact_match", "log_loss"}


# Baselines


def test_the_memory_gives_the_target_of_the_source_that_is_nearest_by_chrf_of_all(translated):
    from sacrebleu.metrics.chrf import CHRF

    items, train = translated.parts.test, translated.parts.train
    said = MEMORIES["translation_memory"](translated.known, items)
    sources = translated.table.texts
    for item, text in zip(items, said["text"], strict=True):
        scores = [CHRF().sentence_score(sources[other], [sources[item]]).score for other in train]
        best = {translated.table.targets[train[k]] for k in np.flatnonzero(np.isclose(scores, max(scores)))}
        assert text in best


def test_baselines_of_captions_are_the_most_frequent_text_and_that_of_the_nearest_numbers(captioned):
    items, train = captioned.parts.test, captioned.parts.train
    said = captioned.baselines(items)
    names, counts = np.unique(captioned.table.targets[train].astype(str), return_counts=True)
    assert set(said["most_frequent"]["text"]) <= set(names[counts == counts.max()])
    assert len(set(said["most_frequent"]["text"])) == 1
    assert ALL["exact_match"](captioned.actual(items), said["nearest_neighbour"]) == 1.0
    assert np.isnan(said["nearest_neighbour"]["nll"]).all()


@pytest.mark.parametrize("name", ["translated", "captioned"])
def test_baselines_do_not_read_the_targets_that_they_are_scored_on(name, request):
    data = request.getfixturevalue(name)
    targets = data.table.targets.copy()
    targets[np.concatenate([data.parts.validation, data.parts.test])] = "other"
    other = replace(data, table=replace(data.table, targets=targets))
    for baseline, said in data.baselines(data.parts.test).items():
        assert said["text"].tolist() == other.baselines(data.parts.test)[baseline]["text"].tolist()


# What a result proves


def echo(view, items):
    """A predictor that reads nothing but the items."""
    read = view.inputs[0].numpy(items)
    return texts([str(row.sum().round(3)) for row in read], read.sum(axis=1), 1)


@pytest.mark.keras
@pytest.mark.parametrize("name", ["translated", "captioned"])
def test_the_audit_passes_what_learns_from_train_alone(name, request):
    data = request.getfixturevalue(name)
    found = audit(data, PARAMS, echo)
    assert found.passed, found.findings
    assert "none of validation and test has the" in found.checked


def leaky(data: PairedItems, **methods) -> PairedItems:
    return type("Leaky", (type(data),), methods)(data.config, data.table, data.parts)


@pytest.mark.keras
@pytest.mark.parametrize(
    ("name", "method", "told"),
    [
        ("translated", "said_by", "the vocabulary of the target"),
        ("translated", "read_by", "the length of the source"),
        ("captioned", "scaled_by", "the offset of the values"),
    ],
)
def test_the_audit_finds_what_is_learned_from_all_items(name, method, told, request):
    data = request.getfixturevalue(name)

    def all_items(self, train, *others):
        return getattr(type(data), method)(self, np.arange(self.rows), *others)

    found = audit(leaky(data, **{method: all_items}), PARAMS, echo)
    assert not found.passed
    assert any(told in finding for finding in found.findings)


@pytest.mark.keras
def test_the_audit_finds_a_network_that_reads_neighbours(translated):
    def reads_all(view, items):
        return texts(["x"] * len(items), float(view.inputs[0].array.sum()), 1)

    assert "it reads more than an item" in audit(translated, PARAMS, reads_all).findings[0]


def seen_on_test(data) -> TestPredictions:
    items, validation = data.parts.test, data.parts.validation
    true = data.actual(items)["text"].tolist()
    said = texts([*true[:-2], "wrong", ""], np.arange(len(true)) / 10, 5)
    baseline = data.baselines(items)["translation_memory"]
    return TestPredictions(validation, data.actual(validation), data.actual(validation), items, data.actual(items),
                           said, baseline)  # fmt: skip


def test_an_evaluation_counts_right_texts_shows_the_worst_and_compares_bleu(translated):
    seen = seen_on_test(translated)
    details = json.loads(json.dumps(evaluate(seen, translated.table, ["exact_match", "bleu"], 0.95)))
    found = Evaluation.read(details)
    assert (found.items, found.right, found.baseline_right) == (9, 7, 0)
    assert [example.said for example in found.mistakes] == ["", "wrong"]
    assert found.mistakes[0].told == translated.table.texts[seen.test_items[-1]]
    fields = ("test_items", "test_actual", "test_predicted", "test_baseline")
    twice = dataclasses.replace(seen, **{field: np.tile(getattr(seen, field), 2) for field in fields})
    again = Evaluation.read(evaluate(twice, translated.table, ["exact_match"], 0.95))
    assert [example.said for example in again.mistakes] == ["", "wrong"]  # what is alike is shown once
    assert found.bleu.low > 0
    assert found.bleu.own == pytest.approx(ALL["bleu"](seen.test_actual, seen.test_predicted))
    assert found.bleu.baseline == pytest.approx(ALL["bleu"](seen.test_actual, seen.test_baseline))
    heading = Heading("net", "turkish", ALL["exact_match"], "translation_memory")
    said = TASKS["translate"].sentences(heading, {}, details)
    assert said[0] == ("It says 7 of 9 texts of the test part letter by letter as they are, 77.8% (translation memory "
                       "for 0, 0%).")  # fmt: skip
    assert said[1].startswith("By BLEU it is better than the translation memory: ")
    assert len(said) == 2 + 5
    assert said[-2].endswith("(0.160 nats a token)")
    assert "(nothing); it is" in said[-2]


def test_two_sets_of_texts_are_compared_item_by_item(translated):
    seen = seen_on_test(translated)
    by_match = compare(ALL["exact_match"], seen.test_actual, seen.test_predicted, seen.test_baseline, "wrong", 0.95)
    assert by_match.difference.mean == pytest.approx(2 / 9 - 1)
    assert by_match.test == "paired bootstrap"
    better = seen.test_predicted.copy()
    better["nll"] = 0.0
    by_loss = compare(ALL["log_loss"], seen.test_actual, better, seen.test_predicted, "log loss", 0.95)
    assert by_loss.difference.mean == pytest.approx(-np.arange(9).sum() / 10 / 45)
    assert by_loss.difference.high < 0
    no_nats = compare(ALL["log_loss"], seen.test_actual, better, seen.test_baseline, "log loss", 0.95)
    assert no_nats is None  # a memory gives no probabilities


def test_another_model_is_asked_for_items_alone_that_it_has_not_seen(translated):
    items = translated.parts.test
    spec = {"said": {}, "columns": ["english"], "target": "turkish",
            "split": {"split": "shuffled", "validation": 0.15, "test": 0.15, "seed": 0}}  # fmt: skip
    assert requests.unseen(translated, spec, items)[0].tolist() == items.tolist()
    other = requests.unseen(translated, {**spec, "split": {**spec["split"], "seed": 7}}, items)[0]
    assert set(other) < set(items)
    assert requests.unseen(translated, {**spec, "target": "german"}, items)[1] == "reads or says something else"


def test_the_facts_are_lengths_and_texts_that_train_says_too(captioned, translated):
    told = captioned.facts()
    tables = {table.key: table for table in told.tables}
    assert "120 items, p0, p1, p2, p3, p4, p5 and 3 more → caption, parted shuffled: train 84" in told.summary[0]
    assert tables["parts"].rows[1][-1] == "18 (100%)"
    assert {table.key: table for table in translated.facts().tables}["lengths"].rows[0][0] == "english"
