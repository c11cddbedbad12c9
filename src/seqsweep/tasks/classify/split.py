"""Which items are train, validation and test."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.errors import DataError, Fault
from seqsweep.schema import SweepConfig, WindowsConfig
from seqsweep.serving.array_types import Int64s
from seqsweep.tasks.classify.table import Table


class Parts(NamedTuple):
    """The items of each part, ascending."""

    train: Int64s
    validation: Int64s
    test: Int64s


class Cut(Protocol):
    """What an entry of SPLITS is."""

    def __call__(self, table: Table, items: Int64s, share: float, seed: int) -> tuple[Int64s, Int64s]:
        """Two parts of items: those that stay, and those that are held out.

        Args:
            table: that the items are of.
            items: (n,), ascending.
            share: of the items that is held out, in (0, 1).
            seed: of what is drawn.

        Raises:
            DataError: they cannot be parted so.
        """


SPLITS: Catalog[Cut] = Catalog("way to split", like=Cut)


@SPLITS.register
def stratified(table: Table, items: Int64s, share: float, seed: int) -> tuple[Int64s, Int64s]:
    """At random, each class by the same share; items that are alike to the last digit stay together."""
    from sklearn.model_selection import train_test_split

    _, first, unit = np.unique(table.alike[items], return_index=True, return_inverse=True)
    labels = table.labels[items][first]
    names, counts = np.unique(labels, return_counts=True)
    if counts.min() < 2:
        name = str(names[counts.argmin()])
        raise DataError(
            f"{table.name}: the class {name!r} has too few different items to be in every part; leave it out with "
            f"data.where, or give more of them"
        )
    try:
        _, held = train_test_split(np.arange(len(first)), test_size=share, stratify=labels, random_state=seed)
    except ValueError as error:  # fewer items than classes
        raise DataError(f"{table.name}: {len(items):,} items are too few for the parts: {error}") from error
    out = np.isin(unit, held)
    return items[~out], items[out]


@SPLITS.register
def grouped(table: Table, items: Int64s, share: float, seed: int) -> tuple[Int64s, Int64s]:
    """At random, all items of a group (`data.group`) in one part; the share is one of groups."""
    from sklearn.model_selection import train_test_split

    assert table.groups is not None  # `faults` asks for them
    names = np.unique(table.groups[items])
    if len(names) < 2:
        raise DataError(f"{table.name}: data.group has too few groups for three parts; at least three are needed")
    _, held = train_test_split(names, test_size=share, random_state=seed)
    out = np.isin(table.groups[items], held)
    return items[~out], items[out]


@SPLITS.register
def chronological(table: Table, items: Int64s, share: float, seed: int) -> tuple[Int64s, Int64s]:  # noqa: ARG001
    """In the order of the source, the last ones held out."""
    keep = len(items) - round(len(items) * share)
    return items[:keep], items[keep:]


def make_parts(table: Table, windows: WindowsConfig, seed: int, fold: int = 0) -> Parts:
    """The parts of a fold.

    Fold 0 is the sweep's own. The others part what is not test anew: at random from another seed, or in the order of
    the source a validation part earlier each.

    Args:
        table: that is parted.
        windows: how.
        seed: of the sweep.
        fold: 0 or more.

    Raises:
        DataError: a part would be empty, or holds a label that train does not.

    Source: repeated random sub-sampling, as scikit-learn's StratifiedShuffleSplit and GroupShuffleSplit do it; rolling
    origins, Tashman (2000), International Journal of Forecasting 16(4).
    """
    cut, every = SPLITS[windows.split], np.arange(len(table), dtype=np.int64)
    rest, test = cut(table, every, windows.test, _drawn(seed, 0))
    share = windows.validation / (1 - windows.test)
    if fold and windows.split == "chronological":
        size = round(len(rest) * share)
        rest = rest[: max(len(rest) - fold * size, 0)]
        share = min(size / max(len(rest), 1), 1.0)
    train, validation = cut(table, rest, share, _drawn(seed, 1 + fold))
    parts = Parts(train, validation, test if fold == 0 else test[:0])
    empty = [name for name, part in parts._asdict().items() if not len(part) and not (fold and name == "test")]
    if empty:
        told = f"{len(table):,} items leave none for the {empty[0]} part"
        raise DataError(f"{table.name}: {told}; change windows.validation and windows.test, or lower finals.folds")
    if fold == 0:
        _check_known(table, parts)
    return parts


def repeated(table: Table, seen: Int64s, items: Int64s) -> Int64s:
    """Those of the items whose values, or texts, are also in `seen`, to the last digit.

    Args:
        table: that both are of.
        seen: (n,), items.
        items: (m,).
    """
    found: Int64s = items[np.isin(table.alike[items], table.alike[seen])]
    return found


def faults(config: SweepConfig) -> list[Fault]:
    """What is wrong with how items are parted."""
    windows = config.windows
    found = SPLITS.fault("windows.split", windows.split)
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
    if windows.split == "grouped" and config.data.group is None:
        told = "windows=grouped needs data.group, the column that says which items belong together"
        found.append(Fault("data.group", told, also=("windows.split",)))
    return found


def _drawn(seed: int, place: int) -> int:
    return int(np.random.SeedSequence([seed, place]).generate_state(1)[0])


def _check_known(table: Table, parts: Parts) -> None:
    """Refuse a label that nothing could be learned of."""
    known = np.unique(table.labels[parts.train])
    for name in ("validation", "test"):
        part = getattr(parts, name)
        strange = part[~np.isin(table.labels[part], known)]
        if len(strange):
            item = int(strange[0])
            told = f"the label {str(table.labels[item])!r} is in the {name} part and not in train"
            mend = "nothing can be learned of it; leave it out with data.where, or choose another windows.split"
            raise DataError(f"{table.place(item)}, column {table.target!r}: {told}; {mend}")
