"""Logs: one event is one line of JSON, whatever the input holds, with the id of the request it belongs to.

Secrets never reach a log: this module hides what is a `Secret` or has the name of one, and callers log ids, not bodies.
A log that takes nothing, on a full disk or behind a broken pipe, fails nobody: its lines are lost.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any, NamedTuple, TextIO, cast

import structlog
from structlog.contextvars import merge_contextvars

from lrs.settings import LogSettings, Secret

_HIDDEN = frozenset({"authorization", "password", "secret", "token", "wstoken", "cookie", "key_secret"})
_MODULE = "lrs.http.requests"
"""By which readers of the log know the access log."""
_write_line: Callable[[str], object] | None = None
"""Where the access log's lines of JSON go; None while they are for people, not wanted, or nobody said where."""
_is_json = False


def is_json() -> bool:
    """Whether somebody said that every line is to be JSON."""
    return _is_json


def configure_logs(settings: LogSettings) -> None:
    """Set up the process's logging once; safe to call again."""
    global _write_line, _is_json  # noqa: PLW0603 - like structlog's own configuration
    _is_json = settings.format == "json"
    level = getattr(logging, settings.level.upper())
    console = settings.format == "console" or (settings.format == "auto" and sys.stderr.isatty())
    renderer: Any = structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer(sort_keys=True)
    stream = _Lossy(sys.stderr)
    _write_line = None if console or level > logging.INFO else stream.write
    structlog.configure(
        processors=[
            merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _hide_secrets,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", stream)),  # a line at once: two threads mix none
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, format="%(name)s: %(message)s")


def get_logger(name: str) -> Any:
    """A structured logger that says which module speaks."""
    return structlog.get_logger(module=name)


class Caller(NamedTuple):
    """Who asked: the client's address, and the name of a key that was verified, or of whoever was found to be signed in."""

    address: str | None = None
    key: str | None = None
    account: str | None = None


def log_answer(method: str, path: str, status: int, ms: float, request_id: str, caller: Caller) -> None:
    """The line of the access log; every request pays for it.  Written as structlog writes it, for a fifth of the cost."""
    if _write_line is None:
        told = {"method": method, "path": path, "status": status, "ms": ms, "request_id": request_id}
        get_logger(_MODULE).info("request", **told, **caller._asdict())
        return
    now = datetime.now(UTC).isoformat().removesuffix("+00:00")
    _write_line(
        f'{{"account": {_said(caller.account)}, "address": {_said(caller.address)}, "event": "request", '
        f'"key": {_said(caller.key)}, "level": "info", "method": {_quoted(method)}, "module": "{_MODULE}", "ms": {ms}, '
        f'"path": {_quoted(path)}, "request_id": {_quoted(request_id)}, "status": {status}, "timestamp": "{now}Z"}}\n'
    )


def _said(text: str | None) -> str:
    return "null" if text is None else _quoted(text)


class _Lossy:
    """A stream to write to whose reader or disk may be gone."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def _hide_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if key.lower() in _HIDDEN or isinstance(value, Secret):
            event[key] = "***"
    return event
