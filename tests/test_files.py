"""Files that are whole or not there."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from seqsweep import files


@pytest.mark.parametrize("moment", ["os.fsync", "pathlib.Path.replace"])
def test_a_refused_write_leaves_the_old_file_and_nothing_else(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    files.atomic_write(tmp_path / "state.json", b"old")
    monkeypatch.setattr(moment, full)
    with pytest.raises(OSError, match="No space left"):
        files.atomic_write(tmp_path / "state.json", b"new")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("state.json", b"old")]


def test_content_is_on_disk_before_it_has_its_name_and_the_name_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "content")
        sync(descriptor)

    def replaced(self: Path, target: Path) -> Path:
        steps.append("name")
        return replace(self, target)

    monkeypatch.setattr("os.fsync", synced)
    monkeypatch.setattr("pathlib.Path.replace", replaced)
    files.atomic_write(tmp_path / "new folder" / "state.json", b"state")
    assert steps == ["content", "name", "folder"]
    assert (tmp_path / "new folder" / "state.json").read_bytes() == b"state"
