"""One tree of errors, so that HTTP, the command line and the log all say the same thing.

Nothing outside this tree is raised on purpose.  `lrs.http.problems` turns it into RFC 9457 problem JSON, `lrs.cli`
prints `message` and `hint`.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar, Final


class ProwessError(Exception):
    """Something went wrong that Prowess can explain."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, message: str | None = None, *, hint: str | None = None, **extra: Any) -> None:
        self.message = message or (self.__doc__ or "").strip().splitlines()[0]
        self.hint = hint
        self.extra: Mapping[str, Any] = extra
        super().__init__(self.message)

    def problem(self) -> dict[str, Any]:
        """The body of an RFC 9457 answer, without its `instance`."""
        body: dict[str, Any] = {
            "type": f"urn:prowess:problem:{self.code}",
            "title": (self.__doc__ or "").strip().splitlines()[0],
            "status": self.status,
            "detail": self.message,
        }
        if self.hint:
            body["hint"] = self.hint
        return {**body, **self.extra}


class BadRequest(ProwessError):
    """The request cannot be understood as it stands."""

    code = "bad-request"
    status = 400


class Unauthorized(ProwessError):
    """Credentials are missing or wrong."""

    code = "unauthorized"
    status = 401


class Forbidden(ProwessError):
    """These credentials may not do this."""

    code = "forbidden"
    status = 403


class NotFound(ProwessError):
    """There is nothing here."""

    code = "not-found"
    status = 404


class MethodNotAllowed(ProwessError):
    """This resource does not answer to this method."""

    code = "method-not-allowed"
    status = 405


class Conflict(ProwessError):
    """What was sent contradicts what is stored."""

    code = "conflict"
    status = 409


class PreconditionFailed(ProwessError):
    """The resource is not in the state the request asked for."""

    code = "precondition-failed"
    status = 412


class TooLarge(ProwessError):
    """The request is larger than this server accepts."""

    code = "too-large"
    status = 413


class TooManyRequests(ProwessError):
    """The request came too soon after others."""

    code = "too-many-requests"
    status = 429

    def __init__(self, message: str, *, retry_after: int, hint: str | None = None, **extra: Any) -> None:
        super().__init__(message, hint=hint, retry_after=retry_after, **extra)
        self.retry_after = retry_after
        """Seconds."""


class Unavailable(ProwessError):
    """The store cannot answer now; nothing was lost, try again."""

    code = "unavailable"
    status = 503

    def __init__(
        self, message: str | None = None, *, hint: str | None = None, why: str | None = None, **extra: Any
    ) -> None:
        """why: for the log alone, as it may say where the database is, and who we are there."""
        super().__init__(message, hint=hint, **extra)
        self.why = why


class ConfigError(ProwessError):
    """The configuration is wrong."""

    code = "config"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.file, self.line, self.column = file, line, column
        self.errors: tuple[ConfigError, ...] = (self,)
        """Every mistake of the same file; more than this one where a loader goes on after the first."""

    @property
    def place(self) -> str:
        """`file:line:column`, as far as it is known."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class DeliveryError(ProwessError):
    """A message to another system did not arrive."""

    code = "delivery"
    status = 502

    def __init__(
        self, message: str, *, retryable: bool, hint: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.retryable = retryable
        self.retry_after = retry_after


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name a reader most likely meant, for did-you-mean hints."""
    candidates = list(known)
    lowered = {candidate.lower(): candidate for candidate in candidates}
    close = difflib.get_close_matches(name.lower(), list(lowered), n=1, cutoff=0.6)
    return lowered[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint sentence: the nearest known name, or all of them when none is near."""
    known = sorted(known)
    close = nearest(name, known)
    return f"did you mean '{close}'?" if close else f"known here: {', '.join(known)}"


MOST_NAMES: Final = 2_000
"""Among more a search for the nearest would take longer than anybody waits."""


def near(name: str, known: Collection[str]) -> str | None:
    """`did_you_mean` where the known names are people's or as many: none where there are none, or too many to look at."""
    return did_you_mean(name, known) if 0 < len(known) <= MOST_NAMES else None
