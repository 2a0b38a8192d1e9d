"""A record store kept in a list: it answers by definition, by recursion, and slowly.

Written from the text of xAPI-Communication 2.1.3 and 2.3.2 and without a look at the real one, which is held against it.
A statement is its JSON as sent; `authority` is what the store writes into it.  Places in the list stand for `stored`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

Statement = dict[str, Any]
Condition = Callable[[Statement], bool]

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
NOT_CONTENT = {"id", "stored", "authority", "version", "timestamp"}
"""What may differ between two copies of one statement (xAPI-Data 2.3.1); timestamps are compared apart."""


class Model:
    """All statements in the order in which they were stored."""

    def __init__(self, statements: Iterable[Statement] = ()) -> None:
        self.statements: list[Statement] = []
        self._by_id: dict[str, Statement] = {}
        self._voided: set[str] = set()
        for one in statements:
            self._store(one)

    def post(self, batch: Sequence[Statement], authority: Statement) -> None:
        """Store what is new; a known id changes nothing."""
        for one in batch:
            self._store({**one, "authority": authority})

    def known(self, id_: str) -> Statement | None:
        """The statement of an id, voided or not."""
        return self._by_id.get(id_)

    def place(self, id_: str) -> int:
        """Where a known statement stands in the list."""
        return self.statements.index(self._by_id[id_])

    def contradicts(self, batch: Iterable[Statement], *, timestamps: bool) -> bool:
        """Whether one of them has an id that is known with other content (2.1.1, 2.1.2).

        timestamps: whether two that were sent have to be the same instant, as before 2.0.
        """
        return any(
            before is not None and not is_same(before, one, timestamps=timestamps)
            for one in batch
            for before in [self.known(one.get("id", ""))]
        )

    def get(self, id_: str, *, voided: bool = False) -> Statement | None:
        """What `statementId` or `voidedStatementId` finds."""
        one = self._by_id.get(id_)
        return one if one is not None and self.is_voided(one) == voided else None

    def is_voided(self, one: Statement) -> bool:
        """Some voiding statement points at it, and it does not void itself (2.3.2), whichever came first."""
        return one["id"] in self._voided and not is_voiding(one)

    def search(
        self,
        *,
        since: int | None = None,
        until: int | None = None,
        ascending: bool = False,
        authority: Statement | None = None,
        **filters: Any,
    ) -> list[str]:
        """Ids of all that fit.  since, until: places, the first not included; authority: only what it wrote."""
        conditions = list(conditions_of(**filters))
        found = [
            one["id"]
            for place, one in enumerate(self.statements)
            if (since is None or place > since)
            and (until is None or place <= until)
            and (authority is None or one["authority"] == authority)
            and not self.is_voided(one)
            and all(self._meets(one, condition, set()) for condition in conditions)
        ]
        return found if ascending else found[::-1]

    def _store(self, one: Statement) -> None:
        if one["id"] not in self._by_id:
            self.statements.append(one)
            self._by_id[one["id"]] = one
            if is_voiding(one):
                self._voided.add(one["object"]["id"])

    def _meets(self, one: Statement, condition: Condition, seen: set[str]) -> bool:
        """It meets a condition itself, or the statement that is its object does, voided or not."""
        if condition(one):
            return True
        target = self._by_id.get(one["object"]["id"]) if refers(one) else None
        if target is None or target["id"] in {*seen, one["id"]}:
            return False
        return self._meets(target, condition, {*seen, one["id"]})


def is_same(one: Statement, other: Statement, *, timestamps: bool) -> bool:
    """One statement, told twice: what its verb is called is not part of it either."""
    moments = {copy["timestamp"] for copy in (one, other) if "timestamp" in copy}
    return _content(one) == _content(other) and (not timestamps or len(moments) < 2)


def _content(one: Statement) -> Statement:
    return {**{key: value for key, value in one.items() if key not in NOT_CONTENT}, "verb": one["verb"]["id"]}


def refers(one: Statement) -> bool:
    return one["object"].get("objectType") == "StatementRef"


def is_voiding(one: Statement) -> bool:
    return one["verb"]["id"] == VOIDED


def conditions_of(
    *,
    agent: Statement | None = None,
    verb: str | None = None,
    activity: str | None = None,
    registration: str | None = None,
    related_agents: bool = False,
    related_activities: bool = False,
) -> Iterator[Condition]:
    """Each filter of a request; every one of them has to be met, though not by the same statement of a chain."""
    if agent is not None:
        wanted = identifier(agent)
        yield lambda one: wanted in map(identifier, agents(one, related=related_agents))
    if verb is not None:
        yield lambda one: one["verb"]["id"] == verb
    if activity is not None:
        yield lambda one: activity in activities(one, related=related_activities)
    if registration is not None:
        yield lambda one: one.get("context", {}).get("registration") == registration


def agents(one: Statement, *, related: bool) -> Iterator[Statement]:
    """Actor and object with their members; related: authority, the context's, and those of a SubStatement."""
    yield from with_members(one["actor"])
    if one["object"].get("objectType") in ("Agent", "Group"):
        yield from with_members(one["object"])
    if related:
        yield from with_members(one.get("authority"))
        for role in ("instructor", "team"):
            yield from with_members(one.get("context", {}).get(role))
        if one["object"].get("objectType") == "SubStatement":
            yield from agents(one["object"], related=True)


def activities(one: Statement, *, related: bool) -> Iterator[str]:
    """The object; related: the context's, and those of a SubStatement."""
    kind = one["object"].get("objectType", "Activity")
    if kind == "Activity":
        yield one["object"]["id"]
    if related:
        for listed in one.get("context", {}).get("contextActivities", {}).values():
            yield from (activity["id"] for activity in listed)
        if kind == "SubStatement":
            yield from activities(one["object"], related=True)


def with_members(actor: Statement | None) -> Iterator[Statement]:
    if actor is not None:
        yield actor
        yield from actor.get("member", ())


def identifier(agent: Statement) -> tuple[str, str] | None:
    """None for a group without one: it is nobody to be asked for."""
    if "account" in agent:
        return agent["account"]["homePage"], agent["account"]["name"]
    return next(((key, agent[key]) for key in ("mbox", "openid", "mbox_sha1sum") if key in agent), None)
