"""The REST resources of the stand-in Canvas, with the effects and the answers of canvas-lms as of 2026."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.standin.canvas.asked import Asked, CanvasRefusalError, bad, known, missing, unauthorized
from connectors.standin.canvas.site import Enrolment, Override, Submission
from connectors.standin.seed import Course, Module, User

Resource = Callable[[Asked], Any]

_KINDS = ("StudentEnrollment", "TeacherEnrollment", "TaEnrollment", "ObserverEnrollment", "DesignerEnrollment")
_STATES = ("active", "invited", "creation_pending", "deleted", "rejected", "completed", "inactive")
_TASKS = {"conclude": "completed", "delete": "deleted", "deactivate": "inactive", "inactivate": "inactive"}
_RIGHTS = ("read_roster", "view_all_grades", "manage_grades")


def _needs(asked: Asked, right: str) -> None:
    if right in asked.site.denied:
        raise unauthorized(f"the token's user lacks {right}")


def _user_json(user: User) -> dict[str, Any]:
    name = f"{user.firstname} {user.lastname}".strip()
    return {
        "id": user.id,
        "name": name,
        "created_at": "2026-01-01T00:00:00Z",
        "sortable_name": name,
        "short_name": name,
        "sis_user_id": user.idnumber or None,
        "integration_id": None,
        "sis_import_id": None,
        "login_id": user.username,
    }


def _self(_: Asked) -> Any:
    return {"id": 3, "name": "Prowess Service", "short_name": "Prowess", "sortable_name": "Service, Prowess"}


def _user(asked: Asked) -> Any:
    user = known(asked, asked.at["user"])
    return {**_user_json(user), "email": user.email}


def _search(asked: Asked) -> Any:
    term = str(asked.params.get("search_term", ""))
    if len(term) < 3:
        raise CanvasRefusalError(
            400, {"errors": [{"message": "3 or more characters is required"}]}, f"search_term '{term}'"
        )
    small = term.casefold()
    found = [
        user
        for user in asked.site.seed.users.values()
        if any(small in text.casefold() for text in (user.idnumber, user.username, user.email, user.firstname))
    ]
    return [{**_user_json(user), **_address(asked, user)} for user in found]


def _address(asked: Asked, user: User) -> dict[str, str]:
    return {"email": user.email} if "email" in asked.params.get("include", ()) else {}


def _course(asked: Asked) -> Any:
    course = asked.course
    return {
        "id": course.id,
        "name": course.fullname,
        "course_code": course.shortname,
        "workflow_state": "completed" if course.id in asked.site.concluded else "available",
        "time_zone": asked.site.time_zone,
    }


def _permissions(asked: Asked) -> Any:
    _ = asked.course
    wanted = asked.params.get("permissions", _RIGHTS)
    return {name: name in _RIGHTS and name not in asked.site.denied for name in wanted}


def _enrolments(asked: Asked) -> Any:
    _needs(asked, "read_roster")
    states, kinds = asked.params.get("state", ["active", "invited"]), asked.params.get("type", _KINDS)
    unknown = [state for state in states if state not in _STATES]
    if unknown:
        raise bad("Invalid state", f"state {unknown[0]}; accepted: {', '.join(_STATES)}")
    user = known(asked, asked.params["user_id"]) if "user_id" in asked.params else None
    return [
        _enrolment_json(one)
        for one in asked.site.enrolled(asked.course.id, *states)
        if one.kind in kinds and (user is None or one.user == user.id)
    ]


def _enrol(asked: Asked) -> Any:
    course, wanted = asked.course, asked.params.get("enrollment")
    if not isinstance(wanted, Mapping):
        raise bad("No parameters given", "enrollment[user_id], enrollment[type] and so on are expected")
    kind, state = wanted.get("type", _KINDS[0]), wanted.get("enrollment_state", "invited")
    if kind not in _KINDS:
        raise bad("Invalid type", f"type {kind}; accepted: {', '.join(_KINDS)}")
    if "user_id" not in wanted:
        raise bad(
            "Can't create an enrollment without a user. Include enrollment[user_id] to create an enrollment",
            "enrollment[user_id] is missing",
        )
    _needs(asked, "manage_students")
    section = int(wanted.get("course_section_id", default_section(course)))
    if section // 10 != course.id:
        raise missing(f"section {section} of course {course.id}; its default one is {default_section(course)}")
    user = known(asked, wanted["user_id"])
    if course.id in asked.site.concluded:
        raise bad("Can't add an enrollment to a concluded course.", f"course {course.id} is concluded")
    same = (user.id, course.id, section, kind)
    everybody = asked.site.enrolments.values()
    before = next((one for one in everybody if (one.user, one.course, one.section, one.kind) == same), None)
    after = Enrolment(
        before.id if before else asked.site.new_id(),
        *same,
        "active" if before and before.state == "active" else state,
        wanted.get("start_at"),
        wanted.get("end_at"),
        before.sis_import_id if before else None,
    )
    if after != before:
        asked.site.enrolments[after.id] = after
        asked.changed(asked.key)
    return _enrolment_json(after)


def _end(asked: Asked) -> Any:
    found = asked.site.enrolments.get(int(asked.at["enrolment"]))
    if found is None or found.course != asked.course.id or found.state == "deleted":
        raise missing(f"enrolment {asked.at['enrolment']} of course {asked.course.id}")
    _needs(asked, "manage_students")
    after = replace(found, state=_TASKS.get(str(asked.params.get("task")), "completed"))
    if after != found:
        asked.site.enrolments[found.id] = after
        asked.changed(asked.key)
    return _enrolment_json(after)


def default_section(course: Course) -> int:
    return course.id * 10 + 1


def _enrolment_json(one: Enrolment) -> dict[str, Any]:
    return {
        "id": one.id,
        "user_id": one.user,
        "course_id": one.course,
        "type": one.kind,
        "role": one.kind,
        "course_section_id": one.section,
        "enrollment_state": one.state,
        "start_at": one.start_at,
        "end_at": one.end_at,
        "sis_import_id": one.sis_import_id,
        "limit_privileges_to_course_section": False,
    }


def _assignments(asked: Asked) -> Any:
    return [_assignment_json(asked, one) for one in asked.course.modules]


def _assignment(asked: Asked) -> Any:
    return _assignment_json(asked, asked.assignment)


def _assignment_json(asked: Asked, module: Module) -> dict[str, Any]:
    kind = asked.site.grading_types.get(module.cmid, "not_graded" if module.modname == "page" else "points")
    return {
        "id": module.cmid,
        "course_id": asked.course.id,
        "name": module.name,
        "grading_type": kind,
        "points_possible": None if kind == "not_graded" else module.grademax,
        "published": True,
        "submission_types": ["online_quiz" if module.modname == "quiz" else "none"],
    }


def _overrides(asked: Asked) -> Any:
    return [_override_json(one) for one in asked.site.overrides.values() if one.assignment == asked.assignment.cmid]


def _override(asked: Asked) -> Any:
    """Make one, or change one: dates that are left out are dropped (update_assignment_override_without_save)."""
    site, wanted, number = asked.site, asked.params.get("assignment_override", {}), asked.at.get("override")
    before = site.overrides.get(int(number)) if number else None
    if number and (before is None or before.assignment != asked.assignment.cmid):
        raise missing(f"override {number} of assignment {asked.assignment.cmid}")
    if before is None and not wanted.get("student_ids"):
        why = "assignment_override[student_ids][] is missing"
        raise CanvasRefusalError(
            400, {"errors": ["one of student_ids, group_id, or course_section_id is required"]}, why
        )
    students = [int(one) for one in wanted.get("student_ids", before.students if before else ())]
    here = {one.user for one in site.enrolled(asked.course.id) if one.state != "deleted"}
    if strangers := [str(one) for one in students if one not in here]:
        why = f"{strangers[0]} is not in course {asked.course.id}"
        raise CanvasRefusalError(400, {"errors": [f"unknown student ids: {json.dumps(strangers)}"]}, why)
    others = [one for one in site.overrides.values() if one.assignment == asked.assignment.cmid and one is not before]
    if any(student in one.students for one in others for student in students):
        said = {"attribute": "user_id", "type": "taken", "message": "already belongs to an assignment override"}
        raise CanvasRefusalError(400, {"errors": {"assignment_override_students": [said]}}, "one override a student")
    dates = {name: wanted.get(name) for name in ("due_at", "unlock_at", "lock_at")}
    title = wanted.get("title") or (before.title if before else f"{len(students)} students")
    after = Override(before.id if before else site.new_id(), asked.assignment.cmid, title, students, **dates)
    if after != before:
        site.overrides[after.id] = after
        asked.changed(asked.key)
    return _override_json(after)


def _drop_override(asked: Asked) -> Any:
    found = asked.site.overrides.pop(int(asked.at["override"]), None)
    if found is None:
        raise missing(f"override {asked.at['override']}")
    asked.changed(asked.key)
    return _override_json(found)


def _override_json(one: Override) -> dict[str, Any]:
    dates = {name: value for name in ("due_at", "unlock_at", "lock_at") if (value := getattr(one, name))}
    return {"id": one.id, "assignment_id": one.assignment, "title": one.title, "student_ids": one.students, **dates}


def _submission(asked: Asked) -> Any:
    _needs(asked, "view_all_grades")
    return _submission_json(_of_learner(asked), "submission_comments" in asked.params.get("include", ()))


def _grade(asked: Asked) -> Any:
    submission, module = _of_learner(asked), asked.assignment
    _needs(asked, "manage_grades")
    posted = asked.params.get("submission", {}).get("posted_grade")
    comment = asked.params.get("comment", {}).get("text_comment")
    if posted is not None:
        if module.locked:
            raise unauthorized(f"the grades of assignment {module.cmid} are moderated and not published")
        try:
            score = float(posted)
        except ValueError:
            raise CanvasRefusalError(400, {"error": "invalid grade"}, f"posted_grade {posted}: points wanted") from None
        if (submission.score, submission.state) != (score, "graded"):
            submission.score, submission.grade, submission.state = score, f"{score:g}", "graded"
            submission.graded_at = asked.moment
            asked.changed(asked.key)
    if comment:
        number = asked.site.new_id()
        made = {"id": number, "author_id": 3, "author_name": "Prowess Service", "comment": comment}
        submission.comments.append({**made, "created_at": asked.moment})
        asked.changed(asked.key)
    return _submission_json(submission, with_comments=True)


def _of_learner(asked: Asked) -> Submission:
    user, module = known(asked, asked.at["user"]), asked.assignment
    if not any(one.user == user.id for one in asked.site.enrolled(asked.course.id, "active", "completed", "inactive")):
        raise missing(f"user {user.id} is not a student of course {asked.course.id}")
    return asked.site.submission(user.id, module.cmid)


def _submission_json(one: Submission, with_comments: bool = False) -> dict[str, Any]:
    told = {
        "id": one.user * 100_000 + one.assignment,
        "user_id": one.user,
        "assignment_id": one.assignment,
        "workflow_state": one.state,
        "score": one.score,
        "entered_score": one.score,
        "grade": one.grade,
        "submitted_at": one.submitted_at,
        "graded_at": one.graded_at,
        "excused": one.excused,
        "missing": one.missing,
        "late": False,
    }
    return {**told, "submission_comments": one.comments} if with_comments else told


def _users(asked: Asked) -> Any:
    _needs(asked, "read_roster")
    kinds = {f"{kind.capitalize()}Enrollment" for kind in asked.params.get("enrollment_type", ("student",))}
    states = asked.params.get("enrollment_state", ["active", "invited"])
    here: dict[int, list[Enrolment]] = {}
    for one in asked.site.enrolled(asked.course.id, *states):
        if one.kind in kinds:
            here.setdefault(one.user, []).append(one)
    rows = []
    for number in sorted(here):
        user = asked.site.seed.users[number]
        graded = [{**_enrolment_json(one), "grades": _grades(asked, number)} for one in here[number]]
        shown = {"enrollments": graded} if "enrollments" in asked.params.get("include", ()) else {}
        rows.append({**_user_json(user), **_address(asked, user), **shown})
    return rows


def _grades(asked: Asked, user: int) -> dict[str, Any]:
    graded = [
        (asked.site.submissions[user, one.cmid].score or 0.0, one.grademax)
        for one in asked.course.modules
        if (user, one.cmid) in asked.site.submissions and asked.site.submissions[user, one.cmid].state == "graded"
    ]
    possible = sum(most for _, most in graded)
    percent = round(100 * sum(score for score, _ in graded) / possible, 2) if possible else None
    return {"current_score": percent, "final_score": percent, "current_grade": None, "final_grade": None}


def _progress(asked: Asked) -> Any:
    _needs(asked, "view_all_grades")
    if not asked.course.criteria:
        message = (
            "No progress available because this course is not module based "
            "(meaning, it does not have modules and module completion requirements)."
        )
        raise CanvasRefusalError(400, {"error": {"message": message}}, f"course {asked.course.id} has no requirements")
    users = sorted({one.user for one in asked.site.enrolled(asked.course.id, "active") if one.kind == _KINDS[0]})
    return [
        {
            "id": user,
            "display_name": asked.site.seed.users[user].username,
            "progress": {
                "requirement_count": 2,
                "requirement_completed_count": 2 if (user, asked.course.id) in asked.site.requirements else 1,
                "next_requirement_url": None,
                "completed_at": asked.site.requirements.get((user, asked.course.id)),
            },
        }
        for user in users
    ]


def _submissions(asked: Asked) -> Any:
    _needs(asked, "view_all_grades")
    if asked.params.get("student_ids") != ["all"]:
        raise CanvasRefusalError(400, {"error": "too many students"}, "the stand-in knows student_ids[]=all")
    students = {one.user for one in asked.site.enrolled(asked.course.id) if one.state != "deleted"}
    wanted, shown = asked.params.get("workflow_state"), asked.params.get("response_fields")
    rows = [_submission_json(one) for one in _rows(asked, sorted(students)) if wanted in {None, one.state}]
    return [{name: row[name] for name in row if shown is None or name in shown} for row in rows]


def _rows(asked: Asked, students: Sequence[int]) -> Iterator[Submission]:
    return (asked.site.submission(student, one.cmid) for student in students for one in asked.course.modules)


_DATES = tuple(f"assignment_override[{name}]" for name in ("due_at", "unlock_at", "lock_at", "title", "student_ids"))
_LIST = "/courses/:course"
_ONE = "/courses/:course/assignments/:assignment"

ROUTES: Mapping[str, tuple[Resource, Collection[str]]] = {
    "GET /users/self": (_self, ()),
    "GET /users/:user": (_user, ()),
    "GET /accounts/:account/users": (_search, ("search_term", "include")),
    f"GET {_LIST}": (_course, ()),
    f"GET {_LIST}/permissions": (_permissions, ("permissions",)),
    f"GET {_LIST}/enrollments": (_enrolments, ("user_id", "type", "state")),
    f"POST {_LIST}/enrollments": (
        _enrol,
        tuple(
            f"enrollment[{name}]"
            for name in ("user_id", "type", "enrollment_state", "notify", "course_section_id", "start_at", "end_at")
        ),
    ),
    f"DELETE {_LIST}/enrollments/:enrolment": (_end, ("task",)),
    f"GET {_LIST}/users": (_users, ("enrollment_type", "enrollment_state", "include")),
    f"GET {_LIST}/bulk_user_progress": (_progress, ()),
    f"GET {_LIST}/students/submissions": (
        _submissions,
        ("student_ids", "workflow_state", "response_fields", "exclude_response_fields"),
    ),
    f"GET {_LIST}/assignments": (_assignments, ()),
    f"GET {_ONE}": (_assignment, ()),
    f"GET {_ONE}/overrides": (_overrides, ()),
    f"POST {_ONE}/overrides": (_override, _DATES),
    f"PUT {_ONE}/overrides/:override": (_override, _DATES),
    f"DELETE {_ONE}/overrides/:override": (_drop_override, ()),
    f"GET {_ONE}/submissions/:user": (_submission, ("include",)),
    f"PUT {_ONE}/submissions/:user": (_grade, ("submission[posted_grade]", "comment[text_comment]")),
}
