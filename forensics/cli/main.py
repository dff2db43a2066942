"""`forensics`: the command and its exit codes.

0 nothing at or above --fail-on, 1 something, 2 the command could not do what was asked,
3 it finished but evidence was missing, 4 an internal error.
"""

import os
import sys

import typer

from forensics.cli import audit
from forensics.model.errors import DetectorError, ForensicsError

app = typer.Typer(
    help="Reads the logs of automation after it has failed.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
audit.register(app)


@app.callback()
def _root() -> None:
    """Keeps the verbs as sub-commands."""


def main() -> None:
    """Run the command; every error leaves as one sentence and one hint."""
    try:
        app(standalone_mode=False)
    except ForensicsError as error:
        _fail(str(error), error.hint, code=4 if isinstance(error, DetectorError) else 2)
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        _fail("Interrupted; what was stored stays, the next run goes on from there.", "", code=2)


def _fail(message: str, hint: str, *, code: int) -> None:
    sys.stderr.write(f"error: {message}\n" + (f"hint: {hint}\n" if hint else ""))
    sys.stderr.flush()
    os._exit(code) if code == -1 else sys.exit(code)
