"""External certificates: handed in with a file by the learner, accepted or declined by a reviewer who answers for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs.days import day_meant
from lrs.errors import BadRequest, Conflict, TooLarge
from lrs.http.access import signed_in_only
from lrs.people.roster import Person
from lrs.recorder import Upload
from lrs.web.paging import place_of
from rules.entry.desk import Desk, desk, filled_in
from rules.entry.evidence import External, check_days, presented, reviewed
from rules.entry.files import load_upload
from rules.entry.lookup import Lookup
from rules.entry.pages.person import choice, chosen
from rules.entry.review import WAITING, HandedIn, Reviews
from rules.entry.rights import ADMIN, Deed
from rules.entry.sheet import Cells
from rules.entry.statement import Entry
from rules.entry.wanted import offer
from rules.vocabulary import CREDENTIAL_USAGE

_AT_ONCE: Final = 100
_FIELDS: Final = ("activity", "issuer", "issued_on", "expires_on", "number", "file")


@signed_in_only
def show() -> ResponseReturnValue:
    """The form for one's own certificates (or those of a report, `person`), and what became of earlier ones."""
    here = desk()
    here.enterer.require_ever(Deed.HAND_IN)
    asked = request.args.get("person") or here.enterer.id
    if asked and asked in here.lookup([asked]).roster.people:
        return _form(here, *here.about(Deed.HAND_IN, asked))
    learner = chosen(here, Deed.HAND_IN)
    if learner.id is not None:
        return _form(here, *here.about(Deed.HAND_IN, learner.id))
    purpose = "Whose certificate do you hand in?"
    return choice(here, learner, Deed.HAND_IN, "entry.credentials", "External certificates", purpose)


@signed_in_only
def send() -> ResponseReturnValue:
    """Hand a certificate in."""
    here = desk()
    look, person = here.about(Deed.HAND_IN, request.form.get("person", ""))
    row = filled_in(*_FIELDS)
    made = _read(here, look, row, person)
    if made is None:
        return _form(here, look, person, row), 400
    (id_,) = here.record([made[0]], made[1]).ids
    return redirect(url_for("entry.credentials", recorded=id_, person=person.id), 303)


@signed_in_only
def show_queue() -> ResponseReturnValue:
    """What waits for a verdict, some at a time and the oldest first; beside the first of them what got one lately."""
    here, after = desk(), place_of("after")
    here.enterer.require_ever(Deed.REVIEW)
    reviews = _reviews(here)
    waiting = list(islice(_mine(here, reviews.waiting(after or 0)), _AT_ONCE + 1))
    waiting, is_more = waiting[:_AT_ONCE], len(waiting) > _AT_ONCE
    lately = _mine(here, reviews.latest()) if after is None else ()
    settled = [one for one in lately if one.state != WAITING]
    people = here.lookup({one.person for one in (*waiting, *settled) if one.person}).roster.people
    return render_template(
        "rules/entry/review.html",
        waiting=waiting,
        following=waiting[-1].seq if is_more else None,
        is_first=after is None,
        settled=settled,
        names={one.id: one.name for one in people.values()},
        recorded=here.recorded(),
    )


def _mine(here: Desk, listed: Iterable[HandedIn]) -> Iterator[HandedIn]:
    """Those that whoever is signed in may settle."""
    return (one for one in listed if here.enterer.may(Deed.REVIEW, one.person or ""))


@signed_in_only
def show_one(id: UUID) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """One certificate, with its file and the form for the verdict."""
    here = desk()
    return _verdict(here, _reviewable(here, id))


@signed_in_only
def settle(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Accept or decline."""
    here, verdict = desk(), request.form.get("verdict")
    one, row = _reviewable(here, id), filled_in("verdict", "reason")
    if one.state != WAITING:
        raise Conflict(f"{one.reviewer} {one.state} it already", hint="take that back first, where it was entered")
    if verdict not in {"accept", "decline"}:
        row.fail("verdict", "say whether you accept it")
        return _verdict(here, one, row), 400
    entry = Entry(here.entry_id(), one.statement["actor"], one.statement["object"], here.now, here.enterer.agent)
    try:
        statement = reviewed(
            entry, one.credential, is_accepted=verdict == "accept", of=one.id, reason=row.text("reason") or ""
        )
    except BadRequest as error:
        row.fail("reason", error.message, error.hint)
        return _verdict(here, one, row), 400
    (id_,) = here.record([statement]).ids
    return redirect(url_for("entry.review", recorded=id_), 303)


def _read(here: Desk, look: Lookup, row: Cells, person: Person) -> tuple[dict[str, Any], Upload | None] | None:
    activity = row.read("activity", look.activity, needed="say what it stands for")
    about = row.read("activity", lambda _: look.about(activity)) if activity is not None else None
    issuer = row.read("issuer", str, needed="say who gave it out")
    issued, expires = row.read("issued_on", _day), row.read("expires_on", _day)
    if expires is not None:
        row.read("expires_on", lambda _: check_days(issued, expires))
    upload = _upload(row)
    if row.flaws or about is None or issuer is None or upload is None:
        return None
    instructor = None if person.id == here.enterer.id else here.enterer.agent
    entry = Entry(here.entry_id(), look.agent(person), about, look.now, instructor)
    external = External(issuer, issued, expires, row.text("number"))
    return presented(entry, external, attachment=upload.attachment(CREDENTIAL_USAGE)), upload


def _upload(row: Cells) -> Upload | None:
    try:
        upload = load_upload(request.files.get("file"))
    except (BadRequest, TooLarge) as error:
        row.fail("file", error.message, error.hint)
        return None
    if upload is None:
        row.fail("file", "the certificate itself is missing", "a photograph of it is enough")
    return upload


def _day(text: str) -> Any:
    day = day_meant(text)
    if day is None:
        raise BadRequest(f"'{text}' is no day", hint="write 2026-12-31")
    return day


def _reviews(here: Desk) -> Reviews:
    return Reviews(here.prowess, here.who.tenant_id)


def _reviewable(here: Desk, id_: UUID) -> HandedIn:
    one = _reviews(here).get(id_)
    here.enterer.require(Deed.REVIEW, one.person or "")
    return one


def _verdict(here: Desk, one: HandedIn, row: Cells | None = None) -> str:
    held = here.prowess.attachments.of(here.who.tenant_id, [one.seq])
    return render_template(
        "rules/entry/review_one.html",
        one=one,
        person=here.lookup([one.person]).roster.people.get(one.person) if one.person else None,
        files=[(file["display"], file) for file in one.statement.get("attachments", ())],
        held={file.sha2.lower() for file in held},
        given=dict(row.cells) if row else {},
        problems={flaw.column: flaw for flaw in row.flaws} if row else {},
        nonce=here.nonce(),
    )


def _form(here: Desk, look: Lookup, person: Person, row: Cells | None = None) -> str:
    return render_template(
        "rules/entry/credentials.html",
        person=person,
        is_own=person.id == here.enterer.id,
        has_others=here.enterer.role == ADMIN or bool(here.enterer.reports),
        offer=offer(look.ruleset, "credential").narrowed(
            row.text("activity") if row else None, to_all="all" in request.args
        ),
        given=dict(row.cells) if row else {},
        problems={flaw.column: flaw for flaw in row.flaws} if row else {},
        nonce=here.nonce(),
        recorded=here.recorded(),
        before=_reviews(here).latest(person.identifiers),
    )
