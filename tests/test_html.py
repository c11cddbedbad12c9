"""Pages of one file: whatever a text holds, it stays text; the browser may fetch nothing; figures are whole."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from seqsweep import html
from seqsweep.html import Markup, theme

HOSTILE = """<script>alert("1")</script> & 'x'"""
BLOCKS = {
    "paragraph": html.paragraph,
    "kind": lambda text: html.paragraph("", text),
    "note": html.note,
    "summary": lambda text: html.summary([text]),
    "head": lambda text: html.table([text], []),
    "cell": lambda text: html.table(["a"], [[text]]),
    "listed": lambda text: html.listed([text]),
    "name": lambda text: html.facts([(text, 1)]),
    "fact": lambda text: html.facts([("a", text)]),
    "short fact": lambda text: html.short_facts([("a", text)]),
    "link": lambda text: html.link(text, ""),
    "linked": lambda text: html.link("", text),
    "detail": lambda text: html.detail(html.Section("key", text, [Markup(""), Markup("")])),
    "title": lambda text: html.folded(text, Markup("")),
    "verbatim": html.verbatim,
    "section": lambda text: html.rendered(html.Section("key", text, [])),
    "figure": lambda text: theme.figure(text, [], {}, {}),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_text_stays_text_in_every_block(name):
    block = BLOCKS[name](HOSTILE)
    shell = BLOCKS[name]("words")
    assert isinstance(block, Markup)
    assert block.count("<") == shell.count("<")
    assert "&lt;script&gt;" in block
    assert block.count('"') == shell.count('"')


def test_a_block_within_another_is_escaped_once():
    inner = html.paragraph("a & b")
    assert html.folded("more", inner) == "<details><summary>more</summary><p>a &amp; b</p></details>"
    assert html.joined([inner, inner]).count("&amp;") == 2


def figure(**trace: object) -> dict:
    block = theme.figure("figure", [trace], theme.axis(HOSTILE), {})
    (data,) = re.findall(r'<script type="application/json">(.*?)</script>', block, re.S)
    assert "<" not in data
    return json.loads(data)


def test_labels_of_figures_are_escaped_for_plotly_which_takes_html_there():
    drawn = figure(name=HOSTILE, text=[HOSTILE], y=[HOSTILE, "b"], hovertemplate="%{y}<extra></extra>", type="bar")
    trace = drawn["data"][0]
    assert not any("<" in text for text in (trace["name"], *trace["text"], *trace["y"]))
    assert trace["name"].startswith("&lt;script&gt;")
    assert "<" not in drawn["layout"]["xaxis"]["title"]["text"]
    assert trace["hovertemplate"] == "%{y}<extra></extra>"  # our own


def test_rows_that_do_not_fit_their_head_are_refused():
    with pytest.raises(ValueError, match=r"2 columns received rows of \[2, 3\] cells"):
        html.table(["a", "b"], [[1, 2], [1, 2, 3]])


def test_words_stand_left_figures_right_and_marked_rows_stand_out():
    table = html.table(["name", "score"], [["a", 1], ["b", 2]], marked=[1])
    assert '<th>name</th><th class="figure-cell">score</th>' in table
    assert '<tr><td>a</td><td class="figure-cell">1</td></tr><tr class="marked"><td>b</td>' in table
    assert '<tr class="winner"><td>b</td>' in html.table(["name"], [["a"], ["b"]], bold=[1])


def test_what_has_nothing_to_show_is_one_line_wherever_it_stands():
    empty = html.Section("key", "Failures", [html.paragraph("None.")])
    assert html.detail(empty) == html.rendered(empty)
    assert '<section id="key" class="empty">' in html.rendered(empty)
    shown = html.detail(html.Section("key", "Failures", [html.paragraph("Two."), html.note("Why.")]))
    assert shown.startswith('<details class="detail" id="key"><summary>Failures</summary>')


def test_a_document_is_whole_links_to_its_sections_and_forbids_the_network():
    section = html.Section("key", "Title & more", [html.paragraph("words"), html.note("more")])
    page = html.document("<b>", "what?", [html.note("above")], [section])
    own = page[: page.index("<script>")]
    assert own.startswith("<!DOCTYPE html>")
    assert "<title>&lt;b&gt;</title>" in own
    assert '<nav><a href="#key">Title &amp; more</a></nav>' in own
    assert '<section id="key">\n<h2>Title &amp; more</h2>\n<p>words</p>\n<p class="note">more</p>\n</section>' in own
    assert own.index("above") < own.index("<section")
    assert "content=\"default-src 'none'; style-src 'unsafe-inline'" in own
    assert not re.search(r'(src|href)="(?!#)', own)
    assert "<script>/**\n* plotly.js v" in page  # inside, where no address is given
    assert page.count("<script>") == 2
    assert page.rstrip().endswith("</html>")


def test_pages_of_a_folder_share_one_script_and_each_can_be_made_to_stand_alone(tmp_path: Path):
    (tmp_path / "sweeps" / "a").mkdir(parents=True)
    address = html.shared_script(tmp_path, tmp_path / "sweeps" / "a" / "report.html")
    (script,) = tmp_path.glob("*.js")
    assert address == f"../../{script.name}"
    assert html.shared_script(tmp_path, tmp_path / "all.html") == script.name
    page = html.document("title", "", [], [], address)
    assert len(page) < 20_000
    assert f'<script src="{address}"></script>' in page
    assert re.search(rf"hidden>The figures of this page are drawn by {re.escape(address)}, which is not there", page)
    alone = html.standalone(page)
    assert "plotly.js v" in alone
    assert "<script src" not in alone
    assert html.standalone(alone) == alone
    script.write_text("half")  # by a process that was killed before files were written as a whole
    html.shared_script(tmp_path, tmp_path / "all.html")
    assert script.stat().st_size > 1_000_000
    script.unlink()
    script.mkdir()
    assert html.shared_script(tmp_path, tmp_path / "all.html") == ""  # the page then holds it


def test_every_template_is_escaped_and_an_unknown_name_is_an_error(tmp_path: Path):
    (tmp_path / "t.j2").write_text("{{ known }}{{ unknown }}")
    template = html.environment(tmp_path).get_template("t.j2")
    assert template.render(known="<", unknown="") == "&lt;"
    with pytest.raises(UndefinedError, match="unknown"):
        template.render(known="<")
