"""multipart/mixed, read strictly and written, piece by piece: no part is ever joined (xAPI-Communication 1.5.2).

RFC 2046 with line ends of CRLF.  What merely looks like a delimiter is content.  Says nothing about what parts mean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from lrs.errors import BadRequest
from lrs.xapi.problems import shown

PIECE: Final = 64 * 1024
MAX_HEAD: Final = 8 * 1024
MAX_HEADERS: Final = 32
MAX_PREAMBLE: Final = 8 * 1024
_MAX_PADDING: Final = 200
_CRLF: Final = b"\r\n"
_AHEAD: Final = len(b"--") + _MAX_PADDING + len(_CRLF)

_PARAMETER = re.compile(r"""[ \t]*+;[ \t]*+([^\s;="]++)[ \t]*+=[ \t]*+(?:"((?:[^"\\\r\n]|\\[ -~])*+)"|([^;"\s]++))""")
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_OPENING = re.compile(rb"[ \t]{0,%d}+\r\n" % _MAX_PADDING)
_CLOSING = re.compile(rb"--[ \t]{0,%d}+(?:\r\n|\Z)" % _MAX_PADDING)
_FOLD = re.compile(rb"\r\n[ \t]+")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]++)[ \t]*+:[ \t]*+([^\x00\r\n]*+)")


class MalformedMultipart(BadRequest):
    """The body is not multipart/mixed as xAPI wants it."""

    code = "malformed-multipart"


class Source(Protocol):
    """Whatever bytes are read from; a read may give fewer than asked for, and nothing at the end only."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Part:
    """One part on its way in.  headers: names in lower case.  pieces: of at most 64 KiB, to be read once and at once."""

    headers: Mapping[str, str]
    pieces: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One part on its way out.  pieces: opened when its turn comes, `size` bytes in all."""

    headers: Mapping[str, str]
    size: int
    pieces: Callable[[], Iterable[bytes]]


def load_boundary(content_type: str) -> bytes:
    """The boundary that a Content-Type names, bare or quoted (RFC 2046 5.1.1; XAPI-00131)."""
    at, found = content_type.find(";"), None
    if at < 0:
        raise _refused("the Content-Type names no boundary", "XAPI-00131", "write multipart/mixed; boundary=abc")
    while at < len(content_type.rstrip()):
        match = _PARAMETER.match(content_type, at)
        if not match:
            break
        name, quoted, bare = match.groups()
        if name.lower() == "boundary":
            if found is not None:
                raise _refused("the Content-Type names two boundaries", "XAPI-00131")
            found = re.sub(r"\\(.)", r"\1", quoted) if bare is None else bare
        at = match.end()
    if content_type[at:].strip(" \t;"):
        raise _refused("the parameters of the Content-Type cannot be read", "XAPI-00131", 'quote them: boundary="a b"')
    if found is None:
        raise _refused("the Content-Type names no boundary", "XAPI-00131", "write multipart/mixed; boundary=abc")
    if not _BOUNDARY.fullmatch(found):
        raise _refused(f"{shown(found)} is no boundary", "XAPI-00131", "1 to 70 letters, digits and '()+_,-./:=?")
    return found.encode("ascii")


def read_parts(stream: Source, boundary: bytes) -> Iterator[Part]:
    """The parts in order; what was not read of one is skipped when the next is asked for.

    Raises MalformedMultipart (XAPI-00130), and whatever reading the stream raises.
    """
    return _Reader(stream, boundary).parts()


def multipart_length(boundary: str, parts: Iterable[Outgoing]) -> int:
    """How many bytes `write_parts` will give."""
    return sum(len(_head(boundary, part)) + part.size + len(_CRLF) for part in parts) + len(_tail(boundary))


def write_parts(boundary: str, parts: Iterable[Outgoing]) -> Iterator[bytes]:
    """The body of an answer, piece by piece.  `boundary` must be one that nobody can foresee."""
    for part in parts:
        yield _head(boundary, part)
        yield from part.pieces()
        yield _CRLF
    yield _tail(boundary)


def _head(boundary: str, part: Outgoing) -> bytes:
    lines = [f"--{boundary}", *(f"{name}: {value}" for name, value in part.headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def _tail(boundary: str) -> bytes:
    return f"--{boundary}--\r\n".encode("ascii")


class _Reader:
    """A window over the stream.  Whenever content or a head may begin, the window begins with a line end.

    So a delimiter at the very start of the body, and one right behind an empty part's head, are found like any other.
    """

    def __init__(self, stream: Source, boundary: bytes) -> None:
        self._stream = stream
        self._delimiter = b"\r\n--" + boundary
        self._window = _CRLF
        self._at_end = False
        self._closed = False

    def parts(self) -> Iterator[Part]:
        self._preamble()
        while not self._closed:
            part = Part(self._headers(), self._content())
            yield part
            for _ in part.pieces:
                pass
        while self._stream.read(PIECE):
            pass  # the epilogue says nothing, but it counts

    def _preamble(self) -> None:
        """What stands before the first delimiter: nothing, a line end, or a remark for people (S-32)."""
        seen = b""
        for piece in self._content():
            seen += piece
            if len(seen) > MAX_PREAMBLE:
                raise _refused("the body does not begin with its boundary", "XAPI-00130")
        if seen.lstrip()[:8].lower() == b"content-":
            raise _refused("the first part has no boundary before it", "XAPI-00130")

    def _content(self) -> Iterator[bytes]:
        """Everything up to the next delimiter, which is then behind us."""
        spare, searched = len(_CRLF), 0
        while True:
            at = self._window.find(self._delimiter, searched)
            if at < 0:
                if self._at_end:
                    raise _refused(
                        "the closing boundary is missing",
                        "XAPI-00130",
                        "end the body with --boundary--; its lines end in CRLF (curl: --data-binary)",
                    )
                certain = len(self._window) - len(self._delimiter) + 1
            elif len(self._window) < at + len(self._delimiter) + _AHEAD and not self._at_end:
                certain = at
            elif (end := self._delimiter_end(at)) is None:
                searched = at + 1
                continue
            else:
                if at > spare:
                    yield self._window[spare:at]
                self._window = self._window[end:]
                return
            if certain > spare:
                yield self._window[spare:certain]
                self._window = self._window[certain:]
                spare = 0
            searched = 0
            self._fill()

    def _delimiter_end(self, at: int) -> int | None:
        """Where the next head begins, when what stands at `at` is a delimiter and not just its text."""
        after = at + len(self._delimiter)
        if opening := _OPENING.match(self._window, after):
            return opening.end() - len(_CRLF)
        if _CLOSING.match(self._window, after):
            self._closed = True
            return len(self._window)
        return None

    def _fill(self) -> None:
        part = self._stream.read(PIECE - len(self._window))
        self._at_end = not part
        self._window += part

    def _headers(self) -> dict[str, str]:
        """The head of a part; its blank line stays in the window, as the line end before the content."""
        while (end := self._window.find(b"\r\n\r\n", 0, MAX_HEAD)) < 0:
            if self._at_end or len(self._window) > MAX_HEAD:
                raise _refused("a part has no blank line after its headers", "XAPI-00130")
            self._fill()
        head, self._window = self._window[len(_CRLF) : end], self._window[end + len(_CRLF) :]
        lines = _FOLD.sub(b" ", head).split(_CRLF) if end else []
        if len(lines) > MAX_HEADERS:
            raise _refused(f"a part has more than {MAX_HEADERS} headers", "XAPI-00130")
        headers: dict[str, str] = {}
        for line in lines:
            match = _HEADER.fullmatch(line)
            name = match[1].decode("ascii").lower() if match else ""
            if not match or name in headers:
                said = shown(line.decode("latin-1"))
                raise _refused(f"{said} is no header, or stands twice", "XAPI-00130", "write Name: value, each once")
            headers[name] = match[2].decode("latin-1").strip(" \t")
        return headers


def _refused(detail: str, rule: str, hint: str | None = None) -> MalformedMultipart:
    return MalformedMultipart(f"{detail} ({rule})", hint=hint, rule=rule)
