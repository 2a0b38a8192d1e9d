"""`prowess report`: a report on the command line, in the formats of the HTTP interface."""

from __future__ import annotations

import json
from collections.abc import Iterable

import click

from lrs.cli_context import pass_prowess
from lrs.errors import BadRequest
from lrs.prowess import Prowess
from lrs.store.tables import DEFAULT_TENANT
from reports.arguments import MOST, parse_arguments
from reports.catalogue import CATALOGUE, get_report
from reports.cells import as_of_text, shown
from reports.choices import require_known
from reports.declaration import Column, Report, Scope
from reports.formats import csv_file, envelope, ndjson
from reports.reading import Page, ReportReader, Row

_WIDEST = 40
"""So many letters of a cell are shown, but of an address all: it is there to be copied."""


@click.command("report", epilog="Example: prowess report overdue --format csv --filter unit=warehouse")
@click.argument("name", required=False)
@click.option(
    "--format", "format_", type=click.Choice(["table", "csv", "json", "ndjson"]), default="table", show_default=True
)
@click.option(
    "--as-of",
    metavar="DAY",
    help="A date (its end, UTC), an instant (UTC unless it names a zone), or -30d; default: now.",
)
@click.option("--filter", "filters", metavar="KEY=VALUE", multiple=True, help="Narrow the rows; repeat a key for 'or'.")
@click.option("--sort", metavar="COLUMN", help="Sort by a column; -COLUMN for the largest first.")
@click.option("--limit", type=click.IntRange(1, 10_000), help="At most this many rows.")
@pass_prowess
def report(
    prowess: Prowess,
    name: str | None,
    format_: str,
    as_of: str | None,
    filters: Iterable[str],
    sort: str | None,
    limit: int | None,
) -> None:
    """Print a report; without NAME, list them."""
    if name is None:
        for one in CATALOGUE.values():
            click.echo(f"{one.name:24} {one.purpose}")
        return
    asked = get_report(name)
    if format_ == "json" and limit is None:
        limit = MOST
    given = [*map(_pair, filters), ("as_of", as_of or ""), ("sort", sort or ""), ("limit", str(limit or ""))]
    arguments = parse_arguments(asked, Scope(DEFAULT_TENANT), given, prowess.clock.now())
    reader = ReportReader(prowess)
    require_known(reader, arguments.question)
    if format_ == "csv":
        _print(csv_file(asked, reader.stream(asked, arguments)))
    elif format_ == "ndjson":
        _print(ndjson(asked, reader.stream(asked, arguments)))
    elif format_ == "json":
        click.echo(json.dumps(envelope(reader.page(asked, arguments), None), ensure_ascii=False, indent=2))
    else:
        _table(asked, reader.page(asked, arguments))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise BadRequest(f"--filter: '{text}' has no '='", hint="write it as --filter unit=warehouse")
    return name, value


def _print(lines: Iterable[str]) -> None:
    for text in lines:
        click.echo(text, nl=False)


def _cell(column: Column, row: Row) -> str:
    text = shown(column, row[column.name])
    return text if len(text) <= _WIDEST or column.type == "iri" else text[: _WIDEST - 1] + "…"


def _table(asked: Report, page: Page) -> None:
    """Aligned columns for people; numbers to the right."""
    columns = asked.shown
    lines = [[column.title for column in columns]]
    lines += [[_cell(column, row) for column in columns] for row in page.rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    numeric = [column.type in {"integer", "number", "share"} for column in columns]
    for line in lines:
        cells = (
            text.rjust(w) if right else text.ljust(w) for text, w, right in zip(line, widths, numeric, strict=True)
        )
        click.echo("  ".join(cells).rstrip())
    count = page.totals["rows"]
    click.echo(f"{count:,} row{'' if count == 1 else 's'}, as of {as_of_text(page.arguments.question.as_of)}")
    if page.next:
        click.echo(f"Only the first {len(page.rows):,} are shown; --format csv has all of them.", err=True)
