"""The commands. Heavy libraries are imported by the commands that need them: `--help` answers at once."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqsweep import interrupts
from seqsweep.errors import EXIT_CODES, FAILED, ConfigError, SeqsweepError, UserError
from seqsweep.imports import quick_imports, quiet_tensorflow
from seqsweep.redaction import redacted, redacted_output, remember
from seqsweep.spelling import nearest

if TYPE_CHECKING:
    from seqsweep.schema import TrackingConfig

quiet_tensorflow()

CONTEXT = {"help_option_names": ["-h", "--help"]}

DIRECTORY = click.option(
    "--directory",
    default="mlruns",
    show_default=True,
    type=click.Path(path_type=Path),
    help="What runs left behind: tracking.directory of the sweep.",
)
URI = click.option("--uri", default=None, help="Another MLflow store: tracking.uri of the sweep.")


class _Commands(click.Group):
    """Turns an error meant for the user into its text and an exit code; others are faults of ours and show whole.

    Whatever any command writes to the terminal is written without secrets.
    """

    def main(self, *args: Any, **kwargs: Any) -> Any:
        with redacted_output(), interrupts.heeded():
            return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SeqsweepError as error:
            show_error(error)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt as error:
            click.echo(interrupts.last_words(error), err=True)
            ctx.exit(interrupts.exit_code(error))
        except (click.exceptions.Exit, click.Abort, click.ClickException):
            raise
        except Exception:
            traceback.print_exc()  # here, where its secrets are hidden: Python would show it behind us
            ctx.exit(FAILED)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """The command that is named first, or the nearest name in the error."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise ConfigError([f"{args[0]}: there is no such command{nearest(args[0], self.list_commands(ctx))}"])
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, context_settings=CONTEXT, epilog=EXIT_CODES)
@click.version_option(package_name="seqsweep", prog_name="seqsweep")
def main() -> None:
    """Find the best recurrent network for a sequence, and prove it."""


@main.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    add_help_option=False,
    short_help="Launch a study: one sweep, or a multirun with -m.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def sweep(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Launch a study; the arguments are Hydra's, and `launch` explains them."""
    with quick_imports():
        from seqsweep.words import command

    remember(*arguments)
    interrupts.say_at_end(f"finished trials are kept. To go on: {command(['seqsweep', 'sweep', *arguments])}")
    with quick_imports():
        from seqsweep.launch import launch

    ctx.exit(launch(list(arguments)))


@main.command(
    context_settings={"ignore_unknown_options": True},
    short_help="Show the data of a study, and a page with a picture of it.",
)
@click.argument("arguments", metavar="STUDY [OVERRIDES]", nargs=-1, type=click.UNPROCESSED)
def data(arguments: tuple[str, ...]) -> None:
    """Show what `seqsweep sweep` with the same arguments would learn from; nothing is trained.

    The first rows, columns, times and gaps, missing and filled values, the parts; a page holds a picture of them too.
    """
    from seqsweep.describe import describe

    describe(arguments)


@main.command()
@click.argument("key", required=False)
def explain(key: str | None) -> None:
    """Say what KEY of a config means; without it, list every key.

    Type, bounds, unit, default, when it is active, and which options set another value. KEY may be a group too.
    """
    from seqsweep import explanation

    click.echo(explanation.overview() if key is None else explanation.explain(key))


@main.command()
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
    from seqsweep.tracking.ui import serve

    serve(_store(directory, uri), port, click.echo)


@main.command()
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
    from seqsweep.report.commands import show_reproduction

    remember(*moved)
    ctx.exit(show_reproduction(_store(directory, uri), run, moved))


@main.command()
@click.argument("name", metavar="[SWEEP]", required=False)
@DIRECTORY
def report(name: str | None, directory: Path) -> None:
    """Write the page of a finished sweep anew, and say where it lies.

    SWEEP is a study, whose newest sweep is taken, the name of a sweep or the first digits of its fingerprint; without
    it, the newest of all.
    """
    from seqsweep.report.commands import write_page

    click.echo(write_page(directory, name))


@main.command()
@click.argument("names", nargs=-1)
@click.option("--html", is_flag=True, help="Write one page over them too, with every figure, and say where it lies.")
@DIRECTORY
def compare(names: tuple[str, ...], html: bool, directory: Path) -> None:
    """Show finished sweeps side by side, and which of them does better.

    NAMES are studies, names of sweeps or the first digits of their fingerprints; none: all under the directory.
    """
    from seqsweep.report.commands import show_comparison

    show_comparison(directory, names, html=html)


@main.command()
@click.argument("sweep", required=False)
@click.option("--replace", is_flag=True, help="Take the place of a champion of other data, without a comparison.")
@click.option("--force", metavar="REASON", default="", help="Overrule the gate; the reason is recorded.")
@DIRECTORY
@URI
def promote(sweep: str | None, replace: bool, force: str, directory: Path, uri: str | None) -> None:
    """Make the winner of a sweep the champion that others load, if it passes the gate.

    SWEEP is a study (its newest sweep that finished), the beginning of a fingerprint, or the id of a run; without it,
    the newest sweep that finished.
    """
    from seqsweep import registry
    from seqsweep.words import command, store_options

    done = registry.promote(
        sweep,
        _store(directory, uri),
        click.echo,
        lambda conditions: registry.show(registry.gate_table(conditions)),
        replace=replace,
        force=redacted(force),
    )
    if not done.news:
        click.echo(f"Nothing to do: it is the champion of {done.model} already, as version {done.version}.")
        return
    click.echo(f"Version {done.version} is the champion of {done.model} now{_instead(done.before)}.")
    predicting = ["seqsweep", "predict", done.model, "FILE.csv", *store_options(str(directory), uri)]
    served = f"models:/{done.model}@{registry.CHAMPION}"
    click.echo(f"  {command(predicting)}")
    click.echo(f"  {command(['mlflow', 'models', 'serve', '-m', served, '--env-manager', 'local'])}")


@main.command()
@click.argument("model")
@click.option("--why", default="", help="Recorded in the ledger.")
@DIRECTORY
@URI
def rollback(model: str, why: str, directory: Path, uri: str | None) -> None:
    """Make the champion before this one the champion again."""
    from seqsweep import registry

    done = registry.rollback(model, _store(directory, uri), click.echo, redacted(why))
    click.echo(f"Version {done.version} is the champion of {done.model} again{_instead(done.before)}.")


@main.command()
@click.argument("model")
@DIRECTORY
@URI
def history(model: str, directory: Path, uri: str | None) -> None:
    """Show which version of a model was champion when, and why."""
    from seqsweep import registry

    entries, aliases = registry.history(model, _store(directory, uri), click.echo)
    registry.show(registry.history_table(model, entries, aliases))


@main.command()
@click.argument("model")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), help="Write a CSV here instead of a table.")
@click.option(
    "--future", type=click.Path(path_type=Path), help="Rows to be forecast, with what is known ahead of them."
)
@DIRECTORY
@URI
def predict(model: str, file: Path, output: Path | None, future: Path | None, directory: Path, uri: str | None) -> None:
    """Predict from the rows of FILE, in the unit of the data: what follows the last one, the class or text of each.

    MODEL is NAME for the champion, NAME@ALIAS or NAME/VERSION; FILE is CSV, Parquet or a workbook with the columns of
    the data, which is read by the rules of the sweep: its formats, order, filter and steps. With - as FILE rows come by
    standard input, as CSV; for a model that reads texts a line is a text: echo TEXT | seqsweep predict MODEL -

    What a model reads of the time that it forecasts (data.known_future) stands in rows behind the last value of the
    target, which are blank there, or in a file of its own, --future.
    """
    from seqsweep import registry

    if output is not None and (output.is_dir() or not output.parent.is_dir()):
        told = "this is no file that can be written; give one in a folder that is there"
        raise ConfigError([f"--output {output}: {told}"])
    store, piped = _store(directory, uri), str(file) == "-"
    answers, version = registry.predict(model, sys.stdin.buffer.read() if piped else file, store, future)
    name = registry.STANDARD_INPUT if piped else file
    for note in answers.attrs.get("notes", []):
        click.echo(f"{name}: {note}", err=True)
    if output is None:
        registry.show(registry.answers_table(f"{version}: predictions from {name}", answers))
        return
    try:
        answers.to_csv(output, index=False)
    except OSError as error:
        raise UserError(f"{output}: cannot write the answers: {error}") from error
    click.echo(f"{len(answers)} rows by {version} in {output}")


def _instead(before: str | None) -> str:
    return f", instead of version {before}" if before else ""


def _store(directory: Path, uri: str | None) -> TrackingConfig:
    """A store that is there: no command but `sweep` makes one."""
    from seqsweep.schema import TrackingConfig
    from seqsweep.tracking.address import address, uri_faults

    remember(uri or "")
    if faults := uri_faults(uri):
        raise ConfigError(faults)
    tracking = TrackingConfig(kind="mlflow", directory=str(directory), uri=uri)
    database = address(tracking).database
    if database is not None and not database.exists():
        told = "there is no MLflow store; `seqsweep sweep quickstart` makes one, --directory and --uri name another"
        raise ConfigError([f"{database}: {told}"])
    return tracking


def show_error(error: SeqsweepError) -> None:
    """Print an error for its reader: every fault of a config on a line of its own."""
    faults = [str(fault) for fault in error.faults] if isinstance(error, ConfigError) else [str(error)]
    click.echo(
        click.style("error: ", fg="red", bold=True) + faults[0]
        if len(faults) == 1
        else click.style(f"{len(faults)} errors:", fg="red", bold=True),
        err=True,
    )
    if len(faults) > 1:
        for fault in faults:
            click.echo(f"  - {fault}", err=True)


if __name__ == "__main__":
    main()
