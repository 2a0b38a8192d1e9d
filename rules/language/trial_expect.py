"""Reads what a test expects of the decision."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from lrs.errors import did_you_mean
from rules.language.entry import Entry
from rules.language.model import Program
from rules.language.trial_values import load_date
from rules.language.trial_words import EXPECTED_DAYS
from rules.language.vocabulary import ASSIGNMENTS, AWARDS, FLAGS, PROGRESSES


def load_expected(entry: Entry, program: Program, criteria: Collection[str]) -> dict[str, Any]:
    """What is expected; an empty date means that there is none."""
    known = ("award", "assignment", "progress", "version", "flags", "gaps", "rejected", "tiers", *EXPECTED_DAYS)
    fields = entry.fields(known, "'expect'")
    found = {key: _expected(key, one, program, criteria) for key, one in fields.items()}
    found |= {key: None for key, one in entry.members().items() if key in EXPECTED_DAYS and one.value is None}
    if not found and isinstance(entry.value, dict):
        entry.fail("this expects nothing", hint="for example {award: valid, expires_on: 2027-03-10}")
    return found


def _expected(key: str, entry: Entry, program: Program, criteria: Collection[str]) -> Any:
    if key in EXPECTED_DAYS:
        return load_date(entry)
    match key:
        case "award":
            return entry.choice(AWARDS)
        case "assignment":
            return entry.choice(ASSIGNMENTS)
        case "progress":
            return entry.choice(PROGRESSES)
        case "version":
            return entry.integer(1)
        case "flags":
            return sorted(flag for item in entry.items() if (flag := item.choice(FLAGS)))
        case "gaps":
            return sorted(name for item in entry.items() if (name := load_criterion(item, criteria)))
        case "rejected":
            return sorted(name for item in entry.items() if (name := item.text()))
    return {name: _tier(name, item, program) for name, item in entry.members().items()}


def _tier(name: str, entry: Entry, program: Program) -> dict[str, Any]:
    known = [tier.id for tier in program.tiers]
    if name not in known:
        entry.fail(
            f"no tier is called '{name}'", hint=did_you_mean(name, known) if known else "it has no tiers", key=True
        )
    fields = entry.fields(("progress", "due_on", "met_on"), "a tier of a test")
    found: dict[str, Any] = {key: load_date(one) for key, one in fields.items() if key != "progress"}
    if "progress" in fields:
        found["progress"] = fields["progress"].choice(PROGRESSES)
    empty = {key for key, one in entry.members().items() if key in ("due_on", "met_on") and one.value is None}
    return {**found, **dict.fromkeys(empty)}


def load_criterion(entry: Entry, criteria: Collection[str]) -> str | None:
    name = entry.text()
    if name is not None and name not in criteria:
        entry.fail(f"no criterion of this program is called '{name}'", hint=did_you_mean(name, criteria))
        return None
    return name
