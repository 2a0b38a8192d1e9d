"""What somebody entered lately, and taking it back: a void, as for every other statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from lrs.errors import Conflict, Forbidden, NotFound
from lrs.people.owners import agent_key
from lrs.prowess import Prowess
from lrs.recorder import Also
from lrs.store import audit
from lrs.store.search import Filter, Found, Search
from lrs.web.statement_view import Line, line, parse
from lrs.xapi.actors import ifi_text
from lrs.xapi.vocabulary import VOIDED
from rules import vocabulary as v
from rules.entry.acts import KINDS, is_act, override_of
from rules.entry.rights import ADMIN, Enterer
from rules.entry.statement import content_id
from rules.explain.words import said_words

ENTERED: Final = frozenset(
    {v.SIGNED_OFF, v.ATTENDED, v.MEASURED, v.PRESENTED, v.ACCEPTED, v.DECLINED, v.RESPONDED, *v.OVERRIDES}
)
"""Verbs of what is entered here; statements of decisions have others."""


class Journal:
    """The entries of one tenant that our own key signed."""

    def __init__(self, prowess: Prowess, tenant_id: int) -> None:
        self._prowess = prowess
        self._tenant_id = tenant_id
        self._key = prowess.credentials.own(v.KEY_NAME, tenant_id=tenant_id).id

    def of(self, who: Enterer, limit: int = 20) -> list[Line]:
        """What somebody entered, the latest first; without what was taken back."""
        agent = Filter("agent", ifi_text(who.agent) or "", related=True)
        found = self._prowess.reader.search(
            Search(self._tenant_id, (agent,), limit=3 * limit, credentials=(self._key,))
        )
        return [_line(one) for one in found if _is_by(parse(one), who)][:limit]

    def about(self, agent: Mapping[str, Any], activity: str, limit: int = 50) -> list[Found]:
        """Entries about one agent and one activity, the latest first; without what was taken back."""
        filters = (Filter("agent", ifi_text(agent) or ""), Filter("activity", activity))
        return self._prowess.reader.search(Search(self._tenant_id, filters, limit=limit, credentials=(self._key,)))

    def find(self, id_: UUID, who: Enterer) -> Line | None:
        """What somebody entered under an id, to show that it is recorded."""
        found = self._prowess.reader.find_any(self._tenant_id, id_)
        return _line(found) if found and self._is_entry(found) and self.may_take_back(found, who) else None

    def statement(self, id_: UUID) -> dict[str, Any]:
        """The statement of an entry.  Raises NotFound."""
        return parse(self._entry(id_))

    def take_back(self, id_: UUID, who: Enterer, reason: str = "") -> dict[str, Any]:
        """The statement that voids an entry, with why in `result.response`; asked twice at once it is one.

        Raises NotFound, Forbidden, Conflict when it is void already.
        """
        found = self._entry(id_)
        if not self.may_take_back(found, who):
            raise Forbidden("this was entered by somebody else", hint="ask them or an administrator")
        if found.voided_seq is not None:
            raise Conflict("this was taken back already")
        return {
            "id": str(content_id(self._tenant_id, "take-back", str(id_))),
            "actor": who.agent,
            "verb": {"id": VOIDED, "display": {"en": "voided"}},
            "object": {"objectType": "StatementRef", "id": str(id_)},
            **({"result": {"response": reason}} if reason else {}),
            "version": "1.0.3",
        }

    def taking_noted(self, id_: UUID, voiding: Mapping[str, Any]) -> Also | None:
        """What keeps in the audit that an act of office is taken back, in whoever's thread; None for other entries."""
        said = self.statement(id_)
        kind = next((one for one in KINDS.values() if one.verb == said["verb"]["id"]), None)
        if kind is None:
            return None
        key = agent_key(said["actor"]) or b""
        owner = self._prowess.people.person_of([key], tenant_id=self._tenant_id).get(key)
        told = {
            "act": kind.name,
            "program": override_of(said)["program"],
            "statement": str(id_),
            "voided_by": voiding["id"],
        }
        person, now, by = owner or ifi_text(said["actor"]) or "", self._prowess.clock.now(), audit.asker()

        def keep(conn: Connection) -> None:
            audit.record(conn, "act.take-back", person, told, at=now, tenant_id=self._tenant_id, by=by)

        return keep

    def may_take_back(self, found: Found, who: Enterer) -> bool:
        """Whether an entry is somebody's to take back: their own, and for administrators anybody's."""
        return who.role == ADMIN or _is_by(parse(found), who)

    def _entry(self, id_: UUID) -> Found:
        found = self._prowess.reader.find_any(self._tenant_id, id_)
        if found is None or not self._is_entry(found):
            raise NotFound(f"nothing was entered under {id_}")
        return found

    def _is_entry(self, found: Found) -> bool:
        if found.credential_id != self._key:
            return False
        said = parse(found)
        return said["verb"]["id"] in ENTERED.difference(v.OVERRIDES) or is_act(said)


def _line(found: Found) -> Line:
    """The row of an entry, with its verb as people say it."""
    row = line(found)
    return replace(row, verb=said_words(row.verb_filter))


def words_of(statement: Mapping[str, Any]) -> str:
    """What whoever entered something said in words: the reason of an act or a verdict, the note of a sign-off."""
    return str(override_of(statement).get("reason") or (statement.get("result") or {}).get("response") or "")


def _is_by(statement: Mapping[str, Any], who: Enterer) -> bool:
    """Whether somebody answers for a statement: as its instructor, or as its actor for what learners enter themselves."""
    verb = statement["verb"]["id"]
    own = statement["actor"] if verb in (v.PRESENTED, v.RESPONDED) else None
    answers = (statement.get("context") or {}).get("instructor") or own
    return verb in ENTERED and answers is not None and ifi_text(answers) == ifi_text(who.agent)
