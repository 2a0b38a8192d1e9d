"""`prowess people`: who works here, in which position, under whom."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from lrs.cli_context import pass_prowess
from lrs.errors import BadRequest, NotFound, did_you_mean
from lrs.people.csv_file import load_csv
from lrs.people.roster import load_roster
from lrs.prowess import Prowess


@click.group()
def people() -> None:
    """People: import, show."""


@people.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_prowess
def import_people(prowess: Prowess, file: Path, as_json: bool) -> None:
    """Take over people and positions from a CSV or YAML file; repeating it changes nothing.

    Example: prowess people import people.yaml
    """
    if file.suffix not in {".csv", ".yaml", ".yml"}:
        raise BadRequest(f"{file.name}: unknown kind of file", hint="give a .csv, .yaml or .yml file")
    known = prowess.people.roster()
    roster = load_csv(file, known) if file.suffix == ".csv" else load_roster(file, known)
    done = prowess.people.record(roster)
    if as_json:
        click.echo(json.dumps(asdict(done)))
        return
    click.echo(
        f"{done.added} added, {done.changed} changed, {done.unchanged} unchanged, {done.identifiers} identifiers linked"
    )


@people.command()
@click.argument("person")
@pass_prowess
def show(prowess: Prowess, person: str) -> None:
    """Show one person as JSON, as known now.

    Example: prowess people show ada
    """
    roster = prowess.people.roster()
    if person not in roster.people:
        raise NotFound(
            f"no person has the id '{person}'", hint=did_you_mean(person, roster.people) if roster.people else None
        )
    click.echo(json.dumps(asdict(roster.people[person]), indent=2, default=str, ensure_ascii=False))
