"""How commands on files tell the mistakes of programs: as JSON for scripts, else each with its place and a hint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from lrs.errors import ConfigError
from lrs.people.roster import RosterError
from rules.language import LanguageError


@contextmanager
def refusing(as_json: bool) -> Iterator[None]:
    """Turns mistakes that are raised inside into what the command prints, and exit code 1."""
    try:
        yield
    except ConfigError as error:
        errors = error.errors if isinstance(error, LanguageError | RosterError) else (error,)
        if as_json:
            click.echo(json.dumps({"ok": False, "errors": [_error_json(each) for each in errors]}, indent=2))
        else:
            _print_errors(errors)
        raise click.exceptions.Exit(1) from error


def _print_errors(errors: tuple[ConfigError, ...]) -> None:
    for error in errors:
        click.echo(str(error), err=True)
        if error.hint:
            click.echo(f"    {error.hint}", err=True)
    click.echo(f"{len(errors)} {'mistake' if len(errors) == 1 else 'mistakes'}", err=True)


def _error_json(error: ConfigError) -> dict[str, Any]:
    place = {"file": error.file, "line": error.line, "column": error.column}
    return {**place, "message": error.message, "hint": error.hint}
