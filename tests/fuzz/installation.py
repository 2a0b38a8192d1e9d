"""A real `prowess serve` process with people, programs, accounts and a stand-in LMS, and what a visitor finds there."""

from __future__ import annotations

import base64
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import requests

from lrs.jobs import LANES
from tests.entry.desk import PASSWORD, furnish
from tests.journey.house import House, Process, house_in
from tests.web.browser import Browser, Page, close_clients

_RESIDENT = re.compile(r"Vm(RSS|HWM):\s+([0-9]+) kB")
_ID = re.compile(r"[0-9a-f-]{36}")
_PLACE = re.compile(r'/((?:lrs|rules|connectors|reports)/[^"]+)", line ([0-9]+)')
_OF_A_KIND = 1
_PATIENCE = 60
_USUAL = {"person": "ada", "date": "2026-06-30", "as_of": "2026-06-30", "known_at": "2026-06-30"}


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a page, with what it would send if nobody touched it."""

    action: str
    kind: str
    fields: dict[str, str]
    files: tuple[str, ...] = ()


@dataclass
class Installation:
    """What is needed to ask it anything.  secrets: what `@NAME@` in a recipe stands for."""

    house: House
    process: Process
    openapi: dict[str, Any]
    secrets: dict[str, str]
    pages: list[str] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.process.url.rpartition(":")[2])

    def memory(self) -> tuple[int, int]:
        """Resident MB of the serving process now, and at its highest."""
        told = Path(f"/proc/{self.process.popen.pid}/status").read_text()
        found = {name: int(size) // 1024 for name, size in _RESIDENT.findall(told)}
        return found["RSS"], found["HWM"]

    def work(self) -> float:
        """Seconds of a processor that the serving process took so far."""
        times = Path(f"/proc/{self.process.popen.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")

    def is_alive(self) -> bool:
        return self.process.popen.poll() is None

    def faults(self) -> Counter[str]:
        """What its log tells of things that nobody foresaw: the error and where it came from."""
        lines = self.process.log.read_text("utf-8", "replace").splitlines()
        return Counter(_fault(line) for line in lines if "Traceback" in line or "panicked" in line)


@contextmanager
def installation(directory: Path, database: str) -> Iterator[Installation]:
    """A furnished installation that serves; it is stopped and closed afterwards."""
    with house_in(directory, database) as house:
        prowess = house.prowess
        furnish(prowess)
        secrets = {}
        scopes = {"KEY": ["all"], "OWN": ["statements/write", "statements/read/mine"], "BI": ["reports"]}
        for name, held in scopes.items():
            secrets[name] = _basic(*_made(prowess.credentials.create(f"fuzz-{name}", held)))
        odd = {"bad_statements": "quarantine", "missing_ids": "content"}
        secrets["ODD"] = _basic(*_made(prowess.credentials.create("fuzz-odd", ["all"], **odd)))
        prowess.work.drain(LANES[0])
        process = house.serve(PROWESS_LOG_LEVEL="error", PROWESS_SERVER_PUBLIC_URL="http://fuzz.example")
        api = requests.get(f"{process.url}/openapi.json", timeout=20).json()
        made = Installation(house, process, api, secrets)
        _send_something(made)
        _sign_in(made)
        yield made
        close_clients()
        process.stop(seconds=_PATIENCE)


def _fault(line: str) -> str:
    try:
        told = str(json.loads(line)["exception"])
    except (ValueError, KeyError):
        return line
    places = _PLACE.findall(told)
    return f"{told.splitlines()[-1][:200]} at {places[-1] if places else '?'}"


def _made(pair: tuple[Any, Any]) -> tuple[str, str]:
    credential, secret = pair
    return credential.key, str(secret)


def _basic(key: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


def _send_something(made: Installation) -> None:
    """Some statements, a `more` link to follow and a launch to speak for."""
    url, everything = made.process.url, {"Authorization": made.secrets["KEY"], "X-Experience-API-Version": "1.0.3"}
    actor = {"mbox": "mailto:ada@example.org"}
    said = [
        {
            "id": str(uuid4()),
            "actor": actor,
            "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
            "object": {"id": "https://lms.example/exam"},
        }
        for _ in range(5)
    ]
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update(everything)
        assert session.post(f"{url}/xapi/statements", json=said, timeout=20).status_code == 200
        bad = {**said[0], "verb": {}}
        odd = {"Authorization": made.secrets["ODD"]}
        assert session.post(f"{url}/xapi/statements", json=[bad], headers=odd, timeout=20).status_code == 200
        page = session.get(f"{url}/xapi/statements?limit=2", timeout=20).json()
        made.secrets["MORE"] = page["more"].rpartition("/")[2]
        asked = {"actor": actor, "activity": "https://lms.example/exam"}
        launch = session.post(f"{url}/api/v1/launches", json=asked, timeout=20).json()
        made.secrets["LAUNCH"] = launch["auth"]


def _sign_in(made: Installation) -> None:
    """Sign in as an administrator and as a member, and walk through every page that links lead to."""
    for name, username in (("ROOT", "root"), ("GRACE", "grace")):
        browser = Browser(made.process.url)
        assert browser.sign_in(username, PASSWORD).status_code == 303
        token = browser.session.cookies.get("prowess_session") or _cookie(browser)
        browser.session.headers["Cookie"] = f"prowess_session={token}"
        made.secrets[name] = f"prowess_session={token}"
        made.secrets[f"CSRF_{name}"] = Page(browser.get("/").text).hidden("csrf")
        _walk(browser, made)


def _cookie(browser: Browser) -> str:
    return next(cookie.value or "" for cookie in browser.session.cookies if cookie.name == "prowess_session")


def _walk(browser: Browser, made: Installation) -> None:
    """Every kind of page; forms that only ask are sent with what stands in them."""
    waiting, seen = ["/"], Counter[str]()
    while waiting:
        path = waiting.pop(0)
        seen[_kind(path)] += 1
        if seen[_kind(path)] > _OF_A_KIND or path in made.pages:
            continue
        answer = browser.get(path)
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
            continue
        made.pages.append(path)
        page = Page(answer.text)
        waiting += [link for one in page.all("a") if (link := one.get("href") or "").startswith("/")]
        for form in _forms(page, path):
            if form.kind == "get":
                filled = {name: value or _USUAL.get(name, "") for name, value in form.fields.items()}
                waiting.append(f"{form.action.partition('?')[0]}?{urlencode(filled)}")
            if not any(one.action == form.action and one.fields.keys() == form.fields.keys() for one in made.forms):
                made.forms.append(form)


def _kind(path: str) -> str:
    """Pages of one kind differ in ids and in values only."""
    parts = urlsplit(path)
    names = sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)})
    return f"{_ID.sub('*', parts.path)}?{names}"


def _forms(page: Page, path: str) -> Iterator[Form]:
    opened: dict[str, Any] | None = None
    for tag, attrs in page.tags:
        if tag == "form":
            if opened:
                yield _form(opened, path)
            opened = {"attrs": attrs, "fields": {}, "files": []}
        elif opened and tag in {"input", "select", "textarea", "button"} and attrs.get("name"):
            if attrs.get("type") == "file":
                opened["files"].append(attrs["name"])
            else:
                opened["fields"][attrs["name"]] = attrs.get("value") or ""
        elif opened and tag == "option" and opened["fields"]:
            last = next(reversed(opened["fields"]))
            opened["fields"][last] = opened["fields"][last] or attrs.get("value") or ""
    if opened:
        yield _form(opened, path)


def _form(opened: dict[str, Any], path: str) -> Form:
    attrs = opened["attrs"]
    return Form(
        attrs.get("action") or path,
        (attrs.get("method") or "get").lower(),
        {name: "@CSRF@" if name == "csrf" else value for name, value in opened["fields"].items()},
        tuple(opened["files"]),
    )
