"""The commands about studies and sweeps."""

from __future__ import annotations

from pathlib import Path

import click

from seqsweep import interrupts
from seqsweep.cli.group import DIRECTORY, JSON, URI, say_beside, write_json
from seqsweep.imports import quick_imports
from seqsweep.redaction import remember


def studies_like(_ctx: click.Context, _param: click.Parameter, begun: str) -> list[str]:
    """What a shell may complete: names of studies, and then keys of a config."""
    from seqsweep.config import settings, studies

    known = [*studies(), *(f"{key}=" for key in settings() if "." in begun)]
    return [name for name in known if name.startswith(begun)]


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    add_help_option=False,
    short_help="Launch a study: one sweep, or a multirun with -m.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, shell_complete=studies_like)
@click.pass_context
def sweep(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Launch a study; the arguments are Hydra's, and `launch` explains them."""
    with quick_imports():
        from seqsweep.words import pasted

    remember(*arguments)
    interrupts.say_at_end(f"finished trials are kept. To go on: {pasted(['seqsweep', 'sweep', *arguments])}")
    with quick_imports():
        from seqsweep.launch import launch

    ctx.exit(launch(list(arguments)))


@click.command(short_help="Write a study of your own, with comments, to edit.")
@click.argument("name")
@click.option("--data", type=click.Path(path_type=Path), help="Your file: CSV, Parquet or a workbook.")
@click.option("--target", help="The column to forecast.")
def init(name: str, data: Path | None, target: str | None) -> None:
    """Write NAME.yaml in this folder: a study that forecasts a series, with a comment on each line worth changing."""
    from seqsweep.api.new_study import init
    from seqsweep.words import pasted

    file = init(name, data, target)
    click.echo(f"Wrote {file.name}. Edit it, then look at its data and launch it:")
    for word in ("data", "sweep"):
        click.echo(f"  {pasted(['seqsweep', word, name, '--config-dir', '.'])}")


@click.command(
    context_settings={"ignore_unknown_options": True},
    short_help="Show the data of a study, and a page with a picture of it.",
)
@click.argument("arguments", metavar="STUDY [OVERRIDES]", nargs=-1, type=click.UNPROCESSED, shell_complete=studies_like)
def data(arguments: tuple[str, ...]) -> None:
    """Show what `seqsweep sweep` with the same arguments would learn from; nothing is trained.

    The first rows, columns, times and gaps, missing and filled values, the parts; a page holds a picture of them too.
    """
    from seqsweep.describe import describe

    describe(arguments)


@click.command()
@click.argument("key", required=False)
def explain(key: str | None) -> None:
    """Say what KEY of a config means; without it, list every key.

    Type, bounds, unit, default, when it is active, and which options set another value. KEY may be a group too.
    """
    from seqsweep.api.asked import explain

    click.echo(explain(key))


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=5000,
    show_default=True,
    help="Where the UI listens, on 127.0.0.1 alone.",
)
@DIRECTORY
@URI
def ui(port: int, directory: Path, uri: str | None) -> None:
    """Open the MLflow UI on the sweeps that were run here."""
    from seqsweep.api.stores import store
    from seqsweep.tracking.ui import serve

    serve(store(directory, uri), port, click.echo)


@click.command()
@click.argument("run")
@click.argument("moved", metavar="[data.url=URL | data.path=FILE]", nargs=-1)
@DIRECTORY
@URI
@click.pass_context
def reproduce(ctx: click.Context, run: str, moved: tuple[str, ...], directory: Path, uri: str | None) -> None:
    """Train the logged trial or final run RUN again, and say whether the figures match.

    RUN is its id in MLflow. Where its data lies elsewhere now, or behind a password, which is not logged, say so:
    'data.url=${oc.env:URL}' takes the variable URL of the environment.

    The exit code is 1 too where the score differs by more than noise.
    """
    from seqsweep.api.stores import store
    from seqsweep.report.commands import show_reproduction

    remember(*moved)
    ctx.exit(show_reproduction(store(directory, uri), run, moved))


@click.command()
@click.argument("name", metavar="[SWEEP]", required=False)
@click.option("--single-file", is_flag=True, help="One file that can be sent: it holds the script of its figures.")
@JSON
@DIRECTORY
def report(name: str | None, single_file: bool, as_json: bool, directory: Path) -> None:
    """Write the page of a finished sweep anew, and say where it lies; with --json its figures instead.

    SWEEP is a study, whose newest sweep is taken, the name of a sweep or the first digits of its fingerprint; without
    it, the newest of all.
    """
    from seqsweep.api.result import result

    found = result(name, directory, say_beside)
    if as_json:
        write_json(found.plain())
    else:
        click.echo(found.report(single_file=single_file))


@click.command()
@click.argument("names", nargs=-1)
@click.option("--html", is_flag=True, help="Write one page over them too, with every figure, and say where it lies.")
@JSON
@DIRECTORY
def compare(names: tuple[str, ...], html: bool, as_json: bool, directory: Path) -> None:
    """Show finished sweeps side by side, and which of them does better.

    NAMES are studies, names of sweeps or the first digits of their fingerprints; none: all under the directory.
    """
    from seqsweep.api.compared import compare
    from seqsweep.report.commands import show_comparison

    found = compare(names, directory, say_beside)
    if as_json:
        write_json(found.plain())
    else:
        show_comparison(found.entries, found.verdict)
    if html:
        click.echo(f"One page over all of them: {found.report()}", err=as_json)
