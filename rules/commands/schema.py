"""`prowess schema`: the language for editors and for reading, and the profile of our statements."""

from __future__ import annotations

import click

from rules.language.schema import json_schema_text
from rules.profile import profile_text
from rules.reference import reference


@click.command(
    "schema",
    epilog="Example:  prowess schema > programs.schema.json",
    help="Print the JSON Schema of programs, by which editors complete and check them.",
)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print it for reading: docs/reference.md.")
@click.option(
    "--profile", "as_profile", is_flag=True, help="Print the xAPI profile of our statements instead, as JSON-LD."
)
def schema_command(as_markdown: bool, as_profile: bool) -> None:
    if as_markdown and as_profile:
        raise click.UsageError("the profile is JSON-LD, not Markdown; leave one of them out")
    if as_profile:
        click.echo(profile_text(), nl=False)
    else:
        click.echo(reference() if as_markdown else json_schema_text(), nl=not as_markdown)
