"""The badges of one store: found by their names, told from what was decided, signed when somebody asks for them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from sqlalchemy import or_, select

from lrs.clock import SECOND
from lrs.errors import NotFound
from lrs.people.roster import Person
from lrs.store import tables as t
from lrs.store.server_secrets import server_secret
from rules import tables as r
from rules.decide import Facts
from rules.decide.zones import Zones
from rules.decisions.transitions import GAINS
from rules.language import Program, Ruleset
from rules.language.award import Award, award_of
from rules.published.composition import published_of
from rules.recognition import jws
from rules.recognition.addresses import Addresses
from rules.recognition.credential import Given, Recipient, credential, spell
from rules.recognition.issued import TENANT, Issued, Ledger
from rules.recognition.keys import Key, Keys
from rules.recognition.settings import settings_of
from rules.recognition.status_list import TTL_SECONDS, status_list
from rules.recognition.tokens import LIST_SIZE, Line, Place, Tokens
from rules.vocabulary import DECISION_EXTENSION

if TYPE_CHECKING:
    from lrs.prowess import Prowess

SECRET: Final = "badges"  # noqa: S105 - the name of one
State = Literal["valid", "expired", "revoked"]
OFF: Final = "badges are issued once rules.badges is true in config.yaml (docs/badges.md)"


@dataclass(frozen=True, slots=True)
class Badge:
    """One that was issued: by what, and under which name it is public.  begins, ends: of what it says, as instants."""

    issued: Issued
    given: Given
    token: str
    place: Place
    begins: int
    ends: int | None

    def state(self, now: int) -> State:
        """What it is worth now."""
        if self.issued.revoked is not None:
            return "revoked"
        return "expired" if self.ends is not None and now >= self.ends else "valid"


@dataclass(slots=True)
class _Kept:
    """What a process keeps of its badges: status lists for as long as they say."""

    tokens: Tokens | None = None
    lists: dict[int, tuple[int, str]] = field(default_factory=dict)
    guard: Lock = field(default_factory=Lock)


_kept: WeakKeyDictionary[Prowess, _Kept] = WeakKeyDictionary()


class Badges:
    """Reads them; nothing is stored but the keys that sign."""

    def __init__(self, prowess: Prowess) -> None:
        self._prowess = prowess
        self._kept = _kept.setdefault(prowess, _Kept())
        self.settings = settings_of(prowess)
        self.addresses = Addresses(prowess.settings.public_url)
        self.keys = Keys(prowess)

    @property
    def is_on(self) -> bool:
        return self.settings.badges

    def require(self) -> None:
        """Raises NotFound where none are issued."""
        if not self.is_on:
            raise NotFound("no badges are issued here", hint=OFF)

    def issuer(self) -> dict[str, Any]:
        """The Profile of whoever issues them."""
        settings, addresses = self.settings, self.addresses
        name = settings.badge_issuer or self._prowess.settings.organisation.name or urlsplit(addresses.root).hostname
        said: dict[str, Any] = {"id": addresses.issuer, "type": ["Profile"], "name": name}
        said |= {"url": settings.badge_url} if settings.badge_url else {}
        said |= {"email": settings.badge_email} if settings.badge_email else {}
        if settings.badge_image:
            said["image"] = {"id": settings.badge_image, "type": "Image"}
        return said

    def of(self, person_id: str, program_id: str | None = None) -> list[Badge]:
        """What somebody was given, of one program or all, the newest first."""
        programs = self._programs() if program_id is None else [program_id]
        with self._prowess.database.read() as conn:
            issued = _newest_first(Ledger(conn).of([person_id], programs))
        return list(self._told(issued))

    def every(self) -> list[Badge]:
        """All that were ever issued, the newest first."""
        programs = self._programs()
        with self._prowess.database.read() as conn:
            issued = _newest_first(Ledger(conn).every(programs))
        return list(self._told(issued))

    def get(self, token: str) -> Badge:
        """The badge of a name.  Raises NotFound, whatever the reason."""
        issued = self.issued(token)
        for badge in self._told([] if issued is None else [issued]):
            return badge
        raise NotFound("there is no such badge", hint="check that the whole address was copied")

    def issued(self, token: str) -> Issued | None:
        """What is known of a name; None where none was given so."""
        line = self.tokens.find(token)
        if line is None:
            return None
        with self._prowess.database.read() as conn:
            found = Ledger(conn).find(line.number)
        return found if found is not None and found.at == line.at else None

    def achievement(self, program_id: str, version: int) -> tuple[Program, Ruleset, Award]:
        """A version of a program that gives a badge.  Raises NotFound."""
        published = published_of(self._prowess)
        edition, _ = published.last_with(TENANT, program_id, known_at=self._prowess.clock.now())
        program = _version(edition.ruleset, program_id, version)
        if program is None or (award := award_of(program)) is None:
            raise NotFound(f"version {version} of '{program_id}' gives no badge", hint="a program gives one by: award:")
        return program, edition.ruleset, award

    def credential(self, badge: Badge) -> dict[str, Any]:
        """What is signed."""
        return credential(badge.given, self.recipient(badge), self.issuer(), badge.token, badge.place, self.addresses)

    def signed(self, badge: Badge) -> str:
        """The VC-JWT: the same each time, as long as what it says and the key that signs are the same."""
        return self._signed(self.credential(badge))

    def recipient(self, badge: Badge) -> Recipient:
        """Whom a badge was given to, as they are known now.  Raises NotFound of somebody who was erased."""
        id_ = badge.issued.person_id
        if self._is_erased(id_):
            raise NotFound("nothing is known any more of whom this was given to", hint="they were erased at their wish")
        known_as = self._prowess.people.known_as(id_, TENANT)
        person = self._prowess.people.roster(tenant_id=TENANT, people=[known_as]).people.get(known_as)
        number = badge.issued.number
        return Recipient(self.tokens.subject(id_), self.tokens.salt(number), person, self.settings.badge_names)

    def status(self, number: int) -> str:
        """A signed status list, at most so old as it says.  Raises NotFound of one that no badge can stand in."""
        now, lists = self._prowess.clock.now(), self._kept.lists
        made = lists.get(number)
        if made is not None and (_is_fresh(made, now) or self._kept.guard.locked()):
            return made[1]  # while somebody makes a new one, nobody waits who can have the old one
        with self._kept.guard:
            made = lists.get(number)
            if made is None or not _is_fresh(made, now):
                made = lists[number] = (now, self._signed(self._list(number, now)))
            return made[1]

    @property
    def tokens(self) -> Tokens:
        if self._kept.tokens is None:
            self._kept.tokens = Tokens(server_secret(self._prowess.database, self._prowess.ids, SECRET))
        return self._kept.tokens

    def key(self, id_: str) -> Key:
        """Raises NotFound."""
        for key in self.keys.all():
            if key.id == id_:
                return key
        raise NotFound(f"no badge is signed with a key '{id_}'")

    def _is_erased(self, person_id: str) -> bool:
        c = t.erasure.c
        query = select(c.seq).where(c.tenant_id == TENANT, or_(c.person_id == person_id, c.pseudonym == person_id))
        with self._prowess.database.read() as conn:
            return conn.scalar(query.limit(1)) is not None

    def _signed(self, said: dict[str, Any]) -> str:
        key = self.keys.signing()
        assert key.private is not None
        return jws.sign(said, key.private, self.addresses.key(key.id))

    def _list(self, number: int, now: int) -> dict[str, Any]:
        with self._prowess.database.read() as conn:
            log = r.decision_log.c
            last: int = conn.scalar(select(log.id).order_by(log.id.desc()).limit(1)) or 0
        if not 0 <= number <= last // LIST_SIZE:
            raise NotFound(f"there is no list {number}")
        return status_list(self._revoked(number), number, self.issuer(), now, self.addresses)

    def _revoked(self, number: int) -> set[int]:
        """Places of a list of whoever's badge was taken back."""
        first, programs = number * LIST_SIZE, self._programs()
        with self._prowess.database.read(snapshot=True) as conn:
            issued = Ledger(conn).within(first, first + LIST_SIZE, programs)
            return {self.tokens.place(one.number).bit for one in issued if one.revoked is not None}

    def _programs(self) -> list[str]:
        """Those of which some version gives a badge, and those of which it did until they were withdrawn."""
        published, now = published_of(self._prowess), self._prowess.clock.now()
        ids = {*published.current(TENANT).ruleset.programs, *published.withdrawn(TENANT, known_at=now)}
        versions = {id_: published.last_with(TENANT, id_, known_at=now)[0].ruleset.programs[id_] for id_ in ids}
        return sorted(id_ for id_, some in versions.items() if any(award_of(one) is not None for one in some))

    def _told(self, issued: Iterable[Issued]) -> Iterator[Badge]:
        """Those of versions that give a badge."""
        for one in issued:
            if (given := self._given(one)) is not None:
                yield Badge(
                    one, given, self.tokens.of(Line(one.number, one.at)), self.tokens.place(one.number), *spell(given)
                )

    def _given(self, one: Issued) -> Given | None:
        """By the edition that held when it was decided, in the calendar that was known then: so it stays the same."""
        published = published_of(self._prowess)
        ruleset = published.current(TENANT, known_at=one.watermark).ruleset
        if one.program_id not in ruleset.programs:
            ruleset = published.last_with(TENANT, one.program_id, known_at=one.watermark)[0].ruleset
        program = _version(ruleset, one.program_id, one.document["version"])
        award = None if program is None else award_of(program)
        if program is None or award is None:
            return None
        roster = self._prowess.people.roster(tenant_id=TENANT, known_at=one.watermark, people=[one.person_id])
        person = roster.people.get(one.person_id, Person(one.person_id))
        zones = Zones(program.timezone, Facts(person, (), roster.sites))
        score = self._score(one) if self.settings.badge_scores else None
        return Given(one.document, program, ruleset, award, zones, score)

    def _score(self, one: Issued) -> Decimal | None:
        """The score that was announced with the award."""
        e = r.emission.c
        query = select(e.body).where(
            e.tenant_id == TENANT,
            e.person_id == one.person_id,
            e.program_id == one.program_id,
            e.transition.in_(GAINS),
        )
        with self._prowess.database.read() as conn:
            bodies = conn.scalars(query.order_by(e.created_at.desc())).all()
        for body in bodies:
            said = json.loads(body)["context"]["extensions"][DECISION_EXTENSION]
            if all(said[name] == one.document[name] for name in ("valid_from", "expires_on")):
                return None if said["score"] is None else Decimal(said["score"])
        return None


def _is_fresh(made: tuple[int, str], now: int) -> bool:
    return 0 <= now - made[0] < TTL_SECONDS * SECOND


def _newest_first(issued: Iterable[Issued]) -> list[Issued]:
    return sorted(issued, key=lambda one: -one.number)


def _version(ruleset: Ruleset, program_id: str, version: int) -> Program | None:
    return next((one for one in ruleset.programs.get(program_id, ()) if one.version == version), None)
