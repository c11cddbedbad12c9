"""The commands about models that others load."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from seqsweep.cli.group import DIRECTORY, JSON, URI, write_json
from seqsweep.errors import ConfigError, UserError
from seqsweep.redaction import redacted

PORT = 5001
"""Where a model is served: the UI has 5000."""


@click.command()
@click.argument("sweep", required=False)
@click.option("--replace", is_flag=True, help="Take the place of a champion of other data, without a comparison.")
@click.option("--force", metavar="REASON", default="", help="Overrule the gate; the reason is recorded.")
@click.option(
    "--baseline", metavar="NAME", default="", help="Promote this baseline instead, where no network beats it."
)
@DIRECTORY
@URI
def promote(sweep: str | None, replace: bool, force: str, baseline: str, directory: Path, uri: str | None) -> None:
    """Make the winner of a sweep the champion that others load, if it passes the gate.

    SWEEP is a study (its newest sweep that finished), the beginning of a fingerprint, or the id of a run; without it,
    the newest sweep that finished.
    """
    from seqsweep import registry
    from seqsweep.api import models, stores
    from seqsweep.words import pasted, store_options

    done = models.promote(
        sweep,
        directory,
        uri,
        replace=replace,
        force=force,
        baseline=baseline,
        say=click.echo,
        show=lambda conditions: registry.show(registry.gate_table(conditions)),
    )
    if not done.news:
        click.echo(f"Nothing to do: it is the champion of {done.model} already, as version {done.version}.")
        return
    click.echo(f"Version {done.version} is the champion of {done.model} now{_instead(done.before)}. Predict, or serve:")
    store = store_options(str(directory), uri)
    future = ["--future", "FUTURE.csv"] if done.reads_future else []
    click.echo(f"  {pasted(['seqsweep', 'predict', done.model, 'FILE.csv', *future, *store])}")
    click.echo(f"  {pasted(['seqsweep', 'serve', done.model, '--port', str(PORT), *store])}")
    click.echo(f"  {registry.curl(PORT, registry.request_of(done.model, stores.store(directory, uri)))}")


@click.command()
@click.argument("model")
@click.option("--why", default="", help="Recorded in the ledger.")
@DIRECTORY
@URI
def rollback(model: str, why: str, directory: Path, uri: str | None) -> None:
    """Make the champion before this one the champion again."""
    from seqsweep import registry
    from seqsweep.api.stores import store

    done = registry.rollback(model, store(directory, uri), click.echo, redacted(why))
    click.echo(f"Version {done.version} is the champion of {done.model} again{_instead(done.before)}.")


@click.command()
@click.argument("model")
@JSON
@DIRECTORY
@URI
def history(model: str, as_json: bool, directory: Path, uri: str | None) -> None:
    """Show which version of a model was champion when, and why."""
    from seqsweep import registry
    from seqsweep.api.stores import store

    entries, aliases = registry.history(model, store(directory, uri), lambda text: click.echo(text, err=as_json))
    if as_json:
        write_json({"model": model, "aliases": aliases, "entries": [asdict(entry) for entry in entries]})
    else:
        registry.show(registry.history_table(model, entries, aliases))


@click.command()
@click.argument("model")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), help="Write a CSV here instead of a table.")
@click.option(
    "--future", type=click.Path(path_type=Path), help="Rows to be forecast, with what is known ahead of them."
)
@JSON
@DIRECTORY
@URI
def predict(
    model: str, file: Path, output: Path | None, future: Path | None, as_json: bool, directory: Path, uri: str | None
) -> None:
    """Predict from the rows of FILE, in the unit of the data: what follows the last one, the class or text of each.

    MODEL is NAME for the champion, NAME@ALIAS or NAME/VERSION; FILE is CSV, Parquet or a workbook with the columns of
    the data, which is read by the rules of the sweep: its formats, order, filter and steps. With - as FILE rows come by
    standard input, as CSV; for a model that reads texts a line is a text: echo TEXT | seqsweep predict MODEL -

    What a model reads of the time that it forecasts (data.known_future) stands in rows behind the last value of the
    target, which are blank there, or in a file of its own, --future.
    """
    from seqsweep import registry
    from seqsweep.api import models, tables

    if output is not None and (output.is_dir() or not output.parent.is_dir()):
        told = "this is no file that can be written; give one in a folder that is there"
        raise ConfigError([f"--output {output}: {told}"])
    loaded, piped = models.load(model, directory, uri), str(file) == "-"
    answers = loaded.predict(sys.stdin.buffer.read() if piped else file, future)
    name = registry.STANDARD_INPUT if piped else file
    for note in answers.attrs.get("notes", []):
        click.echo(f"{name}: {note}", err=True)
    if as_json:
        write_json(tables.plain(answers))
    elif output is None:
        registry.show(registry.answers_table(f"{loaded.name}: predictions from {name}", answers), whole=True)
    if output is None:
        return
    try:
        answers.to_csv(output, index=False)
    except OSError as error:
        raise UserError(f"{output}: cannot write the answers: {error}") from error
    click.echo(f"{len(answers)} rows by {loaded.name} in {output}", err=as_json)


@click.command()
@click.argument("model")
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True, help="On 127.0.0.1 alone.")
@DIRECTORY
@URI
def serve(model: str, port: int, directory: Path, uri: str | None) -> None:
    """Answer requests for predictions by MODEL over HTTP, on this machine alone, until Ctrl-C.

    MODEL is NAME for the champion, NAME@ALIAS or NAME/VERSION.
    """
    from seqsweep import registry
    from seqsweep.api.stores import store

    registry.serve(model, store(directory, uri), port, click.echo)


def _instead(before: str | None) -> str:
    return f", instead of version {before}" if before else ""
