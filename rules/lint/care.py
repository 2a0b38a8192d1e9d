"""Lint: programs that nobody looks after, or that bind nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from rules.lint.ground import Finding, Ground, Written

FAR_DAYS: Final = 366


def required_without_due(written: Written, _: Ground) -> Iterator[Finding]:
    program = written.program
    for number, audience in enumerate(program.audiences):
        if audience.assign == "required" and audience.due is None and program.due is None and not program.tiers:
            at = written.item(("for",), number)
            yield written.finding(
                at, "this is required, and never due: nobody is ever late", "due: {within: P30D}", key=at == ("for",)
            )
    for number, tier in enumerate(program.tiers):
        if tier.require is not None and tier.due is None and any(one.assign == "required" for one in program.audiences):
            yield written.finding(
                ("tiers", number, "id"),
                f"tier '{tier.id}' is required, and never due: nobody is ever late",
                "due: {within: P30D}",
            )


def no_owner(written: Written, _: Ground) -> Iterator[Finding]:
    if not _review(written).get("owner"):
        yield written.finding(
            ("id",), "nobody is named who looks after this program", "review: {every: P1Y, owner: lnd-lead}"
        )


def no_review(written: Written, _: Ground) -> Iterator[Finding]:
    if not _review(written).get("every"):
        yield written.finding(
            ("id",), "nothing says when this program is looked at again", "review: {every: P1Y, owner: lnd-lead}"
        )


def far_future(written: Written, ground: Ground) -> Iterator[Finding]:
    effective = written.program.effective
    if effective != date.min and (effective - ground.today).days > FAR_DAYS:
        yield written.finding(
            ("effective",), f"this version takes effect more than a year from now, on {effective}", "is the year right?"
        )


def _review(written: Written) -> dict[str, object]:
    found = written.program.notes.get("review")
    return found if isinstance(found, dict) else {}
