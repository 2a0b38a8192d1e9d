"""Reading and writing multipart/mixed: any bytes, read in any steps, against a reader that joins everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from time import perf_counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lrs.xapi.multipart import (
    MAX_HEAD,
    MAX_HEADERS,
    MAX_PREAMBLE,
    PIECE,
    MalformedMultipart,
    Outgoing,
    load_boundary,
    multipart_length,
    read_parts,
    write_parts,
)

B = b"b-1"
Read = list[tuple[dict[str, str], bytes]]


class Trickle:
    """A stream that gives as many bytes at a time as it likes, in a pattern that repeats."""

    def __init__(self, body: bytes, steps: list[int]) -> None:
        self._body, self._steps, self._count = body, steps or [PIECE], 0
        self.largest = 0

    def read(self, size: int, /) -> bytes:
        assert 0 < size <= PIECE
        step = min(size, self._steps[self._count % len(self._steps)])
        self._count += 1
        part, self._body = self._body[:step], self._body[step:]
        return part


def read(body: bytes, boundary: bytes = B, steps: list[int] | None = None) -> Read:
    found: Read = []
    for part in read_parts(Trickle(body, steps or []), boundary):
        content = b""
        for piece in part.pieces:
            assert 0 < len(piece) <= PIECE
            content += piece
        found.append((dict(part.headers), content))
    return found


def oracle(body: bytes, boundary: bytes) -> Read | None:
    """The same by one regular expression over the whole body; None when it is no multipart."""
    line = re.compile(rb"\r\n--" + re.escape(boundary) + rb"(?:(--)[ \t]{0,200}(?:\r\n|\Z)|[ \t]{0,200}(?=\r\n))")
    text, found, at = b"\r\n" + body, [], 0
    match = line.search(text)
    if not match or text[2 : match.start()].lstrip()[:8].lower() == b"content-":
        return None
    while not match[1]:
        at = match.end()
        blank = text.find(b"\r\n\r\n", at)
        if blank < 0:
            return None
        headers = {}
        for one in text[at + 2 : blank].split(b"\r\n") if blank > at else []:
            name, colon, value = one.partition(b":")
            if not colon or not re.fullmatch(rb"[A-Za-z-]+", name) or name.lower() in headers:
                return None
            headers[name.lower()] = value.strip()
        match = line.search(text, blank + 2)
        if not match:
            return None
        content = text[blank + 4 : match.start()]
        found.append(({k.decode(): v.decode() for k, v in headers.items()}, content))
    return found


def body_of(*contents: bytes, boundary: bytes = B) -> bytes:
    parts = [b"--" + boundary + b"\r\nA: 1\r\n\r\n" + content + b"\r\n" for content in contents]
    return b"".join(parts) + b"--" + boundary + b"--\r\n"


FRAGMENTS = st.sampled_from(
    [
        b"\r\n--b-1", b"--b-1", b"\r\n--b-1--", b"\r\n--b-1\r", b"\r\n--b-1 \t", b"\r\n--b-10\r\n", b"\r\n--b-1--x", b"\r\n",
        b"\r", b"\n", b"-", b"--", b"\x00", b"b-1", b"\r\n\r\n", b"\xff\xfe",
    ]
)  # fmt: skip
CONTENT = st.lists(FRAGMENTS | st.binary(max_size=6), max_size=8).map(b"".join)
STEPS = st.lists(st.integers(1, 9) | st.just(PIECE), min_size=1, max_size=6)


@given(st.lists(CONTENT, max_size=3), STEPS, st.booleans())
@example([b"\r\n--b-1--"], [1], False)
@example([b""], [1], True)
def test_s_31_any_bytes_in_any_steps_are_what_a_simple_reader_finds(
    contents: list[bytes], steps: list[int], led: bool
) -> None:
    body = (b"\r\n" if led else b"") + body_of(*contents)
    wanted = oracle(body, B)
    if wanted is None:
        with pytest.raises(MalformedMultipart):
            read(body, steps=steps)
    else:
        assert read(body, steps=steps) == wanted


@given(CONTENT, STEPS)
def test_any_bytes_at_all_give_parts_or_a_refusal_as_the_simple_reader_does(body: bytes, steps: list[int]) -> None:
    try:
        found: Read | None = read(body, steps=steps)
    except MalformedMultipart:
        found = None
    assert found == oracle(body, B)


@given(st.lists(st.binary(max_size=3 * PIECE // 2).map(lambda b: b.replace(b"secret", b"")), max_size=3), STEPS)
def test_what_is_written_is_read_again_and_has_the_length_foretold(contents: list[bytes], steps: list[int]) -> None:
    def pieces(content: bytes) -> Iterator[bytes]:
        yield content[: len(content) // 2]
        yield content[len(content) // 2 :]

    parts = [Outgoing({"X-Name": str(n)}, len(c), lambda c=c: pieces(c)) for n, c in enumerate(contents)]
    body = b"".join(write_parts("secret", parts))
    assert len(body) == multipart_length("secret", parts)
    assert read(body, b"secret", [max(steps) * 1000]) == [({"x-name": str(n)}, c) for n, c in enumerate(contents)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"a\r\nb\rc\nd", id="S-31-line-ends"),
        pytest.param(b"\x00" * 70_000, id="S-31-nul"),
        pytest.param(b"\r\n--b-10\r\n\r\n--b-\r\n--b-1x\r\n --b-1\r\n", id="S-31-boundary-like-text"),
        pytest.param(b"x--b-1\r\n", id="S-31-boundary-within-a-line"),
        pytest.param(b"\r\n--b-1--more\r\n--b-1" + b" " * 201 + b"\r\n", id="S-31-nearly-delimiters"),
        pytest.param(b"\r\n", id="S-31-one-line-end"),
        pytest.param(b"", id="empty"),
    ],
)
@pytest.mark.parametrize("step", [1, 7, PIECE])
def test_content_is_opaque(content: bytes, step: int) -> None:
    assert [part for _, part in read(body_of(content, b"next"), steps=[step])] == [content, b"next"]


def test_s_32_preamble_padding_folds_and_header_names_in_any_case() -> None:
    body = (
        b"a remark\r\n\r\n--b-1 \t\r\nCONTENT-type:\tapplication/json \r\nx-experience-API-hash:\r\n  abc\r\n\r\n{}"
        b"\r\n--b-1--  \r\nan epilogue\r\n--b-1\r\n"
    )
    assert read(body) == [({"content-type": "application/json", "x-experience-api-hash": "abc"}, b"{}")]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(b"--b-1\r\n\r\nx\r\n--b-1--", {}, id="no headers, no line end after the closing one"),
        pytest.param(b"\r\n--b-1\r\nA: 1\r\n\r\nx\r\n--b-1--", {"a": "1"}, id="S-32-a-line-end-before-the-first"),
        pytest.param(b"--b-1\r\nA: \xe9\r\n\r\nx\r\n--b-1--", {"a": "é"}, id="a value in latin-1"),
    ],
)
def test_what_is_let_in(body: bytes, headers: dict[str, str]) -> None:
    assert read(body) == [(headers, b"x")]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="00130-nothing"),
        pytest.param(b"{}", id="00130-no-boundary"),
        pytest.param(b"--b-1\r\nA: 1\r\n\r\n{}", id="00130-no-closing-boundary"),
        pytest.param(b"--b-1\r\nA: 1\r\n\r\n{}\r\n--b-1\r\n", id="00130-only-an-opening-one-at-the-end"),
        pytest.param(b"--b-1\r\nA: 1\r\n\r\n{}\r\n--b-1", id="00130-boundary-cut-off"),
        pytest.param(b"--b-1\r\nA: 1\r\n\r\n{}\r\n--b-1-", id="00130-closing-cut-off"),
        pytest.param(b"--b-1\r\nA: 1\r\n\r\n{}--b-1--\r\n", id="00130-closing-not-on-its-line"),
        pytest.param(b"--b-1\nA: 1\n\n{}\n--b-1--\n", id="00130-bare-line-feeds"),
        pytest.param(b"Content-Type: application/json\r\n\r\n{}\r\n" + body_of(b"x"), id="00130-first-part-without"),
        pytest.param(b"--B-1\r\nA: 1\r\n\r\n{}\r\n--B-1--\r\n", id="00130-boundary-in-other-case"),
        pytest.param(b"x" * MAX_PREAMBLE + b"x\r\n" + body_of(b"x"), id="endless preamble"),
        pytest.param(b"--b-1\r\nA: 1\r\nA: 2\r\n\r\n{}\r\n--b-1--\r\n", id="a header twice"),
        pytest.param(b"--b-1\r\na: 1\r\nA: 1\r\n\r\n{}\r\n--b-1--\r\n", id="a header twice in other case"),
        pytest.param(b"--b-1\r\nnonsense\r\n\r\n{}\r\n--b-1--\r\n", id="a header without a colon"),
        pytest.param(b"--b-1\r\n A: 1\r\n\r\n{}\r\n--b-1--\r\n", id="a fold of nothing"),
        pytest.param(b"--b-1\r\nA b: 1\r\n\r\n{}\r\n--b-1--\r\n", id="a header name with a space"),
        pytest.param(b"--b-1\r\nA: \x00\r\n\r\n{}\r\n--b-1--\r\n", id="NUL in a header"),
        pytest.param(b"--b-1\r\nA: 1\rB: 2\r\n\r\n{}\r\n--b-1--\r\n", id="a bare CR in a header"),
        pytest.param(b"--b-1\r\nA: " + b"x" * MAX_HEAD + b"\r\n\r\n{}\r\n--b-1--\r\n", id="a head too long"),
        pytest.param(b"--b-1\r\n" + b"".join(b"A%d: 1\r\n" % n for n in range(MAX_HEADERS + 1)) + b"\r\n\r\n--b-1--",
                     id="too many headers"),
        pytest.param(b"--b-1\r\nA: 1\r\n--b-1--\r\n", id="a head without its blank line"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("step", [1, PIECE])
def test_what_is_malformed_is_refused(body: bytes, step: int) -> None:
    with pytest.raises(MalformedMultipart) as caught:
        read(body, steps=[step])
    assert caught.value.extra["rule"] == "XAPI-00130"


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        pytest.param("multipart/mixed; boundary=abc", b"abc", id="00136-bare"),
        pytest.param('multipart/mixed; boundary="abc"', b"abc", id="S-32-quoted"),
        pytest.param('multipart/mixed; x="a;b"; boundary="a b=\'d\'"', b"a b='d'", id="S-32-quoted-with-a-space"),
        pytest.param('multipart/mixed;charset=utf-8 ; Boundary = "a\\b" ;', b"ab", id="S-32-spaces-case-and-escape"),
        pytest.param("multipart/mixed; boundary=-------314159265358979323846", b"-------314159265358979323846", id="dashes"),
        pytest.param("multipart/mixed; boundary=----=_Part_1:2/3", b"----=_Part_1:2/3", id="bare with separators"),
        pytest.param("multipart/mixed; boundary=" + "a" * 70, b"a" * 70, id="as long as may be"),
    ],
)  # fmt: skip
def test_a_boundary_is_read(content_type: str, boundary: bytes) -> None:
    assert load_boundary(content_type) == boundary


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param("multipart/mixed", id="00131-none"),
        pytest.param("multipart/mixed; charset=utf-8", id="00131-another-parameter"),
        pytest.param("multipart/mixed; boundary=", id="00131-empty"),
        pytest.param('multipart/mixed; boundary=""', id="00131-empty-quoted"),
        pytest.param("multipart/mixed; boundary=a; boundary=b", id="00131-two"),
        pytest.param('multipart/mixed; boundary="a;b"', id="00131-a-semicolon"),
        pytest.param('multipart/mixed; boundary="a', id="00131-unclosed-quote"),
        pytest.param("multipart/mixed; boundary=a b", id="00131-a-space-unquoted"),
        pytest.param('multipart/mixed; boundary="a "', id="00131-a-space-at-its-end"),
        pytest.param("multipart/mixed; boundary=" + "a" * 71, id="00131-too-long"),
        pytest.param("multipart/mixed; boundary=é", id="00131-not-ascii"),
        pytest.param("multipart/mixed; boundary=a\x00b", id="00131-NUL"),
    ],
)
def test_a_missing_or_malformed_boundary_is_refused(content_type: str) -> None:
    with pytest.raises(MalformedMultipart) as caught:
        load_boundary(content_type)
    assert caught.value.extra["rule"] == "XAPI-00131"


def test_a_part_that_is_not_read_is_skipped() -> None:
    names = [part.headers["a"] for part in read_parts(Trickle(body_of(b"x" * 200_000, b"y"), []), B)]
    assert names == ["1", "1"]


@pytest.mark.parametrize("hostile", [b"\r\n--b-1x", b"\r\n--b-1 -", b"\r\n", b"\r\n--b-1--x", b"-", b"\r\n--b-"])
def test_hostile_content_takes_time_in_proportion_to_its_size(hostile: bytes) -> None:
    def took(size: int) -> float:
        body, before = body_of(b"x" + hostile * (size // len(hostile)) + b"x"), perf_counter()
        read(body)
        return perf_counter() - before

    small = max(min(took(100_000) for _ in range(3)), 0.002)
    assert min(took(1_600_000) for _ in range(2)) < 100 * small  # 16 times the size: 256 if every byte met every other
