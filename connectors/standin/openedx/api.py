"""The REST API of the stand-in Open edX, with the effects, answers and refusals of the platform's own source.

Where Open edX answers nothing, so does this; every other refusal says why under `standin`.  It refuses misspelt keys, which
Open edX passes over.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from connectors.standin.openedx.campus import Campus, Enrollment, RefusedError, Run, Standing, campus_of
from connectors.standin.seed import User
from connectors.standin.world import World

TOKEN_SECONDS: Final = 3600
_PAGE: Final = 50
_COURSE: Final = r"(?P<course>[^/+]+\+[^/+]+\+[^/?]+)"
_USER: Final = r"(?P<username>[\w .@_+-]+)"

Answered = tuple[int, bytes, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Call:
    """A request.  base: the address by which the stand-in was asked."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    key: str
    base: str
    parts: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The body.  Raises RefusedError."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise RefusedError(400, {"detail": f"JSON parse error - {error}"}, "send JSON") from None


class OpenEdx:
    """One platform with one OAuth application, whose user is `staff` or not.  rate: calls a minute of the enrolment API."""

    username = "prowess-service"

    def __init__(self, world: World, now: Callable[[], int], *, client_id: str, client_secret: str) -> None:
        self.world = world
        self.campus: Campus = campus_of(world.seed)
        self.client_id, self.client_secret = client_id, client_secret
        self.staff, self.rate = True, 120
        self.tokens: dict[str, int] = {}
        self._now = now
        self._recent: deque[int] = deque()

    def operation(self, method: str, path: str) -> str | None:
        """What a request is called in the journal and in faults; None where it is nothing of Open edX's."""
        found = self._route(method, unquote(urlsplit(path).path))
        return None if found is None else found[0].name

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> Answered:
        """Carry out a request that `operation` knows."""
        split = urlsplit(target)
        found = self._route(method, unquote(split.path))
        if found is None:
            raise ValueError(f"nothing of Open edX's: {method} {target}")
        route, parts = found
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        key = headers.get("Idempotency-Key", "")
        call = Call(method, split.path, query, body, key, f"http://{headers.get('Host', '')}", parts)
        with self.world.lock:
            status, said, more, outcome = self._answered(route, call, headers.get("Authorization", ""))
            self.world.noted(route.name, key, _noted(call), outcome)
        return status, b"" if said is None else json.dumps(said).encode(), more

    def learn(self, values: Mapping[str, Any]) -> None:
        """Somebody got a grade or a certificate.  Raises TypeError on what a Standing has not got."""
        standing = Standing(**values)
        self.campus.standings[(standing.username, standing.course)] = standing

    def _route(self, method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
        for route in ROUTES:
            if route.method == method and (match := route.path.fullmatch(path)):
                return route, match.groupdict()
        return None

    def _answered(self, route: Route, call: Call, authorization: str) -> tuple[int, Any, Mapping[str, str], str]:
        try:
            if route.is_open:
                return *route.act(self, call), {}, "done"
            self._check_token(authorization)
            if route.name in _THROTTLED:
                self._check_rate()
            return *route.act(self, call), {}, "done"
        except RefusedError as refused:
            self.world.refused(route.name, call.key, str(refused.status), refused.why)
            said = None if refused.body is None else {**refused.body, "standin": refused.why}
            return refused.status, said, refused.headers, str(refused.status)

    def _check_token(self, authorization: str) -> None:
        scheme, _, token = authorization.partition(" ")
        if scheme != "JWT":
            detail = "Authentication credentials were not provided."
            raise RefusedError(401, {"detail": detail}, f"Authorization: JWT … was expected, not '{scheme}'")
        if token not in self.tokens:
            raise RefusedError(401, {"detail": "Error decoding token."}, "this token was not made here")
        if self.tokens[token] <= self._now():
            raise RefusedError(401, {"detail": "Token has expired."}, f"tokens last {TOKEN_SECONDS} s")

    def _check_rate(self) -> None:
        """openedx/core/djangoapps/enrollments/views.py, EnrollmentUserThrottle: staff may ask 120 times a minute."""
        now = self._now()
        while self._recent and self._recent[0] <= now - 60:
            self._recent.popleft()
        if len(self._recent) >= self.rate:
            wait = self._recent[0] + 60 - now
            detail = f"Request was throttled. Expected available in {wait} seconds."
            raise RefusedError(429, {"detail": detail}, f"{self.rate} a minute", {"Retry-After": str(wait)})
        self._recent.append(now)

    # What the routes do: (status, what is said).

    def give_token(self, call: Call) -> tuple[int, Any]:
        form = dict(parse_qsl(call.body.decode()))
        if form.get("grant_type") != "client_credentials":
            raise RefusedError(400, {"error": "unsupported_grant_type"}, "grant_type: client_credentials")
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            raise RefusedError(401, {"error": "invalid_client"}, "client_id and client_secret are others")
        if form.get("token_type") != "jwt":
            raise RefusedError(400, {"error": "invalid_request"}, "token_type: jwt; others open nothing here")
        claims = {"n": len(self.tokens), "preferred_username": self.username, "iat": self._now()}
        token = f"e30.{urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.c3RhbmQtaW4"
        self.tokens[token] = self._now() + TOKEN_SECONDS
        return 200, {
            "access_token": token,
            "expires_in": TOKEN_SECONDS,
            "token_type": "JWT",
            "scope": "read write profile email",
        }

    def me(self, _call: Call) -> tuple[int, Any]:
        return 200, {"username": self.username}

    def roles(self, _call: Call) -> tuple[int, Any]:
        return 200, {"roles": [], "is_staff": self.staff}

    def accounts(self, call: Call) -> tuple[int, Any]:
        wanted = {name.casefold() for name in call.query.get("username", "").strip(",").split(",")} - {""}
        if not wanted:
            raise RefusedError(400, {"detail": "no username"}, "the stand-in looks up username=a,b")
        found = [self._account(user) for user in self._users() if user.username.casefold() in wanted]
        if not found:
            raise RefusedError(404, None, f"none of {', '.join(sorted(wanted))} has an account")
        return 200, found

    def account(self, call: Call) -> tuple[int, Any]:
        return 200, self._account(self._user(call.parts["username"], 404, None))

    def search_emails(self, call: Call) -> tuple[int, Any]:
        if not self.staff:
            hidden = {"developer_message": "not_found", "user_message": "Not Found"}
            raise RefusedError(404, hidden, "the application's user is not staff")
        body = _object(call, {"emails"})
        if "emails" not in body:
            said = "'emails' field is required"
            raise RefusedError(400, {"developer_message": said, "user_message": said}, "emails: […]")
        wanted = {email.casefold() for email in body["emails"]} - {""}
        found = [user for user in self._users() if user.email.casefold() in wanted]
        return 200, [{"username": user.username, "email": user.email, "id": user.id} for user in found]

    def course(self, call: Call) -> tuple[int, Any]:
        run = self.campus.runs.get(call.parts["course"])
        if run is None:
            said = {"message": f"No course found for course ID '{call.parts['course']}'"}
            raise RefusedError(400, said, self._known_courses())
        return 200, run.details(include_expired=bool(call.query.get("include_expired")))

    def enrollment(self, call: Call) -> tuple[int, Any]:
        if not self.staff:
            raise RefusedError(404, None, "the application's user is not staff")
        found = self.campus.enrollments.get((call.parts["username"], call.parts["course"]))
        return 200, None if found is None else self._told(found)

    def enroll(self, call: Call) -> tuple[int, Any]:
        """EnrollmentListView.post: the order of its checks is the source's."""
        body = _object(call, {"user", "mode", "is_active", "course_details", "force_enrollment"})
        course = (body.get("course_details") or {}).get("course_id")
        if not course:
            said = {"message": "Course ID must be specified to create a new enrollment."}
            raise RefusedError(400, said, "course_details: {course_id: …}")
        if not self.staff:
            raise RefusedError(404, None, "the application's user is not staff")
        username = body.get("user") or self.username
        user = self._user(username, 406, {"message": f"The user {username} does not exist."})
        for name, called in (("is_active", "enrollment activation"), ("force_enrollment", "force enrollment")):
            if not isinstance(body.get(name), bool | None):
                raise RefusedError(400, {"message": f"'{body[name]}' is an invalid {called} status."}, "a boolean")
        run = self.campus.runs.get(course)
        if run is None:
            raise RefusedError(400, {"message": f"No course '{course}' found for enrollment"}, self._known_courses())
        after, is_new = self.campus.enroll(run, user.username, body, self._now())
        if is_new:
            self.world.changed(call.key)
        return 200, self._told(after)

    def grades(self, call: Call) -> tuple[int, Any]:
        """CourseGradesView: those who are actively enrolled, by a cursor."""
        run = self._graded(call)
        if not self.staff:
            said = {"developer_message": "You do not have permission to perform this action."}
            raise RefusedError(403, said, "the application's user is not staff")
        size, start = int(call.query.get("page_size", _PAGE)), int(call.query.get("cursor", 0))
        enrolled = self.campus.active(run.id)
        more = start + size < len(enrolled)
        address = f"{call.base}{quote(call.path, safe='/:+@')}?page_size={size}&cursor={start + size}"
        return 200, {
            "next": address if more else None,
            "previous": None,
            "results": [self._standing(one) for one in enrolled[start : start + size]],
        }

    def gradebook(self, call: Call) -> tuple[int, Any]:
        run = self._gradebook(call)
        size = int(call.query.get("page_size", _PAGE))
        entries = [{"username": one.user, "section_breakdown": []} for one in self.campus.active(run.id)[:size]]
        return 200, {"next": None, "previous": None, "results": entries}

    def grading_info(self, call: Call) -> tuple[int, Any]:
        run = self._graded(call)
        self._author()
        subsections = [
            {"module_id": key, "display_name": name, "graded": True, "assignment_type": "Exam", "short_label": "Ex"}
            for key, name in run.subsections.items()
        ]
        return 200, {
            "assignment_types": {},
            "subsections": subsections,
            "grades_frozen": run.grades_frozen,
            "can_see_bulk_management": False,
        }

    def bulk_update(self, call: Call) -> tuple[int, Any]:
        """GradebookBulkUpdateView: 202 when all were taken, else 422 and a reason for each."""
        run = self._gradebook(call)
        if run.grades_frozen:
            said = {"developer_message": "Grades are frozen for this course.", "error_code": "grades_frozen"}
            raise RefusedError(403, said, "the course ended more than thirty days ago")
        results = []
        for row in call.json():
            reason, is_new = self.campus.override(run, self.world.user(row["user_id"]), row)
            if is_new:
                self.world.changed(call.key)
            told = {"user_id": row["user_id"], "usage_id": row["usage_id"]}
            results.append({**told, "success": reason is None, "reason": reason})
        return 202 if all(row["success"] for row in results) else 422, results

    def certificate(self, call: Call) -> tuple[int, Any]:
        if not self.staff:
            raise RefusedError(403, {"detail": "You do not have permission to perform this action."}, "not staff")
        found = self.campus.standings.get((call.parts["username"], call.parts["course"]))
        if found is None or found.certified_at is None:
            raise RefusedError(404, {"error_code": "no_certificate_for_user"}, "they have none")
        return 200, {
            "username": found.username,
            "course_id": found.course,
            "certificate_type": "verified",
            "created_date": found.certified_at,
            "status": "downloadable",
            "is_passing": True,
            "download_url": None,
            "grade": str(found.percent),
        }

    def _users(self) -> list[User]:
        return list(self.world.seed.users.values())

    def _user(self, username: str, status: int, body: dict[str, Any] | None) -> User:
        found = next((user for user in self._users() if user.username == username), None)
        if found is None:
            raise RefusedError(status, body, f"no user '{username}'")
        return found

    def _account(self, user: User) -> dict[str, Any]:
        shared = {"username": user.username, "account_privacy": "private"}
        if not self.staff:
            return shared
        name = f"{user.firstname} {user.lastname}".strip()
        return {"id": user.id, **shared, "email": user.email, "name": name, "is_active": True}

    def _known_courses(self) -> str:
        return f"courses: {', '.join(self.campus.runs)}"

    def _told(self, one: Enrollment) -> dict[str, Any]:
        run = self.campus.runs.get(one.course)
        return {
            "created": one.created,
            "mode": one.mode,
            "is_active": one.is_active,
            "course_details": None if run is None else run.details(),
            "user": one.user,
        }

    def _graded(self, call: Call) -> Run:
        run = self.campus.runs.get(call.parts["course"])
        if run is None:
            text = f"Unknown course {call.parts['course']}"
            said = {"developer_message": text, "error_code": "course_does_not_exist"}
            raise RefusedError(404, said, self._known_courses())
        return run

    def _gradebook(self, call: Call) -> Run:
        run = self._graded(call)
        if not run.writable_gradebook:
            text = "The writable gradebook feature is not enabled for this course."
            said = {"developer_message": text, "error_code": "feature_not_enabled"}
            raise RefusedError(403, said, "the flag grades.writable_gradebook is off")
        self._author()
        return run

    def _author(self) -> None:
        if not self.staff:
            text = "The requesting user does not have course author permissions."
            said = {"developer_message": text, "error_code": "user_permissions"}
            raise RefusedError(403, said, "the application's user is not staff")

    def _standing(self, one: Enrollment) -> dict[str, Any]:
        found = self.campus.standings.get((one.user, one.course)) or Standing(one.user, one.course)
        return {
            "username": one.user,
            "email": "",  # it shows those of the masters track only
            "course_id": one.course,
            "passed": found.letter_grade is not None,
            "percent": found.percent,
            "letter_grade": found.letter_grade,
        }


def _object(call: Call, known: set[str]) -> dict[str, Any]:
    body = call.json()
    extra = sorted(set(body) - known) if isinstance(body, dict) else ["an array"]
    if extra:
        said = {"message": "as asked"}
        raise RefusedError(400, said, f"unexpected: {', '.join(extra)}; known: {', '.join(sorted(known))}")
    found: dict[str, Any] = body
    return found


def _noted(call: Call) -> Any:
    """What the journal keeps: never a secret."""
    if call.path.startswith("/oauth2/"):
        return {}
    return {**call.parts, **call.query, **({"body": json.loads(call.body)} if call.body.strip() else {})}


@dataclass(frozen=True, slots=True)
class Route:
    """A place of the API.  is_open: needs no token."""

    method: str
    path: re.Pattern[str]
    name: str
    act: Callable[[OpenEdx, Call], tuple[int, Any]]
    is_open: bool = False


def _at(method: str, path: str, act: Callable[[OpenEdx, Call], tuple[int, Any]], *, is_open: bool = False) -> Route:
    return Route(method, re.compile(path), act.__name__, act, is_open)


_get, _post = partial(_at, "GET"), partial(_at, "POST")

ROUTES: Final = (
    _post("/oauth2/access_token", OpenEdx.give_token, is_open=True),
    _get("/api/user/v1/me", OpenEdx.me),
    _get("/api/user/v1/accounts", OpenEdx.accounts),
    _post("/api/user/v1/accounts/search_emails", OpenEdx.search_emails),
    _get(f"/api/user/v1/accounts/{_USER}", OpenEdx.account),
    _get("/api/enrollment/v1/roles/", OpenEdx.roles),
    _get(f"/api/enrollment/v1/course/{_COURSE}", OpenEdx.course, is_open=True),
    _get(f"/api/enrollment/v1/enrollment/{_USER},{_COURSE}", OpenEdx.enrollment),
    _post("/api/enrollment/v1/enrollment", OpenEdx.enroll),
    _get(f"/api/grades/v1/courses/{_COURSE}/", OpenEdx.grades),
    _get(f"/api/grades/v1/gradebook/{_COURSE}/", OpenEdx.gradebook),
    _get(f"/api/grades/v1/gradebook/{_COURSE}/grading-info", OpenEdx.grading_info),
    _post(f"/api/grades/v1/gradebook/{_COURSE}/bulk-update", OpenEdx.bulk_update),
    _get(f"/api/certificates/v0/certificates/{_USER}/courses/{_COURSE}/", OpenEdx.certificate),
)
_THROTTLED: Final = {"roles", "enrollment", "enroll"}
