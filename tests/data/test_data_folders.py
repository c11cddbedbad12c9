"""A folder of texts: what is read of it, and what is told of one that cannot be."""

from __future__ import annotations

import pytest

from seqsweep.data import SOURCES
from seqsweep.errors import DataError


@pytest.fixture
def opened(tmp_path, settings):
    """The table of a folder with these files, text or bytes by path."""

    def opened(files, path="mails", **values):
        for name, content in files.items():
            file = tmp_path / "mails" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        source = SOURCES["folder"](settings(kind="folder", path=str(tmp_path / path), **values))
        return (source, *source.read(["label", "text", "file"]))

    return opened


FILES = {"spam/2.txt": "Win!\nNow.", "ham/b/9.txt": "See you", "spam/10.txt": "\ufeffFree", "ham/notes.md": "#"}


def test_a_file_is_a_text_and_its_sub_folder_the_label(opened):
    source, frame, origin = opened({**FILES, ".git/x.txt": "x", "README.txt": "x"})
    assert source.names == ("text", "label", "file")
    assert frame.to_numpy().tolist() == [
        ["ham", "See you", "ham/b/9.txt"],
        ["spam", "Free", "spam/10.txt"],
        ["spam", "Win!\nNow.", "spam/2.txt"],
    ]
    assert origin.place(1).endswith("mails, spam/10.txt")
    assert opened({"ham/x.txt": "ça".encode("cp1252")}, encoding="cp1252")[1]["text"][1] == "ça"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"1.txt": "x", "2.txt": "x"}, "it has no sub-folder, but 2 files; each label is a sub-folder with its texts"),
        ({"ham/1.txt": "x"}, "it has one sub-folder alone, 'ham'; each label is a sub-folder"),
        ({**FILES, "eggs/1.md": "x"}, "eggs: this label has no text file, *.txt: the sub-folder holds 1.md"),
        ({**FILES, "ham/1.txt": " \n"}, "1.txt: the file is empty; write its text, or delete it"),
        ({**FILES, "ham/1.txt": b"so\nso \xe9"}, "1.txt, line 2: byte 0xe9 is not utf-8; try data.encoding=cp1252"),
    ],
)
def test_what_is_no_folder_of_texts_is_told(files, told, opened):
    with pytest.raises(DataError) as caught:
        opened(files)
    assert told in str(caught.value)


def test_a_folder_that_is_not_there_or_no_folder_is_told(opened, tmp_path, settings):
    opened(FILES)
    with pytest.raises(DataError, match=r"mail: there is no such folder in .*; did you mean 'mails'"):
        opened({}, path="mail")
    with pytest.raises(DataError, match=r"2.txt: this is a file, and data=folder reads a folder"):
        opened({}, path="mails/spam/2.txt")
    with pytest.raises(DataError, match=r"a file is needed; .*texts in a sub-folder a label are read with data=folder"):
        SOURCES["csv"](settings(kind="csv", path=str(tmp_path / "mails")))
