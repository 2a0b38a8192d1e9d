"""How mistakes in programs are told: as JSON for scripts, else each with its place and a hint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from lrs.errors import BadRequest, ConfigError


class ProgramsInvalid(BadRequest):
    """The programs are wrong."""

    code = "programs-invalid"


@contextmanager
def refusing(as_json: bool) -> Iterator[None]:
    """Turns mistakes that are raised inside into what the command prints, and exit code 1."""
    try:
        yield
    except ConfigError as error:
        if as_json:
            click.echo(json.dumps(refusal(error), indent=2))
        else:
            _print_errors(error.errors)
        raise click.exceptions.Exit(1) from error


@contextmanager
def refusing_over_http() -> Iterator[None]:
    """Turns mistakes that are raised inside into a problem that has the members of `refusal`.  Raises ProgramsInvalid."""
    try:
        yield
    except ConfigError as error:
        raise ProgramsInvalid(str(error), hint=error.hint, **refusal(error)) from error


def refusal(error: ConfigError) -> dict[str, Any]:
    """Every mistake: file, line and column (from 1; null where it has none), message, and hint or null."""
    return {"ok": False, "errors": [_error_json(each) for each in error.errors]}


def _print_errors(errors: tuple[ConfigError, ...]) -> None:
    for error in errors:
        click.echo(str(error), err=True)
        if error.hint:
            click.echo(f"    {error.hint}", err=True)
    click.echo(f"{len(errors)} {'mistake' if len(errors) == 1 else 'mistakes'}", err=True)


def _error_json(error: ConfigError) -> dict[str, Any]:
    place = {"file": error.file, "line": error.line, "column": error.column}
    return {**place, "message": error.message, "hint": error.hint}
