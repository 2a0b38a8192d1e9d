"""Lint: periods that outlast the award they belong to."""

from __future__ import annotations

from collections.abc import Iterator

from rules.language.model import Leaf
from rules.lint.ground import Finding, Ground, Written
from rules.lint.lengths import days, is_longer
from rules.lint.places import below, roots


def attempts_outlast_validity(written: Written, _: Ground) -> Iterator[Finding]:
    valid = written.program.valid_for
    for root in roots(written) if valid is not None else ():
        for placed in below(written, root):
            attempts = placed.node.terms.attempts if isinstance(placed.node, Leaf) else None
            if (
                attempts is not None
                and attempts.per is not None
                and valid is not None
                and is_longer(attempts.per, valid)
            ):
                yield written.finding(
                    (*placed.at, "attempts", "per"),
                    f"tries of {attempts.per.text} are counted, and an award lasts {valid.text}: tries for one award use up those for the next",
                    f"make per: no longer than {valid.text}",
                )


def window_outlasts_validity(written: Written, _: Ground) -> Iterator[Finding]:
    valid, renew = written.program.valid_for, written.program.renew
    if valid is not None and renew is not None and days(renew.window) >= days(valid):
        yield written.finding(
            ("renew", "window"),
            f"the renewal is open for {renew.window.text} of an award of {valid.text}: it may be renewed at any time",
            "make the window shorter; early: rebase is for those who want to renew at any time",
        )


def grace_outlasts_validity(written: Written, _: Ground) -> Iterator[Finding]:
    valid, renew = written.program.valid_for, written.program.renew
    if valid is not None and renew is not None and is_longer(renew.grace, valid):
        yield written.finding(
            ("renew", "grace"),
            f"the grace of {renew.grace.text} is longer than the award of {valid.text}",
            "make it shorter",
        )


def waiver_outlasts_validity(written: Written, _: Ground) -> Iterator[Finding]:
    valid, waive = written.program.valid_for, written.program.waive
    if valid is not None and waive is not None and waive.max is not None and is_longer(waive.max, valid):
        yield written.finding(
            ("waive", "max"),
            f"a waiver may last {waive.max.text}, and an award {valid.text}: somebody may never have to show anything",
            f"make max: no longer than {valid.text}",
        )
