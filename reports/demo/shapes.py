"""Statements in the shapes that real systems send: Moodle's logstore, Open edX's event routing, cmi5 content."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

from lrs.xapi.naming import verb_words
from reports.demo.organisation import CONTENT, MOODLE, Member

Statement = dict[str, Any]
ADL = "http://adlnet.gov/expapi/verbs/"
TYPES = "http://adlnet.gov/expapi/activities/"
EDLM = "https://xapi.edlm/profiles/edlm-lms/concepts/"
CMI5 = "https://w3id.org/xapi/cmi5/context/categories/"
EDX = "https://edx.demo.example"
COURSE = f"{MOODLE}/course/view.php?id=2"


class Shapes:
    """Makes statements; ids come from the seed, so that the same demo sends the same statements."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._attempts = 0

    def moodle_quiz(self, who: Member, cmid: int, name: str, raw: int, at: datetime) -> list[Statement]:
        """A finished attempt: the score stands on the attempt, scaled to -1..1, and the verdict is the teacher's (60)."""
        self._attempts += 1
        quiz = _activity(f"{MOODLE}/mod/quiz/view.php?id={cmid}", TYPES + "assessment", name)
        attempt = _activity(
            f"{MOODLE}/mod/quiz/attempt.php?attempt={self._attempts}&cmid={cmid}",
            TYPES + "attempt",
            f"{name} attempt {self._attempts}",
        )
        parents = [quiz, _moodle_course()]
        score = {"raw": raw, "min": 0, "max": 100, "scaled": round(raw / 50 - 1, 2)}
        success = raw >= 60
        answered = [
            self._moodle(
                who,
                ADL + "answered",
                _question(name, number),
                at,
                {"success": self._random.random() < raw / 100},
                parents,
            )
            for number in range(1, 4)
        ]
        return [
            self._moodle(who, "http://activitystrea.ms/schema/1.0/start", attempt, at, None, parents),
            *answered,
            self._moodle(
                who, ADL + "completed", attempt, at, {"score": score, "completion": True, "success": success}, parents
            ),
            self._moodle(
                who, ADL + "completed", quiz, at, {"completion": True, "success": success}, [_moodle_course()]
            ),
        ]

    def moodle_assignment(self, who: Member, cmid: int, name: str, at: datetime) -> list[Statement]:
        """An assignment that a teacher marked as done."""
        assignment = _activity(f"{MOODLE}/mod/assign/view.php?id={cmid}", EDLM + "activity-types/assignment", name)
        return [self._moodle(who, ADL + "completed", assignment, at, {"completion": True}, [_moodle_course()])]

    def moodle_view(self, who: Member, at: datetime) -> list[Statement]:
        return [self._moodle(who, "http://id.tincanapi.com/verb/viewed", _moodle_course(), at, None, [])]

    def edx_course(self, who: Member, course: str, name: str, share: float, at: datetime) -> list[Statement]:
        """A course worked through: a video, the grade that was earned, and progress of 100 %."""
        target = _activity(f"{EDX}/course/{course}", TYPES + "course", name)
        video = _activity(f"{EDX}/xblock/{course}+video", "https://w3id.org/xapi/video/activity-type/video", name)
        score = {"scaled": share, "raw": share, "min": 0.0, "max": 1.0}
        progress = {"https://w3id.org/xapi/cmi5/result/extensions/progress": 100.0}
        return [
            self._edx(who, "https://w3id.org/xapi/video/verbs/played", video, at, None),
            self._edx(
                who, "http://id.tincanapi.com/verb/earned", target, at, {"score": score, "success": share >= 0.5}
            ),
            self._edx(who, ADL + "progressed", target, at, {"completion": True, "extensions": progress}),
        ]

    def cmi5_unit(
        self, who: Member, slug: str, name: str, share: float, mastery: float, at: datetime
    ) -> list[Statement]:
        """A session of an assignable unit, passed or failed by its own mastery score."""
        registration = str(self._id())
        target = {"id": f"{CONTENT}/cmi5/{slug}", "definition": {"name": {"en": name}}}
        passed = share >= mastery
        result = {"score": {"scaled": share}, "success": passed, "duration": "PT12M"}
        done = {"completion": True, "duration": "PT12M"}
        return [
            self._cmi5(who, ADL + "initialized", target, at, None, registration, moveon=False),
            self._cmi5(who, ADL + ("passed" if passed else "failed"), target, at, result, registration, moveon=True),
            self._cmi5(who, ADL + "completed", target, at, done, registration, moveon=True),
            self._cmi5(who, ADL + "terminated", target, at, {"duration": "PT12M"}, registration, moveon=False),
        ]

    def void(self, target: str, at: datetime) -> Statement:
        return {
            "id": str(self._id()),
            "actor": {"objectType": "Agent", "name": "Demo administrator", "mbox": "mailto:admin@northwind.example"},
            "verb": {"id": ADL + "voided", "display": {"en": "voided"}},
            "object": {"objectType": "StatementRef", "id": target},
            "timestamp": _text(at),
        }

    def _moodle(
        self,
        who: Member,
        verb: str,
        target: Statement,
        at: datetime,
        result: Statement | None,
        parents: list[Statement],
    ) -> Statement:
        context: Statement = {"platform": "Moodle", "language": "en", "registration": str(UUID(int=5, version=5))}
        if parents:
            context["contextActivities"] = {"parent": parents}
        actor = {"name": who.name, "account": {"homePage": MOODLE, "name": str(who.number)}}
        return self._statement(actor, verb, target, at, result, context)

    def _edx(self, who: Member, verb: str, target: Statement, at: datetime, result: Statement | None) -> Statement:
        return self._statement({"mbox": f"mailto:{who.email}"}, verb, target, at, result, {"platform": "Open edX"})

    def _cmi5(
        self,
        who: Member,
        verb: str,
        target: Statement,
        at: datetime,
        result: Statement | None,
        registration: str,
        *,
        moveon: bool,
    ) -> Statement:
        category = [{"id": CMI5 + "cmi5"}, *([{"id": CMI5 + "moveon"}] if moveon else [])]
        context = {"registration": registration, "contextActivities": {"category": category}}
        actor = {"objectType": "Agent", "account": {"homePage": CONTENT, "name": who.id}}
        return self._statement(actor, verb, target, at, result, context)

    def _statement(
        self,
        actor: Statement,
        verb: str,
        target: Statement,
        at: datetime,
        result: Statement | None,
        context: Statement,
    ) -> Statement:
        statement: Statement = {
            "id": str(self._id()),
            "actor": actor,
            "verb": {"id": verb, "display": {"en": verb_words(verb)}},
            "object": target,
            "timestamp": _text(at),
            "context": context,
        }
        if result is not None:
            statement["result"] = result
        return statement

    def _id(self) -> UUID:
        return UUID(int=self._random.getrandbits(128), version=4)


def _activity(iri: str, kind: str, name: str) -> Statement:
    return {"objectType": "Activity", "id": iri, "definition": {"type": kind, "name": {"en": name}}}


def _question(name: str, number: int) -> Statement:
    return _activity(
        f"{MOODLE}/question/question.php?id={number}&quiz={len(name)}", TYPES + "cmi.interaction", f"{name}, {number}"
    )


def _moodle_course() -> Statement:
    return _activity(COURSE, "https://w3id.org/xapi/cmi5/activitytype/course", "Northwind academy")


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
