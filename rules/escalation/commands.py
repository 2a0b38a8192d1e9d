"""`prowess notices`: what people were told about their deadlines, and trying again what could not be delivered."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import click
from sqlalchemy import Row

from lrs.cli_context import pass_prowess
from lrs.clock import to_text
from lrs.commands.tenancy import tenant_id, tenant_option
from lrs.errors import BadRequest, NotFound
from lrs.prowess import Prowess
from rules.escalation import notices as store
from rules.escalation.ladder import DO
from rules.escalation.preview import foresee
from rules.escalation.records import about
from rules.escalation.states import NoticeState
from rules.escalation.words import REASON_WORDS
from rules.published.composition import published_of


@click.group()
def notices() -> None:
    """Notices of escalations: list, preview, retry.

    Example: prowess notices list --state dead
    """


@notices.command("list")
@click.option("--state", type=click.Choice([state.value for state in NoticeState]), help="Only those; default all.")
@click.option(
    "--person", metavar="WHO", help="Only those to or about somebody: id, mail address, or account as HOMEPAGE|NAME."
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@tenant_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@pass_prowess
def list_notices(
    prowess: Prowess, state: str | None, person: str | None, limit: int, tenant: str | None, as_json: bool
) -> None:
    """Show who was told what, the latest first, and why somebody was not.

    Example: prowess notices list --person ada
    """
    of_tenant = tenant_id(prowess, tenant)
    people = (
        None if person is None else prowess.people.ids_of(prowess.people.find(person, tenant_id=of_tenant), of_tenant)
    )
    with prowess.database.read() as conn:
        rows = store.listed(conn, of_tenant, limit, state=state, people=people)
    if as_json:
        click.echo(json.dumps([_facts(row) for row in rows], ensure_ascii=False))
        return
    for row in rows:
        facts = _facts(row)
        reason = f" ({REASON_WORDS.get(row.reason, row.reason)})" if row.reason else ""
        click.echo(f"{facts['id']}  {facts['sent_at'] or facts['planned_at']}  {row.state}{reason}")
        click.echo(
            f"    {row.recipient_id.removeprefix('?')} as {row.role}, about {row.person_id} in {row.program_id}:"
            f" {facts['deadline']} {facts['day']}, step {row.step}"
        )
        if row.last_error:
            click.echo(f"    {row.last_error}")
    if not rows:
        click.echo("no notices" if state is None else f"no notice is {state}")
    if not prowess.mail.is_configured and any(row.state == NoticeState.WAITING for row in rows):
        click.echo("no mail server is configured, so what waits goes nowhere; name one in mail.host", err=True)


@notices.command()
@click.argument("person")
@click.argument("program")
@click.option("--step", metavar="AT", help="Only this one, such as due+P7D.")
@tenant_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@pass_prowess
def preview(prowess: Prowess, person: str, program: str, step: str | None, tenant: str | None, as_json: bool) -> None:
    """Print the letters that PERSON's deadline in PROGRAM brings, step by step, as they read if nothing is done; send nothing.

    Example: prowess notices preview ada forklift-operator --step due+P7D
    """
    of_tenant = tenant_id(prowess, tenant)
    whom = prowess.people.find(person, tenant_id=of_tenant)
    found = foresee(prowess, published_of(prowess), of_tenant, whom, program)
    steps = list(dict.fromkeys(one.rung.step.at for one in found))
    if step is not None and step not in steps:
        raise NotFound(f"no step is at {step}", hint=f"known here: {', '.join(steps)}")
    chosen = [one for one in found if step in (None, one.rung.step.at)]
    if as_json:
        click.echo(json.dumps([one.as_json() for one in chosen], ensure_ascii=False))
        return
    for one in chosen:
        click.echo(f"--- {one.rung.step.at} of {one.deadline.day}, {one.local}")
        if one.message is None:
            whom = "" if one.rung.recipient == DO else f"{one.rung.role}: no letter: "
            click.echo(f"{whom}{one.why}\n")
        else:
            click.echo(f"To: {one.message.to} as {one.rung.role}\nSubject: {one.message.subject}\n\n{one.message.text}")


@notices.command()
@click.argument("id_", metavar="ID", type=click.UUID, required=False)
@click.option("--all", "every", is_flag=True, help="Every notice that was given up.")
@pass_prowess
def retry(prowess: Prowess, id_: UUID | None, every: bool) -> None:
    """Send again what could not be delivered, once the cause is mended.

    Example: prowess notices retry --all
    """
    if (id_ is None) != every:
        raise BadRequest("say which notice, or --all", hint="see: prowess notices list --state dead")
    count = store.outbox.retry(prowess.database, prowess.clock.now(), id_)
    click.echo(f"{count} notice{'s' if count != 1 else ''} will be sent")


def _facts(row: Row[Any]) -> dict[str, Any]:
    deadline = about(row)
    return {
        "id": str(UUID(bytes=row.id)),
        "state": row.state,
        "reason": row.reason,
        "recipient": None if row.recipient_id.startswith("?") else row.recipient_id,
        "role": row.role,
        "person": row.person_id,
        "program": row.program_id,
        "deadline": deadline.kind,
        "day": deadline.day.isoformat(),
        "step": row.step,
        "planned_at": to_text(row.planned_at),
        "sent_at": to_text(row.sent_at) if row.sent_at else None,
        "attempts": row.attempts,
        "last_error": row.last_error,
    }
