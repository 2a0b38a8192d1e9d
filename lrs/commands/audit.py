"""`prowess audit`: who administered what, and whether that still stands there as it was written."""

from __future__ import annotations

import json
import re
import sys

import click
from click.core import ParameterSource

from lrs.cli_context import pass_prowess
from lrs.clock import to_text
from lrs.commands.tenancy import tenant_id, tenant_option
from lrs.csv_lines import csv_lines
from lrs.expiry import load_start
from lrs.prowess import Prowess
from lrs.store.audit import COLUMNS, Line, lines
from lrs.store.chain import Chain, examine

_HASH = re.compile(r"[0-9a-fA-F]{64}")
_SHOWN = 20


@click.group(invoke_without_command=True)
@click.option("--since", metavar="WHEN", help="From a day (UTC) or an instant on, such as 2026-11-01.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="The latest so many.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV; details are JSON in one cell.")
@tenant_option
@click.pass_context
def audit(
    context: click.Context, since: str | None, limit: int, as_json: bool, as_csv: bool, tenant: str | None
) -> None:
    """Show who did what to keys, sign-ins, people, programs, deliveries and people's obligations, the latest last.

    Example: prowess audit --since 2026-11-01 --json
    """
    if context.invoked_subcommand is not None:
        if any(context.get_parameter_source(name) is ParameterSource.COMMANDLINE for name in context.params):
            raise click.UsageError(f"Options of '{context.invoked_subcommand}' are written behind it.")
        return
    if as_json and as_csv:
        raise click.UsageError("--json and --csv cannot both be: choose one.")
    _show(since, limit, as_json, as_csv, tenant)


@pass_prowess
def _show(prowess: Prowess, since: str | None, limit: int, as_json: bool, as_csv: bool, tenant: str | None) -> None:
    start = None if since is None else load_start(since)
    found = lines(prowess.database, tenant_id(prowess, tenant), limit=limit, since=start)[::-1]
    if as_json:
        click.echo(json.dumps([line.facts() for line in found], ensure_ascii=False))
        return
    if as_csv:
        for text in csv_lines(COLUMNS, (line.cells() for line in found)):
            click.echo(text, nl=False)
        return
    for line in found:
        click.echo(_told(line))
    if not found:
        click.echo("nothing was administered in that time")


@audit.command()
@click.option("--since", metavar="HEAD", help="A head that was printed earlier: it has to be in the chain still.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@tenant_option
@pass_prowess
def verify(prowess: Prowess, since: str | None, as_json: bool, tenant: str | None) -> None:
    """Tell whether a line of the audit was altered, removed or put in; exits with 1 when one was.

    Each line has a hash over itself and the line before.  Note the head, the last one, where whoever has the database cannot write:
    against it, lines that were taken away at the end or written anew with their hashes show as well.

    Example: prowess audit verify --since 5f0c1d…
    """
    if since is not None and not _HASH.fullmatch(since):
        raise click.BadParameter(
            "a head is 64 hexadecimal digits, as 'prowess audit verify' prints it.", param_hint="--since"
        )
    with prowess.database.read(snapshot=True) as conn:
        chain = examine(conn, tenant_id(prowess, tenant), since=bytes.fromhex(since) if since else None)
    click.echo(json.dumps(_as_json(chain)) if as_json else _as_text(chain))
    if not chain.holds:
        sys.exit(1)


def _as_json(chain: Chain) -> dict[str, object]:
    id_, hash_ = chain.head or (None, None)
    return {
        "ok": chain.holds,
        "lines": chain.lines,
        "without_hash": list(chain.unchained),
        "head": hash_ and hash_.hex(),
        "head_line": id_,
        "holds_since": chain.holds_since,
        "findings": [{"line": one.line, "fault": one.fault.value, "words": one.words} for one in chain.breaks],
    }


def _as_text(chain: Chain) -> str:
    said = [f"{chain.lines:,} lines have a hash" if chain.lines else "no line has a hash"]
    if chain.unchained:
        shown = ", ".join(map(str, chain.unchained[:_SHOWN])) + (" …" if len(chain.unchained) > _SHOWN else "")
        said.append(
            f"{len(chain.unchained):,} have none, which nothing proves: {shown}\n"
            "  an earlier version of Prowess writes such lines; if none ran then, somebody put them in"
        )
    said += [f"WRONG {one.words}" for one in chain.breaks[:_SHOWN]]
    if len(chain.breaks) > _SHOWN:
        said.append(f"WRONG and {len(chain.breaks) - _SHOWN:,} more")
    if not chain.holds_since:
        said.append(
            "WRONG the head of --since is not in the chain: lines at the end were removed, or written anew with hashes"
        )
    if chain.head:
        id_, hash_ = chain.head
        said.append(f"head {hash_.hex()} (line {id_})")
    said.append("the audit is as it was written" if chain.holds else "the audit is not what was written")
    return "\n".join(said)


def _told(line: Line) -> str:
    who = f"{line.by.kind} {line.by.name}" + (f" ({line.by.address})" if line.by.address else "")
    details = "".join(f"  {name}={json.dumps(value, ensure_ascii=False)}" for name, value in line.brief.items())
    return f"{to_text(line.at)[:19]}Z  {who:<32} {line.action:<20} {line.subject}{details}"
