"""The `sexton` command. Nothing heavy is imported before a command needs it: editors run `sexton validate` at every save."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import TextIO

import click

from api import VERSION, provenance
from api.commands import COMMANDS, Lazy
from api.ending import DONE, MISUSE, ending

INTERRUPTED = 130
"""What a shell expects of a command that Ctrl-C ended: 128 and the signal's number."""


@click.group(
    cls=Lazy, commands_table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(VERSION, prog_name="sexton", message="%(prog)s %(version)s")
@click.option(
    "--settings",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The server's settings [default: sexton.yaml, where there is one].",
)
@click.pass_context
def sexton(context: click.Context, settings: Path | None) -> None:
    """Keep a cloud estate tidy: policies in git judge it, owners are told, then what is idle, expired or unowned goes."""
    context.obj = settings


def main() -> None:
    """The console script: run a command and leave with its exit code."""
    provenance.check()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code. Whatever a person can cause is one sentence on standard error."""
    out = sys.stdout
    try:
        code = sexton.main(arguments, prog_name="sexton", standalone_mode=False)
        out.flush()
    except click.ClickException as error:
        error.show()
        return MISUSE
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        return _nobody_reads(out)
    except SystemExit as leaving:
        # click exits by itself when nobody reads its output, and has replaced it then; a signal to `serve` comes this way too.
        return _nobody_reads(out) if sys.stdout is not out else int(leaving.code or 0)
    except Exception as error:  # noqa: BLE001 - the top of the program: the one place that turns errors into sentences
        return _explain(error)
    return code if isinstance(code, int) else DONE


def _explain(error: Exception) -> int:
    sentence, code = ending(error)
    if os.environ.get("SEXTON_DEBUG"):
        traceback.print_exception(error)
    from engine.wording import harmless  # not needed while all goes well

    for line in f"sexton: {sentence}".split("\n"):
        click.echo(harmless(line), err=True)
    return code


def _nobody_reads(out: TextIO) -> int:
    """`sexton plan | head`: the reader left, and Python must not complain about it while it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
    sys.stdout = out
    return DONE
