"""Requests without end: valid ones, and the same with something changed.  Each follows from the seed and its number."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any, Final
from urllib.parse import quote, quote_plus, urlencode

from lrs.bench import traffic as bench
from tests.fuzz.corpus import statements
from tests.fuzz.installation import Form, Installation
from tests.fuzz.recipe import Recipe
from tests.fuzz.values import LITERALS, TEXTS, changed, odd_json, text

Headers = list[tuple[str, str]]

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
ADA: Final = '{"mbox":"mailto:ada@example.org"}'
DATA: Final = b"some data\r\n--b\r\n of an attachment"
SHA2: Final = hashlib.sha256(DATA).hexdigest()
_PLAIN_TARGET: Final = re.compile(r"/[A-Za-z0-9._~:/?@!$&'()*+,;=%-]{0,6000}")
_SECRET: Final = re.compile(r"@[A-Za-z0-9_-]+@")
_CONTROLS: Final = dict.fromkeys((*range(32), 127))
_HEADER_LINES: Final = ("A b: c", ": x", "A_B: c", "X: \xff\xfe", "X:\x01", " X: y", "X: a\r\n b")
_FIRST_LINES: Final = (
    "CONNECT x:1", "OPTIONS *", "PRI *", "GET //x", "GET /%", "GET /%00", "GET /../..", "GET ?", "G\x00T /", "GET /\xff",
)  # fmt: skip
_ACTIVITY: Final = '"object":{"objectType":"Activity","id":"https://lms.example/exam"}'
_START: Final = f'{{"id":"%ID%","actor":{ADA},"verb":{{"id":"http://adlnet.gov/expapi/verbs/passed"}},'
_QUIZ: Final = (
    '"object":{"id":"https://x.example/q","definition":{"interactionType":"choice","choices":[{"id":"a","description":'
    '{"en":"A"}}],"correctResponsesPattern":["a[,]b"],"extensions":{"a:b":[1,2.50,{"c":null}]}}},'
    '"result":{"response":"a","extensions":{"x:y":1e3}}}'
)
STATEMENTS: Final = tuple(
    _START + rest
    for rest in (
        _ACTIVITY + ',"result":{"success":true,"score":{"scaled":0.91},"duration":"PT1H0M30.5S"}}',
        '"object":{"objectType":"SubStatement","actor":' + ADA + ',"verb":{"id":"a:b"},' + _ACTIVITY + '},'
        '"timestamp":"2026-06-01T12:00:00.123456789+05:30"}',
        '"object":{"objectType":"StatementRef","id":"%ID%"}}',
        '"object":{"objectType":"Group","member":[' + ADA + ',{"openid":"https://x.example/1"}]},"version":"1.0.0"}',
        _QUIZ,
        _ACTIVITY + ',"context":{"registration":"%ID%","instructor":' + ADA + ',"team":{"objectType":"Group","mbox":'
        '"mailto:team@x.example"},"contextActivities":{"parent":{"id":"a:p"},"grouping":[{"id":"a:g"},{"id":"a:h"}]},"language":'
        '"en-US","platform":"p","revision":"1","statement":{"objectType":"StatementRef","id":"%ID%"}}}',
        _ACTIVITY + ',"context":{"contextAgents":[{"objectType":"contextAgent","agent":' + ADA + ',"relevantTypes":["a:b"]}],'
        '"contextGroups":[{"objectType":"contextGroup","group":{"objectType":"Group","mbox":"mailto:g@x.example"}}]}}',
        _ACTIVITY + ',"attachments":[{"usageType":"a:b","display":{"en":"x"},"contentType":"text/plain","length":'
        + str(len(DATA)) + ',"sha2":"' + SHA2 + '","fileUrl":"https://x.example/f"}]}',
    )
)  # fmt: skip
ATTACHED: Final = STATEMENTS[-1].replace(',"fileUrl":"https://x.example/f"', "")
SIGNED: Final = ATTACHED.replace("a:b", "http://adlnet.gov/expapi/attachments/signature").replace(
    "text/plain", "application/octet-stream"
)
PROGRAM: Final = """kind: certification
id: fuzzed
title: Fuzzed
version: 1
effective: 2025-01-01
timezone: site
for: {job: operator}
due: {after: assigned, within: P60D}
require: {all: [{passed: exam, min_score: 0.80}, {any: [{attended: toolbox-talk}, {kpi: near-misses, max: 5}]}]}
valid: {for: P1Y}
renew: {window: P60D, grace: P14D, basis: expiry}
"""
SHEET: Final = "person,activity,date,present,duration,credits,credit_type,instructor,ref\r\nada,toolbox-talk,2026-06-29,yes,PT1H,,,grace,r1\r\n"


class Traffic:
    """The requests of one seed to one installation."""

    def __init__(self, made: Installation, seed: int) -> None:
        self._seed = seed
        self._random = Random()
        self._pages, self._forms = made.pages, made.forms
        self._operations = [
            (method.upper(), path, operation)
            for path, methods in made.openapi["paths"].items()
            for method, operation in methods.items()
        ]
        self._texts = [body.encode() for body in STATEMENTS] + statements()
        self._kinds: tuple[tuple[int, Callable[[], Recipe]], ...] = (
            (24, self._statements),
            (18, self._search),
            (14, self._operation),
            (12, self._document),
            (7, self._alternate),
            (6, self._multipart),
            (4, self._keys),
            (4, self._entry),
            (5, self._page),
            (4, self._form),
            (5, self._mess),
        )
        self._weights = [weight for weight, _ in self._kinds]

    def recipe(self, number: int) -> Recipe:
        """The request of this number; the same each time."""
        self._random.seed(f"{self._seed}/{number}")
        (_, kind), *_ = self._random.choices(self._kinds, self._weights)
        recipe = kind()
        if self._is(0.12) and recipe.framing != "raw":
            recipe = self._disturbed(recipe)
        return recipe if _PLAIN_TARGET.fullmatch(recipe.target) else replace(recipe, is_rude=True)

    def _is(self, likelihood: float) -> bool:
        return self._random.random() < likelihood

    def _pick(self, among: Sequence[Any]) -> Any:
        return self._random.choice(among)

    def _xapi(self, *more: tuple[str, str]) -> Headers:
        key = self._pick(("@KEY@",) * 8 + ("@OWN@", "@ODD@", "@LAUNCH@", "@BI@"))
        version = self._pick(("1.0.3",) * 5 + ("2.0.0",) * 5 + ("1.0", "2.0.1", "3.0", "", "1.0.3\t", "9" * 50))
        return [("Authorization", key), ("X-Experience-API-Version", version), *more]

    # Statements

    def _statement(self) -> str:
        if self._is(0.5):
            return next(bench.statements(self._random.getrandbits(31)))
        statement = str(self._pick(STATEMENTS)).replace("%ID%", self._uuid())
        if self._is(0.1):
            statement = statement.replace("verbs/passed", "verbs/voided")
        return statement if self._is(0.2) else statement.replace("ada@", f"x{self._random.randrange(99)}@")

    def _uuid(self) -> str:
        """Of a small world now and then, so that requests meet."""
        number = self._random.getrandbits(128) if self._is(0.6) else 1 << 127 | self._random.randrange(400)
        digits = f"{number:032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"

    def _statements(self) -> Recipe:
        kind = self._random.random()
        count = self._pick((1, 1, 1, 1, 1, 2, 3, 12)) if kind < 0.995 else 200
        body = self._statement() if count == 1 else f"[{','.join(self._statement() for _ in range(count))}]"
        if kind < 0.35:
            pass
        elif kind < 0.75:
            body = odd_json(self._random, body)
        elif kind < 0.95:
            return self._statements_as(changed(self._random, body.encode(), self._texts))
        else:
            return self._statements_as(self._encoded(self._statement()))
        return self._statements_as(body.encode())

    def _statements_as(self, body: bytes) -> Recipe:
        method, target = (
            ("PUT", f"/xapi/statements?statementId={self._uuid()}") if self._is(0.2) else ("POST", "/xapi/statements")
        )
        media_type = self._pick((JSON,) * 9 + ("application/json; charset=utf-8", "text/plain", "", "Application/JSON"))
        return Recipe(
            "statements", method, target, tuple(self._xapi(("Content-Type", media_type))), body.decode("latin-1")
        )

    def _encoded(self, body: str) -> bytes:
        """In another encoding, too deep, too long, or empty."""
        kind = self._random.randrange(8)
        if kind == 0:
            return body.encode("utf-16")
        if kind == 1:
            return b"\xef\xbb\xbf" + body.encode()
        if kind == 2:
            return self._pick((b"[", b'{"a":', b'[{"a":')) * self._pick((64, 65, 1_000, 100_000))
        if kind == 3:
            return b"[" + b",".join([body.encode()] * self._pick((2, 50))) + b"]"
        if kind == 4:
            return body.encode("utf-32-le")
        if kind == 5:
            return body.replace("ada", "\u0131\u0307" * 9).encode("utf-8")
        if kind == 6:
            return body.replace('"http', '"' + "x" * self._pick((300, 70_000)) + ":").encode()
        return self._pick((b"", b" ", b"[]", b"{}", b"null", b'""', b"[null]", b"[[]]", b"0"))

    # Questions

    def _query(self, given: list[tuple[str, str]]) -> str:
        """A query string, now and then one that no library would write."""
        random = self._random
        if self._is(0.25) and given:
            kind = random.randrange(7)
            at = random.randrange(len(given))
            name, value = given[at]
            if kind == 0:
                given.append((name, value))
            elif kind == 1:
                given[at] = (name, text(random))
            elif kind == 2:
                given[at] = (self._pick((name.upper(), name + " ", text(random))), value)
            elif kind == 3:
                given[at] = (name, odd_json(random, value))
            elif kind == 4:
                return urlencode(given).replace("=", self._pick(("%3D", "==", "")), 1)
            elif kind == 5:
                return urlencode(given) + self._pick(
                    ("&", "&&=", "&%ff=%fe", "&=", ";x=1", "&a", "%", "&%00=1", "&x=%ed%a0%80")
                )
            else:
                return changed(random, urlencode(given).encode()).decode("latin-1")
        return urlencode([(name, value.encode("utf-8", "surrogatepass")) for name, value in given], quote_via=quote)

    def _search(self) -> Recipe:
        random = self._random
        kind = random.random()
        if kind < 0.15:
            given = [(self._pick(("statementId", "voidedStatementId")), self._uuid())]
        else:
            base = bench._questions(random)[self._pick(bench.QUESTIONS)]
            given = [("limit", self._pick(("1", "10", "50"))), *base.items()] if self._is(0.9) else list(base.items())
            if self._is(0.3):
                given.append(("agent", ADA)) if "agent" not in base else given.append(("registration", self._uuid()))
        if self._is(0.3):
            given.append(("format", self._pick(("exact", "ids", "canonical"))))
        if self._is(0.1):
            given.append(("attachments", "true"))
        headers = self._xapi()
        if self._is(0.2):
            headers.append(
                ("Accept-Language", self._pick(("en", "de;q=0.5,en", "*", "x" * 900, ";q=", "en;q=9", ",,,", "é")))
            )
        return Recipe(
            "search", self._pick(("GET",) * 9 + ("HEAD",)), self._to("/xapi/statements", given), tuple(headers)
        )

    def _to(self, path: str, given: list[tuple[str, str]]) -> str:
        target = f"{path}?{self._query(given)}"
        return target if "\n" not in target and " " not in target else target.replace("\n", "%0A").replace(" ", "+")

    def _operation(self) -> Recipe:
        """Any operation of the OpenAPI document with any values."""
        method, path, operation = self._pick(self._operations)
        given: list[tuple[str, str]] = []
        headers = [("Authorization", "@KEY@"), ("X-Experience-API-Version", self._pick(("1.0.3", "2.0.0")))]
        for one in operation["parameters"]:
            if "$ref" in one:
                continue
            if one["in"] == "path":
                path = path.replace(f"{{{one['name']}}}", self._of_path(one["name"]))
            elif one.get("required") or self._is(0.4):
                (given if one["in"] == "query" else headers).append((one["name"], self._value(one)))
        body, kinds = "", operation.get("requestBody", {}).get("content", {})
        if kinds:
            media_type = self._pick(list(kinds))
            headers.append(("Content-Type", media_type))
            body = json.dumps(self._of_schema(kinds[media_type]["schema"]), ensure_ascii=self._is(0.5))
            body = odd_json(self._random, body) if self._is(0.3) else body
        if self._is(0.08):
            method = self._pick(("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "BREW", "get"))
        if self._is(0.3):
            headers.append(
                (
                    "Accept",
                    self._pick(("text/html", "text/plain", "*/*", "image/svg+xml", "text/csv", ";", "a/b;q=x", "*")),
                )
            )
        sent = tuple((name, self._header(value)) for name, value in headers)
        return Recipe(
            "operation", method, self._to(path, given), sent, body.encode("utf-8", "surrogatepass").decode("latin-1")
        )

    def _of_path(self, name: str) -> str:
        known = {
            "token": ("@MORE@", "@MORE@x", "AAAA"),
            "id": (self._uuid(),),
            "person_id": ("ada", "bob"),
            "program_id": ("yard",),
        }
        value = self._pick(
            (
                *known.get(name, ("compliance-overview", "standing.csv", "transcript.svg", "fuzz-x")),
                text(self._random)[:3_000],
            )
        )
        if _SECRET.fullmatch(value):
            return value
        return quote(value.encode("utf-8", "surrogatepass"), safe=self._pick(("", "/")))

    def _value(self, one: dict[str, Any]) -> str:
        if self._is(0.35):
            return text(self._random)
        if "content" in one:
            return ADA
        schema = one["schema"]
        if "enum" in schema:
            return str(self._pick(schema["enum"]))
        known = {"uuid": self._uuid(), "iri": "https://lms.example/exam", "date-time": "2026-06-30T12:00:00Z"}
        return str(
            known.get(schema.get("format"))
            or {"boolean": "true", "integer": "7"}.get(str(schema.get("type")))
            or self._pick(TEXTS[:40])
        )

    def _of_schema(self, schema: Any, depth: int = 0) -> Any:
        """A value that fits a schema more or less."""
        if not isinstance(schema, dict) or depth > 4 or self._is(0.05):
            return self._pick((None, True, 0, -1.5, "", [], {}, text(self._random), [[]], 10**30))
        if "$ref" in schema:
            return json.loads(self._statement() if schema["$ref"].endswith("Statement") else ADA)
        if "anyOf" in schema:
            return self._of_schema(self._pick(schema["anyOf"]), depth)
        if "enum" in schema:
            return self._pick(schema["enum"])
        kind = schema.get("type")
        kind = self._pick(kind) if isinstance(kind, list) else kind
        if kind == "object":
            needed = schema.get("required", ())
            return {
                name: self._of_schema(one, depth + 1)
                for name, one in schema.get("properties", {}).items()
                if name in needed or self._is(0.5)
            }
        if kind == "array":
            return [self._of_schema(schema.get("items"), depth + 1) for _ in range(self._pick((0, 1, 1, 2, 5)))]
        if kind == "integer":
            return self._pick((0, 1, 50, 3600, -1, 2**63, 10**25))
        return {"boolean": True, "number": 1.5, "null": None}.get(str(kind), text(self._random))

    def _header(self, value: str) -> str:
        """A value as a header may carry it; what HTTP forbids there is for `_mess`."""
        return value.encode("utf-8", "replace").decode("latin-1").translate(_CONTROLS)[:6_000]

    # Documents

    def _document(self) -> Recipe:
        kind = self._pick(("state", "agents", "activities"))
        path = {
            "state": "/xapi/activities/state",
            "agents": "/xapi/agents/profile",
            "activities": "/xapi/activities/profile",
        }[kind]
        given = [("activityId", self._pick(("https://lms.example/exam", "a:b")))] if kind != "agents" else []
        given += [("agent", ADA)] if kind != "activities" else []
        if self._is(0.85):
            given.append(
                ("stateId" if kind == "state" else "profileId", self._pick(("a", "b", "bookmark", *TEXTS[:60])))
            )
        if kind == "state" and self._is(0.3):
            given.append(("registration", self._uuid()))
        method = self._pick(("GET", "PUT", "POST", "DELETE", "HEAD", "GET", "PUT", "POST"))
        if self._is(0.1):
            given.append(("since", self._pick(("2026-01-01T00:00:00Z", text(self._random)))))
        headers = self._xapi()
        body = b""
        if method in {"PUT", "POST"}:
            headers.append(
                (
                    "Content-Type",
                    self._pick(
                        (JSON, JSON, JSON, "text/plain", "application/octet-stream", "x", text(self._random)[:90])
                    ),
                )
            )
            body = self._pick(
                (
                    b'{"a":1}',
                    b'{"b":{"c":[1.50]}}',
                    b"x",
                    b"",
                    b"[]",
                    self._pick(LITERALS).encode(),
                    b'{"a":' + b"9" * 390 + b"}",
                )
            )
            if self._is(0.3):
                body = changed(self._random, body, self._texts)
        if self._is(0.6):
            tag = self._pick(
                ("*", '"' + "0" * 40 + '"', 'W/"x"', "x", '"a", "b"', "", ",", '"', "é", text(self._random)[:200])
            )
            headers.append((self._pick(("If-Match", "If-None-Match")), tag))
        sent = tuple((name, self._header(value)) for name, value in headers)
        return Recipe("document", method, self._to(path, given), sent, body.decode("latin-1"))

    def _alternate(self) -> Recipe:
        real = self._pick((self._search, self._statements, self._document))()
        path, _, query = real.target.partition("?")
        fields = [f"{name}={quote_plus(value.encode('latin-1'), safe='@')}" for name, value in real.headers]
        fields += [query] if query else []
        if real.body:
            fields.append(f"content={quote_plus(real.body.encode('latin-1'))}")
        self._random.shuffle(fields)
        body = "&".join(fields)
        if self._is(0.2):
            body = changed(self._random, body.encode()).decode("latin-1")
        method = self._pick((real.method,) * 9 + ("BREW", "", "get", "PATCH"))
        target = f"{path}?method={method}" + self._pick(("",) * 9 + ("&limit=1", "&method=GET"))
        headers = (("Content-Type", self._pick((FORM,) * 9 + (JSON, f"{FORM}; charset=x"))), ("Authorization", "@KEY@"))
        return Recipe("alternate", "POST", target, headers[: self._pick((1, 2))], body)

    def _multipart(self) -> Recipe:
        random = self._random
        boundary = self._pick(("b", "b", "b", "x y", "=-", "b" * 70, "b" * 71, 'b"', ""))
        statement = self._pick((ATTACHED, ATTACHED, SIGNED, STATEMENTS[0])).replace("%ID%", self._uuid())
        data = DATA
        if statement.count("octet-stream"):
            data = self._jws(statement)
            statement = statement.replace(SHA2, hashlib.sha256(data).hexdigest()).replace(
                f'"length":{len(DATA)}', f'"length":{len(data)}'
            )
        sha2 = hashlib.sha256(data).hexdigest()
        said = self._pick((sha2,) * 7 + ("0" * 64, sha2.upper(), "x", hashlib.sha512(data).hexdigest()))
        head = self._pick(
            ("Content-Type: application/json",) * 6
            + ("Content-Type: text/plain", "X: y", "Content-Type application/json")
        )
        part = f"Content-Type: text/plain\r\nContent-Transfer-Encoding: {self._pick(('binary', 'binary', 'base64', ''))}\r\nX-Experience-API-Hash: {said}"
        body = f"--{boundary}\r\n{head}\r\n\r\n{statement}\r\n".encode()
        for _ in range(self._pick((1, 1, 1, 1, 0, 2, 120))):
            body += f"--{boundary}\r\n{part}\r\n\r\n".encode() + data + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        if self._is(0.4):
            body = changed(random, body, [body])
        content_type = f"multipart/mixed; boundary={self._pick((boundary, json.dumps(boundary), boundary + ' '))}"
        headers = self._xapi(("Content-Type", self._header(content_type if self._is(0.9) else text(random))))
        return Recipe("multipart", "POST", "/xapi/statements", tuple(headers), body.decode("latin-1"))

    def _jws(self, statement: str) -> bytes:
        unsigned = statement.partition(',"attachments"')[0] + "}"
        header = self._pick(
            (
                '{"alg":"RS256"}',
                '{"alg":"none"}',
                '{"alg":"RS512","x5c":["MAA="]}',
                '{"alg":"RS256","x5c":[1]}',
                "[]",
                "{",
            )
        )
        unsigned = odd_json(self._random, unsigned) if self._is(0.3) else unsigned
        parts = (header.encode(), unsigned.encode("utf-8", "surrogatepass"), bytes(256))
        jws = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
        return changed(self._random, jws) if self._is(0.3) else jws

    # What administrators do

    def _keys(self) -> Recipe:
        name = self._pick(("a", "b", "fuzz-x", "Ä", *TEXTS[:80]))
        where = quote(name.encode("utf-8", "surrogatepass"), safe=self._pick(("", "/")))
        method, path, body = self._pick(
            (
                (
                    "POST",
                    "/api/v1/keys",
                    {"name": name, "scopes": self._pick((["all"], ["state"], [], ["x"], None, "all"))},
                ),
                ("POST", "/api/v1/keys", {"name": name + self._uuid(), "expires": self._pick(TEXTS)}),
                (
                    "PATCH",
                    f"/api/v1/keys/{where}",
                    {"expires": self._pick((None, "P1D", *TEXTS)), "missing_ids": "content"},
                ),
                ("POST", f"/api/v1/keys/{where}/rotate", {"keep_old": self._pick((None, "P1D", 1, *TEXTS))}),
                ("DELETE", f"/api/v1/keys/{where}", None),
                ("GET", f"/api/v1/keys/{where}", None),
                (
                    "GET",
                    f"/api/v1/quarantine?{urlencode({'before': self._pick(TEXTS[:60]), 'state': self._pick(('all', 'waiting', 'x'))})}",
                    None,
                ),
                ("PUT", f"/api/v1/quarantine/{self._uuid()}", {"actor": 1}),
                (
                    "POST",
                    "/api/v1/launches",
                    {
                        "actor": json.loads(ADA),
                        "activity": self._pick(TEXTS),
                        "expires_in": self._pick((1, 0, 10**9, 1.5, "1", None)),
                    },
                ),
                (
                    "POST",
                    "/api/v1/launches",
                    {
                        "actor": self._pick((1, [], {}, {"mbox": self._pick(TEXTS)})),
                        "activity": "a:b",
                        "registration": self._pick(TEXTS),
                    },
                ),
            )
        )
        text_ = "" if body is None else json.dumps(body)
        text_ = odd_json(self._random, text_) if text_ and self._is(0.3) else text_
        headers = (("Authorization", self._pick(("@KEY@", "@KEY@", "@OWN@"))), ("Content-Type", JSON))
        return Recipe("keys", method, path, headers, text_.encode("utf-8", "surrogatepass").decode("latin-1"))

    def _entry(self) -> Recipe:
        pick, draw = self._pick, lambda: text(self._random)
        row = {
            "person": pick(("ada", "bob", draw())),
            "activity": pick(("toolbox-talk", draw())),
            "date": pick(("2026-06-29", "2026-06-29T10:00", draw())),
        }
        row |= {
            name: draw()
            for name in ("present", "duration", "credits", "credit_type", "instructor", "ref", "x")
            if self._is(0.2)
        }
        sample = {
            "person": "ada",
            "indicator": "near-misses",
            "date": pick(("2026-06-29", draw())),
            "value": pick((3, "2.5", -1, 10**30, 1.5e300, draw())),
        }
        act = {"act": pick(("waive", "grant", "revoke", "extend", "exempt", "reinstate", "assign", draw())), "person": "ada", "program": pick(("yard", "forklift", draw())),
               "reason": pick(("because", draw())), "by": pick((None, "grace", draw()))}  # fmt: skip
        act |= {
            name: pick((["talk"], "2026-12-31", "P30D", draw(), None))
            for name in ("criteria", "until", "for", "due_on", "ref")
            if self._is(0.3)
        }
        path, body = pick(
            (
                ("/api/v1/attendance", {"attendance": [row] * pick((1, 1, 2, 300))}),
                ("/api/v1/kpi-samples", {"samples": [sample]}),
                ("/api/v1/acts", act),
            )
        )
        said = json.dumps(body)
        said = odd_json(self._random, said) if self._is(0.3) else said
        headers = (("Authorization", pick(("@KEY@", "@KEY@", "@OWN@", "@ODD@"))), ("Content-Type", JSON))
        return Recipe("entry", "POST", path, headers, said.encode("utf-8", "surrogatepass").decode("latin-1"))

    # Pages

    def _visitor(self) -> tuple[str, Headers]:
        """Who looks, and the headers of a browser."""
        name = self._pick(("ROOT",) * 7 + ("GRACE", "GRACE", "NOBODY"))
        headers = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")]
        if name != "NOBODY":
            headers.append(("Cookie", f"@{name}@"))
        elif self._is(0.5):
            headers.append(("Cookie", self._header(f"prowess_session={text(self._random)}")))
        return name, headers

    def _page(self) -> Recipe:
        _, headers = self._visitor()
        path, _, query = self._pick(self._pages).partition("?")
        if self._is(0.5):
            form = self._pick(self._forms)
            if form.kind == "get":
                path = form.action.partition("?")[0]
                given = [
                    (one, value if self._is(0.6) else text(self._random))
                    for one, value in form.fields.items()
                    if self._is(0.7)
                ]
                return Recipe("page", "GET", self._to(path, given), tuple(headers))
        if self._is(0.3):
            steps = path.split("/")
            steps[self._random.randrange(1, len(steps))] = quote(
                text(self._random)[:2_000].encode("utf-8", "surrogatepass"), safe=""
            )
            path = "/".join(steps)
        if self._is(0.3):
            query += self._pick(
                (
                    "&as_of=",
                    "&live=",
                    "&limit=",
                    "&cursor=",
                    "&sort=",
                    "&before=",
                    "&after=",
                    "&name=",
                    "&days=",
                    "&state=",
                    "&file=",
                    "&known_at=",
                    "&",
                )
            ) + quote(text(self._random).encode("utf-8", "surrogatepass"), safe="")
        return Recipe("page", self._pick(("GET",) * 15 + ("HEAD", "POST")), f"{path}?{query}", tuple(headers))

    def _form(self) -> Recipe:
        posts = [form for form in self._forms if form.kind == "post"]
        name, headers = self._visitor()
        form: Form = self._pick(posts)
        if form.action == "/sign-out":
            name = "NOBODY"  # whoever signed out could look at nothing more
        if self._is(0.02):
            return self._sign_in(headers)
        fields = {
            one: self._filling(one, value) if one != "csrf" else self._token(name)
            for one, value in form.fields.items()
            if self._is(0.97)
        }
        if self._is(0.1):
            fields[self._pick(("x", "ref", "next", "note"))] = text(self._random)
        if form.files or self._is(0.05):
            return self._uploaded(form, fields, headers)
        body = urlencode({one: value.encode("utf-8", "surrogatepass") for one, value in fields.items()}, safe="@")
        if self._is(0.1):
            body = changed(self._random, body.encode()).decode("latin-1")
        headers.append(("Content-Type", FORM))
        return Recipe("form", "POST", form.action, tuple(headers), body)

    def _token(self, name: str) -> str:
        return f"@CSRF_{name}@" if name != "NOBODY" and self._is(0.9) else self._pick(("", "x", "0" * 64, "é"))

    def _filling(self, name: str, value: str) -> str:
        if name == "text":
            return changed(self._random, PROGRAM.encode()).decode("utf-8", "replace") if self._is(0.8) else PROGRAM
        if name == "nonce" and self._is(0.8):
            return self._uuid().replace("-", "")
        kind = self._random.random()
        if kind < 0.5:
            return value or self._pick(("because", "2026-06-30", "7", "Board"))
        return (
            str(self._pick(("2026-06-30", "2026-12-31", "P30D", "5", "met", "not-yet", "ada", "bob", "exam")))
            if kind < 0.7
            else text(self._random)
        )

    def _uploaded(self, form: Form, fields: dict[str, str], headers: Headers) -> Recipe:
        sheet = changed(self._random, SHEET.encode()) if self._is(0.6) else SHEET.encode()
        content = self._pick(
            (
                sheet,
                sheet,
                b"%PDF-1.7 x",
                b"\x89PNG\r\n\x1a\n",
                b"",
                b"\xff\xd8\xff\xe0",
                b"x" * 70_000,
                SHEET.encode("utf-16"),
            )
        )
        boundary = "fuzz"
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{one}"\r\n\r\n{value}\r\n'.encode(
                "utf-8", "surrogatepass"
            )
            for one, value in fields.items()
        ]
        file_name = self._pick(("a.csv", "../../x", "é.pdf", "", 'a"b', "x" * 500, "a\0b", "CON"))
        for one in form.files or ("file",):
            parts.append(
                f'--{boundary}\r\nContent-Disposition: form-data; name="{one}"; filename="{file_name}"\r\n\r\n'.encode()
                + content
                + b"\r\n"
            )
        body = b"".join(parts) + f"--{boundary}--\r\n".encode()
        if self._is(0.15):
            body = changed(self._random, body, [body])
        headers.append(("Content-Type", f"multipart/form-data; boundary={boundary}"))
        return Recipe("form", "POST", form.action, tuple(headers), body.decode("latin-1"))

    def _sign_in(self, headers: Headers) -> Recipe:
        """Without a form's own cookie and token: a password is looked at for those only who bring them."""
        body = urlencode(
            {
                "csrf": self._pick(("x", "")),
                "username": self._pick(("root", "x\0", "é")),
                "password": "x",
                "next": self._pick(TEXTS[:80]),
            }
        )
        return Recipe("form", "POST", "/sign-in", (*headers, ("Content-Type", FORM)), body)

    # HTTP itself

    def _disturbed(self, recipe: Recipe) -> Recipe:
        """The same request with another coding of its body, other headers or another way of telling its length."""
        random, body = self._random, recipe.body.encode("latin-1")
        kind = random.randrange(9)
        if kind == 0:
            return replace(recipe, framing="chunked")
        if kind <= 2:
            packed = self._pick(
                (
                    gzip.compress(body),
                    zlib.compress(body),
                    gzip.compress(body) * 2,
                    gzip.compress(body)[:-3],
                    gzip.compress(bytes(2_000_000)),
                )
            )
            packed = changed(random, packed) if self._is(0.2) else packed
            coding = self._pick(("gzip", "gzip", "gzip", "x-gzip", "deflate", "br", "identity", "gzip, gzip", "é"))
            return replace(
                recipe, headers=(*recipe.headers, ("Content-Encoding", coding)), body=packed.decode("latin-1")
            )
        if kind == 3:
            name = self._pick(("Accept", "Accept-Encoding", "Accept-Language", "X-Request-ID", "Origin", "Cookie", "If-Match", "If-None-Match", "Range", "Expect-CT",
                               "X-HTTP-Method-Override", "X-Forwarded-For", "Content-Encoding", "If-Modified-Since", "X-CSRF-Token", "Sec-Fetch-Site"))  # fmt: skip
            return replace(recipe, headers=(*recipe.headers, (name, self._header(text(random)))))
        if kind == 4:
            credentials = self._pick(
                (
                    "Basic",
                    "Basic ",
                    "Basic é",
                    "Basic " + base64.b64encode(b"\xff:x").decode(),
                    "Basic eDp5",
                    "Basic eA==",
                    "Bearer x",
                    "Basic @KEY@",
                    "basic  eDp5",
                    "é",
                    "Basic ===",
                    "Basic " + "A" * 5_000,
                )
            )
            kept = [(name, value) for name, value in recipe.headers if name != "Authorization"]
            return replace(recipe, headers=(("Authorization", self._header(credentials)), *kept))
        if kind == 5 and recipe.headers:
            dropped = random.randrange(len(recipe.headers))
            return replace(recipe, headers=(*recipe.headers[:dropped], *recipe.headers[dropped + 1 :]))
        if kind == 6 and recipe.headers:
            return replace(recipe, headers=(*recipe.headers, self._pick(recipe.headers)))
        if kind == 7:
            version = self._header(
                self._pick(("1.0.3", "2.0.0", "1", "2.0.0, 1.0.3", "", "é", "٣.0.0", "1.0." + "9" * 4_000))
            )
            return replace(recipe, headers=(*recipe.headers, ("X-Experience-API-Version", version)))
        return replace(recipe, target=self._safe(changed(random, recipe.target.encode())), is_rude=True)

    def _safe(self, target: bytes) -> str:
        """A target that stays one word of the first line."""
        kept = bytes(byte for byte in target if byte > 32 and byte != 127)
        return ("/" + kept.lstrip(b"/").decode("latin-1"))[:7_000]

    def _mess(self) -> Recipe:
        """What is hardly HTTP, on a connection of its own."""
        auth = "Authorization: @KEY@\r\nX-Experience-API-Version: 1.0.3\r\nContent-Type: application/json\r\n"
        body = STATEMENTS[0].replace("%ID%", self._uuid())
        head = f"POST /xapi/statements HTTP/1.1\r\nHost: x\r\n{auth}"
        wrong = self._pick(
            (
                f"{head}Content-Length: {len(body) + 9}\r\n\r\n{body}",
                f"{head}Content-Length: {len(body) - 9}\r\n\r\n{body}",
                f"{head}Content-Length: -1\r\n\r\n{body}",
                f"{head}Content-Length: {'9' * self._pick((5, 12, 30, 5_000))}\r\n\r\n{body}",
                f"{head}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{body}",
                f"{head}Content-Length: {len(body)}\r\nTransfer-Encoding: chunked\r\n\r\n{body}",
                f"{head}Transfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n{body}\r\n0\r\n",
                f"{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n{body}\r\n0\r\n\r\n",
                f"{head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n{body}",
                f"{head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                f"{head}Transfer-Encoding: identity\r\n\r\n{body}",
                f"{head}Transfer-Encoding: chunked\r\n\r\n{len(body):x};a=b\r\n{body}\r\n0\r\nX-T: 1\r\n\r\n",
                f"{head}Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n{body}",
                f"{head}Upgrade: websocket\r\nConnection: upgrade\r\nContent-Length: {len(body)}\r\n\r\n{body}",
                "GET /xapi/about HTTP/1.0\r\n\r\n",
                "GET http://other.example/xapi/about HTTP/1.1\r\nHost: x\r\n\r\n",
                f"GET /xapi/about HTTP/1.1\r\nHost: {self._pick(('', 'a b', '[::1', 'x:99999', 'é', 'a,b', '../'))}\r\n\r\n",
                "GET /xapi/about HTTP/1.1\r\n\r\n",
                f"GET /xapi/{'a' * self._pick((4_000, 70_000))} HTTP/1.1\r\nHost: x\r\n\r\n",
                f"GET /xapi/about HTTP/1.1\r\nHost: x\r\nX: {'a' * self._pick((9_000, 500_000))}\r\n\r\n",
                "GET /xapi/about HTTP/1.1\r\nHost: x\r\n" + "X: y\r\n" * self._pick((50, 101, 3_000)) + "\r\n",
                f"GET /xapi/about HTTP/1.1\r\nHost: x\r\n{self._pick(_HEADER_LINES)}\r\n\r\n",
                f"{self._pick(_FIRST_LINES)} HTTP/1.1\r\nHost: x\r\n\r\n",
                f"GET /xapi/statements?{self._pick(('%', '%zz', 'a=%ff', '?', '#', chr(0x5C), 'limit=1;limit=2'))} HTTP/1.1\r\nHost: x\r\n{auth}\r\n",
                "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "\r\n\r\n", "GET", "HTTP/1.1 200 OK\r\n\r\n",
            )
        )  # fmt: skip
        if self._is(0.2):
            wrong = changed(self._random, wrong.encode("latin-1", "replace")).decode("latin-1")
        raw = wrong.encode("latin-1", "replace").decode("latin-1")
        return Recipe(
            "mess", raw.split(" ")[0][:10], raw.split(" ")[1][:80] if " " in raw else "", (), raw, "raw", is_rude=True
        )
