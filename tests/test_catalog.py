from __future__ import annotations

from functools import partial
from typing import Any, Protocol

import pytest

from seqsweep.catalog import Catalog
from seqsweep.errors import ConfigError


class Shape(Protocol):
    """What the catalogs below hold."""

    def __call__(self, width: float, height: float) -> float: ...


@pytest.fixture
def shapes() -> Catalog[Any]:
    return Catalog("shape", like=Shape)


def test_an_entry_is_found_under_its_own_name(shapes):
    @shapes.register
    def square(width, height):
        return width * height

    @shapes.register
    def none_(width, height):
        return 0.0

    assert list(shapes) == ["square", "none"]
    assert shapes["square"](2, 3) == 6
    assert ("square" in shapes, "none" in shapes, "none_" in shapes, {"a": 1} in shapes) == (True, True, False, False)


@pytest.mark.parametrize(
    ("entry", "takes"),
    [
        (lambda width: 0.0, r"\(width\)"),
        (lambda height, width: 0.0, r"\(height, width\)"),
        (lambda width, height, depth: 0.0, r"\(width, height, depth\)"),
    ],
)
def test_an_entry_that_takes_other_parameters_than_the_protocol_is_refused_at_once(shapes, entry, takes):
    with pytest.raises(TypeError, match=rf"^shape '<lambda>' takes {takes}, not \(width, height\)$"):
        shapes.register(entry)
    assert len(shapes) == 0


def test_what_has_no_name_of_its_own_is_refused_until_it_is_given_one(shapes):
    def box(width, height, depth):
        return width * height * depth

    square = partial(box, depth=1)
    with pytest.raises(TypeError, match="has no name of its own; give it one with `add`"):
        shapes.register(square)
    shapes.add("square", square, lambda width, height: None)
    assert shapes["square"](2, 3) == 6


def test_a_name_stands_for_one_entry(shapes):
    def square(width, height):
        return 0.0

    shapes.register(square)
    with pytest.raises(TypeError, match="there are two of shape 'square'"):
        shapes.register(square)


def test_a_name_that_is_not_there_is_told_with_the_nearest_or_all(shapes):
    @shapes.register
    def square(width, height):
        return 0.0

    with pytest.raises(ConfigError, match="no shape 'sqare'; did you mean 'square'"):
        shapes["sqare"]
    with pytest.raises(ConfigError, match="no shape 'oval'; possible: square"):
        shapes["oval"]
