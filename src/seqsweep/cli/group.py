"""The group of commands: errors for the user become their text and an exit code, and nothing shows a secret."""

from __future__ import annotations

import json
import traceback
from pathlib import Path
from typing import Any

import click

from seqsweep import interrupts, memory
from seqsweep.errors import FAILED, ConfigError, SeqsweepError, SweepError
from seqsweep.hyperparameters import shortened
from seqsweep.imports import own_process
from seqsweep.redaction import redacted_output
from seqsweep.spelling import nearest
from seqsweep.words import one_line

MEND = (
    "Trials that finished are kept. Give the command more of it (ulimit -v, the limit of a container) or let it need "
    "less (executor.workers=1, a smaller network, batch or table), and run it again"
)

DIRECTORY = click.option(
    "--directory",
    default="mlruns",
    show_default=True,
    type=click.Path(path_type=Path),
    help="What runs left behind: tracking.directory of the sweep.",
)
URI = click.option("--uri", default=None, help="Another MLflow store: tracking.uri of the sweep.")
JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON to standard output, for other programs.")


class Commands(click.Group):
    """Turns an error meant for the user into its text and an exit code; others are faults of ours and show whole.

    Whatever any command writes to the terminal is written without secrets.
    """

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command line, with its secrets hidden and signals heeded."""
        own_process()
        with redacted_output(), interrupts.heeded():
            return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what goes wrong becomes its exit code."""
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
        except Exception as error:
            if (found := memory.shortage(error)) is not None:
                told = shortened(one_line(str(found) or type(found).__name__))
                show_error(SweepError(f"memory ran out ({told}). {MEND}"))
                ctx.exit(FAILED)
            traceback.print_exc()  # here, where its secrets are hidden: Python would show it behind us
            ctx.exit(FAILED)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """The command that is named first, or the nearest name in the error."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise ConfigError([f"{args[0]}: there is no such command{nearest(args[0], self.list_commands(ctx))}"])
        return super().resolve_command(ctx, args)


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


def say_beside(text: str) -> None:
    """A sentence beside what was asked for, which others may read by a pipe."""
    click.echo(text, err=True)


def write_json(content: object) -> None:
    """What a program reads: plain values on standard output."""
    click.echo(json.dumps(content, indent=1, ensure_ascii=False, default=str))
