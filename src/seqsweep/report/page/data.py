"""The facts of a data set as sections of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from seqsweep.html import (
    Markup,
    Section,
    document,
    folded,
    joined,
    listed,
    note,
    paragraph,
    rendered,
    shared_script,
    summary,
    table,
    theme,
)
from seqsweep.html import facts as labelled
from seqsweep.state_files import THIS_PAGE, write_text
from seqsweep.tasks import Facts, Picture

GONE = "The file of these facts is gone; the command of the sweep makes them again."

SUBTITLE = "What a sweep would learn from; nothing is trained yet."


def data_section(facts: Facts | None) -> Section:
    """The data of a sweep: what it is at a glance, its picture, and all facts where they are asked for.

    Args:
        facts: None: their file is gone.
    """
    if facts is None:
        return Section("data", "Data", [paragraph(GONE)])
    blocks = [*map(paragraph, facts.summary), *_pictures(facts.pictures)]
    if facts.notes:
        blocks.append(listed(facts.notes))
    return Section("data", "Data", [*blocks, folded("All facts of the data", joined(map(rendered, _tables(facts))))])


def write_data_page(
    title: str, entries: Sequence[tuple[str, Facts]], target: Path, *, single_file: bool = False
) -> Path:
    """Write a page of facts alone; returns where it lies.

    Args:
        title: of the page.
        entries: the data sets of a launch, each under the overrides that chose it.
        target: the file to write.
        single_file: it holds the script of its figures, or else the folder does.

    Raises:
        StateError: the disk refuses.
    """
    script = "" if single_file else shared_script(target.parent, target)
    if len(entries) == 1:
        facts = entries[0][1]
        page = document(title, SUBTITLE, [summary(facts.summary)], list(_sections(facts)), script)
    else:
        each = [folded(name, joined(_job(facts)), "job") for name, facts in entries]
        page = document(title, SUBTITLE, [], [Section("each", "Each of them", each)], script)
    write_text(target, page, THIS_PAGE)
    return target


def _job(facts: Facts) -> Iterator[Markup]:
    yield summary(facts.summary)
    yield from map(rendered, _sections(facts))


def _sections(facts: Facts) -> Iterator[Section]:
    if facts.pictures:
        yield Section("picture", facts.name, _pictures(facts.pictures))
    if facts.notes:
        yield Section("notes", "Notes", [listed(facts.notes)])
    yield from _tables(facts)


def _tables(facts: Facts) -> Iterator[Section]:
    for entry in facts.tables:
        pairs = ((row[0], row[1]) for row in entry.rows)
        block = table(entry.head, entry.rows, entry.words) if entry.head else labelled(pairs)
        yield Section(f"data-{entry.key}", entry.title, [block])


def _pictures(pictures: Sequence[Picture]) -> list[Markup]:
    blocks = []
    for picture in pictures:
        drawn = theme.figure(picture.title, picture.traces, picture.x, picture.y, picture.height, **picture.layout)
        blocks += [drawn, note(picture.note)] if picture.note else [drawn]
    return blocks
