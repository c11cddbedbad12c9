"""CSV files: what a usual one gives, and one clear sentence for each way in which one can be at fault."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from seqsweep.data import load, text
from seqsweep.data.packed_files import text_file
from seqsweep.errors import DataError

USUAL = "day,sales,shop\n2020-01-01,5,north\n2020-01-02,7.5,south\n2020-01-03,6,north\n"
AIRBNB = Path(__file__).parents[3] / "shared" / "data" / "AB_NYC_2019.csv.zip"


def zipped(members: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


# What it gives ------------------------------------------------------------------------------------------


def test_the_only_number_column_is_the_target_and_rows_are_numbered(load_csv):
    series = load_csv(USUAL)
    assert (series.name, series.target, series.columns, series.rows) == ("sales", "sales", ("sales",), 3)
    assert series.values.dtype == np.float64
    np.testing.assert_array_equal(series.values, [[5], [7.5], [6]])
    np.testing.assert_array_equal(series.index, [0, 1, 2])
    assert series.frequency is None


def test_a_column_of_times_becomes_the_index(load_csv):
    series = load_csv(USUAL, target="sales", time="day")
    assert series.index.dtype == np.dtype("datetime64[ns]")
    np.testing.assert_array_equal(series.index, np.arange("2020-01-01", "2020-01-04", dtype="datetime64[D]"))
    assert series.frequency == "D"


def test_features_follow_the_target_in_the_order_asked_for(load_csv):
    series = load_csv("a,b,c\n1,2,3\n4,5,6\n", target="b", features=["c", "a"])
    assert series.columns == ("b", "c", "a")
    np.testing.assert_array_equal(series.values, [[2, 3, 1], [5, 6, 4]])


def test_the_target_is_the_number_column_that_has_no_other_part(load_csv):
    series = load_csv("year,sales,visits\n2001,5,1\n2002,6,2\n", time="year", features=["visits"])
    assert series.columns == ("sales", "visits")


def test_a_column_may_have_a_number_for_a_name(load_csv):
    np.testing.assert_array_equal(load_csv("\n0,1\n2,3\n4,5\n", target="0").values[:, 0], [2, 4])


def test_a_text_in_a_column_that_is_not_read_is_no_matter(load_csv):
    assert load_csv("y,note\n1,abc\n2,\n", target="y").rows == 2


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("y,z\n1,2\n3,4\n", id="plain"),
        pytest.param("y,z\r\n1,2\r\n3,4\r\n", id="Windows line ends"),
        pytest.param("\ufeffy,z\n1,2\n3,4\n", id="mark of Excel"),
        pytest.param("\n\ny,z\n\n1,2\n\n3,4\n\n", id="blank lines"),
        pytest.param('"y","z"\n"1","2"\n"3","4"\n', id="quotes"),
        pytest.param("y, z\n 1, 2\n 3, 4\n", id="blanks"),
        pytest.param("y,z\n1,2\n3,4", id="no last line end"),
        pytest.param("y,z\n+1,2\n3e0,4\n", id="ways to write a number"),
        pytest.param('y, "z, too"\n1, "2"\n3, "4"\n', id="a blank before quotes"),
    ],
)
def test_usual_ways_of_writing_give_the_same(load_csv, content):
    np.testing.assert_array_equal(load_csv(content, target="y").values[:, 0], [1, 3])


@pytest.mark.parametrize("separator", [";", "\t", "tab", "\\t", "|"])
def test_other_separators(load_csv, separator):
    sign = {"tab": "\t", "\\t": "\t"}.get(separator, separator)
    content = "a,b\n1,2\n3,4\n".replace(",", sign)
    np.testing.assert_array_equal(load_csv(content, target="b", separator=separator).values[:, 0], [2, 4])


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16", "utf-8"])
def test_other_encodings(load_csv, encoding):
    series = load_csv("größe\n1\n2\n".encode(encoding), target="größe", encoding=encoding)
    assert series.columns == ("größe",)


@pytest.mark.parametrize(
    ("content", "name", "values"),
    [
        pytest.param(gzip.compress(USUAL.encode()), "sales.csv.gz", {}, id="gz"),
        pytest.param(gzip.compress(USUAL.encode()), "sales.csv", {}, id="gz by content"),
        pytest.param(zipped({"sales.csv": USUAL}), "sales.zip", {}, id="zip"),
        pytest.param(zipped({"a.csv": "x\n1\n", "in/sales.csv": USUAL}), "s.zip", {"file": "sales.csv"}, id="member"),
        pytest.param(zipped({"sales.csv": USUAL, "__MACOSX/sales.csv": "?"}), "sales.zip", {}, id="zip of a Mac"),
    ],
)
def test_packed_files_are_unpacked(load_csv, content, name, values):
    assert load_csv(content, name, **values).sha256 == load_csv(USUAL).sha256


def test_both_readers_read_the_same(load_csv, monkeypatch):
    rng = np.random.default_rng(0)
    values = (rng.normal(size=(1500, 2)) * 1e10).tolist()
    rows = [f"{number},{y!r},{x!r},note" for number, (y, x) in enumerate(values)]
    content = "time,y,x,note\n" + "\n".join([*rows, "1500,NA,n/a,note"]) + "\n"
    roles = {"target": "y", "features": ["x"], "time": "time", "missing": "drop"}
    with monkeypatch.context() as patch:
        patch.setattr(text, "_read_slowly", None)  # the careful reader is not asked
        fast = load_csv(content, **roles)
    monkeypatch.setattr(text, "_read_fast", lambda *_: None)
    careful = load_csv(content, **roles)
    assert fast.sha256 == careful.sha256
    np.testing.assert_array_equal(fast.values, values)


def test_the_fast_reader_takes_line_breaks_within_values(load_csv, monkeypatch):
    breaks = "\n" * 500  # so that wherever Arrow parts the file, it parts it within a value
    content = "y,note\n" + "".join(f'{number},"{breaks}"\n' for number in range(3000))
    monkeypatch.setattr(text, "_read_slowly", None)
    np.testing.assert_array_equal(load_csv(content, target="y").values[:, 0], np.arange(3000))


def test_home_folder_and_relative_paths(write, settings, monkeypatch, tmp_path):
    write(USUAL)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    home, relative = (load(settings(kind="csv", path=path)) for path in ("~/sales.csv", "sales.csv"))
    assert home.sha256 == relative.sha256


@pytest.mark.skipif(not AIRBNB.exists(), reason=f"the Airbnb data is not at {AIRBNB.parent.name}/{AIRBNB.name}")
def test_airbnb_prices_as_its_readme_describes_them(settings):
    series = load(settings(kind="kaggle", path=str(AIRBNB), file="AB_NYC_2019.csv", target="price"))
    price = series.values[:, 0]
    assert (series.name, series.target, series.rows) == ("AB_NYC_2019", "price", 48_895)
    assert (price.min(), price.max(), np.median(price), round(price.mean(), 1)) == (0, 10_000, 106, 152.7)
    assert price[0] == 149  # the first listing of the file
    np.testing.assert_array_equal(series.index, np.arange(48_895))


# What is wrong with it ----------------------------------------------------------------------------------

BREAKS = 'y,note\n1,"one\ntwo"\n\n2,"three\n\nfour"\n'  # lines 1 to 7

FAULTS = {
    "text": ("y\n1\nabc\n3\n", {}, "sales.csv, line 3, column 'y': 'abc' is not a number"),
    "long text": (f"y\n1\n{'ab' * 99}\n", {}, f"line 3, column 'y': '{'ab' * 20}…' is not a number"),
    "text far down": ("y\n" + "1\n2\n" * 900 + "x\n", {}, "line 1802, column 'y': 'x' is not a number"),
    "text below line breaks": (f"{BREAKS}x,\n", {"target": "y"}, "line 8, column 'y': 'x' is not a number"),
    "thousands": (
        'y\n1\n"1,200"\n',
        {},
        "line 3, column 'y': '1,200' is not a number; data.thousands=',' reads a thousand and more, data.decimal=','",
    ),
    "decimal comma": (
        "y;z\n1;2\n1,5;3\n",
        {"separator": ";", "target": "y"},
        "'1,5' is not a number; data.decimal=',' reads it",
    ),
    "digits in groups": ("y\n1\n1_000\n", {}, "line 3, column 'y': '1_000' is not a number"),
    "empty": ("t,y\n1,1\n2,\n3,3\n", {"target": "y"}, "line 3, column 'y': no value (1 of 3 are missing)"),
    "mark of missing": ("y\n1\nN/A\n3\n", {}, "line 3, column 'y': no value"),
    "nan": ("y\n1\nNaN\n3\n", {}, "line 3, column 'y': no value"),
    "empty below line breaks": (f"{BREAKS},x\n", {"target": "y"}, "line 8, column 'y': no value"),
    "separators alone": (
        "y,x\n1,2\n,\n",
        {"target": "y", "features": ["x"]},
        "line 3: the row is empty, there are separators alone; delete it",
    ),
    "infinite": ("y\n1\n2\n-inf\n", {}, "line 4, column 'y': the value is infinite"),
    "too large": ("y\n1\n2\n1e999\n", {}, "line 4, column 'y': the value is infinite"),
    "constant": (
        "y\n" + "7\n" * 20,
        {},
        "sales.csv, column 'y': all 20 values are 7; there is nothing to forecast",
    ),
    "empty file": ("", {}, "sales.csv: the file is empty"),
    "blank lines alone": ("\n\n", {}, "sales.csv: the file is empty"),
    "header alone": ("t,y\n", {}, "sales.csv: there is no row below the header"),
    "no header": (
        "2020-01-01,5\n2020-01-02,6\n",
        {},
        "the first line must name the columns, and this looks like data",
    ),
    "several number columns": (
        "id,y,t\n1,2,x\n3,4,y\n",
        {},
        "has several number columns: id, y; give data.target=COLUMN",
    ),
    "no number column": ("a,b\nx,y\n", {}, "has no numbers in a, b; give data.target=COLUMN"),
    "target": ("day,sales\n1,2\n", {"target": "sale"}, "data.target=sale: "),
    "target, nearest": ("day,sales\n1,2\n", {"target": "sale"}, "no such column; did you mean 'sales'?"),
    "time": ("day,sales\n1,2\n", {"time": "Day"}, "data.time=Day: "),
    "feature": ("day,sales\n1,2\n", {"features": ["dai"]}, "data.features=dai: "),
    "name twice": ("y,y\n1,2\n", {"target": "y"}, "data.target=y: "),
    "more fields": ("t,y\n1,2\n3,1,200\n", {"target": "y"}, "line 3: 3 fields, where the header has 2"),
    "fewer fields": ("t,y\n1,2\n3,4\n5\n", {"target": "y"}, "line 4: 1 fields, where the header has 2"),
    "open quote": ('t,y\n1,2\n"3,4\n5,6\n', {"target": "y"}, "line 3: 1 fields, where the header has 2"),
    "separator": (
        "t;y\n1;2\n",
        {"target": "y"},
        "does not part the header 't;y'; try \"data.separator=';'\"",
    ),
    "tabs": ("t\ty\n1\t2\n", {}, "try \"data.separator='tab'\""),
    "encoding": (
        "t,größe\n1,2\n".encode("cp1252"),
        {},
        "line 1: byte 0xf6 is not utf-8; try data.encoding=cp1252",
    ),
    "rare encoding": (
        b"t,y\n\x81,2\n",
        {"time": "t"},
        "line 2: byte 0x81 is not utf-8; try data.encoding=latin-1",
    ),
    "encoding far down": (
        b"n,y\n" + b"a,1\nb,2\n" * 4000 + b"\xe9,3\n",
        {"time": "n", "target": "y"},
        "line 8002: byte 0xe9 is not utf-8; try data.encoding=cp1252",
    ),
    "UTF-16": ("t,y\n1,2\n".encode("utf-16"), {}, "this is not utf-8; try data.encoding=utf-16"),
    "no UTF-16": ("t,y\n1,2\n", {"encoding": "utf-16"}, "try data.encoding=utf-8"),
    "no ASCII": ("t,größe\n1,2\n", {"encoding": "ascii"}, "byte 0xc3 is not ascii; try data.encoding=utf-8"),
    "Parquet": (b"PAR1....PAR1", {}, "this is a Parquet file; read it with data=parquet"),
    "several in a zip": (
        zipped({"a.csv": "y\n1\n", "b.csv": "y\n2\n"}),
        {},
        "give data.file, one of a.csv, b.csv",
    ),
    "none in a zip": (zipped({"readme": "?"}), {}, "holds no .csv, .tsv or .txt; it holds readme"),
    "nothing in a zip": (zipped({}), {}, "holds no .csv, .tsv or .txt; it holds nothing"),
    "member": (
        zipped({"sales.csv": USUAL}),
        {"file": "sale.csv"},
        "no data.file=sale.csv; did you mean 'sales.csv'?",
    ),
    "member twice": (
        zipped({"a/s.csv": "", "b/s.csv": ""}),
        {"file": "s.csv"},
        "several files; give one of a/s.csv, b/s.csv",
    ),
    "Excel": (
        zipped({"xl/workbook.xml": ""}),
        {},
        "this is an Excel workbook",
    ),
    "half a zip": (zipped({"sales.csv": USUAL})[:60], {}, "the zip is damaged"),
    "half a gz": (gzip.compress(USUAL.encode())[:30], {}, "the archive is damaged"),
    "half a gz, and not the encoding": (gzip.compress(b"\xf6,y\n" * 999)[:30], {}, "the archive is damaged"),
    "flipped bits in a zip": (
        zipped({"sales.csv": USUAL}).replace(b"7.5", b"9.5"),
        {},
        "the archive is damaged",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_one_clear_sentence(load_csv, tmp_path, name):
    content, values, sentence = FAULTS[name]
    with pytest.raises(DataError) as caught:
        load_csv(content, **values)
    message = str(caught.value)
    assert sentence in message
    assert "\n" not in message
    assert name in ("target", "time", "feature") or str(tmp_path / "sales.csv") in message


@pytest.mark.parametrize("name", ["sales.zip", "sales.csv.gz"])
def test_a_name_that_promises_an_archive_must_keep_it(load_csv, name):
    with pytest.raises(DataError, match=rf"{name}: the name ends in .*, but this is no (zip|gz); download it again"):
        load_csv(USUAL, name)


@pytest.mark.parametrize("name", ["sales.csv", "sales.zip", "sales.csv.gz"])
def test_a_line_without_an_end_is_refused(load_csv, name):
    line = b"7" * (17 << 20)
    packed = {"sales.csv": line, "sales.zip": zipped({"sales.csv": line}), "sales.csv.gz": gzip.compress(line, 1)}
    with pytest.raises(DataError, match=f"{name}.*: a line is longer than 16 MB, so this is no table of rows"):
        load_csv(packed[name], name)


def test_a_line_without_an_end_is_not_held(write, monkeypatch):
    class Endless(io.BytesIO):
        told = 0

        def read(self, size: int | None = -1) -> bytes:
            assert size
            Endless.told += size
            return b"7" * size

    monkeypatch.setattr("gzip.open", lambda path: Endless())
    file = text_file(write(gzip.compress(b"7"), "sales.csv.gz"))
    for reading in (lambda stream: stream.read(), lambda stream: next(iter(stream))):
        Endless.told = 0
        with pytest.raises(DataError, match="longer than 16 MB"), file.open() as stream:
            reading(stream)
        assert Endless.told < 17 << 20


def test_a_line_without_an_end_is_refused_below_the_header_too(load_csv):
    with pytest.raises(DataError, match="a line is longer than 16 MB"):
        load_csv(USUAL + "8," + "7" * (17 << 20))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_file_of_short_lines_may_be_long_whatever_ends_them(write, end):
    content = (b"7" * 999 + end) * (17 << 10) + b"8"
    with text_file(write(content)).open() as stream:
        assert stream.read() == content


def test_a_pipe_is_refused_and_not_waited_for(load_csv, settings, tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match=r"pipe.csv: this is a named pipe, and a file is needed, since it is read more"):
        load(settings(kind="csv", path=str(tmp_path / "pipe.csv")))
    with pytest.raises(DataError, match="this is a device"):
        load(settings(kind="csv", path="/dev/zero"))


def test_a_locked_zip_says_so(load_csv):
    content = bytearray(zipped({"sales.csv": USUAL}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1  # the bit for "encrypted"
    with pytest.raises(DataError, match=r"cannot be read: .*encrypted"):
        load_csv(bytes(content), "sales.zip")


def test_a_missing_file_names_the_nearest_of_its_folder(write, settings, tmp_path):
    write(USUAL)
    with pytest.raises(DataError, match=r"sale.csv: there is no such file in .*; did you mean 'sales.csv'\?"):
        load(settings(kind="csv", path=str(tmp_path / "sale.csv")))
    with pytest.raises(DataError, match=r"there is no folder .*elsewhere"):
        load(settings(kind="csv", path=str(tmp_path / "elsewhere" / "sales.csv")))


def test_a_folder_says_what_it_holds(write, settings, tmp_path):
    write(USUAL)
    with pytest.raises(DataError, match=r"this is a folder, and a file is needed; it holds sales.csv"):
        load(settings(kind="csv", path=str(tmp_path)))


def test_a_crowded_folder_is_not_listed_whole(write, settings, tmp_path):
    for number in range(40):
        write(USUAL, f"{number:03}.csv")
    with pytest.raises(DataError, match="and 30 more") as caught:
        load(settings(kind="csv", path=str(tmp_path / "zzzzzzzz")))
    assert len(str(caught.value)) < 400


# Texts in quotes, and without -----------------------------------------------------------------------------


@pytest.mark.parametrize("behind", [3, 300])  # of the sample of first rows, and far behind it
def test_a_quote_that_is_never_closed_takes_no_rows_in_silence(load_csv, behind):
    content = "day,sales,note\n" + "1,5,x\n" * 2 + '2,6,"left open\n' + "3,7,y\n" * behind
    with pytest.raises(DataError, match=rf"line 4: a quote is opened here .*: it takes {behind} more lines with it"):
        load_csv(content, target="sales")
    series = load_csv(content.replace('"left', '5" left'), target="sales")  # an inch, as Excel never writes it
    assert series.rows == behind + 3


def test_the_last_text_of_a_file_may_have_several_lines(load_csv):
    assert load_csv('sales,note\n1,x\n2,"a\nb"\n3,"c ""\nd"\n4,"e\n5"\n', target="sales").rows == 4


def test_a_field_may_be_as_long_as_a_book(load_csv):
    assert load_csv(f"sales,note\n1,x\n2,{'word ' * 40_000}\n3,y\n", target="sales").rows == 3
