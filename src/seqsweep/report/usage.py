"""What `seqsweep sweep --help` prints: the studies, the groups with their options, and what else can be set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from seqsweep import config
from seqsweep.errors import EXIT_CODES

EXAMPLES = (
    ("seqsweep sweep quickstart", "run a study"),
    ("seqsweep sweep quickstart tuner=bayesian tuner.max_trials=40", "choose another option, set a value"),
    ("seqsweep sweep quickstart data=csv data.path=FILE data.target=COL", "your own series"),
    ("seqsweep sweep quickstart 'search_space.units=[16,64]'", "search these values"),
    ("seqsweep sweep quickstart 'search_space.units={low: 8, high: 64, step: 8}'", "search a range"),
    ("seqsweep sweep -m quickstart tuner=random,hyperband", "one sweep each, and a table over all"),
    ("seqsweep sweep quickstart --cfg job", "show the composed config, run nothing"),
    ("seqsweep sweep mine --config-dir FOLDER", "a study of your own: FOLDER/mine.yaml"),
)


def usage(console: Console, own: Path | None, flags: Mapping[tuple[str, str], str]) -> None:
    """Print it.

    Args:
        console: to print on.
        own: the user's folder of configs; None: there is none.
        flags: what each does, by its names.
    """
    console.print("Usage: seqsweep sweep STUDY [GROUP=OPTION] [GROUP.KEY=VALUE] [-m]\n")
    console.print("The same command again resumes a sweep that was interrupted.\n")
    studies = _grid("studies")
    for name, file in config.studies(own).items():
        studies.add_row(name, config.question(file))
    console.print(studies)
    groups = _grid("groups and their options")
    for group, options in config.options(own).items():
        groups.add_row(group, " | ".join(options))
    console.print(groups)
    keys = _grid("keys")
    known = config.keys()
    for group in config.options(own):
        keys.add_row(group, " ".join(key.split(".")[1] for key in known if key.startswith(f"{group}.")))
    console.print(keys)
    console.print("What a key means: seqsweep explain KEY")
    console.print("examples", style="bold")
    for command, purpose in EXAMPLES:
        console.print(f"  {command}\n      {purpose}", soft_wrap=True)
    listed = _grid("flags")
    for names, purpose in flags.items():
        listed.add_row(", ".join(names), purpose)
    console.print(listed)
    console.print(EXIT_CODES)


def _grid(title: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, show_header=False, padding=(0, 2))
    table.add_column(no_wrap=True, style="cyan")
    table.add_column()
    return table
