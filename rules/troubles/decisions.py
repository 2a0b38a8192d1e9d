"""What decisions complain about: days nobody knows, evidence nobody can judge, words that count for nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, not_, or_, select

from lrs.clock import DAY
from lrs.people import tables as p
from rules import tables as r
from rules.explain.part import every_node
from rules.explain.reasons import in_words
from rules.troubles.kind import Scene, Trouble

_UNTRUSTED: Final = "untrusted_source"
_NO_SIGN_OFF: Final = (
    "observer_unknown",
    "self_observed",
    "observer_excluded",
    "wrong_relation",
    "wrong_job",
    "observer_not_certified",
    "critical_item_failed",
    "rubric_incomplete",
)
_S, _D = r.status.c, r.decision.c


def missing_clocks(scene: Scene) -> Iterator[Trouble]:
    """People who owe something by no date, because the day on which they began is not known."""
    for row, document in _documents(scene, '"missing_clock"'):
        if "missing_clock" in document["flags"]:
            yield Trouble(row.person_id, row.name, row.program_id, "the day of hiring is missing")


def long_pending(scene: Scene) -> Select[Any]:
    """Pairs in which something has waited for a verdict all these days."""
    other = r.status.alias("other").c
    settled = select(other.person_id).where(
        *_same(other, _S),
        other.pending_evidence == 0,
        other.until_us > scene.now - scene.days * DAY,
        other.from_us <= scene.now,
    )
    return (
        select(_S.person_id, _N.name, _S.program_id)
        .join(p.person, _is_named(_S))
        .where(
            _S.tenant_id == scene.tenant_id,
            r.holds(r.status, scene.now),
            _S.pending_evidence == 1,
            not_(settled.exists()),
        )
        .order_by(_S.person_id, _S.program_id)
    )


def refused_acts(scene: Scene) -> Iterator[Trouble]:
    """Acts of office that count for nothing, but for those whose source nobody trusts."""
    for row, document in _documents(scene, '"rejected":"'):
        for act in document["proof"].get("acts", ()):
            if act.get("rejected") not in (None, _UNTRUSTED):
                yield _about(row, f"{act['act']}: {in_words(act['rejected'])}", act["statement"])


def unused_sign_offs(scene: Scene) -> Iterator[Trouble]:
    """Sign-offs that count for nothing where one is still asked for: who saw it may not say so, or items are missing."""
    for row, document in _documents(scene, *(f'"{reason}"' for reason in _NO_SIGN_OFF)):
        last = document["proof"].get("of", [])[-1:]  # the path that is open, if one is
        told = [one for path in last for one in _open(path) if one["reason"] in _NO_SIGN_OFF]
        found = {one["statement"]: one["reason"] for one in told}
        for statement, reason in sorted(found.items()):
            yield _about(row, in_words(reason), statement)


def untrusted(scene: Scene) -> Iterator[Trouble]:
    """Sign-offs, reviews and acts that came from systems whose word does not count."""
    for row, document in _documents(scene, f'"{_UNTRUSTED}"'):
        for statement in sorted(set(_rejected(document["proof"], _UNTRUSTED))):
            yield _about(row, in_words(_UNTRUSTED), statement)


def undecided(scene: Scene) -> Select[Any]:
    """Pairs that could not be decided, with the error and the last day they were tried."""
    c = r.dirty.c
    return (
        select(c.person_id, _N.name, c.program_id, c.error.label("detail"))
        .join(p.person, _is_named(c))
        .where(c.tenant_id == scene.tenant_id, c.error.is_not(None))
        .order_by(c.person_id, c.program_id)
    )


_N = p.person.c


def _documents(scene: Scene, *parts: str) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """The decisions whose text has one of these parts, to be looked at closely: one pass over them, whatever the evidence."""
    query = (
        select(_D.person_id, _D.program_id, _D.document, _N.name)
        .join(p.person, _is_named(_D))
        .where(_D.tenant_id == scene.tenant_id, or_(*(_D.document.contains(part, autoescape=True) for part in parts)))
        .order_by(_D.person_id, _D.program_id)
    )
    for row in scene.conn.execute(query):
        yield row, json.loads(row.document)


def _about(row: Any, detail: str, statement: str) -> Trouble:
    return Trouble(row.person_id, row.name, row.program_id, detail, statement=UUID(statement))


def _open(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What was rejected below the nodes of a proof that are not met."""
    if node["result"] != "met":
        yield from node["rejected"]
        for child in node.get("of", ()):
            yield from _open(child)


def _rejected(proof: Any, reason: str) -> Iterator[str]:
    """The statements of a proof that were rejected for a reason, those of acts too."""
    for node in every_node(proof):
        if node.get("rejected") == reason or node.get("reason") == reason:
            yield str(node["statement"])


def _same(one: Any, other: Any) -> Iterable[ColumnElement[bool]]:
    return (
        one.tenant_id == other.tenant_id,
        one.person_id == other.person_id,
        one.program_id == other.program_id,
    )


def _is_named(columns: Any) -> ColumnElement[bool]:
    return and_(_N.tenant_id == columns.tenant_id, _N.person_id == columns.person_id, _N.known_to.is_(None))
