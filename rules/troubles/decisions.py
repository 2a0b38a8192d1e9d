"""What decisions complain about: days nobody knows, evidence nobody can judge, words that count for nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, not_, or_, select

from lrs.clock import DAY
from lrs.people import tables as p
from rules import tables as r
from rules.explain.part import every_node, unjudged
from rules.explain.reasons import in_words
from rules.explain.requirement import nodes_of
from rules.language import Ruleset
from rules.language.model import Kpi
from rules.language.vocabulary import ASKED
from rules.troubles.kind import Scene, Trouble, published_for_long

_TAKEN_BACK: Final = "voided"
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


def long_pending(scene: Scene) -> Iterator[Trouble]:
    """Pairs in which something that was reported has waited for a verdict all these days."""
    for row, document in _pending(scene):
        if document is None or _is_reported(document):
            yield Trouble(row.person_id, row.name, row.program_id)


def silent_measures(scene: Scene) -> Iterator[Trouble]:
    """Measures by which people have waited to be judged all these days: each of a program once, with how many people.

    Of whom nothing is asked, no value is missed; nor was it before a version that has the measure was published, whatever
    its effective day.
    """
    waiting: Counter[tuple[str, str]] = Counter()
    without: Counter[tuple[str, str]] = Counter()
    measured = cache(partial(_measured, scene.ruleset))
    known = _measures_of_long(scene)
    for row, document in _pending(scene, is_asked=True):
        found: dict[str, bool] = {}
        if document is None or document["assignment"] not in ASKED:
            continue
        for node in unjudged(document).measures:
            measure = measured(row.program_id, row.version, node["criterion"])
            if (row.program_id, measure) in known:
                found[measure] = found.get(measure, False) or not node["samples"]
        for measure, is_silent in found.items():
            waiting[row.program_id, measure] += 1
            without[row.program_id, measure] += is_silent
    for (program, measure), people in sorted(waiting.items()):
        activity = scene.ruleset.activities.get(measure)
        none, few = without[program, measure], people - without[program, measure]
        said = [f"no value yet for {_many(none)}"] if none else []
        said += [f"too few values for {_many(few)}"] if few else []
        yield Trouble(
            name=(activity.title if activity else "") or measure, program_id=program, detail=" and ".join(said)
        )


def _many(people: int) -> str:
    return "1 person" if people == 1 else f"{people} people"


def _is_reported(document: Mapping[str, Any]) -> bool:
    """Whether anything waits but for values of measures."""
    measures, is_reported = unjudged(document)
    return is_reported or not measures


def _measured(ruleset: Ruleset, program: str, number: int, criterion: str) -> str:
    """The activity whose values a criterion combines: in the version that decided, else in the latest that has it."""
    versions = reversed(ruleset.programs.get(program, ()))
    for version in sorted(versions, key=lambda one: one.version != number):
        node = nodes_of(version).get(criterion)
        if isinstance(node, Kpi):
            return node.activity
    return criterion


def _measures_of_long(scene: Scene) -> set[tuple[str, str]]:
    """Programs with their measures, as far as a version that has them was published before all these days."""
    published = published_for_long(scene)
    versions = (
        one for of_one in scene.ruleset.programs.values() for one in of_one if (one.id, one.version) in published
    )
    return {(one.id, node.activity) for one in versions for node in nodes_of(one).values() if isinstance(node, Kpi)}


def _pending(scene: Scene, *, is_asked: bool = False) -> Iterator[tuple[Any, Mapping[str, Any] | None]]:
    """Pairs that have waited all these days, with the decision where it names a measure; others are not read.

    is_asked: only those of whom something was asked all these days.
    """
    here = and_(_D.tenant_id == _S.tenant_id, _D.person_id == _S.person_id, _D.program_id == _S.program_id)
    measured = case((_D.document.contains('"samples"', autoescape=True), _D.document))
    query = (
        _waiting(scene, is_asked=is_asked)
        .add_columns(_D.version, measured.label("document"))
        .outerjoin(r.decision, here)
    )
    for row in scene.conn.execute(query):
        yield row, json.loads(row.document) if row.document is not None else None


def _waiting(scene: Scene, *, is_asked: bool) -> Select[Any]:
    other = r.status.alias("other").c
    waited_not = other.pending_evidence == 0
    settled = select(other.person_id).where(
        *_same(other, _S),
        or_(waited_not, other.assignment.not_in(ASKED)) if is_asked else waited_not,
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
    """Acts of office that count for nothing, but for those that were taken back or whose source nobody trusts."""
    for row, document in _documents(scene, '"rejected":"'):
        for act in document["proof"].get("acts", ()):
            if act.get("rejected") not in (None, _TAKEN_BACK, _UNTRUSTED):
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
