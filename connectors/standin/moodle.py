# ruff: noqa: ARG001 - the functions share one signature
"""The web service functions of the stand-in, with the effects and the answers of Moodle 4.5."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connectors.standin.forms import FLOAT, INT, TEXT, Optional, checked, invalid
from connectors.standin.seed import Course, Module, User
from connectors.standin.world import Enrolment, Grade, RefusalError, World

Function = Callable[[World, Mapping[str, Any], str, int], Any]
"""World, checked parameters, idempotency key, seconds since the epoch; the caller holds the world's lock."""

_FIELDS = ("id", "idnumber", "username", "email")
_STUDENT = 5


def call(world: World, name: str, params: Mapping[str, Any], key: str, now: int) -> Any:
    """Run a function.  Raises RefusalError."""
    if name not in FUNCTIONS:
        raise RefusalError(
            "dml_missing_record_exception",
            "invalidrecord",
            "Can't find data record in database table external_functions.",
            f"no function '{name}'; there are: {', '.join(FUNCTIONS)}",
        )
    function, description = FUNCTIONS[name]
    return function(world, checked(params, description), key, now)


def _site_info(world: World, params: Mapping[str, Any], key: str, now: int) -> Any:
    return {
        "sitename": "Stand-in Moodle",
        "username": "prowess",
        "firstname": "Prowess",
        "lastname": "Service",
        "fullname": "Prowess Service",
        "lang": "en",
        "userid": 3,
        "siteurl": "",
        "functions": [{"name": name, "version": "2024100706"} for name in FUNCTIONS],
    }


def _users_by_field(world: World, params: Mapping[str, Any], key: str, now: int) -> Any:
    field = params["field"]
    if field not in _FIELDS:
        raise invalid(f"field '{field}'; accepted: {', '.join(_FIELDS)}")
    wanted = {value.casefold() for value in params["values"]}
    return [_user(user) for user in world.seed.users.values() if str(getattr(user, field)).casefold() in wanted - {""}]


def _enrol(world: World, params: Mapping[str, Any], key: str, now: int) -> Any:
    for row in params["enrolments"]:  # all or nothing, as in Moodle's transaction
        _known_course(world, row["courseid"])
        if world.user(row["userid"]) is None:
            raise RefusalError(
                "core\\exception\\coding_exception",
                "codingerror",
                "Coding error detected, it must be fixed by a programmer",
                f"User ID does not exist:{row['userid']}",
            )
        if row["roleid"] != _STUDENT:
            raise RefusalError(
                "core\\exception\\moodle_exception",
                "wsusercannotassign",
                f"You don't have the permission to assign this role ({row['roleid']})",
                f"roleid {row['roleid']}; accepted: {_STUDENT} (student)",
            )
    for row in params["enrolments"]:
        before = world.enrolments.get((row["userid"], row["courseid"]))
        after = Enrolment(
            row["userid"],
            row["courseid"],
            row["roleid"],
            row.get("timestart", 0),
            row.get("timeend", 0),
            bool(row.get("suspend", 0)),
        )
        if before != after:
            world.enrolments[(after.user, after.course)] = after
            world.changed(key)


def _unenrol(world: World, params: Mapping[str, Any], key: str, now: int) -> Any:
    for row in params["enrolments"]:
        _known_course(world, row["courseid"])
        if world.user(row["userid"]) is None:
            raise invalid(f"User id not exist: {row['userid']}")
    for row in params["enrolments"]:
        if world.enrolments.pop((row["userid"], row["courseid"]), None):
            world.changed(key)


def _enrolled_users(world: World, params: Mapping[str, Any], key: str, now: int) -> Any:
    course = _known_course(world, params["courseid"])
    options = {option["name"]: option["value"] for option in params.get("options", ())}
    if options.keys() - {"limitnumber"}:
        raise invalid(f"options {', '.join(options)}; the stand-in knows limitnumber")
    most = int(options.get("limitnumber", 0)) or None
    users = [world.seed.users[enrolment.user] for enrolment in world.enrolled(course.id)[:most]]
    role = {"roleid": _STUDENT, "name": "", "shortname": "student", "sortorder": 0}
    own = {"id": course.id, "fullname": course.fullname, "shortname": course.shortname}
    short = ("auth", "confirmed", "lang", "mailformat", "suspended", "theme", "timezone", "trackforums")
    return [
        {name: value for name, value in _user(user).items() if name not in short}
        | {"lastcourseaccess": 0, "roles": [role], "enrolledcourses": [own]}
        for user in users
    ]


def _activities(world: World, params: Mapping[str, Any], key: str, now: int) -> Any:
    course, user = _known_course(world, params["courseid"]), _known_user(world, params["userid"])
    statuses = [_status(world, user.id, module) for module in course.modules if module.tracked]
    return {"statuses": statuses, "warnings": []}


def _course_completion(world: World, params: Mapping[str, Any], key: str, now: int) -> Any:
    course, user = _known_course(world, params["courseid"]), _known_user(world, params["userid"])
    if not course.criteria:
        raise RefusalError(
            "core\\exception\\moodle_exception",
            "nocriteriaset",
            "No completion criteria set for this course",
            f"course {course.id} has no criteria",
        )
    statuses = [_status(world, user.id, module) for module in course.modules]
    completions = [
        {
            "type": 4,
            "title": "Activity completion",
            "status": "Yes" if status["isoverallcomplete"] else "No",
            "complete": status["isoverallcomplete"],
            "timecompleted": status["timecompleted"] or None,
            "details": {"type": "Activity completion", "criteria": "", "requirement": "", "status": ""},
        }
        for status in statuses
    ]
    completed = bool(completions) and all(one["complete"] for one in completions)
    return {
        "completionstatus": {"completed": completed, "aggregation": 1, "completions": completions},
        "warnings": [],
    }


def _grade_items(world: World, params: Mapping[str, Any], key: str, now: int) -> Any:
    course = _known_course(world, params["courseid"])
    chosen = [e.user for e in world.enrolled(course.id) if params.get("userid", 0) in {0, e.user}]
    return {"usergrades": [_user_grades(world, world.seed.users[user], course) for user in chosen], "warnings": []}


def _update_grades(world: World, params: Mapping[str, Any], key: str, now: int) -> Any:
    found = world.module(params["activityid"])
    component = params["component"]
    if found is None or component != f"mod_{found[1].modname}":
        there = f"there is mod_{found[1].modname}" if found else "there is none with this id"
        raise RefusalError(
            "core\\exception\\moodle_exception",
            "invalidcoursemodule",
            "Invalid course module ID",
            f"{component} {params['activityid']}: {there}",
        )
    course, module = found
    if course.id != _known_course(world, params["courseid"]).id or params["itemnumber"] != 0:
        return 1
    if module.locked:
        return 4
    for row in params.get("grades", ()):
        user = _known_user(world, row["studentid"])
        bounded = min(max(row["grade"], 0.0), module.grademax)
        before = world.grades.get((user.id, module.cmid))
        feedback = row.get("str_feedback", "")
        if before is None or (before.grade, before.feedback) != (bounded, feedback):
            world.grades[(user.id, module.cmid)] = Grade(user.id, module.cmid, bounded, feedback, now)
            world.changed(key)
    return 0


def _known_course(world: World, course_id: int) -> Course:
    course = world.course(course_id)
    if course is None:
        raise invalid(f"course {course_id}: Context does not exist; courses: {', '.join(map(str, world.seed.courses))}")
    return course


def _known_user(world: World, user_id: int) -> User:
    user = world.user(user_id)
    if user is None:
        known = list(world.seed.users)
        raise RefusalError(
            "dml_missing_record_exception",
            "invalidrecord",
            "Can't find data record in database table user.",
            f"user {user_id}; users: {known[0]} to {known[-1]}" if known else "there are no users",
        )
    return user


def _user(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "username": user.username,
        "firstname": user.firstname,
        "lastname": user.lastname,
        "fullname": f"{user.firstname} {user.lastname}".strip(),
        "email": user.email,
        "department": "",
        "idnumber": user.idnumber,
        "firstaccess": 0,
        "lastaccess": 0,
        "auth": "manual",
        "suspended": False,
        "confirmed": True,
        "lang": "en",
        "theme": "",
        "timezone": "99",
        "mailformat": 1,
        "trackforums": 0,
    }


def _status(world: World, user: int, module: Module) -> dict[str, Any]:
    completion = world.completions.get((user, module.cmid))
    state = completion.state if completion else 0
    return {
        "cmid": module.cmid,
        "modname": module.modname,
        "instance": module.instance,
        "state": state,
        "timecompleted": completion.completed_at if completion else 0,
        "tracking": 2,
        "overrideby": None,
        "valueused": False,
        "hascompletion": True,
        "isautomatic": True,
        "istrackeduser": True,
        "uservisible": True,
        "details": [],
        "isoverallcomplete": state in {1, 2},
    }


def _user_grades(world: World, user: User, course: Course) -> dict[str, Any]:
    graded = [module for module in course.modules if module.modname != "page"]
    items = [_grade_item(world, user.id, number, module) for number, module in enumerate(graded, 2)]
    return {
        "courseid": course.id,
        "courseidnumber": course.shortname,
        "userid": user.id,
        "userfullname": f"{user.firstname} {user.lastname}".strip(),
        "useridnumber": user.idnumber,
        "maxdepth": 2,
        "gradeitems": [*items, _item(1, None, None)],
    }


def _grade_item(world: World, user: int, number: int, module: Module) -> dict[str, Any]:
    return {**_item(number, module, world.grades.get((user, module.cmid))), "cmid": module.cmid}


def _item(number: int, module: Module | None, grade: Grade | None) -> dict[str, Any]:
    return {
        "id": number,
        "itemname": module.name if module else None,
        "itemtype": "mod" if module else "course",
        "itemmodule": module.modname if module else None,
        "iteminstance": module.instance if module else 1,
        "itemnumber": 0 if module else None,
        "idnumber": "" if module else None,
        "categoryid": 1 if module else None,
        "outcomeid": None,
        "scaleid": None,
        "locked": bool(module and module.locked),
        "graderaw": grade.grade if grade else None,
        "gradedatesubmitted": None,
        "gradedategraded": grade.graded_at if grade else None,
        "gradehiddenbydate": False,
        "gradeneedsupdate": False,
        "gradeishidden": False,
        "gradeislocked": bool(module and module.locked),
        "gradeisoverridden": False,
        "gradeformatted": f"{grade.grade:.2f}" if grade else "-",
        "grademin": 0,
        "grademax": module.grademax if module else 0,
        "rangeformatted": f"0&ndash;{module.grademax:g}" if module else "0&ndash;0",
        "percentageformatted": f"{100 * grade.grade / module.grademax:.2f} %" if grade and module else "-",
        "feedback": grade.feedback if grade else "",
        "feedbackformat": 0,
    }


_ENROLMENT = {"roleid": INT, "userid": INT, "courseid": INT}
_WINDOW = {"timestart": Optional(INT), "timeend": Optional(INT), "suspend": Optional(INT)}
_PERSON_IN_COURSE = {"courseid": INT, "userid": INT}

FUNCTIONS: Mapping[str, tuple[Function, Mapping[str, Any]]] = {
    "core_webservice_get_site_info": (_site_info, {}),
    "core_user_get_users_by_field": (_users_by_field, {"field": TEXT, "values": [TEXT]}),
    "enrol_manual_enrol_users": (_enrol, {"enrolments": [_ENROLMENT | _WINDOW]}),
    "enrol_manual_unenrol_users": (_unenrol, {"enrolments": [_ENROLMENT | {"roleid": Optional(INT)}]}),
    "core_enrol_get_enrolled_users": (
        _enrolled_users,
        {"courseid": INT, "options": Optional([{"name": TEXT, "value": TEXT}])},
    ),
    "core_completion_get_activities_completion_status": (_activities, _PERSON_IN_COURSE),
    "core_completion_get_course_completion_status": (_course_completion, _PERSON_IN_COURSE),
    "gradereport_user_get_grade_items": (_grade_items, {"courseid": INT, "userid": Optional(INT)}),
    "core_grades_update_grades": (
        _update_grades,
        {
            "source": TEXT,
            "courseid": INT,
            "component": TEXT,
            "activityid": INT,
            "itemnumber": INT,
            "grades": Optional([{"studentid": INT, "grade": FLOAT, "str_feedback": Optional(TEXT)}]),
        },
    ),
}
