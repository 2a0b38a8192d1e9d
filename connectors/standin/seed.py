"""Whom and what the stand-in begins with: from a JSON file, or invented."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIRST_USER = 4
"""Moodle's own guest, admin and web service user come before."""

FIRST_COURSE = 2
"""Course 1 is the front page."""


@dataclass(frozen=True, slots=True)
class User:
    id: int
    username: str
    idnumber: str
    email: str
    firstname: str
    lastname: str


@dataclass(frozen=True, slots=True)
class Module:
    cmid: int
    modname: str
    instance: int
    name: str
    grademax: float = 100.0
    locked: bool = False
    tracked: bool = True
    """Whether its completion is."""


@dataclass(frozen=True, slots=True)
class Course:
    id: int
    shortname: str
    fullname: str
    modules: tuple[Module, ...]
    criteria: bool = True


@dataclass(frozen=True, slots=True)
class Seed:
    users: Mapping[int, User]
    courses: Mapping[int, Course]


def load_seed(path: Path) -> Seed:
    """`{"users": [{username, idnumber, email, firstname, lastname}], "courses": [{shortname, modules: [...]}]}`.

    Ids may be left out; they are counted as Moodle would.
    """
    return seed_from(json.loads(path.read_text("utf-8")))


def seed_from(values: Mapping[str, Any]) -> Seed:
    """The seed that a JSON object describes; without `courses` two are invented."""
    users = [User(**{"id": FIRST_USER + i, **_named(user)}) for i, user in enumerate(values.get("users", ()))]
    courses = [_course(FIRST_COURSE + i, course) for i, course in enumerate(values.get("courses") or _COURSES)]
    return Seed({user.id: user for user in users}, {course.id: course for course in courses})


def invented_seed(users: int = 200, courses: int = 2) -> Seed:
    """People who do not exist, numbered, in courses with a page, a quiz and an assignment each."""
    people = [
        {"username": f"learner{n}", "idnumber": f"emp-{n:04}", "email": f"learner{n}@example.org"}
        for n in range(1, users + 1)
    ]
    invented = [{"shortname": f"course-{n}", "modules": _modules(n)} for n in range(1, courses + 1)]
    return seed_from({"users": people, "courses": invented})


def _named(user: Mapping[str, Any]) -> dict[str, Any]:
    return {"idnumber": "", "email": "", "firstname": user.get("username", ""), "lastname": "", **user}


def _course(number: int, values: Mapping[str, Any]) -> Course:
    values = {"id": number, "fullname": values["shortname"], **values}
    return Course(**{**values, "modules": tuple(Module(**module) for module in values.get("modules", ()))})


def _modules(number: int) -> list[dict[str, Any]]:
    """Three modules; those of the first course are 5, 7 and 8, and so on by tens."""
    first = 10 * (number - 1)
    return [
        {"cmid": first + 5, "modname": "page", "instance": first + 3, "name": f"Handbook {number}"},
        {"cmid": first + 7, "modname": "quiz", "instance": first + 2, "name": f"Theory test {number}"},
        {"cmid": first + 8, "modname": "assign", "instance": first + 1, "name": f"Certification {number}"},
    ]


_COURSES = [{"shortname": f"course-{n}", "modules": _modules(n)} for n in (1, 2)]
