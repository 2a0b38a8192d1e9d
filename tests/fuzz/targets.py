"""The readers of what others send, one target each: bytes in, and an AssertionError when a promise is broken.

Promises beyond "no crash": only documented errors; what is written is read again as the same; a second, simpler reading
agrees.  Time and memory are held to `tests.fuzz.cost`.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import UUID

from lrs import base64url, yaml_door
from lrs.clock import to_us
from lrs.config import load_settings
from lrs.errors import BadRequest, ConfigError, TooLarge, Unauthorized
from lrs.http.auth import basic_credentials
from lrs.http.more import Continuation, MoreLinks
from lrs.http.requests import _ID
from lrs.ids import SeededIds
from lrs.people.csv_file import load_csv
from lrs.prowess import Prowess
from lrs.store.server_secrets import make_server_secrets
from lrs.xapi.documents import RESOURCES, load_document_query
from lrs.xapi.duration import comparison_text, is_duration
from lrs.xapi.edit import json_text
from lrs.xapi.intake import prepare
from lrs.xapi.json_door import MAX_DEPTH, MAX_EXPONENT, MAX_NUMBER, load, load_items
from lrs.xapi.language import choose_language, is_language_tag, parse_accept_language
from lrs.xapi.lexical import find_uuid, is_iri, is_mailto, is_media_type, is_sha1, is_sha2, is_uuid
from lrs.xapi.multipart import MalformedMultipart, load_boundary, read_parts
from lrs.xapi.parameters import load_statement_query
from lrs.xapi.preconditions import load_tags
from lrs.xapi.signatures import Verdict, check_signature
from lrs.xapi.timestamp import instant, utc_text
from lrs.xapi.versions import Version, answered_version, parse_version_header
from rules.entry import attendance, samples
from rules.entry.sheet import csv_rows
from rules.language import LanguageError, canonical, load_programs
from tests.entry.desk import PROGRAMS
from tests.fuzz.traffic import ATTACHED, PROGRAM, SHEET, STATEMENTS
from tests.fuzz.values import LITERALS, TEXTS
from tests.fuzz.values import UUID as SOME_UUID
from tests.servers import sqlite_at
from tests.xapi.test_multipart import body_of, oracle, read

AUTHORITY: Final = {"objectType": "Agent", "account": {"homePage": "https://lrs.example", "name": "key:1"}}


@dataclass(frozen=True, slots=True)
class Target:
    """One reader.  check: everything that was promised of it; read: the reading alone, for `tests.fuzz.cost`.

    seeds: what to start from.  units: of what long inputs are made.  growth: how many times an input's size its reading
    may take in memory.
    """

    name: str
    check: Callable[[bytes], None]
    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    units: tuple[bytes, ...]
    growth: int = 5


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _agrees(said: bool, other: bool, what: object) -> None:
    assert said == other, f"two readings disagree: {said} and {other} of {what!r:.200}"


# JSON


class _UnfitError(ValueError):
    pass


def _second_reading(text: str) -> Any:
    """The same by the standard library's reader and a walk afterwards.  Raises ValueError."""

    def whole(digits: str) -> int:
        if len(digits) > MAX_NUMBER:
            raise _UnfitError
        return int(digits)

    def fraction(digits: str) -> Decimal:
        exponent = re.search(r"[eE][-+]?0*([0-9]*)$", digits)
        if len(digits) > MAX_NUMBER or (exponent and int(exponent[1] or 0) > MAX_EXPONENT):
            raise _UnfitError
        return Decimal(digits)

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise _UnfitError
        return dict(pairs)

    def refuse(_: str) -> None:
        raise _UnfitError

    value = json.loads(text, object_pairs_hook=members, parse_int=whole, parse_float=fraction, parse_constant=refuse)
    levels = [value]
    for _ in range(MAX_DEPTH + 1):
        for one in levels:
            for part in [one] if isinstance(one, str) else list(one) if isinstance(one, dict) else []:
                part.encode()
        levels = [part for one in levels for part in _parts(one)]
    if levels:
        raise _UnfitError
    return value


def _parts(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def _is_deep(text: str) -> bool:
    """Whether brackets may be deeper than allowed; a scalar below the last level is no level."""
    return text.count("[") + text.count("{") >= MAX_DEPTH


def _json(data: bytes) -> None:
    try:
        value = load(data)
    except BadRequest as why:
        json.dumps(why.problem())
        value = None
        is_read = False
    else:
        is_read = True
    try:
        other = _second_reading(data.decode())
    except (ValueError, RecursionError):
        is_other = False
    else:
        is_other = not data.startswith(b"\xef\xbb\xbf")
    if not _is_deep(data.decode("utf-8", "replace")):
        _agrees(is_read, is_other, data)
    if is_read:
        if is_other:
            assert value == other
        assert load(json_text(value)) == value
    _items(data, value, is_read=is_read)


def _items(data: bytes, value: Any, *, is_read: bool) -> None:
    try:
        text, items, is_array = load_items(data)
    except (BadRequest, TooLarge) as why:
        _agrees(isinstance(why, TooLarge) or not is_read, True, why)
        return
    assert is_read
    assert [item.value for item in items] == (value if is_array else [value])
    for item in items:
        for name, (at, begin, end) in (item.spans or {}).items():
            assert load("{" + text[at:end] + "}") == {name: item.value[name]}
            assert load(text[begin:end]) == item.value[name]


def _statement(data: bytes) -> None:
    for version in Version:
        try:
            batch = prepare(data, version=version, authority=AUTHORITY, new_id=lambda: UUID(int=7))
        except (BadRequest, TooLarge) as why:
            json.dumps(why.problem())
            continue
        for one in batch:
            again = prepare(one.body, version=version, authority=AUTHORITY, new_id=lambda: UUID(int=9))
            assert again.ids == (one.id,) or list(again.ids) == [one.id]


# Text forms


def _timestamp(data: bytes) -> None:
    text = _text(data)
    try:
        at = instant(text)
    except ValueError:
        at = None
    if at is not None:
        written = utc_text(text)
        assert instant(written) == at
        assert utc_text(written) == written
        assert written.endswith("Z")
    if re.fullmatch(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]{6})?(Z|\+[0-9]{2}:[0-9]{2})", text
    ):
        try:
            other = to_us(datetime.fromisoformat(text).astimezone(UTC))
        except (ValueError, OverflowError):
            other = None
        assert at == other, text


def _duration(data: bytes) -> None:
    text = _text(data)
    found = bool(is_duration(text))
    _agrees(found, _is_duration_too(text), text)
    if found:
        shorter = comparison_text(text)
        assert is_duration(shorter)
        assert comparison_text(shorter) == shorter


def _is_duration_too(text: str) -> bool:
    """Component by component."""
    if not text.startswith("P") or not text.isascii():
        return False
    date, mark, time = text[1:].partition("T")
    if mark and not time:
        return False
    found = [
        *re.findall(r"([^A-Z]*)([A-Z]?)", date),
        *[(number, f"T{unit}") for number, unit in re.findall(r"([^A-Z]*)([A-Z]?)", time)],
    ]
    found = [(number, unit) for number, unit in found if number or unit not in {"", "T"}]
    units = [unit for _, unit in found]
    order = ["Y", "M", "D", "TH", "TM", "TS"]
    if not found or (
        units != ["W"] and (any(unit not in order for unit in units) or units != sorted(set(units), key=order.index))
    ):
        return False
    return all(
        re.fullmatch(r"[0-9]+([.,][0-9]+)?", number) and (number.isdigit() or place == len(found) - 1)
        for place, (number, _) in enumerate(found)
    )


def _iri(data: bytes) -> None:
    text = _text(data)
    scheme, colon, rest = text.partition(":")
    bad = {*range(0x21), *range(0x7F, 0xA0), *range(0xD800, 0xE000)}
    is_clean = not any(ord(letter) in bad for letter in rest)
    is_scheme = scheme.isascii() and scheme[:1].isalpha() and all(one.isalnum() or one in "+.-" for one in scheme)
    _agrees(bool(is_iri(text)), bool(colon and rest and is_scheme and is_clean), text)
    parts = rest.split("@")
    _agrees(bool(is_mailto(text)), scheme == "mailto" and is_clean and len(parts) == 2 and all(parts), text)
    found = find_uuid(text)
    assert found is None or str(found) == text.lower()
    assert bool(is_uuid(text)) == (found is not None)
    for predicate in (is_media_type, is_sha1, is_sha2):
        predicate(text)


def _language(data: bytes) -> None:
    text = _text(data)
    assert is_language_tag(text) == is_language_tag(text.swapcase()) or not text.isascii()
    if is_language_tag(text):
        assert text.isascii()
        assert all(0 < len(part) <= 8 for part in text.split("-"))
    ranges = parse_accept_language(text)
    assert all(0 <= one.quality <= 1 for one in ranges)
    chosen = choose_language({"en": "a", "de-CH": "b", text: "c"}, ranges)
    assert len(chosen) == 1


# Bodies


def _multipart(data: bytes) -> None:
    try:
        found = read(data, steps=[1 + data[0] % 7, 65536]) if data else read(data)
    except MalformedMultipart:
        found = None
    if not re.search(rb"\r\n[ \t]|\r(?!\n)|(?<!\r)\n|\x00", data) and len(data) < 4_000:
        try:
            other = oracle(data, b"b-1")
        except UnicodeDecodeError:  # it wants its headers in UTF-8
            return
        if other is not None:  # it is the stricter one with headers
            assert _outlined(found) == _outlined(other)
    try:
        boundary = load_boundary(_text(data))
    except MalformedMultipart:
        return
    assert 0 < len(boundary) <= 70


def _outlined(parts: Any) -> list[Any]:
    """Names and contents: the two read letters beyond ASCII in a header differently."""
    return [(sorted(head), content) for head, content in parts or ()]


def _jws(data: bytes) -> None:
    statement = json.loads(_signed_statement())
    for version in Version:
        try:
            verdict = check_signature(data, statement, version)
        except BadRequest as why:
            json.dumps(why.problem())
            continue
        assert verdict is Verdict.WELL_FORMED, "nobody signed here"
        assert (
            b".".join(base64url.encode(base64url.decode(part.decode())).encode() for part in data.split(b".")) == data
        )


def _signed_statement() -> str:
    return STATEMENTS[0].replace("%ID%", SOME_UUID)


def _compact(header: str, payload: str) -> bytes:
    return b".".join(base64url.encode(part).encode() for part in (header.encode(), payload.encode(), bytes(256)))


def _yaml(data: bytes) -> None:
    try:
        documents = yaml_door.load(data, "fuzz.yaml")
    except ConfigError as why:
        _agrees(why.file == "fuzz.yaml", True, why)
        return
    for document in documents:
        places = list(_places(document.value))
        assert all(len(place) <= yaml_door.MAX_DEPTH for place in places)
        assert set(places) <= set(document.marks)
        if not any(isinstance(one, Decimal) or _has_no_yaml(one) for one in _leaves(document.value)):
            (again,) = yaml_door.load(json.dumps(document.value), "again") or [None]
            assert again is None or again.value == document.value


def _places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield at
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _places(part, (*at, key))


def _has_no_yaml(value: Any) -> bool:
    """Whether JSON writes it in a way that YAML does not read: a pair of surrogates."""
    return isinstance(value, str) and any(letter > "\uffff" for letter in value)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value
    for part in _parts(value):
        yield from _leaves(part)
    if not isinstance(value, dict | list):
        yield value


def _program(data: bytes) -> None:
    try:
        ruleset = load_programs(yaml_door.load(data, "fuzz.yaml"))
    except LanguageError as why:
        _agrees(all(one.file == "fuzz.yaml" and one.message for one in why.errors), True, why)
    except ConfigError:
        pass
    else:
        for program in ruleset.programs.values():
            json.dumps(canonical(program))


def _sheet(data: bytes) -> None:
    text = _text(data)
    for sheet in (attendance.SHEET, samples.SHEET):
        try:
            rows = csv_rows(sheet, text)
        except BadRequest:
            continue
        assert all(set(row.cells) <= set(sheet.columns) for row in rows if not row.flaws)


def _people(data: bytes) -> None:
    path = _directory() / "people.csv"
    path.write_bytes(data)
    try:
        load_csv(path)
    except ConfigError as why:
        _agrees(why.file == str(path), True, why)


@cache
def _directory() -> Path:
    return Path(tempfile.mkdtemp(prefix="prowess-fuzz-"))


# Headers, parameters and tokens


@cache
def _links() -> MoreLinks:
    environ = {"PROWESS_DATABASE_URL": sqlite_at(_directory() / "store.db"), "PROWESS_RUNNER_KIND": "none"}
    prowess = Prowess(load_settings(None, environ=environ))
    make_server_secrets(prowess.database, SeededIds(1))
    return MoreLinks(prowess.database, SeededIds(1))


def _more(data: bytes) -> None:
    text = _text(data)
    try:
        found = _links().read(text)
    except BadRequest:
        found = None
    assert found is None or _links().write(found) == text
    query = data.decode("utf-8", "replace")
    made = Continuation(1, query, 2, len(data))
    assert _links().read(_links().write(made)) == made


def _header(data: bytes) -> None:
    text = data.decode("latin-1")
    try:
        key, _ = basic_credentials(text)
    except Unauthorized:
        pass
    else:
        assert ":" not in key
    for name in ("If-Match", "If-None-Match"):
        try:
            tags = load_tags(name, text)
        except BadRequest:
            continue
        assert tags is not None
    try:
        version = parse_version_header(text)
    except BadRequest:
        pass
    else:
        assert answered_version(text) is version
    assert _ID.fullmatch(text) is None or len(text) <= 64
    parse_accept_language(text)


def _parameters(data: bytes) -> None:
    try:
        pairs = _parsed(data)
    except ValueError:
        return
    for ask in (load_statement_query, *(_asking(resource) for resource in RESOURCES)):
        try:
            ask(pairs)
        except BadRequest as why:
            json.dumps(why.problem())


def _asking(resource: Any) -> Callable[[Any], object]:
    return lambda pairs: load_document_query(resource, "GET", pairs)


def _quiet(*readers: Callable[[Any], object], of: Callable[[bytes], Any] = _text) -> Callable[[bytes], None]:
    """Only reads: every error is somebody else's to judge."""

    def read_all(data: bytes) -> None:
        for reader in readers:
            with suppress(Exception):
                reader(of(data))

    return read_all


def _drain(data: bytes) -> None:
    for part in read_parts(io.BytesIO(data), b"b-1"):
        for _ in part.pieces:
            pass


def _prepare(data: bytes) -> object:
    return prepare(data, version=Version.V2_0, authority=AUTHORITY, new_id=lambda: UUID(int=7))


def _sheets(text: str) -> None:
    for sheet in (attendance.SHEET, samples.SHEET):
        with suppress(BadRequest):
            csv_rows(sheet, text)


def _parsed(data: bytes) -> list[tuple[str, str]]:
    return parse_qsl(_text(data), keep_blank_values=True, errors="surrogateescape")


def _encoded(*texts: str) -> tuple[bytes, ...]:
    return tuple(text.encode("utf-8", "surrogatepass") for text in texts)


_STATEMENTS = _encoded(*(text.replace("%ID%", SOME_UUID) for text in (*STATEMENTS, ATTACHED)))
TARGETS: Final = {
    target.name: target
    for target in (
        Target(
            "json", _json, _quiet(load, load_items, of=bytes), (*_STATEMENTS, *_encoded(*LITERALS), b'{"a":[1,2.50,{"b":"\\u00e9"}],"c":null}'),
            (b'"x",', b"1", b'{"a":', b"[", b"\\u0041", b" ", b'"aaaaaaaaaaaaaaa":1,', b"1.5e3,"), 30,
        ),
        Target(
            "statements", _statement, _quiet(_prepare, of=bytes), _STATEMENTS,
            (b'{"actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"a:b"},"object":{"id":"a:b"}},', b"[", b'"a":1,'), 30,
        ),
        Target(
            "timestamps", _timestamp, _quiet(instant, utc_text), _encoded("2026-06-30T12:00:00.123Z", "20260630T1200+0530", *TEXTS[46:64]),
            (b"0", b"2026-06-30T12:00:00Z", b"9", b"."),
        ),
        Target("durations", _duration, _quiet(is_duration, comparison_text), _encoded("P1Y2M3DT4H5M6.789S", "P4W", "PT0,5S", *TEXTS[64:76]), (b"1", b"P1Y", b"T1S", b"0.")),
        Target("iris", _iri, _quiet(is_iri, is_mailto, is_uuid, is_media_type, is_sha1, is_sha2), _encoded("https://例え.jp/動詞?q=1#f", "mailto:a@b", SOME_UUID, *TEXTS[28:46]), (b"a", b":", b"@", b"a@", b"/")),
        Target(
            "languages", _language, _quiet(is_language_tag, parse_accept_language), _encoded("en-US", "zh-Hant-TW", "x-a-b", "i-klingon", "de;q=0.5, en;q=0.8, *;q=0", "sl-rozaj-biske-1994"),
            (b"a-", b"-x-a", b"en,", b"en;q=0.1,", b";q="),
        ),
        Target(
            "multipart", _multipart, _quiet(_drain, of=bytes), (body_of(b"{}", b"x\r\n"), body_of(b""), b'multipart/mixed; boundary="a b"; x=y'),
            (b"\r\n--b-1\r\n\r\nx", b"\r\n--b-", b"\r\n", b"--", b"x" * 50, b"A: b\r\n"),
        ),
        Target(
            "jws", _jws, _jws,
            tuple(
                _compact(header, _signed_statement())
                for header in ('{"alg":"RS256"}', '{"alg":"RS512","x5c":["MAA="]}', '{"alg":"none"}', '{"alg":"RS256","crit":[]}')
            ),
            (b"a", b".", b"e30.", b"="), 30,
        ),
        Target(
            "yaml", _yaml, _quiet(lambda data: yaml_door.load(data, "x"), of=bytes), (PROGRAM.encode(), b"a: &x [1, 2.5, ~]\nb: *x\n---\n- 'q'\n- |\n  t\n", b"{a: 0x1F, b: 0o7, c: .5e3}"),
            (b"a: 1\n", b"- ", b"[", b"{a: ", b"# x\n", b"*x ", b"&x ", b"'", b"x "), 400,
        ),
        Target("programs", _program, _program, (PROGRAM.encode(), PROGRAMS.encode()), (b"- x\n", b"---\nkind: activity\n", b"  a: 1\n"), 400),
        Target("sheets", _sheet, _quiet(_sheets), (SHEET.encode(), b"person;indicator;date;value\nada;near-misses;2026-06-29;3\n"), (b"a,b\n", b'"', b",", b"\n", b"x"), 60),
        Target(
            "people", _people, _people, (b"id,name,email,from,job,managers\nada,Ada,ada@x.example,2024-01-05,operator,\n", b'id;name\n"1";"x"\n'),
            (b"a,b\n", b'"', b",", b"\n", b"x"), 400,
        ),
        Target("more", _more, _quiet(lambda text: _links().read(text)), (b"AAAA", b"limit=2&agent=%7B%7D"), (b"A", b"A=", b"%")),
        Target(
            "headers", _header, _header, _encoded("Basic eDp5", '"a", W/"b"', "*", "1.0.3", "2.0.0", "en;q=0.5", "application/json; charset=utf-8"),
            (b"a", b'"a",', b"W/", b"Basic ", b",", b"1.0.", b" "),
        ),
        Target(
            "parameters", _parameters, _quiet(load_statement_query, of=_parsed),
            (b"statementId=" + SOME_UUID.encode(), b"agent=%7B%22mbox%22%3A%22mailto%3Aa%40b.c%22%7D&limit=5&since=2026-01-01T00:00:00Z&format=ids",
             b"activityId=a:b&stateId=x&agent=%7B%22openid%22%3A%22a%3Ab%22%7D&registration="),
            (b"a=b&", b"%41", b"agent=%5B", b"&", b"="), 90,
        ),
    )
}  # fmt: skip
"""By name."""
