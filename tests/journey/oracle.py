"""An independent, deliberately simple judge of the demo: no code of ours, one rule after the other, by hand.

It knows the demo's three programs as a person would read them, and nothing of Prowess.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MOODLE, EDX, CMI5 = "https://moodle.demo.example", "https://edx.demo.example", "https://content.demo.example/cmi5/"
COURSE = EDX + "/course/course-v1:Northwind+{}+2026"


def awards(people: dict[str, Any], lines: list[dict[str, Any]], now: datetime) -> set[tuple[str, str, str | None]]:
    """(person, program, last good day) of every award that is valid now."""
    facts = events(people, lines)
    found = set()
    for person in people["people"]:
        zone = ZoneInfo(people["sites"][person["positions"][0]["site"]]["timezone"])
        mine = facts[person["id"]]
        today = now.astimezone(zone).date()
        expires = forklift(mine, zone, today)
        if expires:
            found.add((person["id"], "forklift-operator", expires.isoformat()))
        if new_hire(mine):
            found.add((person["id"], "new-hire", None))
        expires = leader(mine, zone, today)
        if expires:
            found.add((person["id"], "leader-of-leaders", expires.isoformat()))
    return found


def events(people: dict[str, Any], lines: list[dict[str, Any]]) -> dict[str, list[tuple[datetime, str]]]:
    """What each person achieved, in order: `theory`, `simulator`, ..."""
    owner = {}
    for person in people["people"]:
        owner["mailto:" + person["email"]] = person["id"]
        for identifier in person["identifiers"]:
            owner[identifier["account"]["homePage"], identifier["account"]["name"]] = person["id"]
    voided = {one["statement"]["object"]["id"] for one in lines if one["statement"]["verb"]["id"].endswith("/voided")}
    found = defaultdict(list)
    for one in lines:
        statement = one["statement"]
        actor = statement["actor"]
        account = actor.get("account", {})
        person = owner.get(actor.get("mbox") or (account.get("homePage"), account.get("name")))
        what = achievement(statement)
        if person and what and statement["id"] not in voided:
            found[person].append((datetime.fromisoformat(statement["timestamp"]), what))
    for mine in found.values():
        mine.sort()
    return found


def achievement(statement: dict[str, Any]) -> str | None:
    verb = statement["verb"]["id"].rsplit("/", 1)[-1]
    target = statement["object"]["id"]
    result = statement.get("result", {})
    score = result.get("score", {})
    parents = [one["id"] for one in statement.get("context", {}).get("contextActivities", {}).get("parent", [])]
    if verb == "completed" and "attempt.php" in target:
        share = score["raw"] / score["max"]
        quizzes = {f"{MOODLE}/mod/quiz/view.php?id=11": "theory", f"{MOODLE}/mod/quiz/view.php?id=21": "phishing"}
        return next((name for quiz, name in quizzes.items() if quiz in parents and share >= 0.8), None)
    if verb == "completed" and target == f"{MOODLE}/mod/assign/view.php?id=12":
        return "drive"
    if verb == "passed" and target.startswith(CMI5):
        needs = {"forklift-simulator": 0.75, "forklift-refresher": 0.8, "case-a": 0.6, "case-b": 0.6, "case-c": 0.6}
        slug = target.removeprefix(CMI5)
        return slug if slug in needs and score["scaled"] >= needs[slug] else None
    if verb == "completed" and target == CMI5 + "coaching":
        return "coaching"
    if verb == "earned" and target == COURSE.format("ORG"):
        return "org" if score["scaled"] >= 0.75 else None
    if verb == "progressed" and target == COURSE.format("CONDUCT"):
        return "conduct"
    return None


def forklift(mine: list[tuple[datetime, str]], zone: ZoneInfo, today: date) -> date | None:
    """Theory, then simulator, then drive; a year; a refresher from 60 days before to 14 days after the last good day."""
    since = datetime.min.replace(tzinfo=zone)
    while True:
        opened = in_order(mine, ["theory", "forklift-simulator", "drive"], since)
        if opened is None:
            return None
        expires = next_year(opened.astimezone(zone).date(), 1)
        anchor, years, used = opened.astimezone(zone).date(), 1, opened
        while True:
            window = [
                at
                for at, what in mine
                if what == "forklift-refresher"
                and at > used
                and expires - timedelta(days=60) <= at.astimezone(zone).date() <= expires + timedelta(days=14)
            ]
            if not window:
                break
            years += 1
            used, expires = window[0], next_year(anchor, years)
        if today <= expires:
            return expires
        if today <= expires + timedelta(days=14):
            return None
        since = datetime.combine(expires + timedelta(days=15), datetime.min.time(), zone)


def in_order(mine: list[tuple[datetime, str]], steps: list[str], since: datetime) -> datetime | None:
    at: datetime | None = since
    for step in steps:
        at = next((when for when, what in mine if what == step and at is not None and when >= at), None)
        if at is None:
            return None
    return at


def new_hire(mine: list[tuple[datetime, str]]) -> bool:
    have = {what for _, what in mine}
    return {"conduct", "phishing"} <= have and len(have & {"case-a", "case-b", "case-c"}) >= 2


def leader(mine: list[tuple[datetime, str]], zone: ZoneInfo, today: date) -> date | None:
    """Organisation design and coaching; two years; again from 90 days before to 30 days after, counted from then."""
    since = datetime.min.replace(tzinfo=zone)
    while True:
        firsts = [next((at for at, what in mine if what == step and at >= since), None) for step in ("org", "coaching")]
        if None in firsts:
            return None
        opened = max(at for at in firsts if at)
        expires = next_year(opened.astimezone(zone).date(), 2)
        used = opened
        while True:
            window = [
                at
                for at, what in mine
                if what == "org"
                and at > used
                and expires - timedelta(days=90) <= at.astimezone(zone).date() <= expires + timedelta(days=30)
            ]
            if not window:
                break
            used = window[0]
            expires = next_year(used.astimezone(zone).date(), 2)
        if today <= expires:
            return expires
        if today <= expires + timedelta(days=30):
            return None
        since = datetime.combine(expires + timedelta(days=31), datetime.min.time(), zone)


def next_year(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
