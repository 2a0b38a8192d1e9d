"""`prowess schema`: the language for editors and for reading."""

from __future__ import annotations

import click

from rules.language.schema import json_schema_text
from rules.reference import reference


@click.command(
    "schema",
    epilog="Example:  prowess schema > programs.schema.json",
    help="Print the JSON Schema of programs, by which editors complete and check them.",
)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print it for reading: docs/reference.md.")
def schema_command(as_markdown: bool) -> None:
    click.echo(reference() if as_markdown else json_schema_text(), nl=not as_markdown)
