"""What a store has kept, as a client reads it: every statement's own text, in order, and each of them once."""

from __future__ import annotations

import json
import re
from typing import Any

import requests

_HEAD = re.compile(r'\{"stored":"([^"]+)",(?:"timestamp":"[^"]+",)?')
_ADDED = {"timestamp", "version", "authority"}
_PAGE = 10_000
_OPENING = '{"statements":['
_whole = json.JSONDecoder().raw_decode


class Kept:
    """Reads on from where it stopped; fails when `stored` does not rise or a statement comes twice."""

    def __init__(self, session: requests.Session) -> None:
        self._session = session
        self._last = ""
        self.texts: dict[str, str] = {}
        """The text of each statement as it was answered, by id, in the order of `stored`."""

    def look(self, url: str) -> None:
        """Read everything that is new."""
        since = {"since": self._last} if self._last else {}
        question: dict[str, Any] = {"ascending": "true", "limit": _PAGE, **since}
        answer = self._session.get(f"{url}/xapi/statements", params=question, timeout=60)
        while True:
            assert answer.status_code == 200, answer.text
            more = self._take(answer.content.decode())
            if not more:
                return
            answer = self._session.get(url + more, timeout=60)

    def _take(self, page: str) -> str:
        """Returns the way to the next page."""
        at = len(_OPENING)
        assert page.startswith(_OPENING)
        while page[at] != "]":
            at += page[at] == ","
            statement, end = _whole(page, at)
            assert statement["stored"] > self._last, f"{statement['stored']} came after {self._last}"
            assert statement["id"] not in self.texts, f"twice: {statement['id']}"
            self._last = statement["stored"]
            self.texts[statement["id"]] = page[at:end]
            at = end
        more: str = json.loads("{" + page[at + 2 :])["more"]
        return more


def is_as_sent(text: str, sent: bytes) -> bool:
    """Whether a statement's text holds what was sent, byte for byte, and beside it only what a store adds."""
    head = _HEAD.match(text)
    assert head, text
    own = sent.decode()[1:-1]
    rest = text[head.end() :]
    if not rest.startswith(own):
        return False
    added = json.loads("{" + rest[len(own) :].removeprefix(","))
    return added.keys() <= _ADDED
