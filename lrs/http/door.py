"""A short way for the request that a store gets more often than all others: a small POST of statements.

It is walked in the server's event loop, in front of Flask, with the same checks, the same preparation and the same
writer, and it answers only what went well.  Whatever is unusual about a request, and whatever is wrong with it, goes the
long way and is answered there; `tests/http/test_door.py` holds the two ways to the same answers.
"""

from __future__ import annotations

import io
from concurrent.futures import Executor
from time import perf_counter
from typing import TYPE_CHECKING, Final

from flask import Flask

from lrs.answers import SERVER, Answer
from lrs.clock import to_text
from lrs.errors import ProwessError
from lrs.http.alternate import REFUSAL, VERSION_KEY
from lrs.http.auth import COUNTED, basic_credentials, rate_of
from lrs.http.requests import request_id, spent_ms
from lrs.http.xapi import CONSISTENT_THROUGH, PREFIX, spoken_versions
from lrs.logs import Caller, log_answer
from lrs.prowess import Prowess
from lrs.store.credentials import Credential
from lrs.store.launches import MARK
from lrs.store.line import Line
from lrs.store.statements import Intake
from lrs.xapi.intake import Batch, prepare
from lrs.xapi.pairing import refuse_missing_data
from lrs.xapi.versions import HEADER, Version, parse_version_header

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_MOST: Final = 16 * 1024
"""Bytes; the long way's cost is a small part of a larger body's, which would hold the loop up."""
_PATH: Final = f"{PREFIX}/statements"
_UNUSUAL: Final = ("HTTP_CONTENT_ENCODING", "HTTP_ORIGIN", "HTTP_TRANSFER_ENCODING")


class StatementDoor:
    """Stands before one application in a server's event loop.  pool: threads for what the loop should not wait for."""

    def __init__(self, app: Flask, prowess: Prowess, pool: Executor) -> None:
        self._app = app
        self._prowess = prowess
        self._line = Line(prowess.statements, prowess.database, pool)
        settings = prowess.settings
        self._most = min(_MOST, settings.limits.body_bytes)
        self._rate = rate_of(app)
        self._vary = "Accept-Encoding, Origin" if settings.server.cors_origins else "Accept-Encoding"

    async def __call__(self, environ: WSGIEnvironment) -> Answer | None:
        """None: the long way is to answer, which finds under REFUSAL what the store said, if it did.

        Where the key's token was taken here, it finds COUNTED and takes no other.
        """
        if not self._may_be_short(environ):
            return None
        started = perf_counter()
        try:
            version = parse_version_header(environ[VERSION_KEY])
            credential = self._credential(environ)
            if credential is None:
                return None
            self._rate.take(credential.key)
            environ[COUNTED] = True
            batch = self._prepared(environ, version, credential)
        except Exception:  # noqa: BLE001 - whatever it is, the long way comes upon it again and says so
            return None
        if batch is None:
            return None
        if batch.statements:
            try:
                await self._line.record(Intake(credential.tenant_id, credential.id, batch.statements, version))
            except ProwessError as refusal:
                environ[REFUSAL] = refusal
                return None
        spoken_versions(self._app)[credential.id] = version
        return self._written(environ, version, batch, started, credential.name)

    def _may_be_short(self, environ: WSGIEnvironment) -> bool:
        return (
            environ["REQUEST_METHOD"] == "POST"
            and environ.get("PATH_INFO") == _PATH
            and not environ.get("QUERY_STRING")
            and environ.get("CONTENT_TYPE") == "application/json"
            and VERSION_KEY in environ
            and environ.get("CONTENT_LENGTH", "").isdecimal()
            and int(environ["CONTENT_LENGTH"]) <= self._most
            and isinstance(environ["wsgi.input"], io.BytesIO)
            and not any(header in environ for header in _UNUSUAL)
        )

    def _credential(self, environ: WSGIEnvironment) -> Credential | None:
        """An ordinary key's; None when it has policies of its own, may not write, or is to be looked up."""
        key, secret = basic_credentials(environ.get("HTTP_AUTHORIZATION"))
        credential = None if key.startswith(MARK) else self._prowess.credentials.verified(key, secret)
        if credential is None:
            return None
        is_ordinary = credential.missing_ids != "content" and credential.bad_statements != "quarantine"
        return credential if is_ordinary and credential.may("statements/write") else None

    def _prepared(self, environ: WSGIEnvironment, version: Version, credential: Credential) -> Batch | None:
        """None when there is a void: that asks for another right."""
        batch = prepare(
            environ["wsgi.input"].read(),
            version=version,
            authority=credential.authority,
            new_id=self._prowess.ids.uuid,
            max_statements=self._prowess.settings.limits.batch,
            admit=refuse_missing_data,
        )
        return None if any(prepared.voids for prepared in batch) else batch

    def _written(self, environ: WSGIEnvironment, version: Version, batch: Batch, started: float, key: str) -> Answer:
        quoted = ", ".join([f'"{id_}"' for id_ in batch.ids])
        body = f"[{quoted}]".encode()
        id_ = request_id(environ.get("HTTP_X_REQUEST_ID", ""), self._prowess)
        log_answer("POST", _PATH, 200, spent_ms(started), id_, Caller(environ["REMOTE_ADDR"], key))
        headers = [
            ("content-type", "application/json"),
            ("content-length", str(len(body))),
            (HEADER.lower(), version.header),
            (CONSISTENT_THROUGH.lower(), to_text(self._prowess.database.promised())),
            ("vary", self._vary),
            ("x-request-id", id_),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            SERVER,
        ]
        return Answer(200, headers, body)
