"""One request to the stand-in Canvas and what is said to it, a refusal with Canvas's own body.

What was wrong and what would have been accepted stands in the header X-Stand-In-Why and among the refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.standin.canvas.site import CanvasSite
from connectors.standin.seed import Course, Module, User


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, before it is written out."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class CanvasRefusalError(Exception):
    """The stand-in does not do this; `why` says what was wrong and what would have been accepted."""

    def __init__(self, status: int, body: Any, why: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(why)
        told = " ".join(why.split()).encode("ascii", "replace").decode()
        self.told = Told(body, status, {**(headers or {}), "X-Stand-In-Why": told})
        self.code, self.why = str(status), why


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: numbers of the path, parameters as Rails reads them, the idempotency key, seconds since the epoch.

    changed: to be called with the key when something is different because of it.
    """

    site: CanvasSite
    at: Mapping[str, str]
    params: Mapping[str, Any]
    key: str
    now: int
    changed: Callable[[str], None]

    @property
    def course(self) -> Course:
        found = self.site.seed.courses.get(int(self.at["course"]))
        if found is None:
            raise missing(f"course {self.at['course']}; courses: {some(self.site.seed.courses)}")
        return found

    @property
    def assignment(self) -> Module:
        found = self.site.assignment(self.course, int(self.at["assignment"]))
        if found is None:
            raise missing(f"assignment {self.at['assignment']}; there: {some(one.cmid for one in self.course.modules)}")
        return found

    @property
    def moment(self) -> str:
        return f"{datetime.fromtimestamp(self.now, UTC):%Y-%m-%dT%H:%M:%SZ}"


def unauthorized(why: str) -> CanvasRefusalError:
    return CanvasRefusalError(
        403, {"status": "unauthorized", "errors": [{"message": "user not authorized to perform that action"}]}, why
    )


def invalid_token() -> CanvasRefusalError:
    return CanvasRefusalError(
        401,
        {"errors": [{"message": "Invalid access token."}]},
        "the token is not the one this stand-in was started with; it stands behind Authorization: Bearer",
        {"WWW-Authenticate": 'Bearer realm="canvas-lms"'},
    )


def missing(why: str) -> CanvasRefusalError:
    return CanvasRefusalError(404, {"errors": [{"message": "The specified resource does not exist."}]}, why)


def bad(message: str, why: str) -> CanvasRefusalError:
    return CanvasRefusalError(400, {"message": message}, why)


def known(asked: Asked, text: str) -> User:
    """A user by number or by an id of another system (Api.sis_parse_id)."""
    column, _, value = text.rpartition(":")
    if column.startswith("hex:"):
        column, value = column.removeprefix("hex:"), bytes.fromhex(value).decode()
    fields = {"": "id", "sis_user_id": "idnumber", "sis_login_id": "username"}
    if column not in fields:
        raise missing(f"user {text}; accepted: a number, sis_user_id:…, sis_login_id:…, also behind hex:")
    users = asked.site.seed.users.values()
    found = next((one for one in users if value and str(getattr(one, fields[column])) == value), None)
    if found is None:
        raise missing(f"user {text} is not there")
    return found


def some(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in list(numbers)[:10]) or "none"
