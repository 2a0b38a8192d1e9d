"""The one door through which connectors talk to the world.

https unless the settings say otherwise, no redirects, no proxies or credentials picked up from the environment, a bounded
answer in a bounded time, and no secret in any message.  What comes back is an Answer or a RemoteError.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ssl import SSLCertVerificationError
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit

import requests
import urllib3
from requests.structures import CaseInsensitiveDict
from werkzeug.http import HTTP_STATUS_CODES

from connectors.addresses import Exchange, GuardedAdapter, Resolver, resolve
from connectors.errors import RemoteError, SystemDown
from connectors.settings import SystemSettings
from lrs import __version__
from lrs.clock import SECOND, Clock, to_us
from lrs.logs import get_logger

log = get_logger(__name__)

MAX_BYTES = 5 * 1024 * 1024
_CHUNK = 64 * 1024
_CONNECT_SECONDS = 5.0
_AGAIN = frozenset({401, 408, 409, 425, 429})
"""Client errors that may pass: not believed (a secret or a clock is wrong), time-out, the same key still being worked on,
too early, too many."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other system said, at most MAX_BYTES of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Door:
    """Requests to one configured system.  Thread-safe; close it when done."""

    def __init__(self, settings: SystemSettings, clock: Clock, *, resolver: Resolver = resolve) -> None:
        self._settings = settings
        self._clock = clock
        self._host = urlsplit(settings.url).hostname or ""
        self._adapter = GuardedAdapter(allow_private=settings.allow_private, resolver=resolver)
        self._session = requests.Session()
        self._session.trust_env = False  # neither proxies nor .netrc passwords by accident
        self._session.verify = settings.ca_file or True
        self._session.headers.clear()
        self._session.mount("https://", self._adapter)
        self._session.mount("http://", self._adapter)

    def close(self) -> None:
        self._session.close()

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST to the system's address plus `path`; an Answer means that it accepted (2xx).

        Raises SystemDown when the system cannot be used now and RemoteError when it refuses this request.
        """
        answer = self.send("POST", path, headers, body)
        self.judge(answer)
        return answer

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """What the system answers, whatever that is: for those who know its refusals better than `judge`.

        Raises SystemDown when it does not answer.
        """
        own = {"User-Agent": f"Prowess/{__version__}", "Accept": "application/json", "Accept-Encoding": "identity"}
        with self._adapter.exchange(self._settings.timeout) as exchange:
            try:
                answer = self._exchanged(method, self._settings.url + path, body, {**own, **headers})
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                self._explain(error, exchange)
            if exchange.over:
                self._explain(TimeoutError(), exchange)
        log.debug("called", system=self._settings.name, status=answer.status)
        return answer

    def path_of(self, address: str) -> str:
        """What to send for an address that an answer named, as a next page is: never anywhere but to the configured system."""
        parts = urlsplit(address)
        path = parts.path.removeprefix(urlsplit(self._settings.url).path)
        return f"{path}?{parts.query}" if parts.query else path

    def parsed(self, answer: Answer) -> Any:
        """The JSON of an answer, decimals exact.  Raises SystemDown when it is something else or cut short."""
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise SystemDown(
                f"{self._host} answered {kind or 'without a type'}, not JSON",
                hint="is the address right, or is the site in maintenance?",
                remote_status=answer.status,
            )
        try:
            return json.loads(answer.body, parse_float=Decimal)
        except (ValueError, RecursionError):
            raise SystemDown(f"{self._host} answered broken JSON", remote_status=answer.status) from None

    def redacted(self, text: str) -> str:
        """The text without this system's secrets, plain or as they look in a form or an address."""
        for secret in self._settings.secrets:
            for form in {secret, quote(secret), quote(secret, safe="")}:
                text = text.replace(form, "***")
        return text

    def retry_after(self, answer: Answer) -> float | None:
        """Seconds to wait that an answer asks for; None where it asks for nothing."""
        return retry_after(answer.headers.get("Retry-After"), self._clock.now())

    def _exchanged(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        timeouts = (min(_CONNECT_SECONDS, self._settings.timeout), self._settings.timeout)
        with self._session.request(
            method, url, data=body, headers=dict(headers), timeout=timeouts, allow_redirects=False, stream=True
        ) as response:
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise SystemDown(f"{self._host} answered compressed though asked not to")
            received = bytearray()
            while chunk := response.raw.read(_CHUNK, decode_content=False):
                received += chunk
                if len(received) > MAX_BYTES:
                    raise SystemDown(f"{self._host} answered more than {MAX_BYTES // 1024**2} MiB")
            return Answer(response.status_code, CaseInsensitiveDict(response.headers), bytes(received))

    def _explain(self, error: Exception, exchange: Exchange) -> NoReturn:
        """The error of the network as one of ours.  Its own text is not passed on: it quotes the address."""
        if exchange.forbidden is not None:
            raise SystemDown(
                f"{self._host}: {exchange.forbidden}", hint="for a system in your own network say allow_private: true"
            ) from None
        if exchange.over or isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
            raise SystemDown(f"{self._host} did not answer within {self._settings.timeout:g} s") from None
        if isinstance(error, requests.exceptions.SSLError):
            why = _root(error)
            said = why.verify_message if isinstance(why, SSLCertVerificationError) else type(why).__name__
            raise SystemDown(
                f"{self._host}: its certificate does not hold ({said})", hint="name your own authority in ca_file"
            ) from None
        raise SystemDown(f"{self._host} cannot be reached or hung up ({type(_root(error)).__name__})") from None

    def judge(self, answer: Answer) -> None:
        """Pass a 2xx by.  Raises SystemDown or RemoteError, retryable or not as the status says."""
        status = answer.status
        if status < 300:
            return
        said = f"{self._host} answered {status} {HTTP_STATUS_CODES.get(status, '')}".rstrip()
        if status < 400:
            raise RemoteError(
                f"{said}; redirects are not followed",
                retryable=False,
                hint=f"configure the final address: {self.redacted(_place(answer.headers.get('Location', '')))}",
                remote_status=status,
            )
        if status >= 500 or status in _AGAIN:
            wait = self.retry_after(answer)
            if status == HTTPStatus.CONFLICT:
                raise RemoteError(said, retryable=True, retry_after=wait, remote_status=status)
            raise SystemDown(said, retry_after=wait, remote_status=status)
        raise RemoteError(said, retryable=False, remote_status=status)


def retry_after(text: str | None, now: int) -> float | None:
    """Seconds to wait that a Retry-After header asks for, as a number or a date (RFC 9110 10.2.3)."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return None if when.tzinfo is None else max(0.0, (to_us(when) - now) / SECOND)


def _place(location: str) -> str:
    """Scheme and host of an address; the rest may hold secrets."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return "no address"
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else "see the system's own settings"


def _root(error: BaseException) -> BaseException:
    """The error at the bottom of a chain; requests and urllib3 wrap three deep."""
    inner = getattr(error, "reason", None) or next((arg for arg in error.args if isinstance(arg, BaseException)), None)
    return _root(inner) if isinstance(inner, BaseException) else error
