"""`prowess feed`: what consumers of the change feed could not digest, and letting them try again."""

from __future__ import annotations

import json
import sys

import click

from lrs.cli_context import pass_prowess
from lrs.clock import to_text
from lrs.errors import NotFound, did_you_mean
from lrs.feed.feed import Parked
from lrs.prowess import Prowess


@click.group()
def feed() -> None:
    """The change feed: items that could not be digested, and digesting them after all.

    Example: prowess feed retry
    """


@feed.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@pass_prowess
def parked(prowess: Prowess, as_json: bool) -> None:
    """Show the items that were put aside because a consumer could not digest them, the oldest first.

    Example: prowess feed parked --json
    """
    found = prowess.feed.parked()
    if as_json:
        click.echo(json.dumps([_row(item) for item in found]))
        return
    for item in found:
        click.echo(_line(item))
    click.echo("mend the cause, then: prowess feed retry" if found else "nothing parked")


@feed.command()
@click.option("--consumer", help="Only items of this consumer.")
@click.option("--seq", type=int, help="Only the item of this feed number.")
@pass_prowess
def retry(prowess: Prowess, consumer: str | None, seq: int | None) -> None:
    """Let consumers digest parked items after all, the oldest first; exits with 1 when any still cannot be.

    What came later stays in force: an LMS is not told an older state than it was told already.

    Example: prowess feed retry --consumer rules.evidence
    """
    consumers = {one.name: one for one in prowess.work.consumers}
    found = [item for item in prowess.feed.parked() if consumer in {None, item.consumer} and seq in {None, item.seq}]
    if not found and consumer is not None and consumer not in consumers:
        raise NotFound(f"nothing follows the feed as '{consumer}'", hint=did_you_mean(consumer, consumers))
    if not found and seq is not None:
        raise NotFound(f"no item {seq} is parked", hint="see: prowess feed parked")
    left = 0
    for item in found:
        follower = consumers.get(item.consumer)
        error = prowess.feed.retry(follower, item.seq) if follower else "its plug-in is not installed here"
        left += error is not None
        click.echo(f"{item.consumer} {item.seq}: {'digested' if error is None else f'still parked: {error}'}")
    click.echo(f"{len(found) - left} digested, {left} still parked" if found else "nothing parked")
    if left:
        sys.exit(1)


def _row(item: Parked) -> dict[str, str | int | None]:
    return {
        "consumer": item.consumer,
        "seq": item.seq,
        "statement": str(item.statement_id) if item.statement_id else None,
        "error": item.error,
        "parked_at": to_text(item.parked_at),
    }


def _line(item: Parked) -> str:
    what = f"statement {item.statement_id}" if item.statement_id else "a fact"
    return f"{to_text(item.parked_at)[:19]}  {item.consumer} {item.seq} ({what}): {item.error}"
