"""`prowess explain`: what holds for somebody in the store, and why."""

from __future__ import annotations

import json

import click

from lrs.cli_context import pass_prowess
from lrs.prowess import Prowess
from rules.explain.explanation import explain
from rules.explain.telling import explain_text, explanation_json


@click.command(name="explain")
@click.argument("person")
@click.argument("program")
@click.option(
    "--as-of", help="A date (its end in the program's zone), or an instant, in UTC unless it names a zone; default now."
)
@click.option("--known-at", help="Judge by what was known at that date or instant; default everything.")
@click.option("--json", "as_json", is_flag=True, help="Print the decision and its account as JSON.")
@pass_prowess
def explain_command(
    prowess: Prowess, person: str, program: str, as_of: str | None, known_at: str | None, as_json: bool
) -> None:
    """Say what holds for a person in a program, on any day and as known on any day, and why.

    A person is named by id, mail address, or account as HOMEPAGE|NAME.

    Example: prowess explain ada forklift-operator --as-of 2026-12-31
    """
    id_ = prowess.people.find(person, even_merged=known_at is not None)
    found = explain(prowess, id_, program, as_of, known_at)
    text = json.dumps(explanation_json(found), indent=2, ensure_ascii=False) if as_json else explain_text(found)
    click.echo(text)
