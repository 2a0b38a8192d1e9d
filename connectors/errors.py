"""How talking to another system can go wrong, as far as the sender has to tell the cases apart."""

from __future__ import annotations

from lrs.errors import DeliveryError, ProwessError


class RemoteError(DeliveryError):
    """The other system did not accept this."""

    code = "remote"

    def __init__(
        self,
        message: str,
        *,
        retryable: bool,
        hint: str | None = None,
        retry_after: float | None = None,
        remote_status: int | None = None,
        remote_code: str | None = None,
    ) -> None:
        super().__init__(message, retryable=retryable, hint=hint, retry_after=retry_after)
        self.remote_status = remote_status
        self.remote_code = remote_code


class SystemDown(RemoteError):
    """The other system as a whole cannot be used now; nothing is wrong with what was sent.

    Only these count towards the circuit breaker: a person whom one LMS does not know yet says nothing about the next.
    """

    code = "system-down"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        retry_after: float | None = None,
        remote_status: int | None = None,
        remote_code: str | None = None,
    ) -> None:
        super().__init__(
            message,
            retryable=True,
            hint=hint,
            retry_after=retry_after,
            remote_status=remote_status,
            remote_code=remote_code,
        )


class UnknownPerson(RemoteError):
    """The other system does not know this person, or knows several it could be."""

    code = "unknown-person"


class Unsupported(ProwessError):
    """This connector does not offer that."""

    code = "unsupported"
    status = 501


class BadSignature(ProwessError):
    """The signature of a webhook does not hold."""

    code = "bad-signature"
    status = 401
