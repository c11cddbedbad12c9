"""What tests of one process share, and how they leave it as it was."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from seqsweep.catalog import Catalog


def restore(monkeypatch: pytest.MonkeyPatch, *catalogs: Catalog) -> None:
    """What is registered from now on is gone when `monkeypatch` is undone."""
    for catalog in catalogs:
        for kept in ("_entries", "_own"):
            monkeypatch.setattr(catalog, kept, dict(getattr(catalog, kept)))


def catalogs() -> Iterator[tuple[str, Catalog]]:
    """The catalogs of the package that are loaded, by where they are."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "seqsweep":
            yield from ((f"{name}.{key}", held) for key, held in vars(module).items() if isinstance(held, Catalog))


def strangers() -> list[str]:
    """Entries of the package's catalogs that the package does not define."""
    found = {
        (place, name): getattr(entry, "function", entry) for place, held in catalogs() for name, entry in held.items()
    }
    return [f"{place}: {name}" for (place, name), entry in found.items() if not entry.__module__.startswith("seqsweep")]
