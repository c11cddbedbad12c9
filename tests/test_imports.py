"""Heavy libraries are imported without a search for garbage."""

from __future__ import annotations

import gc

import pytest

from seqsweep.imports import quick_imports


@pytest.fixture(autouse=True)
def as_it_was():
    """Leave the collector of this process alone."""
    collecting = gc.isenabled()
    yield
    gc.unfreeze()
    (gc.enable if collecting else gc.disable)()


@pytest.mark.parametrize("collecting", [True, False])
@pytest.mark.parametrize("fault", [None, ImportError])
def test_the_collector_rests_meanwhile_and_is_then_as_it_was(collecting: bool, fault: type[Exception] | None) -> None:
    (gc.enable if collecting else gc.disable)()
    try:
        with quick_imports():
            assert not gc.isenabled()
            if fault:
                raise fault
    except ImportError:
        pass
    assert gc.isenabled() == collecting


def test_what_was_imported_is_searched_no_more() -> None:
    gc.unfreeze()
    with quick_imports():
        kept = [[]]
    assert gc.get_freeze_count() > 0
    assert not any(entry is kept for entry in gc.get_objects())
