"""Asking Canvas: a Bearer token, forms with brackets, lists page by page, and a limit that is a leaking bucket.

Canvas says where a list goes on in a Link header, whose address is taken as it is (Canvas API, Pagination).  Each request
costs something; whoever has nothing left is refused until enough has leaked away (Canvas API, Throttling).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from requests.utils import parse_header_links

from connectors.canvas.refusals import RateLimited, refuse
from connectors.errors import SystemDown
from connectors.http import Answer, Door
from lrs.settings import Secret

Pairs = Sequence[tuple[str, str]]
Wait = Callable[[float], None]

MOST_ITEMS: Final = 100
"""Of one page; Canvas gives no more, whatever is asked."""
_UP_FRONT: Final = 50.0
"""What Canvas holds back while a request runs; with less left it refuses the next one (RequestThrottle)."""
_LEAK: Final = 10.0
"""How much comes back each second, where nobody has changed it."""
_LONGEST_WAIT: Final = 120.0
"""Seconds; whoever is told to come back in an hour is better asked again then by whoever started the reading."""
_MOST_WAITS: Final = 6
"""How often in a row one page is asked again."""


class CanvasCaller:
    """One site's API, with one token."""

    def __init__(self, door: Door, token: Secret) -> None:
        self._door = door
        self._token = token

    def call(
        self, method: str, path: str, query: Pairs = (), form: Pairs | None = None, *, key: UUID | None = None
    ) -> Any:
        """What Canvas answers.  Raises RemoteError, retryable or not as the answer says."""
        return self._door.parsed(self._asked(method, f"/api/v1{path}{_query(query)}", form, key))

    def one(
        self, method: str, path: str, query: Pairs = (), form: Pairs | None = None, *, key: UUID | None = None
    ) -> Mapping[str, Any]:
        """The thing that Canvas answers with.  Raises RemoteError as `call`, and SystemDown when it is no thing of Canvas's."""
        said = self.call(method, path, query, form, key=key)
        if not isinstance(said, dict) or "id" not in said:
            raise SystemDown(f"Canvas answered {method} {path} with something else", hint="is the address right?")
        return said

    def pages(self, path: str, query: Pairs = (), wait: Wait | None = None, *, size: int = MOST_ITEMS) -> Iterator[Any]:
        """The items of a list, page by page, so many each.

        wait: how to let time pass where the limit asks for it; without it, as in a delivery, that is an error.
        """
        here = f"/api/v1{path}{_query([*query, ('per_page', str(size))])}"
        seen = set()
        while here not in seen:
            seen.add(here)
            answer = self._asked("GET", here) if wait is None else self._patiently(here, wait)
            items = self._door.parsed(answer)
            if not isinstance(items, list):
                raise SystemDown("Canvas answered something else than a list", remote_status=answer.status)
            yield from items
            following = _following(answer)
            if following is None:
                return
            here = self._door.path_of(following)
        raise SystemDown("Canvas named a page that was there already as the next one")

    def close(self) -> None:
        self._door.close()

    def _asked(self, method: str, path: str, form: Pairs | None = None, key: UUID | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {self._token.needed()}"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if key is not None:
            headers["Idempotency-Key"] = str(key)
        body = None if form is None else urlencode(form).encode()
        answer = self._door.send(method, path, headers, body)
        refuse(f"{method} {path.partition('?')[0]}", answer, self._door)
        return answer

    def _patiently(self, path: str, wait: Wait) -> Answer:
        for _ in range(_MOST_WAITS):
            try:
                answer = self._asked("GET", path)
            except RateLimited as error:
                wait(min(error.retry_after or 0.0, _LONGEST_WAIT))
                continue
            left = _left(answer)
            if left is not None and left < _UP_FRONT:
                wait((_UP_FRONT - left) / _LEAK)
            return answer
        return self._asked("GET", path)


def _query(pairs: Pairs) -> str:
    return f"?{urlencode(pairs)}" if pairs else ""


def _following(answer: Answer) -> str | None:
    """The address of the next page (RFC 8288); None on the last one."""
    links = parse_header_links(answer.headers.get("Link", ""))
    return next((link["url"] for link in links if link.get("rel") == "next"), None)


def _left(answer: Answer) -> float | None:
    try:
        return float(Decimal(answer.headers["X-Rate-Limit-Remaining"]))
    except (KeyError, InvalidOperation):
        return None
