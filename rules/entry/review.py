"""Credentials handed in, and what became of them: read from their statements, nothing is kept beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final
from uuid import UUID

from lrs.errors import NotFound
from lrs.people.owners import agent_key
from lrs.prowess import Prowess
from lrs.store.search import Filter, Found, Search
from lrs.web.statement_view import parse
from rules import vocabulary as v

WAITING, ACCEPTED, DECLINED = "waiting", "accepted", "declined"
_LATEST: Final = 200
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class HandedIn:
    """One credential.  person: whose it is today, where that is known; state: waiting, accepted or declined."""

    id: UUID
    seq: int
    statement: Mapping[str, Any]
    person: str | None
    state: str = WAITING
    reviewer: str = ""
    reason: str = ""

    @property
    def credential(self) -> Mapping[str, Any]:
        """What is said of it."""
        extensions = (self.statement.get("result") or {}).get("extensions") or {}
        told = extensions.get(v.CREDENTIAL_EXTENSION)
        return told if isinstance(told, Mapping) else {}

    @property
    def title(self) -> str:
        name = (self.statement["object"].get("definition") or {}).get("name") or {}
        return str(next(iter(name.values()), self.statement["object"]["id"]))


class Reviews:
    """The credentials of one tenant."""

    def __init__(self, prowess: Prowess, tenant_id: int) -> None:
        self._prowess = prowess
        self._tenant_id = tenant_id

    def latest(self, agents: tuple[str, ...] | None = None) -> list[HandedIn]:
        """The credentials handed in last (of these agents, as `ifi_text`; None: of everybody), the latest first."""
        verb = Filter("verb", v.PRESENTED)
        narrowed = [(verb,)] if agents is None else [(Filter("agent", one), verb) for one in agents]
        found = [one for filters in narrowed for one in self._search(filters, limit=_LATEST)]
        found.sort(key=lambda one: one.seq, reverse=True)
        return self._judged(found[:_LATEST])

    def waiting(self, after: int = 0) -> Iterator[HandedIn]:
        """Those that nobody has settled, the oldest first; after: the `seq` of one that is done with.

        Found by going through everything handed in since then, for nothing is kept beside the statements.
        """
        settled = self._verdicts(after).keys()
        for page in self._pages_after(v.PRESENTED, after):
            yield from self._told([one for one in page if str(one.id) not in settled], {})

    def get(self, id_: UUID) -> HandedIn:
        """One credential that was handed in and not taken back.  Raises NotFound."""
        found = self._prowess.reader.find(self._tenant_id, id_, voided=False, credentials=None)
        if found is None or parse(found)["verb"]["id"] != v.PRESENTED:
            raise NotFound(f"no credential was handed in as {id_}", hint="see the list of those that wait")
        return self._judged([found])[0]

    def _judged(self, found: list[Found]) -> list[HandedIn]:
        return self._told(found, self._verdicts(min(one.seq for one in found))) if found else []

    def _told(self, found: list[Found], verdicts: Mapping[str, tuple[str, str, str]]) -> list[HandedIn]:
        """What is said of each; a statement about one is found with it, and is none itself (xAPI-Communication 2.1.3)."""
        parsed = ((one, parse(one)) for one in found)
        statements = [(one, statement) for one, statement in parsed if statement["verb"]["id"] == v.PRESENTED]
        keys = {key for _, statement in statements if (key := agent_key(statement["actor"])) is not None}
        owners = self._prowess.people.person_of(keys, tenant_id=self._tenant_id)
        judged = []
        for one, statement in statements:
            person = owners.get(agent_key(statement["actor"]) or b"")
            judged.append(HandedIn(one.id, one.seq, statement, person, *verdicts.get(str(one.id), (WAITING, "", ""))))
        return judged

    def _verdicts(self, after: int) -> dict[str, tuple[str, str, str]]:
        """What became of credentials handed in since then; the latest word holds.

        Only our own pages' reviews are believed here; others' do not settle what waits.
        """
        told: dict[str, tuple[int, tuple[str, str, str]]] = {}
        own = (self._prowess.credentials.own(v.KEY_NAME, tenant_id=self._tenant_id).id,)
        for verb, state in ((v.ACCEPTED, ACCEPTED), (v.DECLINED, DECLINED)):
            for found in chain.from_iterable(self._pages_after(verb, after, own)):
                statement = parse(found)
                context, result = statement.get("context") or {}, statement.get("result") or {}
                of = str((context.get("statement") or {}).get("id", ""))
                word = (state, str((context.get("instructor") or {}).get("name", "")), str(result.get("response", "")))
                told[of] = max(told.get(of, (0, word)), (found.seq, word))
        return {of: word for of, (_, word) in told.items()}

    def _pages_after(self, verb: str, after: int, credentials: tuple[int, ...] | None = None) -> Iterator[list[Found]]:
        """Everything that was said with a verb since then, the oldest first."""
        while True:
            page = self._search(
                (Filter("verb", verb),), after=after, ascending=True, limit=_PAGE, credentials=credentials
            )
            yield page
            if len(page) < _PAGE:
                return
            after = page[-1].seq

    def _search(self, filters: tuple[Filter, ...], **options: Any) -> list[Found]:
        return self._prowess.reader.search(Search(self._tenant_id, filters, **options))
