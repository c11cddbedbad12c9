"""Which items are train, validation and test, where items do not follow from each other: rows, texts, pairs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from seqsweep.catalog import Catalog
from seqsweep.errors import DataError, Fault
from seqsweep.schema import SweepConfig, WindowsConfig
from seqsweep.serving.array_types import Int64s
from seqsweep.words import counted


class Parts(NamedTuple):
    """The items of each part, ascending."""

    train: Int64s
    validation: Int64s
    test: Int64s


@dataclass(frozen=True, eq=False)
class Rows:
    """What a way to split may know of items.

    Args:
        name: of the data, for faults.
        alike: (items,), the same number for those that must not be torn apart, see `numbered`.
        labels: (items,), what each is to be told by; None: there are none.
        groups: (items,), which belong together by `data.group`; None: nobody said.
        parted: those that come into a part, ascending; None: all.
    """

    name: str
    alike: Int64s
    labels: NDArray[Any] | None = None
    groups: NDArray[Any] | None = None
    parted: Int64s | None = None

    def __len__(self) -> int:
        """Items."""
        return len(self.alike)


def all_learned(parts: Parts) -> Parts:
    """All items as train, of which test keeps its own."""
    return Parts(np.sort(np.concatenate(parts)), parts.validation[:0], parts.test)


class Cut(Protocol):
    """A way to split: what an entry of a task's catalog of them is."""

    def __call__(self, rows: Rows, items: Int64s, share: float, seed: int) -> tuple[Int64s, Int64s]:
        """Two parts of items: those that stay, and those that are held out.

        Args:
            rows: that the items are of.
            items: (n,), ascending.
            share: of the items that is held out, in (0, 1).
            seed: of what is drawn.

        Raises:
            DataError: they cannot be parted so.
        """


def numbered(values: Sequence[Hashable]) -> Int64s:
    """(n,): the same number for values that are the same, such as texts; numbers go by first appearance."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], np.int64)


def stratified(rows: Rows, items: Int64s, share: float, seed: int) -> tuple[Int64s, Int64s]:
    """At random, each class by the same share; items that are alike to the last digit stay together."""
    assert rows.labels is not None  # a task without labels has no such entry
    _, first = np.unique(rows.alike[items], return_index=True)
    labels = rows.labels[items][first]
    names, counts = np.unique(labels, return_counts=True)
    if counts.min() < 2:
        name = str(names[counts.argmin()])
        raise DataError(
            f"{rows.name}: the class {name!r} has too few different items to be in every part; leave it out with "
            f"data.where, or give more of them"
        )
    return _drawn_units(rows, items, share, seed, labels)


def shuffled(rows: Rows, items: Int64s, share: float, seed: int) -> tuple[Int64s, Int64s]:
    """At random; items that are alike stay together, and the share is one of different items."""
    return _drawn_units(rows, items, share, seed, None)


def grouped(rows: Rows, items: Int64s, share: float, seed: int) -> tuple[Int64s, Int64s]:
    """At random, all items of a group (`data.group`) in one part; the share is one of groups."""
    from sklearn.model_selection import train_test_split

    assert rows.groups is not None  # `faults` asks for them
    names = np.unique(rows.groups[items])
    if len(names) < 2:
        raise DataError(f"{rows.name}: data.group has too few groups for three parts; at least three are needed")
    _, held = train_test_split(names, test_size=share, random_state=seed)
    out = np.isin(rows.groups[items], held)
    return items[~out], items[out]


def chronological(rows: Rows, items: Int64s, share: float, seed: int) -> tuple[Int64s, Int64s]:  # noqa: ARG001
    """In the order of the source, the last ones held out."""
    keep = len(items) - round(len(items) * share)
    return items[:keep], items[keep:]


def make_parts(rows: Rows, cut: Cut, windows: WindowsConfig, seed: int, fold: int = 0) -> Parts:
    """The parts of a fold.

    Fold 0 is the sweep's own. The others part what is not test anew: at random from another seed, or in the order of
    the source a validation part earlier each.

    Args:
        rows: that are parted.
        cut: the way to split that `windows.split` names.
        windows: the shares.
        seed: of the sweep.
        fold: 0 or more.

    Raises:
        DataError: a part would be empty.

    Source: repeated random sub-sampling, as scikit-learn's StratifiedShuffleSplit and GroupShuffleSplit do it; rolling
    origins, Tashman (2000), International Journal of Forecasting 16(4).
    """
    every = np.arange(len(rows), dtype=np.int64) if rows.parted is None else rows.parted
    rest, test = cut(rows, every, windows.test, _drawn(seed, 0))
    share = windows.validation / (1 - windows.test)
    if fold and cut is chronological:
        size = round(len(rest) * share)
        rest = rest[: max(len(rest) - fold * size, 0)]
        share = min(size / max(len(rest), 1), 1.0)
    train, validation = cut(rows, rest, share, _drawn(seed, 1 + fold))
    parts = Parts(train, validation, test if fold == 0 else test[:0])
    empty = [name for name, part in parts._asdict().items() if not len(part) and not (fold and name == "test")]
    if empty:
        told = f"{len(every):,} items leave none for the {empty[0]} part"
        raise DataError(f"{rows.name}: {told}; change windows.validation and windows.test, or lower finals.folds")
    return parts


def repeated(alike: Int64s, seen: Int64s, items: Int64s) -> Int64s:
    """Those of the items that are the same as one of `seen`.

    Args:
        alike: (n,), as `Rows` has it.
        seen: (m,), items.
        items: (k,).
    """
    found: Int64s = items[np.isin(alike[items], alike[seen])]
    return found


def told_repeated(alike: Int64s, parts: Parts, what: str) -> tuple[list[str], str]:
    """What of validation and test is in train too: a sentence for each part where that is a fault, and one where not.

    Args:
        alike: (n,), as `Rows` has it.
        parts: of these items.
        what: is the same: `text`.
    """
    twice = {name: len(repeated(alike, parts.train, getattr(parts, name))) for name in ("validation", "test")}
    faults = [f"{count:,} items of {name} are in train too" for name, count in twice.items() if count]
    if not faults:
        return [], f"none of validation and test has the {what} of one of train"
    told = " and ".join(f"{counted(count, 'item')} of {name}" for name, count in twice.items() if count)
    return faults, f"train holds the {what} of {told} too, which windows.split allows"


def faults(config: SweepConfig, splits: Catalog[Cut]) -> list[Fault]:
    """What is wrong with how items are parted.

    Args:
        config: of the sweep.
        splits: the task's ways to split.
    """
    windows = config.windows
    found = splits.fault("windows.split", windows.split)
    if found:
        return found
    shares: dict[str, Any] = {"validation": windows.validation, "test": windows.test}
    for name, value in shares.items():
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1:
            told = f"with windows={windows.split} this is a share of the items, above 0 and below 1"
            found.append(Fault(f"windows.{name}", f"windows.{name}={value}: {told}", also=("windows.split",)))
    if not found and sum(shares.values()) >= 1:
        told = "windows.validation and windows.test leave nothing to train on; their sum must be below 1"
        found.append(Fault("windows.validation", told, also=("windows.test", "windows.split")))
    if splits[windows.split] is grouped and config.data.group is None:
        told = f"windows={windows.split} needs data.group, the column that says which items belong together"
        found.append(Fault("data.group", told, also=("windows.split",)))
    return found


def _drawn_units(
    rows: Rows, items: Int64s, share: float, seed: int, labels: NDArray[Any] | None
) -> tuple[Int64s, Int64s]:
    """Items parted at random, those that are alike as one; `labels`: of each of these, by the same share each."""
    from sklearn.model_selection import train_test_split

    _, unit = np.unique(rows.alike[items], return_inverse=True)
    try:
        _, held = train_test_split(np.arange(unit.max() + 1), test_size=share, stratify=labels, random_state=seed)
    except ValueError as error:  # fewer items than classes, or too few for two parts
        different = int(unit.max()) + 1
        alike = (
            f": {different:,} of them differ, and those that are alike stay together" if different < len(unit) else ""
        )
        classes = ": each part needs one of every class" if labels is not None and not alike else alike
        mend = "give more that differ" if alike else "give more of them"
        raise DataError(f"{rows.name}: {len(items):,} items are too few for the parts{classes}; {mend}") from error
    out = np.isin(unit, held)
    return items[~out], items[out]


def _drawn(seed: int, place: int) -> int:
    return int(np.random.SeedSequence([seed, place]).generate_state(1)[0])
