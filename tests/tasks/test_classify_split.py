"""How labelled items are parted."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from tables import COLUMNS, waves

from seqsweep.data import Origin
from seqsweep.errors import DataError
from seqsweep.tasks.classify.split import SPLITS, make_parts, repeated
from seqsweep.tasks.classify.table import Table

pytestmark = pytest.mark.filterwarnings("error")


def table(rows: int = 200) -> Table:
    frame = waves(rows)
    values = frame[COLUMNS].to_numpy()
    labels, groups = (np.array(frame[name], np.str_) for name in ("label", "who"))
    return Table("waves", "label", tuple(COLUMNS), values, labels, groups, Origin("waves.csv"), np.arange(rows), "0")


def windows(split: str, validation: float = 0.2, test: float = 0.1) -> SimpleNamespace:
    return SimpleNamespace(split=split, validation=validation, test=test)


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("fold", [0, 1, 2])
def test_every_way_to_part_leaves_each_item_in_one_part(split, fold):
    whole = make_parts(table(), windows(split), 5)
    parts = make_parts(table(), windows(split), 5, fold)
    together = np.concatenate(parts)
    assert len(set(together)) == len(together)
    assert not np.isin(np.concatenate([parts.train, parts.validation]), whole.test).any()
    assert all((np.diff(part) > 0).all() for part in parts)
    if fold == 0:
        assert sorted(together) == list(range(200))
        assert abs(len(parts.test) - 20) <= 7
        assert abs(len(parts.validation) - 40) <= 7
    else:
        assert not len(parts.test)
        assert set(parts.validation) != set(whole.validation)


@pytest.mark.parametrize("split", ["stratified", "grouped"])
def test_the_seed_draws_the_parts(split):
    one, same, other = (make_parts(table(), windows(split), seed) for seed in (1, 1, 2))
    assert one.test.tolist() == same.test.tolist() != other.test.tolist()


def test_stratified_parts_hold_each_class_by_its_share():
    parts = make_parts(table(300), windows("stratified"), 0)
    for part, share in zip(parts, (0.7, 0.2, 0.1), strict=True):
        counts = np.unique(table(300).labels[part], return_counts=True)[1]
        assert np.abs(counts - 100 * share).max() <= 2


def test_items_that_are_alike_stay_in_one_part():
    twins = replace(table(), values=np.repeat(table().values[:20], 10, axis=0), labels=table().labels[:20].repeat(10))
    parts = make_parts(twins, windows("stratified", 0.3, 0.3), 0)
    assert not len(repeated(twins, parts.train, parts.test))
    assert not len(repeated(twins, parts.train, parts.validation))
    late = make_parts(twins, windows("chronological", 0.23, 0.2), 0)
    assert len(repeated(twins, late.train, late.validation)) == 6  # the rest of the ten of which train has four


def test_a_group_is_in_one_part_alone():
    parts = make_parts(table(), windows("grouped"), 0)
    held = [set(table().groups[part]) for part in parts]
    assert not (held[0] & held[1] or held[0] & held[2] or held[1] & held[2])


def test_chronological_parts_follow_the_source_and_folds_go_back():
    parts, earlier = (make_parts(table(), windows("chronological"), 0, fold) for fold in (0, 1))
    assert parts.train[-1] + 1 == parts.validation[0]
    assert parts.validation[-1] + 1 == parts.test[0]
    assert parts.test[-1] == 199
    assert earlier.validation[-1] + 1 == parts.validation[0]
    assert len(earlier.validation) == len(parts.validation)
    with pytest.raises(DataError, match=r"leave none for the train part; .*lower finals.folds"):
        make_parts(table(), windows("chronological"), 0, 5)
