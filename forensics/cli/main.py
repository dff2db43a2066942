"""`forensics`: the command and its exit codes.

0 nothing at or above --fail-on, 1 something, 2 the command could not do what was asked,
3 it finished but evidence was missing, 4 an internal error.
"""

import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Annotated

import typer

from forensics.cli import (
    attest,
    audit,
    demo,
    explain,
    ingest,
    inspect,
    printing,
    questions,
    reference,
    sources,
    timeline,
)
from forensics.cli import map as mapping
from forensics.model.errors import DetectorError, ForensicsError
from forensics.model.version import __version__

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
)
for commands in (
    audit,
    ingest,
    attest,
    mapping,
    inspect,
    explain,
    timeline,
    questions,
    sources,
    reference,
    demo,
):
    commands.register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        printing.line(f"event-forensics {__version__}")
        raise typer.Exit


@app.callback()
def root(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Read the logs of automation after it has failed: what ran twice, stormed, raced, looped.

    Exit codes: 0 nothing at or above --fail-on, 1 something, 2 could not do what was asked,
    3 finished but evidence was missing, 4 internal error.
    """


def main() -> None:
    """Run the command; whatever goes wrong leaves as a sentence, never as a traceback."""
    try:
        code = _called()
        with printing.to_reader():
            sys.stdout.flush()
    except ForensicsError as error:
        code = _failed(str(error), error.hint, code=4 if isinstance(error, DetectorError) else 2)
    except typer.TyperException as error:
        sentence = str(getattr(error, "format_message", error.__str__)())
        code = _failed(sentence, "`forensics --help` lists what there is.", code=2)
    except BrokenPipeError:
        printing.to_nobody()
        code = 0
    except (KeyboardInterrupt, typer.Abort):
        sentence = "Interrupted. What was stored stays; the next run goes on from there."
        code = _failed(sentence, "", code=2)
    except OSError as error:
        where = f"`{error.filename}`: " if error.filename else ""
        sentence = f"{where}{error.strerror or error}."
        code = _failed(sentence, "Check that the path is right and that there is room.", code=2)
    except Exception:  # noqa: BLE001 - the last resort: the user gets a sentence and a file
        code = _failed(
            "Something went wrong inside this tool; the case is as it was before.",
            f"Please report it with `{_crash_file()}`, after reading it for anything private.",
            code=4,
        )
    sys.exit(code)


def _called() -> int:
    """Run the command that was typed; its exit code."""
    try:
        code = int(app(standalone_mode=False) or 0)
    except typer.Exit as done:
        code = int(done.exit_code)
    except RuntimeError as error:
        # What DuckDB makes of an interrupt.
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from error
        raise
    except SystemExit as left:
        # Typer makes an exit with 1 of it that the reader of our output has gone.
        if isinstance(left.__context__, BrokenPipeError):
            raise left.__context__ from None
        raise
    # What Typer makes of one.
    if code == 128 + signal.SIGINT:
        raise KeyboardInterrupt
    return code


def _crash_file() -> Path:
    """Where the traceback went: it may quote a log, so it is not printed."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="forensics-crash-", suffix=".txt", delete=False
    ) as file:
        traceback.print_exc(file=file)
    return Path(file.name)


def _failed(message: str, hint: str, *, code: int) -> int:
    if message:
        printing.say(f"error: {message}")
        if hint:
            printing.say(f"hint: {hint}")
    return code
