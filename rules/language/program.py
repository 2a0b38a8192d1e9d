"""Reads one version of a certification or curriculum."""

from __future__ import annotations

from datetime import date
from typing import Any

from lrs.errors import did_you_mean
from rules.language.about import load_about
from rules.language.audience import load_audiences
from rules.language.award import check_award
from rules.language.entry import Entry
from rules.language.model import Node, Program, Renew, RoleClock, Tier
from rules.language.overrides import load_accept, load_apply, load_suspend, load_waive
from rules.language.period import Period
from rules.language.references import References
from rules.language.requirement import RequirementReader, is_met_by_nothing, needs_no_evidence
from rules.language.schedule import load_clock, load_due, load_renew, load_valid
from rules.language.vocabulary import PROGRAM_KEYS, PROGRAM_NOTES

_TIER_KEYS = ("id", "title", "due", "after", "require", "suggest")
_NOTE_SHAPES: dict[str, type] = {"award": dict, "escalate": str}
"""Of notes that nothing else reads."""


def load_program(entry: Entry, references: References, *, is_published: bool = False) -> Program | None:
    """The program a document describes; None when it has no usable id.

    is_published: it was, perhaps by a Prowess that did not ask for `apply:` yet.
    """
    fields = entry.fields(PROGRAM_KEYS, f"a {entry.value['kind']}")
    identity = fields["id"].text() if "id" in fields else None
    if identity is None:
        if "id" not in fields:
            entry.fail(f"a {entry.value['kind']} needs an id")
        return None
    clock = load_clock(fields["clock"]) if "clock" in fields else RoleClock()
    due = load_due(fields["due"], clock.start or "assigned") if "due" in fields else None
    reader = RequirementReader(identity, references)
    require = reader.path([fields["require"]])[0] if "require" in fields else None
    tiers = _tiers(fields["tiers"], clock, reader) if "tiers" in fields else ()
    suggest = _suggest(fields, identity, references)
    _check_path(entry, fields)
    _check_evidence(fields, require, tiers)
    if "award" in fields:
        names = [tier.id for tier in tiers]
        references.of_drafts.append(lambda: check_award(fields["award"], names, reader.taken))
    valid_for = load_valid(fields["valid"]) if "valid" in fields else None
    version = (fields["version"].integer(1) if "version" in fields else None) or 1
    return Program(
        kind=entry.value["kind"],
        id=identity,
        version=version,
        title=(fields["title"].text() if "title" in fields else None) or identity,
        effective=(fields["effective"].day() if "effective" in fields else None) or date.min,
        timezone=_timezone(fields.get("timezone")),
        audiences=load_audiences(fields["for"], clock) if "for" in fields else (),
        due=due,
        clock=clock,
        require=require,
        tiers=tiers,
        suggest=suggest,
        valid_for=valid_for,
        renew=_renew(fields, identity, valid_for, references),
        suspend=load_suspend(fields["suspend"], identity, references) if "suspend" in fields else (),
        waive=load_waive(fields["waive"]) if "waive" in fields else None,
        accept=load_accept(fields["accept"], identity, references, reader.taken) if "accept" in fields else (),
        apply=load_apply(entry, fields.get("apply"), version, may_be_left_out=is_published),
        needs_endorsement=_needs_endorsement(fields.get("recognised_by")),
        notes=_notes(fields),
        about=load_about(fields, references, is_published=is_published),
    )


def _check_path(entry: Entry, fields: dict[str, Entry]) -> None:
    if "require" in fields and "tiers" in fields:
        fields["tiers"].fail("a program has require: or tiers:, not both", key=True)
    if not fields.keys() & {"require", "tiers", "suggest"} and entry.value.keys() <= {*PROGRAM_KEYS}:
        entry.fail("this program asks for nothing", hint="it needs require:, tiers: or suggest:")
    if "tiers" in fields and "due" in fields:
        fields["due"].fail("a program with tiers has its due dates there", key=True)


def _check_evidence(fields: dict[str, Entry], require: Node | None, tiers: tuple[Tier, ...]) -> None:
    """An award that expires must be earned by evidence: prerequisites alone would renew it for ever."""
    wanted = [require] if require is not None else [tier.require for tier in tiers if tier.require is not None]
    if any(map(is_met_by_nothing, wanted)):
        where = fields["require" if "require" in fields else "tiers"]
        where.fail("this is met before anything happened", hint="not: needs a requirement beside it")
    elif "valid" in fields and wanted and all(map(needs_no_evidence, wanted)):
        fields["valid"].fail(
            "this expires, but holds: alone would earn it again at once", hint="ask for some evidence too"
        )


def _timezone(entry: Entry | None) -> str:
    if entry is None:
        return "site"
    if entry.value in ("site", "learner"):
        return str(entry.value)
    return entry.zone() or "UTC"


def _suggest(fields: dict[str, Entry], identity: str, references: References) -> tuple[Node, ...]:
    if "suggest" not in fields:
        return ()
    reader = RequirementReader(identity, references)
    nodes = reader.nodes(fields["suggest"])
    reader.finish(nodes)
    return nodes


def _renew(fields: dict[str, Entry], identity: str, valid_for: Period | None, references: References) -> Renew | None:
    if "renew" not in fields:
        return None
    if "valid" not in fields:
        fields["renew"].fail("'renew' needs valid:, or nothing ever expires", key=True)
    renew, own = load_renew(fields["renew"], valid_for)
    if own is None:
        return renew
    (require,) = RequirementReader(identity, references).path([own])
    if require is not None and needs_no_evidence(require):
        own.fail("holds: alone would renew this for ever", hint="ask for some evidence inside the window too")
    return Renew(
        renew.window,
        require,
        renew.grace,
        renew.grace_counts,
        renew.basis,
        renew.early,
        renew.anchor,
        renew.min_active,
    )


def _tiers(entry: Entry, clock: RoleClock, reader: RequirementReader) -> tuple[Tier, ...]:
    if entry.value == []:
        entry.fail("an empty list of tiers would always be met")
    tiers: dict[str, Tier] = {}
    for item in entry.items():
        tier = _tier(item, clock, reader, tiers)
        if tier is not None:
            if tier.id in tiers:
                item.fail(f"two tiers have the id '{tier.id}'")
            tiers[tier.id] = tier
    reader.finish([tier.require for tier in tiers.values()])
    if tiers and not any(tier.require for tier in tiers.values()):
        entry.fail("no tier requires anything")
    return tuple(tiers.values())


def _tier(entry: Entry, clock: RoleClock, reader: RequirementReader, before: dict[str, Tier]) -> Tier | None:
    fields = entry.fields(_TIER_KEYS, "a tier")
    identity = fields["id"].text() if "id" in fields else None
    if identity is None:
        if "id" not in fields and isinstance(entry.value, dict):
            entry.fail("a tier needs an id")
        return None
    if "title" in fields:
        fields["title"].text()
    after = fields["after"].text() if "after" in fields else None
    if after is not None and after not in before:
        hint = did_you_mean(after, before) if before else "the first tier follows nothing"
        fields["after"].fail(f"no earlier tier is called '{after}'", hint=hint)
    if not fields.keys() & {"require", "suggest"}:
        entry.fail(f"tier '{identity}' asks for nothing", hint="it needs require: or suggest:")
    return Tier(
        identity,
        reader.node(fields["require"]) if "require" in fields else None,
        _suggest(fields, reader.program, reader.references),
        load_due(fields["due"], clock.start or "role_start") if "due" in fields else None,
        after,
    )


def _needs_endorsement(entry: Entry | None) -> bool:
    """Whether a third party has to endorse an award before it is more than provisional."""
    if entry is None:
        return False
    found = [item.value for item in entry.one_or_more() if isinstance(item.value, dict)]
    return any(one.get("endorsement") == "required" for one in found)


def _notes(fields: dict[str, Entry]) -> dict[str, Any]:
    notes: dict[str, Any] = {}
    for key in PROGRAM_NOTES:
        if key in fields:
            entry = fields[key]
            if isinstance(entry.value, _NOTE_SHAPES.get(key, object)):
                notes[key] = entry.value
            else:
                entry.fail(f"'{key}' does not have the shape of the language")
    return notes
