"""Where somebody who is signed in enters something: who they are, what they may, and what they wrote."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from flask import request

from lrs.http.requests import this_prowess
from lrs.people.roster import Person
from lrs.prowess import Prowess
from lrs.recorder import Also, Recorded, Upload
from lrs.web.sessions import current
from lrs.web.statement_view import Line
from lrs.web.visitors import SignedIn
from lrs.xapi.lexical import find_uuid
from rules.entry.counting import Idle, examine
from rules.entry.journal import Journal
from rules.entry.lookup import Lookup, lookup
from rules.entry.people import Found, find_people
from rules.entry.recorder import Recorder
from rules.entry.rights import Deed, Enterer, enterer
from rules.entry.sheet import Cells, Entered
from rules.entry.statement import content_id


@dataclass(frozen=True)
class Desk:
    """One request of somebody signed in."""

    prowess: Prowess
    who: SignedIn

    @property
    def now(self) -> int:
        return self.prowess.clock.now()

    @cached_property
    def enterer(self) -> Enterer:
        return enterer(self.prowess, self.who)

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.prowess, self.who.tenant_id)

    def lookup(self, people: Iterable[str] = (), deed: Deed | None = None) -> Lookup:
        """What is known of these people, by id, mail address or account, and of all activities and programs.

        deed: learners are only those about whom it may be entered here.
        """
        who = self.enterer
        permit = None if deed is None else lambda person: who.require(deed, person.id)
        return lookup(self.prowess, self.who.tenant_id, people, permit)

    def about(self, deed: Deed, learner: str) -> tuple[Lookup, Person]:
        """Somebody about whom a deed is to be done, by id or mail address, with what is known of them.

        Raises Forbidden (whether there is such a person or not), NotFound, BadRequest.
        """
        learner = self.prowess.people.known_as(learner, self.who.tenant_id)
        self.enterer.require(deed, learner)
        look = self.lookup([learner])
        person = look.person(learner)
        self.enterer.require(deed, person.id)
        return look, person

    def record(
        self, statements: Sequence[dict[str, Any]], upload: Upload | None = None, also: Also | None = None
    ) -> Recorded:
        return Recorder(self.prowess, self.who.tenant_id).record(statements, upload, also)

    def record_rows(self, rows: Sequence[Entered], statements: Sequence[dict[str, Any]]) -> Recorded:
        return Recorder(self.prowess, self.who.tenant_id).record_rows(rows, statements)

    def people(
        self,
        deed: Deed,
        text: str = "",
        *,
        group: tuple[str, str] | None = None,
        limit: int = 20,
        reports_only: bool = False,
        ids: Collection[str] | None = None,
    ) -> list[Found]:
        """Those about whom somebody may do a deed, and whose name, id or mail address has the text in it.

        reports_only: of those, the ones who report to whoever asks.  ids: only these.
        """
        who = self.enterer
        among: set[str] | None = {*who.reports, *([who.id] if who.id else [])}
        if reports_only:
            among = set(who.reports)
        elif who.may_about_anybody(deed):
            among = None
        if ids is not None:
            among = {*ids} if among is None else among & {*ids}
        found = find_people(self.prowess, self.who.tenant_id, text, among=among, group=group, limit=limit + 1)
        return [one for one in found if who.may(deed, one.id)][:limit]

    def nonce(self) -> str:
        """What makes a form's entry one entry, however often the form is sent."""
        return request.form.get("nonce") or self.prowess.ids.uuid().hex

    def entry_id(self) -> UUID:
        """The id of what this form enters."""
        return content_id(self.who.tenant_id, "form", self.who.account.id, request.endpoint or "", self.nonce())

    def recorded(self) -> Line | None:
        """What was recorded just before, when this page was asked to show it."""
        return self.named("recorded")

    def named(self, parameter: str) -> Line | None:
        """The entry that a parameter of the address names, if it is one that whoever asks may take back, or might have."""
        id_ = find_uuid(request.args.get(parameter, ""))
        return self.journal.find(id_, self.enterer) if id_ else None

    def idle(self, ids: Iterable[UUID]) -> Sequence[Idle]:
        """What of these statements, which are few, counts for nothing now."""
        return examine(self.prowess, self.who.tenant_id, [self.journal.statement(id_) for id_ in ids]).idle


def desk() -> Desk:
    """The desk of this request."""
    return Desk(this_prowess(), current())


def filled_in(*fields: str) -> Cells:
    """The form of this request, as one row whose flaws stand beside its fields."""
    return Cells(0, {name: request.form.get(name, "") for name in fields}, fields)
