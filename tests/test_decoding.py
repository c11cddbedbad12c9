"""Texts as numbers and back, and what a network says: greedy and by beam, against slow ways to the same."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from seqsweep.serving import decoding
from seqsweep.serving.decoding import decode, nats
from seqsweep.serving.pieces import END, FIRST, START, UNKNOWN, Pieces, cleaned, pieces, prefixes

TEXTS = [
    "Tom's here.",
    "Çok iyi, İstanbul!",
    "I  don't\tknow — 3.5%?",
    "x",
    "a ▁ b",
    "e\u0301té\x07 \u00a0fin",
    "_ -_-",
]


# Texts and numbers


@pytest.mark.parametrize("kind", ["letters", "words"])
@pytest.mark.parametrize("text", TEXTS)
def test_pieces_put_together_are_the_text_with_its_capitals_and_punctuation(kind, text):
    parts = pieces(text, kind)
    joined = "".join(parts).replace("▁", " ")
    assert (joined if kind == "letters" else joined.removeprefix(" ")) == cleaned(text)


def test_a_cleaned_text_keeps_all_but_blanks_and_control_characters():
    assert cleaned(" I  don't\tknow — 3.5%?\n") == "I don't know — 3.5%?"
    assert cleaned("e\u0301te\x07") == "éte"
    assert pieces("He said: no!", "words") == ["▁He", "▁said", ":", "▁no", "!"]


@pytest.mark.keras
@pytest.mark.parametrize("kind", ["letters", "words"])
def test_texts_come_back_from_their_numbers(kind):
    known = Pieces.fit(TEXTS, kind, 1000, None)
    assert known.written(known.targets(TEXTS)) == [cleaned(text) for text in TEXTS]
    assert known.longest == max(len(pieces(text, kind)) for text in TEXTS)
    assert known.size == FIRST + len({piece for text in TEXTS for piece in pieces(text, kind)})


@pytest.mark.keras
def test_numbers_know_the_most_frequent_pieces_and_cut_what_is_too_long():
    known = Pieces.fit(["aaab", "ab", "c"], "letters", 2, 3)
    assert known.vocabulary == ("a", "b")
    a, b = FIRST, FIRST + 1
    assert known.targets(["ab", "cab", "aaab"]).tolist() == [[a, b, END, 0], [UNKNOWN, a, b, END], [a, a, a, 0]]
    assert known.fits(["aaa", "aaab"]).tolist() == [True, False]
    assert known.names(known.targets(["bc"]))[0].tolist() == ["b", "\ufffd", "⏎", ""]


def test_what_was_said_before_a_step_begins_with_a_mark_and_holds_no_end():
    said = prefixes(np.array([[7, 8, END, 0], [7, 8, 9, END]], np.int32))
    assert said.tolist() == [[START, 7, 8, 0], [START, 7, 8, 9]]


# A network that stands in: what comes next depends on what is told and on all that was said before.

NUMBERS, STEPS = FIRST + 3, 5


def next_probabilities(told: int, before: tuple[int, ...]) -> np.ndarray:
    random = np.random.default_rng([told, *before])
    weights = np.exp(2 * random.normal(size=NUMBERS))
    weights[:END] = weights.max() * 3  # a trap: what cannot be said is always most probable
    return weights / weights.sum()


def network(told: np.ndarray, before: np.ndarray) -> np.ndarray:
    """(n, 1), (n, steps) → (n, steps, numbers)."""
    rows = zip(told[:, 0].tolist(), before.tolist(), strict=True)
    return np.array([[next_probabilities(item, tuple(row[: k + 1])) for k in range(STEPS)] for item, row in rows],
                    np.float32)  # fmt: skip


def step_by_step(told: int) -> list[int]:
    said: list[int] = []
    while len(said) < STEPS and END not in said:
        said.append(int(next_probabilities(told, (START, *said))[END:].argmax()) + END)
    return said + [0] * (STEPS - len(said))


def log_probability(told: int, said: tuple[int, ...]) -> float:
    parts = [np.log(next_probabilities(told, (START, *said[:k]))[number]) for k, number in enumerate(said)]
    return float(sum(parts))


def best_by_length(told: int) -> tuple[int, ...]:
    """Of all texts that there can be."""
    letters = range(FIRST, NUMBERS)
    ended = [(*text, END) for size in range(STEPS) for text in itertools.product(letters, repeat=size)]
    ended += list(itertools.product(letters, repeat=STEPS))
    return max(ended, key=lambda text: log_probability(told, text) / ((5 + len(text)) / 6) ** 0.6)


TOLD = np.arange(40)[:, None]


@pytest.mark.parametrize("guess", [None, "right", "wrong"])
def test_greedy_decoding_says_what_going_step_by_step_says_whatever_is_guessed(guess):
    true = np.array([step_by_step(told) for told in range(40)], np.int32)
    guessed = {None: None, "right": true, "wrong": np.where(true > END, FIRST, true)}[guess]
    said = decode(network, [TOLD], STEPS, NUMBERS, guess=guessed)
    assert said.numbers.tolist() == true.tolist()
    told = [log_probability(item, tuple(row[row > 0].tolist())) for item, row in enumerate(said.numbers)]
    assert said.log_probability == pytest.approx(told, abs=1e-5)
    assert any(END not in row for row in said.numbers.tolist())  # some come to no end: they are cut


def test_a_right_guess_needs_one_call_and_finished_items_leave_the_batch():
    sizes = []

    def counted(told, before):
        sizes.append(len(told))
        return network(told, before)

    true = np.array([step_by_step(told) for told in range(40)], np.int32)
    decode(counted, [TOLD], STEPS, NUMBERS, guess=true)
    assert sizes == [40]
    sizes.clear()
    decode(counted, [TOLD], STEPS, NUMBERS)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 40
    assert len(sizes) <= STEPS


def test_a_wide_beam_finds_the_best_text_of_all_by_length():
    said = decode(network, [TOLD[:8]], STEPS, NUMBERS, beam=250)
    for told, row in enumerate(said.numbers):
        best = best_by_length(told)
        assert tuple(row[: len(best)].tolist()) == best
        assert said.log_probability[told] == pytest.approx(log_probability(told, best), abs=1e-5)
    greedy = decode(network, [TOLD[:8]], STEPS, NUMBERS)
    assert not np.array_equal(greedy.numbers, said.numbers)  # else nothing was shown


def test_large_batches_are_cut_and_none_may_be_empty(monkeypatch):
    whole = decode(network, [TOLD], STEPS, NUMBERS, beam=3)
    monkeypatch.setattr(decoding, "CELLS", 7 * STEPS * NUMBERS * 3)
    cut = decode(network, [TOLD], STEPS, NUMBERS, beam=3)
    assert np.array_equal(whole.numbers, cut.numbers)
    assert np.array_equal(whole.log_probability, cut.log_probability)
    assert decode(network, [TOLD[:0]], STEPS, NUMBERS).numbers.shape == (0, STEPS)


def test_nats_are_those_of_the_true_pieces_and_of_nothing_behind_an_end():
    probabilities = np.full((1, 3, NUMBERS), 0.1, np.float32)
    probabilities[0, 0, FIRST] = 0.5
    cost = nats(probabilities, np.array([[FIRST, END, 0]], np.int32))
    assert cost[0].tolist() == pytest.approx([np.log(2), np.log(10), 0], abs=1e-6)
