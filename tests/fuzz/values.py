"""Values that readers stumble over, and texts changed at random: all that is drawn here follows from its `Random`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from random import Random
from typing import Final

UUID: Final = "5b1d1d4e-5ad1-4d1e-8d51-1f1d1d1d1d1d"
LITERALS: Final = (
    "NaN", "-Infinity", "1e99999", "1E-0099999", "1" * 401, "-0", "0.1e400", "1e400", "01", "-", "+1", ".5", "9" * 400,
    '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\ud83d\\ude00"', '"\\x"', '"', "'a'", "null", "true", "tru", "{}",
    "[]", "[" * 64, "[" * 64 + "]" * 64, "[" * 65 + "]" * 65, '{"a":' * 70, "[" * 3_000, '{"a":1,"a":2}', "/*x*/", "\x00",
    "\x1f", "\ufeff", "\u2028", "[1,]", '{"a"}', "1 2", "0x10", '"\t"', "1e5", "0.30", '"0"', "-1", "2147483648",
    "9223372036854775808", "1" * 30,
)  # fmt: skip
"""Pieces of JSON, of what nearly is, and of what is only just."""

TEXTS: Final = (
    "", " ", "x", "\0", "a\nb", "a\rb", "\t", "é", "日本", "😀", "\ufeff", "\u202e", "x" * 300, "../../etc/passwd", "%00", "%ff",
    "%", "{}", "[]", "null", "true", "false", "-1", "0", "1", "1e9", "999999999999999999", "1" * 20, "1" * 5_000, "٣", "²",
    "'; drop table x--", "<script>alert(1)</script>", "{{7*7}}", "${HOME}", "=1+1", "@x", "a:b", "a:", ":", "urn:x", "http://",
    "http://[", "http://[::1", "http://x y", "https://例え.jp/動詞?q=1#f", "mailto:", "mailto:a", "mailto:a@b", "mailto:a@b@c",
    "x@y", UUID, UUID.upper(), "{" + UUID + "}", "urn:uuid:" + UUID, UUID[:-1], "0" * 32, "1970-01-01", "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:60Z",
    "9999-12-31T23:59:59-23:59", "2026-02-30T00:00:00Z", "2026-06-30T12:00:00.1234567890123456789Z", "2026-06-30T24:00:00Z",
    "2026-06-30T12:00:00-00:00", "20260630T120000Z", "2026-W27-2", "2026-06-30 12:00:00", "9999-12-31", "0001-01-01",
    "10000-01-01", "2026-13-01", "P1Y", "P", "PT", "P1Y2M3DT4H5M6.789S", "PT1E5S", "P9999Y", "P99999D", "-P1D", "PT999999999S",
    "en", "en-US", "x-a", "en-a-bb-a-cc", "i-klingon", "a" * 2_001, '{"mbox":"mailto:ada@example.org"}',
    '{"account":{"homePage":"https://lms.example","name":"17"}}', '{"mbox":"mailto:a@b","openid":"a:b"}', '{"mbox":"\\ud800"}',
    '{"objectType":"Group","member":[]}', "[" * 100_000, '{"a":' * 2_000, "exact", "ids", "canonical", "(none)", "2026-06-30",
    "name", "-name", "ada", "grace", "forklift", "yard", "exam", "CON", "a/b", "a//b", "/", "..", ".", "a.csv", "a.b.c",
)  # fmt: skip
"""Values of parameters, fields and headers."""

TOKENS: Final = re.compile(r'"(?:\\.|[^"\\])*"|-?[0-9][0-9.eE+-]*|true|false|null|[{}\[\],:]')
_BYTES: Final = (
    b"\x00", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xff\xfe", b"\r\n", b"\r", b"\n", b"\r\n\r\n", b"--",
    b"[" * 200, b"{" * 200, b'"', b"\\", b"\\u", b"\\ud800", b"%", b"&", b"=", b";", b",", b":", b"0" * 400, b"9" * 50, b"-", b"+",
    b".", b"e", b"e99999", b"T", b"Z", b"P", b"*", b"&a ", b"*a", b"!!", b"<<: ", b"|", b">", b"#", b"\t", b" " * 30, b"a" * 300,
    b"\xe2\x80\xa8", b"\xf0\x9f\x98\x80", b"\xd9\xa3",
)  # fmt: skip


def text(random: Random) -> str:
    """A value as it may stand in a parameter: one of those that are known to be hard, now and then something else."""
    kind = random.random()
    if kind < 0.8:
        return random.choice(TEXTS)
    if kind < 0.9:
        return "".join(chr(random.choice((random.randrange(128), random.randrange(0xD7FF)))) for _ in range(9))
    return random.choice(TEXTS)[:200] + random.choice(TEXTS)[:200]


def changed(random: Random, body: bytes, others: Sequence[bytes] = ()) -> bytes:
    """Bytes with a few changes that know nothing of their form.  others: whose pieces may come in."""
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        at = random.randrange(len(body) + 1)
        to = min(len(body), at + random.choice((1, 1, 2, 8, 60)))
        kind = random.randrange(8)
        if kind == 0 and at < len(body):
            body = body[:at] + bytes([body[at] ^ 1 << random.randrange(8)]) + body[at + 1 :]
        elif kind == 1:
            body = body[:at] + body[to:]
        elif kind == 2:
            body = body[:at] + body[at:to] * random.choice((2, 3, 50)) + body[to:]
        elif kind == 3:
            body = body[:at]
        elif kind == 4 and others:
            other = random.choice(others)
            cut = random.randrange(len(other) + 1)
            body = body[:at] + other[cut:]
        elif kind == 5:
            body = body[:at] + bytes(random.randrange(256) for _ in range(random.choice((1, 2, 4)))) + body[to:]
        else:
            body = body[:at] + random.choice(_BYTES) + body[random.choice((at, to)) :]
    return body


def odd_json(random: Random, body: str) -> str:
    """JSON with a few of its tokens exchanged, doubled or gone."""
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        tokens = list(TOKENS.finditer(body))
        if not tokens:
            return body + random.choice(LITERALS)
        found = random.choice(tokens)
        kind = random.randrange(6)
        if kind <= 2:
            new = random.choice(LITERALS)
        elif kind == 3:
            new = json.dumps(text(random))
        elif kind == 4:
            new = random.choice(tokens)[0]
        else:
            new = random.choice(("", found[0] + "," + found[0]))
        body = body[: found.start()] + new + body[found.end() :]
    return body
