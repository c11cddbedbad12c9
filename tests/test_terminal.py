"""What a terminal shows: the texts of data as they are, whatever they look like."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.table import Table

from seqsweep import terminal

TEXTS = ["flow [/min]", "speed [km/h]", "sales[old].csv", "a:on:b", "[bold]x", "[/]", "\\[x]", "x [link=file:///]y"]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_shown_as_it_is_wherever_it_stands(text):
    shown = io.StringIO()
    console = terminal.console(file=shown, width=200)
    table = Table(title=f"title {text}", caption=f"caption {text}")
    table.add_column(f"head {text}")
    table.add_row(f"cell {text}")
    console.print(table)
    console.print(f"line {text}", style="bold")
    console.rule(f"rule {text}")
    for place in ("title", "caption", "head", "cell", "line", "rule"):
        assert f"{place} {text}" in shown.getvalue()


def test_every_console_is_made_in_one_place():
    source = Path(terminal.__file__).parent
    made = [file.name for file in sorted(source.rglob("*.py")) if re.search(r"\bConsole\(", file.read_text())]
    assert made == ["terminal.py"]
    said = [file.name for file in source.rglob("*.py") if re.search(r"\b(from_markup|markup=True)\b", file.read_text())]
    assert said == []


@pytest.mark.parametrize("width", [40, 60, 100])
def test_a_table_that_is_too_wide_breaks_between_words_and_cuts_no_figure(width):
    shown = io.StringIO()
    table = Table()
    for head in ("trial", "mae", "parameter count", "latency ms"):
        table.add_column(head, no_wrap=True)
    table.add_row("trial 5: LSTM, 1 × 32 units", "10.50", "4,385", "0.2745 ± 0.029")
    terminal.console(file=shown, width=width).print(terminal.with_whole_words(table))
    words = set(shown.getvalue().split())
    assert words >= {"10.50", "4,385", "0.2745", "0.029", "LSTM,", "parameter", "count", "latency"}
    assert "…" not in shown.getvalue()
