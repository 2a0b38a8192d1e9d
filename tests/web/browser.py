"""A small browser: cookies, forms, and a parser that notices what a page must not have."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import requests

_OPENED: list[requests.Session] = []


def client() -> requests.Session:
    """A session that `close_clients` closes after the test."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Connection"] = "close"
    _OPENED.append(session)
    return session


def close_clients() -> None:
    """Let go of every connection; a session that is used again opens new ones."""
    for session in _OPENED:
        session.close()


VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})


def _landmark(tag: str, attrs: dict[str, str | None]) -> str | None:
    """What names a region; one that is a part of a named section is a group, or screen readers list the same twice."""
    if tag != "section" and attrs.get("role") != "region":
        return None
    return attrs.get("aria-labelledby") or attrs.get("aria-label")


class Page(HTMLParser):
    """What a page consists of.  `faults` are things no page of ours may contain."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.faults: list[str] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        if self._open:
            self.faults.append(f"left open: {self._open}")
        names = [_landmark(tag, attrs) for tag, attrs in self.tags]
        twice = {name for name in names if name is not None and names.count(name) > 1}
        self.faults += [f"two landmarks are called {name}" for name in sorted(twice)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._look(tag, dict(attrs))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._look(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def _look(self, tag: str, attrs: dict[str, str | None]) -> None:
        if tag in {"style", "script", "iframe", "object", "embed", "base"}:
            self.faults.append(f"<{tag}>")
        for name, value in attrs.items():
            if name == "style" or name.startswith("on"):
                self.faults.append(f"{name}={value}")
            if name in {"href", "src", "action"} and (value or "").strip().lower().startswith(("javascript:", "data:")):
                self.faults.append(f"{name}={value}")

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())

    def hidden(self, name: str) -> str:
        return next(attrs["value"] or "" for attrs in self.all("input") if attrs.get("name") == name)


class Browser:
    """Keeps cookies and follows forms."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = client()
        self.session.headers["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.session.get(self.url + path, timeout=20, allow_redirects=False, **more)

    def page(self, path: str) -> Page:
        response = self.get(path)
        assert response.status_code == 200, (path, response.status_code, response.text[:500])
        return Page(response.text)

    def post(self, path: str, **data: str) -> requests.Response:
        return self.session.post(self.url + path, data=data, timeout=20, allow_redirects=False)

    def sign_in(self, username: str, password: str, next: str = "/") -> requests.Response:  # noqa: A002
        token = self.page("/sign-in").hidden("csrf")
        return self.post("/sign-in", csrf=token, username=username, password=password, next=next)
