"""The token of an OAuth2 application: fetched by client credentials, kept until it ends, made anew when it is not believed.

openedx/core/djangoapps/oauth_dispatch: `token_type=jwt` gives a JWT for an hour, or what the platform's settings say.
"""

from __future__ import annotations

import threading
from typing import Final
from urllib.parse import urlencode

from connectors.errors import SystemDown
from connectors.http import Door
from connectors.openedx.refusals import said_by
from lrs.clock import SECOND, Clock
from lrs.settings import Secret

PATH: Final = "/oauth2/access_token"
_EARLIER: Final = 60 * SECOND
"""A token is not used in its last minute: their clock is not ours."""


_WRONG: Final = "are client_id and client_secret those of the application, and is its grant type client credentials?"
_TOO_OFTEN: Final = "tokens are asked for too often from this address (RATELIMIT_RATE); it passes by itself"


class Token:
    """One application's token, for all threads of this process."""

    def __init__(self, client_id: str, client_secret: Secret, door: Door, clock: Clock) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._door = door
        self._clock = clock
        self._lock = threading.Lock()
        self._text: str | None = None
        self._ends = 0

    def current(self, refused: str | None = None) -> str:
        """A token other than one that was refused.  Raises SystemDown when there is none to be had."""
        with self._lock:
            if self._text is None or self._text == refused or self._clock.now() >= self._ends:
                self._fetch()
            assert self._text is not None
            return self._text

    def redacted(self, text: str) -> str:
        """The text without the token."""
        return text if self._text is None else text.replace(self._text, "***")

    def _fetch(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "token_type": "jwt",
            "client_id": self._client_id,
            "client_secret": self._client_secret.needed(),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        asked = self._clock.now()
        answer = self._door.send("POST", PATH, headers, urlencode(form).encode())
        if answer.status in {400, 401, 403}:
            said = said_by(answer)
            raise SystemDown(
                self._door.redacted(f"Open edX gives no token: {answer.status} {said.text}".rstrip()),
                hint=_TOO_OFTEN if answer.status == 403 else _WRONG,
                remote_status=answer.status,
                remote_code=said.code,
            )
        self._door.judge(answer)
        told = self._door.parsed(answer)
        if (
            not isinstance(told, dict)
            or str(told.get("token_type", "")).upper() != "JWT"
            or not told.get("access_token")
        ):
            raise SystemDown(
                "Open edX gave a token that is no JWT", hint="is the address the LMS's?", remote_status=answer.status
            )
        self._text = str(told["access_token"])
        self._ends = asked + int(told.get("expires_in", 0)) * SECOND - _EARLIER
