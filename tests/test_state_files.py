"""State files: read back as they were written, or refused with a plain sentence."""

from __future__ import annotations

import errno
import math
import subprocess
import sys
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqsweep.errors import StateError
from seqsweep.state_files import THIS_PAGE, from_json, read_state, to_json, write_state, writing


class Colour(StrEnum):
    RED = "dark red"


@dataclass(frozen=True)
class Point:
    at: int
    values: dict[str, float]


@dataclass(frozen=True)
class Whole:
    name: str
    points: tuple[Point, ...] = ()
    colour: Colour | None = None
    params: dict[str, str | int | float | bool | None] = field(default_factory=dict)
    anything: dict[str, Any] = field(default_factory=dict)


WHOLE = Whole(
    "größe",
    (Point(1, {"a": 0.1 + 0.2, "b": math.inf}), Point(2, {"a": -math.inf, "b": 5e-324})),
    Colour.RED,
    {"int": 1, "float": 1.0, "bool": True, "none": None, "str": "1"},
    {"deep": [{"x": [1, 2.5, None]}]},
)


def test_what_is_written_is_read_back_with_its_types(tmp_path: Path) -> None:
    write_state(tmp_path / "new" / "whole.json", WHOLE)
    again = read_state(tmp_path / "new" / "whole.json", Whole)
    assert again == WHOLE
    assert repr(again) == repr(WHOLE)  # which tells 1 from 1.0
    assert math.isnan(from_json(to_json(Point(1, {"a": math.nan})), Point, "here", "mend").values["a"])


def test_every_number_is_read_back_to_the_bit() -> None:
    random = np.random.default_rng(0)
    numbers = (random.uniform(size=5000) * 10.0 ** random.integers(-300, 300, 5000)).tolist()
    values = {str(i): number for i, number in enumerate(numbers)}
    assert from_json(to_json(Point(1, values)), Point, "here", "mend").values == values


GOOD = '{"name": "a", "points": [{"at": 1, "values": {"x": 1.0}}, {"at": 2, "values": {}}]}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD[:40], "this is truncated or damaged"),
        ("", "this is truncated or damaged"),
        ("\x00" * 40, "this is truncated or damaged"),
        ("[]", "the whole of it is [], which does not belong there"),
        ("null", "the whole of it is null, which does not belong there"),
        ("{}", "name is missing, so this was written by something else or another version"),
        (GOOD.replace('"at": 2, ', ""), "points.1.at is missing, so this"),
        (GOOD.replace('"at": 2', '"at": 2.5'), "points.1.at is 2.5, which does not belong there"),
        (GOOD.replace('"at": 2', '"at": "2"'), 'points.1.at is "2", which does not belong there'),
        (GOOD.replace('"x": 1.0', '"x": "much"'), 'points.0.values.x is "much", which does not belong there'),
        (GOOD.replace('"name"', '"foreign": 1, "name"'), "nothing here is called foreign, so this"),
        (GOOD.replace('"at": 2', '"at": 2, "on": 3'), "nothing here is called points.1.on, so this"),
        (GOOD.replace('"name"', '"colour": "blue", "name"'), 'colour is "blue", which does not belong there'),
        (GOOD.replace('"name"', '"params": {"units": [8]}, "name"'), "params.units is [8], which does not belong"),
        (GOOD.replace('"at": 2', f'"at": "{"x" * 99}"'), f'points.1.at is "{"x" * 39}…, which does not belong there'),
    ],
)
def test_what_is_not_whole_or_something_else_is_named_in_plain_words_and_left_alone(
    text: str, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "whole.json"
    file.write_text(text)
    with pytest.raises(StateError) as raised:
        read_state(file, Whole, "mend it so")
    told = str(raised.value)
    assert told.startswith(f"{file}: {said}")
    assert told.endswith("; mend it so")
    assert "pydantic" not in told and "Input" not in told and "\n" not in told
    assert file.read_text() == text


def test_of_another_programs_file_a_part_can_be_read() -> None:
    assert from_json('{"at": 1, "values": {}, "more": 2}', Point, "here", "mend", partly=True) == Point(1, {})


def test_a_file_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        StateError, match=r"gone.json: cannot read this state file .No such file or directory.; run its sweep"
    ):
        read_state(tmp_path / "gone.json", Whole)
    (tmp_path / "taken").write_text("in the way")
    with pytest.raises(
        StateError, match=r"cannot write the state of the sweep .*; put this right .*: .*taken/whole.json"
    ):
        write_state(tmp_path / "taken" / "whole.json", WHOLE)


def test_what_a_full_disk_refuses_is_named_with_what_mends_it() -> None:
    told = r"cannot write this page .No space left on device.*; make room and run the same command again: a/page.html"
    with pytest.raises(StateError, match=told), writing(Path("a/page.html"), THIS_PAGE):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_what_is_no_plain_value_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="no plain value"):
        write_state(tmp_path / "x.json", {"a": {1, 2}})
    assert not list(tmp_path.iterdir())


def test_a_sweep_that_starts_anew_does_without_pydantic() -> None:
    code = (
        "import sys, pathlib, tempfile\n"
        "from seqsweep.state_files import write_state; from seqsweep.search import SweepState\n"
        "folder = pathlib.Path(tempfile.mkdtemp()); write_state(folder / 'x.json', {'a': 1})\n"
        "assert SweepState(folder).records() == {}; assert 'pydantic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
