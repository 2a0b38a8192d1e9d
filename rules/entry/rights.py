"""Who may enter what about whom.  Whatever no rule here allows is refused.

Whether a word then counts is another question, which programs answer (`by:`); this one keeps strangers from writing at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, select

from lrs.clock import to_datetime
from lrs.errors import Forbidden
from lrs.people import tables as p
from lrs.people.reading import to_day
from lrs.people.roster import Person
from lrs.prowess import Prowess
from rules.decisions.transitions import actor_of
from rules.entry import acts
from rules.entry.statement import Json

if TYPE_CHECKING:
    from lrs.web.visitors import SignedIn

ADMIN, OBSERVER = "admin", "observer"
_DEEPEST: Final = 20


class Deed(StrEnum):
    """What can be entered."""

    SIGN_OFF = "sign off"
    ATTENDANCE = "take attendance of"
    MEASURE = "enter measures of"
    HAND_IN = "hand in credentials of"
    REVIEW = "review credentials of"
    SURVEY = "answer surveys for"
    WAIVE = acts.WAIVE.name
    EXEMPT = acts.EXEMPT.name
    EXTEND = acts.EXTEND.name
    SUSPEND = acts.SUSPEND.name
    REVOKE = acts.REVOKE.name
    REINSTATE = acts.REINSTATE.name
    ENDORSE = acts.ENDORSE.name


OF_OFFICE: Final = tuple(Deed(name) for name in acts.KINDS)
"""The acts of office."""
NEVER_ONESELF: Final = frozenset(Deed) - {Deed.HAND_IN, Deed.SURVEY, Deed.ATTENDANCE}
"""Nobody is their own witness or judge, administrators neither."""
OF_ONESELF: Final = frozenset({Deed.HAND_IN, Deed.SURVEY})
OF_REPORTS: Final = frozenset({Deed.SIGN_OFF, Deed.ATTENDANCE, Deed.HAND_IN, Deed.WAIVE, Deed.EXTEND})
"""What a manager may enter about those who report to them, directly or through others."""
OF_OBSERVERS: Final = frozenset({Deed.SIGN_OFF, Deed.ATTENDANCE})
"""What the role of an observer adds, about anybody."""
OF_ADMINS: Final = frozenset(Deed) - {Deed.SURVEY}
"""Everything but answering for somebody else."""


@dataclass(frozen=True, slots=True)
class Enterer:
    """Somebody signed in, as far as entering goes.

    agent: how statements name them; person: who they are among the people, where that is known.
    """

    role: str
    agent: Json
    person: Person | None
    reports: frozenset[str] = frozenset()

    @property
    def id(self) -> str | None:
        return self.person.id if self.person else None

    @property
    def seen(self) -> frozenset[str]:
        """Whose pages are open to them, where they do not read everybody's: of whom `may_see` says so."""
        return self.reports | ({self.id} if self.id else set())

    def may(self, deed: Deed, learner: str) -> bool:
        """Whether they may enter this about a person."""
        if learner == self.id:
            return deed in OF_ONESELF or (deed not in NEVER_ONESELF and deed in self._of_anybody())
        return deed in self._of_anybody() or (learner in self.reports and deed in OF_REPORTS)

    def may_ever(self, deed: Deed) -> bool:
        """Whether there is anybody about whom they may."""
        own = self.person is not None and deed in OF_ONESELF
        return own or deed in self._of_anybody() or bool(self.reports and deed in OF_REPORTS)

    def may_about_anybody(self, deed: Deed) -> bool:
        return deed in self._of_anybody()

    def require(self, deed: Deed, learner: str) -> None:
        """Raises Forbidden."""
        self.require_ever(deed)
        if not self.may(deed, learner):
            raise Forbidden(f"you may not {deed} '{learner}'", hint=self._why(deed, learner))

    def require_ever(self, deed: Deed) -> None:
        """Raises Forbidden when there is nobody about whom they may."""
        if not self.may_ever(deed):
            raise Forbidden(f"you may not {deed} anybody", hint=self._why(deed, ""))

    def _of_anybody(self) -> frozenset[Deed]:
        """What their role allows; an administrator need not be one of the people, everybody else is."""
        if self.role == ADMIN:
            return OF_ADMINS
        return OF_OBSERVERS if self.role == OBSERVER and self.person is not None else frozenset()

    def _why(self, deed: Deed, learner: str) -> str:
        if self.person is None and self.role != ADMIN:
            return "ask an administrator to say who you are"
        if learner == self.id:
            return "nobody does that for themselves; ask somebody else"
        return "ask their manager or an administrator" if deed in OF_REPORTS else "ask an administrator"


def enterer(prowess: Prowess, who: SignedIn) -> Enterer:
    """Who is signed in, with those who report to them today; somebody who has left is nobody any more."""
    account = who.account
    person = None
    reports: frozenset[str] = frozenset()
    if account.person_id is not None:
        people = prowess.people.roster(tenant_id=who.tenant_id, people=[account.person_id]).people
        person = people.get(account.person_id)
    today = to_datetime(prowess.clock.now()).date()
    if person is not None and person.left_on is not None and person.left_on < today:
        person = None
    if person is not None:
        with prowess.database.read() as conn:
            reports = _reports(conn, who.tenant_id, person.id, today)
    url = prowess.settings.public_url
    nobody = {
        "objectType": "Agent",
        "name": account.username,
        "account": {"homePage": f"{url}/accounts", "name": account.username},
    }
    return Enterer(account.role, actor_of(person, url) if person else nobody, person, reports)


def may_see(conn: Connection, tenant_id: int, person_id: str, learner: str, today: date) -> bool:
    """Whether somebody's page is open to a person who does not read everybody's: it is their own, or they report to them."""
    return person_id == learner or is_above(conn, tenant_id, person_id, learner, today)


def is_above(conn: Connection, tenant_id: int, person_id: str, learner: str, today: date) -> bool:
    """Whether somebody reports to a person, directly or through others: whether they are among that person's `reports`."""
    above: set[str] = set()
    level: set[str] = {learner}
    for _ in range(_DEEPEST):
        level = _managers(conn, tenant_id, level, today) - above - {learner}
        if not level or person_id in level:
            return bool(level)
        above |= level
    return False


def _reports(conn: Connection, tenant_id: int, person_id: str, today: date) -> frozenset[str]:
    """Everybody below, level by level; circles end."""
    below: set[str] = set()
    level: set[str] = {person_id}
    for _ in range(_DEEPEST):
        level = _direct(conn, tenant_id, level, today) - below - {person_id}
        if not level:
            break
        below |= level
    return frozenset(below)


def _direct(conn: Connection, tenant_id: int, managers: Iterable[str], today: date) -> set[str]:
    m, day = p.manager.c, to_day(today)
    query: Any = select(m.person_id).where(p.holds(p.manager, tenant_id, day), m.manager_id.in_(list(managers)))
    return set(conn.scalars(query))


def _managers(conn: Connection, tenant_id: int, people: Iterable[str], today: date) -> set[str]:
    m, day = p.manager.c, to_day(today)
    query: Any = select(m.manager_id).where(p.holds(p.manager, tenant_id, day), m.person_id.in_(list(people)))
    return set(conn.scalars(query))
