"""What goes back to whoever asked, and what is said to those whose request never reached the application."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final, NamedTuple

from werkzeug.http import HTTP_STATUS_CODES

from lrs.http.problems import MEDIA_TYPE
from lrs.logs import get_logger
from lrs.xapi.versions import HEADER, answered_version

log = get_logger(__name__)

SERVER: Final = ("server", "prowess")
SPOOLED: Final = 1024 * 1024
"""Bytes of a body or an answer that are held in memory."""


class Answer(NamedTuple):
    """What an application answered; `rest` when it may be more than fits in memory, to be read and then closed."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    rest: Iterable[bytes] | None = None


class Refusal(Exception):
    """An answer to a request that never reached the application: a problem with a version, like all others."""

    def __init__(self, status: HTTPStatus, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.title = HTTP_STATUS_CODES[status]
        """Werkzeug's name, as in every other problem: the standard library has other names since Python 3.13."""
        self.detail = detail
        self.retry_after = retry_after
        """Seconds."""

    def answer(self, headers: Mapping[str, str]) -> Answer:
        body = {"type": "about:blank", "title": self.title, "status": self.status, "detail": self.detail}
        version = answered_version(headers.get(HEADER.lower()))
        said = [("content-type", MEDIA_TYPE), (HEADER.lower(), version.header), SERVER]
        if self.retry_after is not None:
            said.append(("retry-after", str(self.retry_after)))
        return Answer(self.status, said, json.dumps(body).encode())


@contextmanager
def having_room(what: str) -> Iterator[None]:
    """Raises Refusal when the disk does not take what passes through it."""
    try:
        yield
    except OSError as why:
        detail = f"no room for {what}: {why.strerror}"
        log.error("not taken in", detail=detail)  # noqa: TRY400 - a traceback takes what there is no more of
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, detail) from why
