"""`prowess connect`: which systems there are, whether they answer, what they say, and what we told them."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Final
from uuid import UUID

import click
from sqlalchemy import Connection

from connectors.composition import outbox_of, registry_of
from connectors.contract import Capability, Progress, unsupported
from connectors.deliveries import standing
from connectors.outbox import Delivery, Outbox, State
from connectors.readback.outcome import words_of
from connectors.readback.reading import Reading
from lrs.batches import batches
from lrs.cli_context import RESTART, pass_prowess
from lrs.clock import to_text
from lrs.prowess import Prowess
from lrs.store import audit

_BATCH: Final = 500


@click.group()
def connect() -> None:
    """Connected systems: list, test, read, tell what stands already, and what was delivered to them.

    Example: prowess connect test moodle-hq
    """


@connect.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@pass_prowess
def list_systems(prowess: Prowess, as_json: bool) -> None:
    """Show the configured systems, what they can do, and what waits for them.

    Example: prowess connect list --json
    """
    registry, counts = registry_of(prowess), outbox_of(prowess).counts()
    rows: list[dict[str, Any]] = [
        {"name": one.name, "kind": one.kind, "capabilities": sorted(one.capabilities)} for one in registry
    ]
    rows += [
        {"name": name, "kind": None, "capabilities": []}
        for name in sorted({n for n, _ in counts})
        if name not in registry.names
    ]
    for row in rows:
        row["deliveries"] = {state.value: counts.get((row["name"], state), 0) for state in State}
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        told = (
            " ".join(f"{state}:{count}" for state, count in row["deliveries"].items() if count) or "nothing delivered"
        )
        click.echo(f"{row['name']:<20} {row['kind'] or 'not configured':<15} {told}")
        click.echo(f"{'':<20} {', '.join(row['capabilities']) or 'its deliveries wait until it is configured again'}")
    click.echo(RESTART if rows else "no system is configured; see connectors: in docs/connectors.md")


@connect.command()
@click.argument("name")
@pass_prowess
def test(prowess: Prowess, name: str) -> None:
    """Call a system and see whether it lets us do what we need.  Changes nothing there.

    Example: prowess connect test moodle-hq
    """
    for line in registry_of(prowess).get(name).test():
        click.echo(f"{name}: {line}")


@connect.command()
@click.argument("name")
@click.option("--course", help="Only this course, by its id there; it need not be a program's.")
@click.option("--dry-run", is_flag=True, help="Record nothing; print what the system says, and what would come of it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line; the last is what came of it.")
@pass_prowess
def sync(prowess: Prowess, name: str, course: str | None, dry_run: bool, as_json: bool) -> None:
    """Record what a system knows of completions and grades, as far as no statement has told it.

    It may be repeated, and adds nothing twice.  Ends with 1 when a course could not be read to its end.

    Example: prowess connect sync moodle-hq --dry-run
    """
    connector = registry_of(prowess).get(name)
    if Capability.READ_PROGRESS not in connector.capabilities:
        raise unsupported(connector, Capability.READ_PROGRESS)
    courses = [course] if course else sorted(set(connector.courses().values()))

    def show(progress: Progress) -> None:
        if dry_run:
            click.echo(json.dumps(_plain(progress)) if as_json else _sentence(progress))

    outcome = Reading(prowess, connector, is_dry=dry_run).read(courses, show)
    click.echo(json.dumps(outcome.facts()) if as_json else f"{name}: {words_of(outcome)}")
    if outcome.failed:
        for one, why in outcome.failed.items():
            click.echo(f"error: course {one}: {why}", err=True)
        sys.exit(1)


@connect.command()
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Only say how much there is to tell.")
@pass_prowess
def backfill(prowess: Prowess, name: str, dry_run: bool) -> None:
    """Tell a system what was decided before it was configured: who is assigned now, and the grades that stand.

    Of what is past it is told nothing.  Repeating it tells nothing twice.

    Example: prowess connect backfill moodle-hq --dry-run
    """
    connector, outbox = registry_of(prowess).get(name), outbox_of(prowess)
    found = standing(prowess.feed, connector, prowess.clock.now())
    new = outbox.new(found)
    counts = Counter(one.capability.value for one in new)
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "nothing"
    click.echo(f"{name}: {told} to tell; {len(found) - len(new)} told, waiting or given up already")
    if dry_run:
        return
    click.echo(RESTART)
    for some in batches(new, _BATCH):
        prowess.database.write(partial(_add, prowess, outbox, name, some))


def _add(prowess: Prowess, outbox: Outbox, name: str, some: Sequence[Delivery], conn: Connection) -> None:
    outbox.add(conn, some)
    audit.record(conn, "deliveries.backfill", name, {"deliveries": len(some)}, at=prowess.clock.now())


@connect.command()
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only those that stand so.")
@click.option("--retry", "retry", type=click.UUID, help="Try a dead delivery afresh, by its id.")
@click.option("--retry-dead", is_flag=True, help="Try all dead deliveries afresh.")
@click.option("--acknowledge", "known", type=click.UUID, help="Note that you know of a dead delivery, by its id.")
@click.option("--acknowledge-dead", "all_known", is_flag=True, help="Note that you know of all dead deliveries.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many to show.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@pass_prowess
def deliveries(
    prowess: Prowess,
    state: str | None,
    retry: UUID | None,
    retry_dead: bool,
    known: UUID | None,
    all_known: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Show what was pushed, what waits and what was given up; try the dead ones again, or acknowledge them.

    Of what is acknowledged prowess doctor and the page Today say nothing any more; it stays in this list.

    Example: prowess connect deliveries --state dead
    """
    outbox = outbox_of(prowess)
    if (retry is not None or retry_dead) and (known is not None or all_known):
        raise click.UsageError("try them again or acknowledge them: one of the two.")
    if known is not None or all_known:
        count = outbox.acknowledge(known)
        click.echo(json.dumps({"acknowledged": count}) if as_json else f"{count} acknowledged")
        return
    if retry is not None or retry_dead:
        revived, overtaken = outbox.retry(retry)
        if as_json:
            click.echo(json.dumps({"pending": revived, "cancelled": overtaken}))
            return
        click.echo(f"{revived} will be tried again; {overtaken} cancelled, as something later was delivered already")
        return
    found = outbox.list(State(state) if state else None, limit)
    if as_json:
        click.echo(json.dumps([_delivery(one) for one in found]))
        return
    _print(found)


def _print(found: Iterable[Delivery]) -> None:
    shown = False
    for one in found:
        shown = True
        what = f"{one.capability} {one.person_id} {one.program_id}"
        click.echo(f"{to_text(one.created_at)[:19]}  {one.state:<9} {one.connector:<16} {what}  tries {one.attempts}")
        if one.last_error:
            seen = "  acknowledged" if one.acknowledged_at is not None else ""
            click.echo(f"  {one.key}  {one.last_error}{seen}")
    if not shown:
        click.echo("no deliveries; decisions of mapped programs make them, see docs/connectors.md")


def _delivery(one: Delivery) -> dict[str, Any]:
    times = ("created_at", "not_before", "first_tried_at", "sent_at", "acknowledged_at")
    values = {
        "id": str(one.key),
        "statement": str(one.statement_id),
        "connector": one.connector,
        "kind": one.capability.value,
        "person": one.person_id,
        "program": one.program_id,
        "state": one.state.value,
        "attempts": one.attempts,
        "remote_status": one.remote_status,
        "last_error": one.last_error,
        "payload": json.loads(one.payload),
    }
    stamps = {name: getattr(one, name) for name in times}
    return {**values, **{name: None if at is None else to_text(at) for name, at in stamps.items()}}


def _plain(progress: Progress) -> dict[str, Any]:
    values = asdict(progress)
    return {
        name: value if value is None or isinstance(value, bool | dict) else str(value) for name, value in values.items()
    }


def _sentence(progress: Progress) -> str:
    who = progress.person.idnumber or progress.person.username or progress.person.id
    what = f"activity {progress.activity}" if progress.activity else "the course"
    verdict = {True: "passed", False: "failed", None: ""}[progress.passed]
    open_ = "" if progress.passed else "not completed"
    done = f"completed {progress.completed_at:%Y-%m-%d}" if progress.completed_at else open_
    score = f"{progress.raw:f} of {progress.minimum:f} to {progress.maximum:f}" if _is_scored(progress) else ""
    title = f" ({progress.title})" if progress.title else ""
    said = ", ".join(part for part in (done, verdict, score) if part)
    return f"course {progress.course}  {who:<20} {what}{title}: {said}"


def _is_scored(progress: Progress) -> bool:
    return None not in {progress.raw, progress.minimum, progress.maximum}
