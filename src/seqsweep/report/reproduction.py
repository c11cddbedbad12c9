"""What `seqsweep reproduce` prints."""

from __future__ import annotations

from rich import box
from rich.table import Table

from seqsweep.reproduce import Reproduction
from seqsweep.words import counted, significant


def figures_table(again: Reproduction) -> Table:
    """A row a score: then, now, difference."""
    table = Table(title=f"{again.run.name}, validation part", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("metric")
    for name in ("logged", "again", "difference"):
        table.add_column(name, justify="right", no_wrap=True)
    for figure in again.figures:
        gap = significant(figure.now - figure.then, 3)
        table.add_row(figure.name, significant(figure.then, 9), significant(figure.now, 9), gap)
    return table


def reproduction_sentences(again: Reproduction) -> list[str]:
    """The verdict, and what changed since."""
    points, noise = f"{counted(again.points, 'point')} of its curves", significant(again.noise, 3)
    if again.verdict == "equal to the bit":
        said = [f"Equal to the bit: {points} and {counted(len(again.figures), 'score')}."]
    elif again.verdict == "equal within noise":
        said = [f"Equal within noise: the score differs by less than {noise}; {again.unequal} of {points} do."]
    else:
        said = [f"Different: the score differs by more than the noise of {noise}; {again.unequal} of {points} do."]
    if again.changed:
        return [*said, "Changed since it was logged:", *(f"  {text}" for text in again.changed)]
    same = "Data, versions, seed, threads and commit are as they were."
    return [*said, same]
