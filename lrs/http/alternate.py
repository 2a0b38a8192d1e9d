"""The alternate request syntax of xAPI 1.0.x: a POST whose form stands for another request (Communication 1.3).

It stands in front of the application and writes the request anew, so that nothing behind it knows the difference.  On
2.0 it does not exist: `method` is then a parameter that nobody knows (T-23).
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote_to_bytes, urlencode

from lrs.errors import BadRequest, ProwessError, TooLarge
from lrs.xapi.versions import HEADER, Version, parse_version_header

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REFUSAL: Final = "prowess.refusal"
"""Key of the environment under which the application finds why the request could not be written anew."""

METHODS: Final = ("GET", "PUT", "POST", "DELETE", "HEAD")
FORM: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 100
_PIECE: Final = 64 * 1024
_HEADER_VALUE: Final = re.compile(r"[\t -~]*")
HEADERS: Final = {
    "Authorization": "HTTP_AUTHORIZATION",
    HEADER: "HTTP_X_EXPERIENCE_API_VERSION",
    "Content-Type": "CONTENT_TYPE",
    "Content-Length": "CONTENT_LENGTH",
    "If-Match": "HTTP_IF_MATCH",
    "If-None-Match": "HTTP_IF_NONE_MATCH",
    "Accept-Language": "HTTP_ACCEPT_LANGUAGE",
    "Accept": "HTTP_ACCEPT",
}
"""What a form may bring along as headers, by their key of a WSGI environment."""

VERSION_KEY: Final = HEADERS[HEADER]
"""Of the version's header in a WSGI environment."""


class AlternateSyntax:
    """WSGI middleware for the paths under `prefix`; a form may be as large as a body, `limit` bytes."""

    def __init__(self, application: WSGIApplication, *, prefix: str, limit: int) -> None:
        self._application = application
        self._prefix = prefix
        self._limit = limit

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        if self._may_concern_us(environ):
            try:
                self._rewrite(environ)
                if environ["REQUEST_METHOD"] == "HEAD":
                    start_response = _without_a_body(start_response)
            except ProwessError as refusal:
                environ[REFUSAL] = refusal
        return self._application(environ, start_response)

    def _may_concern_us(self, environ: WSGIEnvironment) -> bool:
        return (
            environ["REQUEST_METHOD"] == "POST"
            and "method" in environ.get("QUERY_STRING", "")
            and environ.get("PATH_INFO", "").startswith(self._prefix)
        )

    def _rewrite(self, environ: WSGIEnvironment) -> None:
        query = parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)
        method = dict(query).get("method")
        said = environ.get(VERSION_KEY)
        if method is None or (said is not None and parse_version_header(said) is not Version.V1_0_3):
            return
        if len(query) > 1:
            raise _refused(
                "S-54", "'method' is the only parameter of an alternate request", "move the others into the form"
            )
        if method not in METHODS:
            raise _refused("S-54", f"method '{method[:20]}' is none of {', '.join(METHODS)}")
        if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != FORM:
            raise _refused("S-56", "the body of an alternate request is a form", f"send Content-Type {FORM}")
        _become(environ, method, _fields(self._read(environ)))

    def _read(self, environ: WSGIEnvironment) -> bytes:
        body: bytes = environ["wsgi.input"].read(self._limit + 1)
        if len(body) > self._limit:
            raise TooLarge(f"the form is larger than {self._limit} bytes", rule="XAPI-00328")
        return body


def _fields(body: bytes) -> dict[str, str]:
    if not body.isascii() or body.count(b"&") >= _MOST_FIELDS:
        raise _refused("S-56", "the form is not form-encoded UTF-8", f"it has at most {_MOST_FIELDS} fields")
    halves = (part.partition(b"=") for part in body.split(b"&") if part)
    try:
        pairs = [(_decoded(name), _decoded(value)) for name, _, value in halves]
    except UnicodeDecodeError as error:
        raise _refused("S-56", "the form is not form-encoded UTF-8") from error
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise _refused("XAPI-00324", "a field stands twice in the form", "send each once")
    return fields


def _decoded(text: bytes) -> str:
    """What percent-encoded text stands for, piece by piece: the library takes eighty bytes for each escape."""
    text, pieces, at = text.replace(b"+", b" "), [], 0
    while at < len(text):
        end = at + _PIECE
        cut = text.find(b"%", end - 2, end)
        end = cut if cut >= 0 else end
        pieces.append(unquote_to_bytes(text[at:end]))
        at = end
    return b"".join(pieces).decode()


def _become(environ: WSGIEnvironment, method: str, fields: dict[str, str]) -> None:
    """Make the environment that of the request the form stands for."""
    content = fields.pop("content", None) if method in {"PUT", "POST"} else None
    if method in {"PUT", "POST"} and content is None:
        raise _refused("S-56", f"an alternate {method} needs the field 'content'")
    headers = {name: fields.pop(name) for name in HEADERS if name in fields}
    for name, value in headers.items():
        if not _HEADER_VALUE.fullmatch(value):
            raise _refused("S-56", f"no header may hold what the field '{name}' does", "write printable ASCII")
    headers["Content-Length"] = str(len((content or "").encode()))
    media_type = headers.setdefault("Content-Type", "application/json")
    if media_type.strip().lower().startswith("multipart/"):
        raise _refused("S-58", "attachments cannot be sent by an alternate request", "send a plain request")
    if parse_version_header(headers.get(HEADER, environ.get(VERSION_KEY))) is not Version.V1_0_3:
        raise _refused("T-23", "xAPI 2.0 has no alternate request syntax", "send a plain request")
    environ.update({HEADERS[name]: value for name, value in headers.items()})
    environ.pop("HTTP_CONTENT_ENCODING", None)
    environ["REQUEST_METHOD"] = method
    environ["QUERY_STRING"] = urlencode(fields)
    environ["wsgi.input"] = io.BytesIO((content or "").encode())
    environ["wsgi.input_terminated"] = True


def _without_a_body(start_response: StartResponse) -> StartResponse:
    """On the wire this HEAD is a POST: its answer must not promise bytes that never come."""

    def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        return start_response(status, [*kept, ("Content-Length", "0")], *error)

    return start


def _refused(rule: str, detail: str, hint: str | None = None) -> BadRequest:
    return BadRequest(detail, hint=hint, rule=rule)
