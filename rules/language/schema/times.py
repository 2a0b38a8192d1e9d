"""Everything of a program that is a matter of time, in the schema: due, clock, validity, renewal, new versions."""

from __future__ import annotations

from typing import Final

from rules.language.schedule import BASES, EARLY, RESUMPTIONS, STARTS
from rules.language.schema.shapes import (
    ANCHOR,
    CIVIL_PERIOD,
    FLAG,
    PERIOD,
    Key,
    Part,
    either,
    one_or_more,
    ref,
    word,
)

DUE: Final = Key(ref("due"), "By when.", {"after": "assigned", "within": "P30D", "floor": "P14D"})

TIME_PARTS: Final = (
    Part(
        "due",
        "By when it has to be shown.",
        {
            "within": Key(PERIOD, "How long people have.", "P30D", is_needed=True),
            "after": Key(word(STARTS), "From when it counts: `assigned`, or in a tier the role's start.", "assigned"),
            "floor": Key(PERIOD, "The least time from the day of assignment.", "P14D"),
        },
        "'due'",
    ),
    Part(
        "clock",
        "What starts, stops and resumes the due dates.",
        {
            "from": Key(word(STARTS), "From when all due dates count.", "role_start"),
            "pause_on": Key(one_or_more(word(("leave",))), "Due dates move by the days of leave.", ["leave"]),
            "rehire": Key(
                ref("rehire"), "What a return means.", {"within": "P90D", "then": "resume", "else": "restart"}
            ),
        },
        "'clock'",
    ),
    Part(
        "rehire",
        "What becomes of the due dates of somebody who comes back.",
        {
            "within": Key(CIVIL_PERIOD, "A return so soon; 30 days when left out.", "P90D"),
            "then": Key(word(RESUMPTIONS), "What such a return does.", "resume"),
            "else": Key(word(RESUMPTIONS), "What a later one does.", "restart"),
        },
        "'rehire'",
    ),
    Part(
        "valid",
        "How long an award is good.",
        {"for": Key(PERIOD, "From the day on which the path was met.", "P1Y", is_needed=True)},
        "'valid'",
    ),
    Part(
        "renew",
        "How an award is kept.",
        {
            "window": Key(PERIOD, "How long before expiry the renewal opens.", "P60D", is_needed=True),
            "grace": Key(either(PERIOD, ref("grace")), "How long after expiry the renewal stays open.", "P14D"),
            "basis": Key(word(BASES), "From which date the next period counts.", "expiry"),
            "anchor": Key(ANCHOR, "Of `basis: fixed`: the day of the year on which awards end.", "03-31"),
            "min_active": Key(CIVIL_PERIOD, "Of `basis: fixed`: the least time an award lasts.", "P6M"),
            "early": Key(word(EARLY), "What evidence before the window does.", "ignore"),
            "require": Key(
                ref("node"), "What renews; the same as `require` when left out.", {"passed": "forklift/refresher"}
            ),
        },
        "'renew'",
    ),
    Part(
        "grace",
        "The time after expiry in which the renewal is still open.",
        {
            "for": Key(PERIOD, "How long.", "P14D", is_needed=True),
            "counts": Key(FLAG, "`true`: the award counts as valid meanwhile.", True),
        },
        "'grace'",
    ),
    Part(
        "apply",
        "How a version treats living awards.",
        {"now": Key(ref("now"), "Their holders owe what is new.", {"due": "P30D"}, is_needed=True)},
        "'apply'",
    ),
    Part(
        "now",
        "How long holders have to catch up.",
        {"due": Key(PERIOD, "From the day on which the version takes effect.", "P30D", is_needed=True)},
        "'now'",
    ),
)
