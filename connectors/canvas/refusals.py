"""What Canvas's refusals mean for a delivery: try later, hold everything, or give up.

A status says less than the body: without a permission Canvas answers 401 or 403, with a wrong token 401, over the limit
403 or 429 (canvas-lms: ApplicationController, RequestThrottle; Canvas API, Throttling).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from connectors.errors import RemoteError, SystemDown
from connectors.http import Answer, Door

LIMIT_PAUSE: Final = 30.0
"""Seconds, where Canvas does not say: a bucket filled to the brim (800) is open again below 600, and 10 leak a second."""

_NO_TOKEN: Final = ("access token", "user authorization required", "must be logged in")
_SCOPE: Final = "insufficient scopes"
_HINTS: Final[Mapping[int, str]] = {
    HTTPStatus.NOT_FOUND: "do the course, the assignment and the user still exist, and is the user in the course?",
    HTTPStatus.BAD_REQUEST: "Canvas does not take this; see what it says",
}
_DENIED: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class RateLimited(SystemDown):
    """The token's requests cost too much in too short a time."""

    code = "rate-limited"


def refuse(what: str, answer: Answer, door: Door) -> None:
    """Pass a 2xx by.  Raises RemoteError; what: method and path, for the message."""
    status = answer.status
    if 200 <= status < 300:
        return
    if _is_limit(answer):
        raise RateLimited(
            f"Canvas refused {what}: the limit of requests is reached",
            hint="it goes on by itself; Canvas counts what requests cost, for each token",
            retry_after=door.retry_after(answer) or LIMIT_PAUSE,
            remote_status=status,
        )
    if status >= 500 or status < 400:
        door.judge(answer)
    body = _parsed(answer)
    if body is None:
        raise SystemDown(
            f"Canvas answered {status} to {what}, and no JSON",
            hint="is the address right, or is the site in maintenance?",
            remote_status=status,
        )
    raise _refusal(what, status, door.redacted("; ".join(_texts(body)))[:500])


def _refusal(what: str, status: int, said: str) -> RemoteError:
    message = f"Canvas refused {what}: {status}: {said}" if said else f"Canvas refused {what}: {status}"
    small = said.casefold()
    if status in _DENIED and _SCOPE in small:
        hint = "add what docs/canvas.md lists to the scopes of the developer key, or make a token without scopes"
        return RemoteError(message, retryable=True, hint=hint, remote_status=status, remote_code="scope")
    if status == HTTPStatus.UNAUTHORIZED and any(text in small for text in _NO_TOKEN):
        hint = "make a new token: Account > Settings > New Access Token, as the user of Prowess"
        return SystemDown(message, hint=hint, remote_status=status, remote_code="token")
    if status in _DENIED:
        hint = "give the token's user the permission in this course; see docs/canvas.md"
        return RemoteError(message, retryable=True, hint=hint, remote_status=status, remote_code="permission")
    again = status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY}
    return RemoteError(message, retryable=again, hint=_HINTS.get(status), remote_status=status)


def _is_limit(answer: Answer) -> bool:
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    return answer.status == HTTPStatus.FORBIDDEN and b"rate limit exceeded" in answer.body.lower()


def _parsed(answer: Answer) -> Any:
    """The JSON of a refusal; None where it is something else."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def _texts(body: Any) -> Iterator[str]:
    """What an error body says: Canvas has `errors` as a list or by field, `error` and `message`, in any depth."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, list):
        for one in body:
            yield from _texts(one)
    elif isinstance(body, dict):
        if isinstance(body.get("message"), str):
            yield body["message"]
            return
        named = [body[name] for name in ("errors", "error") if name in body]
        for one in named or [value for value in body.values() if isinstance(value, dict | list)]:
            yield from _texts(one)
