"""`prowess lint`: what in programs is allowed and hardly meant."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from lrs.cli_context import invocation
from lrs.clock import SystemClock, to_datetime
from lrs.errors import ConfigError
from lrs.people.files import load_people
from lrs.people.roster import Roster
from rules.language import load_draft
from rules.lint import RULES, Finding, Ground, Rule, lint, warning
from rules.refusals import refusing

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    "lint",
    epilog="Example:  prowess lint programs/ --people people.yaml",
    help="Warn of what is allowed in programs and hardly meant: too heavy, unreachable, dead, without an owner.",
)
@click.argument("programs", type=click.Path(path_type=Path), default=Path("programs"))
@click.option(
    "--people",
    type=_FILE,
    help="Also check audiences against a file of people; otherwise against the store, if there is one.",
)
@click.option(
    "--ignore",
    multiple=True,
    type=click.Choice([rule.id for rule in RULES]),
    metavar="RULE",
    help="Leave a rule out; may be repeated.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 when there is any warning.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def lint_command(programs: Path, people: Path | None, ignore: tuple[str, ...], strict: bool, as_json: bool) -> None:
    with refusing(as_json):
        draft = load_draft(programs)
        roster = load_people(people) if people is not None else _stored_roster()
    today = to_datetime(SystemClock().now()).date()
    found = lint(Ground(draft, today, roster), ignore)
    if as_json:
        told = [warning(*one) for one in found]
        click.echo(
            json.dumps({"ok": not found, "people": roster is not None, "warnings": told}, indent=2, ensure_ascii=False)
        )
    else:
        _print(found, knows_people=roster is not None)
    if found and strict:
        raise click.exceptions.Exit(1)


def _stored_roster() -> Roster | None:
    """The people of the store, where a configuration names one and it can be read; nobody otherwise."""
    run = invocation()
    if run.config_path is None and "PROWESS_DATABASE_URL" not in os.environ:
        return None
    try:
        with run.open() as prowess:
            roster = prowess.people.roster()
    except ConfigError as error:
        click.echo(f"audiences are not checked: {error.message}", err=True)
        return None
    return roster if roster.people else None


def _print(found: list[tuple[Rule, Finding]], *, knows_people: bool) -> None:
    for rule, finding in found:
        click.echo(f"{finding.file}:{finding.line}:{finding.column}: {finding.message} [{rule.id}]")
        click.echo(f"    {rule.why}")
        click.echo(f"    {finding.hint}")
    count = f"{len(found)} {'warning' if len(found) == 1 else 'warnings'}"
    click.echo(count if knows_people else f"{count}; audiences are checked with --people people.yaml")
