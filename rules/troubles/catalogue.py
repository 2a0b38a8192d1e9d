"""Every kind of trouble, those that keep people from being judged at all first."""

from __future__ import annotations

from typing import Final

from rules.troubles.activities import astray, silent
from rules.troubles.decisions import (
    long_pending,
    missing_clocks,
    refused_acts,
    silent_measures,
    undecided,
    untrusted,
    unused_sign_offs,
)
from rules.troubles.kind import Kind, in_python, in_sql
from rules.troubles.people import duplicates, no_identifiers, no_managers, unknown_actors

KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind(
            "undecided",
            "Could not be decided",
            "Deciding somebody failed; what was decided before still stands, and it is tried again every minute.",
            "Look at the error; if it is not about your programs, it is a fault of Prowess: report it with the log.",
            **in_sql(undecided),
            mend_at="people.person",
        ),
        Kind(
            "unknown-actors",
            "Statements of nobody",
            "Systems sent evidence that programs look for, about an identifier that no person has: it counts for no one.",
            "Add the identifier to the person it belongs to, in the people file, and import it: prowess people import FILE.",
            **in_sql(unknown_actors),
        ),
        Kind(
            "silent-activities",
            "Activities without a statement",
            "A program asks for them, and no statement is about them: nobody has done them, or systems call them by another address.",
            "Compare the addresses with what the systems send (report Activities), and write under iris: what they send.",
            **in_python(silent),
            subject="Activity",
        ),
        Kind(
            "astray-activities",
            "Activities under two addresses",
            "Statements about them count under one address; others came in the last 30 days under nearly the same, and count for no one.",
            "If both are the same activity, write the other address under iris: too, or have its sender mend it.",
            **in_python(astray),
            subject="Activity",
        ),
        Kind(
            "no-identifiers",
            "People without identifiers",
            "No statement can be about them, so nothing they do is ever counted.",
            "Give them an email or an identifier in the people file, and import it.",
            **in_sql(no_identifiers),
            mend_at="people.person",
        ),
        Kind(
            "untrusted",
            "Words that nobody trusts",
            "A sign-off, a review or an act of office came from a system that may not say such things.",
            "Enter it here instead, or let the source govern in the programs (governs: true).",
            **in_python(untrusted),
            mend_at="people.explained",
        ),
        Kind(
            "unused-sign-offs",
            "Sign-offs that do not count",
            "Somebody signed off who may not for this program, or items of the checklist that it asks for are missing.",
            "Have it signed off by somebody who may, or with what is missing; or change who may in the program (by:).",
            **in_python(unused_sign_offs),
            mend_at="people.explained",
        ),
        Kind(
            "refused-acts",
            "Acts of office that do not count",
            "Somebody waived, extended or suspended something, and the program does not allow it so.",
            "Take it back and enter it as the program allows, or change the program.",
            **in_python(refused_acts),
            mend_at="entry.acts",
        ),
        Kind(
            "pending",
            "Waiting for a verdict",
            "Something was reported that nobody can judge: a certificate without a review, a score without its scale, a test without a score.",
            "Review the certificate, or look at the source that sent the score.",
            **in_python(long_pending),
            mend_at="people.explained",
        ),
        Kind(
            "silent-measures",
            "Figures that do not arrive",
            "People are judged by these measures, and too few values of them came: they cannot be certified, and can do nothing about it.",
            "Have the system that counts them send them, or enter them: prowess kpi import FILE.csv.",
            **in_python(silent_measures),
            mend_at="programs.people",
            subject="Measure",
        ),
        Kind(
            "missing-clocks",
            "No due date for want of a day",
            "A due date counts from the day of hiring, and nobody knows it: these people are never overdue.",
            "Give them a hired_on in the people file, and import it.",
            **in_python(missing_clocks),
            mend_at="people.person",
        ),
        Kind(
            "no-managers",
            "Missing managers",
            "Nobody signs off for them, waives for them or hears that they are late.",
            "Name a manager in the position, or mend the manager's id, in the people file.",
            **in_python(no_managers),
            mend_at="people.person",
        ),
        Kind(
            "duplicates",
            "Perhaps one person twice",
            "What somebody did is counted for only one of the two.",
            "If they are one: prowess people merge ID ID, which shows first what it changes; if not, nothing is to be done.",
            **in_python(duplicates),
            mend_at="people.person",
        ),
    )
}
